package invite_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/invite"
)

// families are invites with the ledger they fill.
func families() commandtest.Families {
	f := commandtest.Ledger()
	f.Commands = append(f.Commands, invite.Commands(invite.Options{Secret: []byte("the same in every run")})...)
	f.Actions = append(f.Actions, invite.Actions()...)
	f.Listeners = append(f.Listeners, invite.Listeners()...)
	return f
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, invite.Commands(invite.Options{})...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}
