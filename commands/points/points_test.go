package points_test

import (
	"slices"
	"testing"

	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
	"qunmate/commands/points"
)

// families are the ledger's commands and check-in, which fills it.
func families() commandtest.Families {
	return commandtest.Families{
		Commands:  slices.Concat(points.Commands(), checkin.Commands()),
		Actions:   slices.Concat(points.Actions(), checkin.Actions()),
		Listeners: slices.Concat(points.Listeners(), checkin.Listeners()),
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}
