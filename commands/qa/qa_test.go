package qa_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/qa"
)

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, qa.Commands()...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	f := commandtest.Ledger() // for /why
	f.Commands = append(f.Commands, qa.Commands()...)
	f.Actions = append(f.Actions, qa.Actions()...)
	f.Listeners = append(f.Listeners, qa.Listeners()...)
	commandtest.Run(t, "testdata/*.chat", f)
}
