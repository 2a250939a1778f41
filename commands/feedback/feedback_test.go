package feedback_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/feedback"
)

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, feedback.Commands()...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Families{Commands: feedback.Commands(), Actions: feedback.Actions()})
}
