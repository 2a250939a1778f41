// Package checkin is the daily check-in: points, streaks, make-up cards and
// the digest line. The rules are in rules.go and know no database.
package checkin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "checkin", Menu: true, Run: run, Label: label},
		{Name: "checkin on", Role: bot.ChatAdmin, Run: switchOn},
		{Name: "checkin off", Role: bot.ChatAdmin, Run: switchOff},
		{Name: "checkin set", Role: bot.ChatAdmin, Run: set},
		{Name: "makeup", Menu: true, Run: makeup},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionSet, Role: bot.ChatAdmin, Run: confirmSet, Undo: undoSet},
		{Name: actionSwitch, Role: bot.ChatAdmin, Undo: undoSwitch},
		{Name: actionDigest, Role: bot.ChatAdmin, Undo: undoDigest},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{{Name: "digest", Kinds: []chat.Kind{chat.Timer}, Task: taskDigest, Run: digest}}
}

// detail is what a ledger entry keeps for /why.
type detail struct {
	Base   int    `json:"base"`
	Bonus  int    `json:"bonus"`
	Streak int    `json:"streak"`
	Day    string `json:"day"`
}

// done is the data of the answer to a first check-in.
type done struct {
	Name    string
	Gained  int64
	Base    int
	Bonus   int
	Streak  int
	Place   int
	Balance int64
	Cards   int64
	NewCard bool
	Missed  int  // days without a check-in that ended a streak, 0 = none did
	Repair  bool // a card for yesterday would mend it
	Until   bot.Moment
	Late    string // the earlier chat day a late message counts for, "" = today
	Call    string // what stands before a command to be heard here
}

func run(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("checkin.no_args", struct{ Cards int64 }{req.Member.Cards})
	}
	on, err := isOn(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if !on {
		return bot.Reply{}, bot.Refuse("checkin.is_off", nil)
	}
	before, err := req.Tx.Checkin(ctx, req.Member.ID, req.Day)
	if err == nil {
		return already(ctx, req, before)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	return checkIn(ctx, req)
}

// already answers a second check-in of a day: no error, no change.
func already(ctx context.Context, req *bot.Request, c storage.Checkin) (bot.Reply, error) {
	m, next := req.Member, req.Days.Next(req.At)
	if m.LastDay > req.Day { // a late message, and a later day is checked in already
		next = req.Days.Next(req.Now)
	}
	data := struct {
		At       bot.Moment
		Gained   int64
		Streak   int // as it is now: a make-up card may have mended it since
		Balance  int64
		Repaired bool
		Next     bot.Moment
		Copied   bool   // checked in before two accounts became one person: on the other side
		Other    string // the chat it happened in, when that is another one
		Domain   string // of the platform it happened on, when that is another one
	}{At: req.Moment(c.At), Gained: c.Gained, Streak: m.Streak, Balance: m.Balance, Repaired: c.Repaired, Next: req.Moment(next), Copied: c.Origin != 0}
	if c.ChatID != 0 && c.ChatID != req.Chat.ID {
		other, err := req.Tx.Chat(ctx, c.ChatID)
		if err != nil {
			return bot.Reply{}, err
		}
		if other.Domain != req.Chat.Domain {
			data.Domain = other.Domain
		}
		if other.Kind != string(chat.Private) && (!req.Private || data.Domain != "") {
			data.Other = other.Title
		}
	}
	if req.Exposed() {
		return bot.Reply{Template: "checkin.already_short", Data: data}, nil
	}
	return bot.Reply{Template: "checkin.already", Data: data}, nil
}

func checkIn(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rule, version, err := RuleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	m := req.Member
	streak, err := streakOn(ctx, req, req.Day)
	if err != nil {
		return bot.Reply{}, err
	}
	points := rule.Points(streak)
	c, err := req.Tx.AddCheckin(ctx, m, storage.Checkin{
		MemberID: m.ID, Day: req.Day, At: req.At, Gained: int64(points.Total()), Streak: streak, ChatID: req.Chat.ID,
	})
	if err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, points, streak, version); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.AddScore(ctx, m, storage.ScoreCheckin, 1, "w"+chatday.Week(req.Day), chatday.Month(req.Day)); err != nil {
		return bot.Reply{}, err
	}
	cards, err := addCards(ctx, req, Cards(m.LastDay == "", streak, int(m.Cards)), streak)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := settleStreak(ctx, req, req.Day, streak); err != nil {
		return bot.Reply{}, err
	}
	if err := planDigest(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	d := done{
		Name: req.Account.Name, Gained: c.Gained, Base: points.Base, Bonus: points.Bonus, Streak: streak, Place: c.Place,
		Balance: m.Balance + c.Gained, Cards: m.Cards + int64(cards), NewCard: cards > 0, Until: req.Moment(req.Days.Next(req.At)),
	}
	switch {
	case req.Day < req.Days.Day(req.Now):
		d.Late = req.Day
	case streak == 1 && m.LastDay != "" && m.LastDay < req.Day:
		d.Missed = missed(req, m.LastDay)
		// Only one day can be repaired: more of them are not worth a card.
		d.Repair = d.Missed == 1 && d.Cards > 0
	}
	reply := bot.Reply{
		Template: "checkin.done", Data: d, Brief: "checkin.brief", Crowd: "checkin.crowd",
		Choices: []bot.Choice{{Label: "checkin.button_why", Command: "/why", Extra: true}, {Label: "checkin.button_rank", Command: "/rank", Extra: true}},
	}
	if req.Exposed() {
		if d.Call, err = req.Call(); err != nil {
			return bot.Reply{}, err
		}
		reply.Template, reply.Data = "checkin.done_short", d
	}
	return reply, nil
}

// missedMost is where counting missed days stops: long enough ago.
const missedMost = 100

// missed counts the chat days between the last check-in and today.
func missed(req *bot.Request, last string) int {
	n := 0
	for day := req.Days.Prev(req.Day); day > last && n < missedMost; day = req.Days.Prev(day) {
		n++
	}
	return n
}

// post writes the ledger entry; a rule that gives nothing writes none.
func post(ctx context.Context, req *bot.Request, p Points, streak, version int) error {
	if p.Total() == 0 {
		return nil
	}
	text, err := json.Marshal(detail{Base: p.Base, Bonus: p.Bonus, Streak: streak, Day: req.Day})
	if err != nil {
		return fmt.Errorf("check-in entry: %w", err)
	}
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: req.Member.ID, Unit: storage.Points, Amount: int64(p.Total()), Kind: "checkin", Cause: "checkin:" + req.Day,
		Rule: version, Day: req.Day, Week: chatday.Week(req.Day), At: req.At, Detail: string(text),
	})
	return err
}

