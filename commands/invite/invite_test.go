package invite_test

import (
	"slices"
	"testing"

	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
	"qunmate/commands/invite"
	"qunmate/commands/points"
)

// families are invites with the ledger they fill.
func families() commandtest.Families {
	return commandtest.Families{
		Commands:  slices.Concat(invite.Commands(invite.Options{Secret: []byte("the same in every run")}), points.Commands(), checkin.Commands()),
		Actions:   slices.Concat(invite.Actions(), points.Actions(), checkin.Actions()),
		Listeners: slices.Concat(invite.Listeners(), points.Listeners(), checkin.Listeners()),
	}
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, invite.Commands(invite.Options{})...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}
