package points

import (
	"context"
	"errors"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

const (
	topInGroup   = 5
	topInPrivate = 10
)

// question is what /rank asks for.
type question struct{ kind, period string }

// ask reads the words of /rank, in any order.
func ask(req *bot.Request) (question, error) {
	q := question{kind: "points", period: "all"}
	for i := range req.Args.Len() {
		switch w := req.Names().Word(req.Args.Lower(i)); w {
		case "points", "streak", "invite", "quiz":
			q.kind = w
		case "day", "week", "month", "all":
			q.period = w
		case "today":
			q.period = "day"
		default:
			return q, bot.Refuse("points.rank_usage", struct{ Word string }{req.Args.Word(i)})
		}
	}
	return q, nil
}

// ranking finds the sums to compare. A streak over a period is the number of
// days checked in during it.
func (q question) ranking(req *bot.Request) storage.Ranking {
	k := storage.Ranking{Community: req.Community, Kind: q.kind}
	switch q.period {
	case "day":
		k.Period = req.Day
	case "week":
		k.Period = "w" + chatday.Week(req.Day)
	case "month":
		k.Period = chatday.Month(req.Day)
	}
	if q.kind == "streak" {
		k.AliveFrom = req.Days.Prev(req.Day)
		if q.period == "day" {
			k.AliveFrom = req.Day // who checked in today, by streak
		}
		if q.period == "week" || q.period == "month" {
			k.Kind = storage.ScoreCheckin
		}
		return k
	}
	if q.kind != "points" && k.Period == "" {
		k.Period = "all"
	}
	return k
}

func rank(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	q, err := ask(req)
	if err != nil {
		return bot.Reply{}, err
	}
	limit := topInGroup
	if req.Private {
		limit = topInPrivate
	}
	k := q.ranking(req)
	top, err := req.Tx.Top(ctx, k, limit)
	if err != nil {
		return bot.Reply{}, err
	}
	own, err := req.Tx.PlaceOf(ctx, k, req.Member)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	view := struct {
		Kind, Period string
		Top          []storage.Standing
		Own          storage.Standing
		Listed       bool // the member himself stands in the list
		Hidden       bool
	}{Kind: q.kind, Period: q.period, Top: top, Own: own, Hidden: req.Member.Hidden}
	for _, s := range top {
		view.Listed = view.Listed || s.MemberID == req.Member.ID
	}
	if k.Kind == storage.ScoreCheckin {
		view.Kind = "days"
	}
	return bot.Reply{Template: "points.rank", Data: view}, nil
}

func hide(ctx context.Context, req *bot.Request) (bot.Reply, error) { return setHidden(ctx, req, true) }
func show(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return setHidden(ctx, req, false)
}

func setHidden(ctx context.Context, req *bot.Request, hidden bool) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("points.rank_usage", struct{ Word string }{req.Args.Word(0)})
	}
	return bot.Reply{Template: "points.hidden", Data: struct{ Hidden bool }{hidden}}, req.Tx.SetHidden(ctx, req.Member.ID, hidden)
}
