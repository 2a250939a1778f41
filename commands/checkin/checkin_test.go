package checkin_test

import (
	"testing"

	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Families{
		Commands: checkin.Commands(), Actions: checkin.Actions(), Listeners: checkin.Listeners(),
	})
}
