package draw

import (
	"context"
	"slices"

	"qunmate/bot"
	"qunmate/storage"
)

// standing gathers what conditions ask about a person.
func (f family) standing(ctx context.Context, req *bot.Request, s Spec, personID int64) (Standing, error) {
	out := Standing{Now: req.At, Messages: map[int]int64{}, Won: map[int64]bool{}}
	days := windows(s)
	if len(days) == 0 {
		days = []int{1}
	}
	for _, n := range days {
		t, err := req.Tx.Traits(ctx, req.Community, personID, fromDay(req, n))
		if err != nil {
			return out, err
		}
		fill(req, &out, t, n)
	}
	err := f.outside(ctx, req, s, personID, &out)
	return out, err
}

// fromDay is the first of the last n chat days.
func fromDay(req *bot.Request, n int) string { return req.Days.Back(req.Day, n-1) }

func fill(req *bot.Request, s *Standing, t storage.Trait, days int) {
	s.Joined, s.Points, s.Messages[days] = t.Joined, t.Balance, t.Messages
	if t.LastDay >= req.Days.Prev(req.Day) { // a streak that nobody broke yet
		s.Streak = int64(t.Streak)
	}
}

// outside adds what other families and draws know.
func (f family) outside(ctx context.Context, req *bot.Request, s Spec, personID int64, out *Standing) error {
	ask := func(c Condition) error {
		switch {
		case c.Kind == kindInvites && f.Invites != nil:
			n, err := f.Invites(ctx, req, personID)
			out.Invites = n
			return err
		case c.Kind == kindFormer:
			won, err := req.Tx.WonIn(ctx, c.Draw, personID)
			out.Won[c.Draw] = won
			return err
		}
		return nil
	}
	for _, c := range s.If {
		if err := ask(c); err != nil {
			return err
		}
	}
	for _, b := range s.Bonus {
		if err := ask(b.Condition); err != nil {
			return err
		}
	}
	return nil
}

// everybody gathers the standing of all people in the community's groups.
func (f family) everybody(ctx context.Context, req *bot.Request, s Spec) (map[int64]Standing, []int64, error) {
	days := windows(s)
	if len(days) == 0 {
		days = []int{1}
	}
	out, order := map[int64]Standing{}, []int64{}
	for i, n := range days {
		all, err := req.Tx.AllTraits(ctx, req.Community, fromDay(req, n))
		if err != nil {
			return nil, nil, err
		}
		for _, t := range all {
			one, known := out[t.PersonID]
			if !known {
				one = Standing{Now: req.At, Messages: map[int]int64{}, Won: map[int64]bool{}}
			}
			fill(req, &one, t, n)
			if i == 0 {
				if err := f.outside(ctx, req, s, t.PersonID, &one); err != nil {
					return nil, nil, err
				}
				order = append(order, t.PersonID)
			}
			out[t.PersonID] = one
		}
	}
	return out, order, nil
}

// census counts who could enter now, and whom each condition keeps out.
func (f family) census(ctx context.Context, req *bot.Request, s Spec) (eligible, people int, out []failed, err error) {
	all, order, err := f.everybody(ctx, req, s)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, c := range s.If {
		out = append(out, failed{Condition: c})
	}
	for _, id := range order {
		ok := true
		for i := range out {
			if !judge(out[i].Condition, all[id]).OK {
				out[i].Count++
				ok = false
			}
		}
		if ok {
			eligible++
		}
	}
	out = slices.DeleteFunc(out, func(f failed) bool { return f.Count == 0 })
	return eligible, len(order), out, nil
}
