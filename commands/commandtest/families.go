package commandtest

import (
	"slices"

	"qunmate/commands/announce"
	"qunmate/commands/checkin"
	"qunmate/commands/draw"
	"qunmate/commands/points"
	"qunmate/commands/poll"
	"qunmate/commands/signup"
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

// Activities are what members take part in until it closes, with the commands
// that let them be written to.
func Activities() Families {
	o := draw.Options{Beacon: "none", Random: func(b []byte) {
		for i := range b {
			b[i] = byte(i)
		}
	}}
	return Families{
		Commands:  slices.Concat(poll.Commands(), draw.Commands(o), signup.Commands(), announce.Commands()),
		Actions:   slices.Concat(poll.Actions(), draw.Actions(o), signup.Actions(), announce.Actions()),
		Listeners: slices.Concat(poll.Listeners(), draw.Listeners(o), signup.Listeners(), announce.Listeners()),
	}
}
