package points_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/points"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Families{
		Commands: points.Commands(), Actions: points.Actions(), Listeners: points.Listeners(),
	})
}
