package settings

import (
	"context"

	"qunmate/bot"
	"qunmate/storage"
)

// bindShown bounds the communities that a preview lists.
const bindShown = 5

// ledgerView is what both sides have in one community, and what it makes.
type ledgerView struct {
	Community                 string
	Here, There, Sum          int64 // points
	HereRun, ThereRun, Run    int   // streaks as they stand today
	HereCards, ThereCards     int64
	Cards                     int64
	HerePending, TherePending int64
	Pending                   int64
	Days                      int // both had checked in: one counts
	Doubled                   int64
	hereMember, thereMember   storage.Member
}

type bindView struct {
	Here, There accountView
	Ledgers     []ledgerView
	More        int
	Roles       bool // one of the two may do more than a member
	Audit       int64
}

// bindPreview says in numbers what a bind brings, community by community.
func bindPreview(ctx context.Context, req *bot.Request, other storage.Account) (bindView, error) {
	view := bindView{Here: viewOf(req.Account), There: viewOf(other)}
	theirs, err := req.Tx.MembershipsOf(ctx, other.PersonID)
	if err != nil {
		return view, err
	}
	for _, m := range theirs {
		l, err := ledgerOf(ctx, req, req.Account.PersonID, m)
		if err != nil {
			return view, err
		}
		if l == (ledgerView{Community: l.Community, hereMember: l.hereMember, thereMember: l.thereMember}) {
			continue // nothing on either side
		}
		if left, err := abandoned(ctx, req, l); err != nil || left {
			if err != nil {
				return view, err
			}
			continue
		}
		view.Ledgers = append(view.Ledgers, l)
	}
	view.More = max(0, len(view.Ledgers)-bindShown)
	view.Ledgers = view.Ledgers[:min(len(view.Ledgers), bindShown)]
	for _, a := range []storage.Account{req.Account, other} {
		more, err := req.MoreThanMember(ctx, a)
		if err != nil {
			return view, err
		}
		view.Roles = view.Roles || more
	}
	return view, nil
}

// abandoned: nobody meets there any more, and all that is left are the days that
// went along when its last group joined another community.
func abandoned(ctx context.Context, req *bot.Request, l ledgerView) (bool, error) {
	if l.Here != 0 || l.There != 0 || l.Cards != 0 || l.HerePending != 0 || l.TherePending != 0 {
		return false, nil
	}
	chats, err := req.Tx.ChatsOf(ctx, l.thereMember.CommunityID)
	return len(chats) == 0, err
}

// ledgerOf sets one membership of the other side beside the sender's own.
func ledgerOf(ctx context.Context, req *bot.Request, person int64, there storage.Member) (ledgerView, error) {
	c, err := req.Tx.Community(ctx, there.CommunityID)
	if err != nil {
		return ledgerView{}, err
	}
	here, err := req.Tx.Member(ctx, c.ID, person)
	if err != nil && !isNotFound(err) {
		return ledgerView{}, err
	}
	days, err := bot.CalendarOf(ctx, &req.Tx.Reader, c.ID)
	if err != nil {
		return ledgerView{}, err
	}
	today := days.Day(req.Tx.Now)
	alive := func(m storage.Member) int {
		if m.LastDay < days.Prev(today) {
			return 0
		}
		return m.Streak
	}
	l := ledgerView{
		Community: c.Name, hereMember: here, thereMember: there,
		Here: here.Balance, There: there.Balance, HereRun: alive(here), ThereRun: alive(there),
		HereCards: here.Cards, ThereCards: there.Cards, Cards: here.Cards + there.Cards,
		HerePending: here.Pending, TherePending: there.Pending, Pending: here.Pending + there.Pending,
	}
	if l.Days, l.Doubled, err = req.Tx.SharedDays(ctx, there.ID, here.ID); err != nil {
		return l, err
	}
	l.Doubled = max(0, min(l.Doubled, l.Here+l.There))
	l.Sum = l.Here + l.There - l.Doubled
	all, err := unitedDays(ctx, req.Tx, here.ID, there.ID)
	if err != nil || len(all) == 0 {
		return l, err
	}
	if l.Run, _ = streaks(all, days.Prev); all[len(all)-1] < days.Prev(today) {
		l.Run = 0
	}
	return l, nil
}
