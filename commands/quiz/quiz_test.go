package quiz_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/quiz"
)

// families play with chance that is the same in every run.
func families() commandtest.Families {
	return commandtest.Families{Commands: quiz.Commands(quiz.Options{Random: func(b []byte) { clear(b) }}), Actions: quiz.Actions(), Listeners: quiz.Listeners()}
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, families().Commands...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}
