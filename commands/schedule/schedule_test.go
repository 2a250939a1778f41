package schedule_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/schedule"
)

// family is the schedule, with check-ins that greetings speak of.
func family() commandtest.Families {
	f := commandtest.Ledger()
	f.Commands = append(f.Commands, schedule.Commands()...)
	f.Actions = append(f.Actions, schedule.Actions()...)
	f.Listeners = append(f.Listeners, schedule.Listeners()...)
	return f
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", family())
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, schedule.Commands()...)
}
