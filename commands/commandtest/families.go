package commandtest

import (
	"slices"

	"qunmate/commands/checkin"
	"qunmate/commands/points"
)

// Ledger are check-in and the commands that show what it fills: an answer to
// /checkin leads to /why and /rank. Commands do not import each other, their
// tests neither; here they meet.
func Ledger() Families {
	return Families{
		Commands:  slices.Concat(checkin.Commands(), points.Commands()),
		Actions:   slices.Concat(checkin.Actions(), points.Actions()),
		Listeners: slices.Concat(checkin.Listeners(), points.Listeners()),
	}
}
