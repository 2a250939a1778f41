package poll_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/poll"
)

func family() commandtest.Families {
	return commandtest.Families{Commands: poll.Commands(), Actions: poll.Actions(), Listeners: poll.Listeners()}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", family())
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, poll.Commands()...)
}
