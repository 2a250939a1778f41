package checkin

import (
	"context"
	"errors"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// makeup repairs yesterday with a card. It brings no points.
func makeup(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	yesterday := req.Days.Prev(req.Day)
	if err := checkMakeupDay(req, yesterday); err != nil {
		return bot.Reply{}, err
	}
	on, err := isOn(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if !on {
		return bot.Reply{}, bot.Refuse("checkin.is_off", nil)
	}
	m := req.Member
	view := struct {
		Day    string
		Streak int
		Cards  int64
		At     bot.Moment
	}{Day: yesterday[5:], Cards: m.Cards, Streak: m.Streak}
	before, err := req.Tx.Checkin(ctx, m.ID, yesterday)
	switch {
	case err == nil && before.Repaired:
		return bot.Reply{}, bot.Refuse("checkin.makeup_twice", view)
	case err == nil:
		view.At = req.Moment(before.At)
		return bot.Reply{}, bot.Refuse("checkin.makeup_needless", view)
	case !errors.Is(err, storage.ErrNotFound):
		return bot.Reply{}, err
	case m.Cards < 1:
		return bot.Reply{}, bot.Refuse("checkin.makeup_no_card", view)
	}
	streak, err := streakOn(ctx, req, yesterday)
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Tx.AddCheckin(ctx, m, storage.Checkin{
		MemberID: m.ID, Day: yesterday, At: req.At, Streak: streak, Repaired: true, ChatID: req.Chat.ID,
	}); err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: storage.Card, Amount: -1, Kind: "makeup", Cause: "makeup:" + yesterday,
		Day: req.Day, Week: chatday.Week(req.Day), At: req.At, Detail: `{"day":"` + yesterday + `"}`,
	}); err != nil {
		return bot.Reply{}, err
	}
	if err := settleStreak(ctx, req, yesterday, streak); err != nil {
		return bot.Reply{}, err
	}
	after, err := req.Tx.MemberByID(ctx, m.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Streak, view.Cards = after.Streak, after.Cards
	return bot.Reply{Template: "checkin.makeup_done", Data: view}, nil
}

// checkMakeupDay refuses every argument but yesterday. No argument means
// yesterday too: there is nothing else to repair.
func checkMakeupDay(req *bot.Request, yesterday string) error {
	word := req.Args.Lower(0)
	if req.Args.Len() > 1 {
		return bot.Refuse("checkin.makeup_only_yesterday", nil)
	}
	if word == "" || req.Names().Word(word) == "yesterday" {
		return nil
	}
	if !looksLikeDay(word) {
		return bot.Refuse("checkin.makeup_only_yesterday", nil)
	}
	full := word
	if len(word) == len("01-02") {
		full = yesterday[:5] + word
	}
	day, err := chatday.Parse(full)
	if err != nil {
		return bot.Refuse("checkin.no_such_day", struct{ Day string }{word})
	}
	if day != yesterday {
		return bot.Refuse("checkin.makeup_only_yesterday", nil)
	}
	return nil
}

// looksLikeDay: 2006-01-02 or 01-02, existing or not.
func looksLikeDay(s string) bool {
	if len(s) != len("2006-01-02") && len(s) != len("01-02") {
		return false
	}
	for i, r := range s {
		dash := i == len(s)-3 || i == len(s)-6
		if dash != (r == '-') || (!dash && (r < '0' || r > '9')) {
			return false
		}
	}
	return true
}
