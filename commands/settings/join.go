package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// joining is what a preview of /community join keeps. That the chat is still
// in the community the preview was shown for is the engine's business.
type joining struct {
	Code string `json:"code"`
}

// joined is what the audit row of a join keeps.
type joined struct {
	Community int64  `json:"community"`
	Name      string `json:"name"`
	Members   int    `json:"members"`
	Points    int64  `json:"points"`
	Cards     int64  `json:"cards"`
}

type joinView struct {
	Chat    string // who joins
	Name    string // what is joined
	Chats   int    // chats there already
	Members int    // people who go along
	Points  int64
	Cards   int64
	Stay    bool // the old community has other chats, so not everybody moves
	Rule    Rule
	Clock   dayClock
	Audit   int64
	Carried storage.Carried
	Numbers []storage.Renumbered // some of the questions that have another number
}

// shownNumbers bounds what an answer says of changed numbers.
const shownNumbers = 5

// join shows what would happen if the chat went over to the community of a
// code.
func (f family) join(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	code := normalCode(req.Args.String())
	if code == "" {
		return bot.Reply{}, bot.Refuse("settings.join_no_code", nil)
	}
	to, err := target(ctx, req, code)
	if err != nil {
		return bot.Reply{}, err
	}
	movers, last, err := moversOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	chats, err := req.Tx.ChatsOf(ctx, to.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := joinView{Chat: req.Chat.Title, Name: to.Name, Chats: len(chats), Members: len(movers), Stay: !last}
	for _, m := range movers {
		view.Points, view.Cards = view.Points+m.Balance, view.Cards+m.Cards
	}
	days, err := bot.CalendarOf(ctx, &req.Tx.Reader, to.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Clock = dayClock{days.Zone(req.Tx.Now).String(), days.Start(req.Tx.Now)}
	there := *req
	there.Community = to.ID
	if view.Rule, err = f.CheckinRule(ctx, &there); err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("settings.join_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionJoin, title, joining{code}, "settings.join_preview", view)
}

// target finds the community of a code, which must not be the chat's own.
func target(ctx context.Context, req *bot.Request, code string) (storage.Community, error) {
	to, err := req.Tx.CommunityByCode(ctx, code)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return to, bot.Refuse("settings.join_unknown", struct{ Code string }{code})
	case err == nil && to.ID == req.Community:
		return to, bot.Refuse("settings.join_same", communityView{Name: to.Name})
	}
	return to, err
}

// moversOf lists who goes along and whether the chat is the last of its
// community. Who is in another chat that stays, stays there with his points.
func moversOf(ctx context.Context, req *bot.Request) ([]storage.Member, bool, error) {
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return nil, false, err
	}
	last := true
	for _, c := range chats {
		last = last && c.ID == req.Chat.ID
	}
	movers, err := req.Tx.Movers(ctx, req.Chat.ID, req.Community, last)
	return movers, last, err
}

func confirmJoin(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p joining
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionJoin, err)
	}
	// The code may have been replaced since the preview.
	to, err := target(ctx, req, p.Code)
	if err != nil {
		return bot.Reply{}, err
	}
	old, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	movers, last, err := moversOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	from := joined{Community: old.ID, Name: old.Name, Members: len(movers)}
	for _, m := range movers {
		from.Points, from.Cards = from.Points+m.Balance, from.Cards+m.Cards
	}
	// The audit row belongs to the community where the chat is from now on.
	req.Community = to.ID
	audit, err := req.Audit(ctx, actionJoin, from, joined{Community: to.ID, Name: to.Name}, "", false)
	if err != nil {
		return bot.Reply{}, err
	}
	t := transfer{req: req, to: to, from: old, audit: audit}
	if t.days, err = bot.CalendarOf(ctx, &req.Tx.Reader, to.ID); err != nil {
		return bot.Reply{}, err
	}
	t.today = t.days.Day(req.Tx.Now)
	for _, m := range movers {
		if err := t.member(ctx, m); err != nil {
			return bot.Reply{}, fmt.Errorf("move member %d: %w", m.ID, err)
		}
	}
	if err := req.Tx.MoveChatTo(ctx, req.Chat.ID, to.ID); err != nil {
		return bot.Reply{}, err
	}
	carried, err := carry(ctx, req, old.ID, to.ID, last, movers)
	if err != nil {
		return bot.Reply{}, err
	}
	if last && old.Code != "" {
		old.Code = "" // nobody may join what is only history
		if err := req.Tx.SetCommunity(ctx, old); err != nil {
			return bot.Reply{}, err
		}
	}
	view := joinView{Chat: req.Chat.Title, Name: to.Name, Members: from.Members, Points: from.Points, Cards: from.Cards, Audit: audit, Carried: carried}
	for _, r := range carried.Renumbered {
		if r.Open && len(view.Numbers) < shownNumbers {
			view.Numbers = append(view.Numbers, r)
		}
	}
	return bot.Reply{Template: "settings.join_done", Data: view}, tellThere(ctx, req, to.ID, view)
}

