package remind_test

import (
	"slices"
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/remind"
)

// family is the reminders with an activity to remind of: commands do not import
// each other, here they meet.
func family() commandtest.Families {
	f := commandtest.Activities()
	return commandtest.Families{
		Commands:  slices.Concat(f.Commands, remind.Commands()),
		Actions:   slices.Concat(f.Actions, remind.Actions()),
		Listeners: slices.Concat(f.Listeners, remind.Listeners()),
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", family())
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, remind.Commands()...)
}