func addCards(ctx context.Context, req *bot.Request, n, streak int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	_, err := req.Tx.Post(ctx, storage.Entry{
		MemberID: req.Member.ID, Unit: storage.Card, Amount: int64(n), Kind: "card", Cause: "checkin:" + req.Day,
		Day: req.Day, Week: chatday.Week(req.Day), At: req.At, Detail: fmt.Sprintf(`{"streak":%d}`, streak),
	})
	return n, err
}

// streakOn is the streak a check-in on day makes. The usual case needs no walk
// through the past.
func streakOn(ctx context.Context, req *bot.Request, day string) (int, error) {
	m, prev := req.Member, req.Days.Prev(day)
	switch {
	case m.LastDay == "" || m.LastDay < prev:
		return 1, nil
	case m.LastDay == prev:
		return m.Streak + 1, nil
	}
	n, err := walk(ctx, req, prev)
	return n + 1, err
}

// walk counts the days in a row that end with day.
func walk(ctx context.Context, req *bot.Request, day string) (int, error) {
	for limit := 64; ; limit *= 4 {
		rows, err := req.Tx.CheckinsUpTo(ctx, req.Member.ID, day, limit)
		if err != nil {
			return 0, err
		}
		days := make([]string, len(rows))
		for i, r := range rows {
			days[i] = r.Day
		}
		if n := Streak(day, days, req.Days.Prev); n < limit {
			return n, nil
		}
	}
}

// settleStreak stores what the days add up to after day was added to them;
// streak is the run that ends with it.
func settleStreak(ctx context.Context, req *bot.Request, day string, streak int) error {
	m := req.Member
	best, last := max(m.BestStreak, streak), max(m.LastDay, day)
	if last != day { // a late message or a make-up card: later days may join up
		var err error
		if streak, err = walk(ctx, req, last); err != nil {
			return err
		}
	}
	return req.Tx.SetStreak(ctx, m.ID, streak, max(best, streak), last)
}

// label says for the list of communities whether today is checked in there.
func label(ctx context.Context, req *bot.Request) (string, error) {
	_, err := req.Tx.Checkin(ctx, req.Member.ID, req.Day)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return "checkin.label_open", nil
	case err != nil:
		return "", err
	}
	return "checkin.label_done", nil
}
