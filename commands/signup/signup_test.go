package signup_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/signup"
)

func family() commandtest.Families {
	return commandtest.Families{Commands: signup.Commands(), Actions: signup.Actions(), Listeners: signup.Listeners()}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", family())
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, signup.Commands()...)
}
