package faq

import (
	"context"

	"qunmate/bot"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

const (
	effectLines = 5000 // of what was said lately, the newest
	quotes      = 3    // shown of each kind
)

// effect is what a rule would have done in the last 30 days.
type effect struct {
	Said     int // messages that were looked at
	Hits     int
	Doubtful int      // of these: perhaps wrong
	Wrong    []string // some of the doubtful ones
	Near     []string // some that it would have left alone
	NearMore int      // all of these
}

// tryOn replays the last 30 days with a rule.
func tryOn(ctx context.Context, req *bot.Request, d draft) (effect, error) {
	var e effect
	lines, err := req.Tx.TalkLines(ctx, req.Community, req.Tx.Now.Add(-storage.KeepTalk), false, effectLines)
	if err != nil {
		return e, err
	}
	e.Said = len(lines)
	set := match.NewSet([]match.Rule{d.rule(1)})
	for _, l := range lines {
		hits := set.Find(l.Text, false)
		switch {
		case len(hits) == 0:
		case hits[0].Score < match.Sure:
			e.NearMore++
			if len(e.Near) < quotes {
				e.Near = append(e.Near, l.Text)
			}
		default:
			e.Hits++
			if !hits[0].Doubtful {
				continue
			}
			e.Doubtful++
			if len(e.Wrong) < quotes {
				e.Wrong = append(e.Wrong, l.Text)
			}
		}
	}
	return e, nil
}
