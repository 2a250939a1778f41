package checkin_test

import (
	"slices"
	"testing"

	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
	"qunmate/commands/points"
)

// families are check-in and what its answers lead to: /why, /rank, /me.
func families() commandtest.Families {
	return commandtest.Families{
		Commands:  slices.Concat(checkin.Commands(), points.Commands()),
		Actions:   slices.Concat(checkin.Actions(), points.Actions()),
		Listeners: slices.Concat(checkin.Listeners(), points.Listeners()),
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}