// carry takes along what is no member's. The messages of questions whose number
// has changed say so soon.
func carry(ctx context.Context, req *bot.Request, from, to int64, last bool, movers []storage.Member) (storage.Carried, error) {
	c := storage.Carry{ChatID: req.Chat.ID, From: from, To: to, Last: last}
	for _, m := range movers {
		c.Persons = append(c.Persons, m.PersonID)
	}
	out, err := req.Tx.CarryCommunity(ctx, c)
	if err != nil {
		return out, err
	}
	for _, r := range out.Renumbered {
		if !r.Open {
			continue
		}
		if _, err := req.Tx.SetTimer(ctx, storage.DueRow{
			Key: fmt.Sprintf("%s:%d:%d", storage.TaskShowQuestion, r.ID, to), Task: storage.TaskShowQuestion, ChatID: req.Chat.ID,
			Payload: fmt.Sprintf(`{"question":%d}`, r.ID), DueAt: req.Tx.Now,
		}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// tellThere lets the administrators of the community know who has come: the
// newcomers' administrators are administrators of the whole from now on.
func tellThere(ctx context.Context, req *bot.Request, community int64, view joinView) error {
	chats, err := req.Tx.ChatsOf(ctx, community)
	if err != nil {
		return err
	}
	for _, c := range chats {
		if c.ID != req.Chat.ID {
			return req.Alert(ctx, c, bot.Reply{Template: "settings.join_told", Data: view})
		}
	}
	return nil
}

// transfer carries members from one community to another.
type transfer struct {
	req      *bot.Request
	to, from storage.Community
	audit    int64
	days     chatday.Calendar // of the new community
	today    string
	same     bool // the two are one group: see moved
}

// member carries what one member has: points and cards by ledger entries, days
// by copies, so that the streak goes on.
func (t transfer) member(ctx context.Context, m storage.Member) error {
	tx := t.req.Tx
	if err := t.home(ctx, m.PersonID); err != nil {
		return err
	}
	if m.Balance == 0 && m.Pending == 0 && m.Cards == 0 && m.LastDay == "" {
		return nil
	}
	there, err := tx.EnsureMember(ctx, t.to.ID, m.PersonID)
	if err != nil {
		return err
	}
	if m.Hidden && !there.Hidden {
		if err := tx.SetHidden(ctx, there.ID, true); err != nil {
			return err
		}
		there.Hidden = true
	}
	points, cards, err := t.owed(ctx, m, there)
	if err != nil {
		return err
	}
	for _, e := range []storage.Entry{
		{MemberID: m.ID, Unit: storage.Points, Amount: -m.Balance},
		{MemberID: there.ID, Unit: storage.Points, Amount: points},
		{MemberID: m.ID, Unit: storage.Pending, Amount: -m.Pending},
		{MemberID: there.ID, Unit: storage.Pending, Amount: m.Pending},
		{MemberID: m.ID, Unit: storage.Card, Amount: -m.Cards},
		{MemberID: there.ID, Unit: storage.Card, Amount: cards},
	} {
		if err := t.post(ctx, e, m.ID); err != nil {
			return err
		}
	}
	if !t.same {
		if err := tx.CopyCheckins(ctx, m.ID, there.ID, t.today); err != nil {
			return err
		}
	}
	if err := t.streak(ctx, there); err != nil {
		return err
	}
	return t.carryBinds(ctx, m, there)
}

// owed makes the check-ins of a member some of the new community and returns
// what is to be carried besides.
func (t transfer) owed(ctx context.Context, m, there storage.Member) (points, cards int64, err error) {
	if !t.same {
		carried, err := t.todays(ctx, m, there)
		return m.Balance - carried, m.Cards, err
	}
	settled, came, err := t.sameDays(ctx, m, there)
	if cards = m.Cards; there.LastDay != "" {
		cards = 0 // the card of a first check-in: he has had his
	}
	// What he spent of a day that counts once he has to pay of what he has.
	return max(m.Balance-settled, -there.Balance-came), cards, err
}

// home turns a choice of the old community with /use into one of the new.
func (t transfer) home(ctx context.Context, person int64) error {
	p, err := t.req.Tx.Person(ctx, person)
	if err != nil || p.Home != t.from.ID {
		return err
	}
	return t.req.Tx.SetHome(ctx, person, t.to.ID)
}

// todays makes today's check-in one of the new community, with the points it
// brought, so that it is not made twice and repeating it says the truth. It
// returns the points. Earlier days are history: they only keep the streak.
func (t transfer) todays(ctx context.Context, m, there storage.Member) (int64, error) {
	tx := t.req.Tx
	c, err := tx.Checkin(ctx, m.ID, t.today)
	if errors.Is(err, storage.ErrNotFound) || err == nil && c.Repaired {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if _, err := tx.Checkin(ctx, there.ID, t.today); !errors.Is(err, storage.ErrNotFound) {
		return 0, err // there already: the day stays as it is
	}
	c.MemberID = there.ID
	if _, err := tx.AddCheckin(ctx, there, c); err != nil {
		return 0, err
	}
	if err := tx.AddScore(ctx, there, storage.ScoreCheckin, 1, "w"+chatday.Week(t.today), chatday.Month(t.today)); err != nil {
		return 0, err
	}
	if c.Gained == 0 {
		return 0, nil
	}
	e, err := tx.EntryByCause(ctx, m.ID, storage.Points, "checkin:"+t.today)
	if err != nil {
		return 0, err
	}
	e.MemberID = there.ID
	_, err = tx.Post(ctx, e)
	return e.Amount, err
}

// post writes one entry of the transfer. It names the old membership: the same
// person can come from several communities in one go.
func (t transfer) post(ctx context.Context, e storage.Entry, member int64) error {
	if e.Amount == 0 {
		return nil
	}
	day := carriedDay(t.today)
	from := t.from.Name
	if t.same { // it may have had another title for a moment
		from = t.to.Name
	}
	text, err := json.Marshal(struct {
		From string `json:"from"`
		To   string `json:"to"`
	}{from, t.to.Name})
	if err != nil {
		return fmt.Errorf("transfer entry: %w", err)
	}
	e.Kind, e.Cause, e.Detail = "transfer", fmt.Sprintf("transfer:%d:%d", t.audit, member), string(text)
	e.Day, e.Week = day, chatday.Week(day)
	if !t.req.Event.Sender.Anonymous {
		e.ActorID = t.req.Account.PersonID
	}
	_, err = t.req.Tx.Post(ctx, e)
	return err
}

// streak computes anew what the days of both communities add up to.
func (t transfer) streak(ctx context.Context, there storage.Member) error {
	days, err := t.req.Tx.CheckinDays(ctx, there.ID)
	if err != nil || len(days) == 0 {
		return err
	}
	run, best := streaks(days, t.days.Prev)
	return t.req.Tx.SetStreak(ctx, there.ID, run, best, days[len(days)-1])
}
