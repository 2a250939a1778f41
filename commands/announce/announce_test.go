package announce_test

import (
	"testing"

	"qunmate/commands/announce"
	"qunmate/commands/commandtest"
)

func families() commandtest.Families {
	return commandtest.Families{Commands: announce.Commands(), Actions: announce.Actions(), Listeners: announce.Listeners()}
}

func TestTranscripts(t *testing.T) { commandtest.Run(t, "testdata/*.chat", families()) }

func TestCommandsCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, announce.Commands()...)
}
