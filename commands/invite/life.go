package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// dueView is the payload of an invite's timers.
type payload struct {
	ID int64 `json:"id"`
}

func plan(ctx context.Context, req *bot.Request, task string, i storage.Invite, at time.Time) error {
	text, err := json.Marshal(payload{i.ID})
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d:%d", task, i.ID, at.UnixMilli()), Task: task, ChatID: i.ChatID, Payload: string(text), DueAt: at,
	})
	return err
}

// joined attributes a join.
func joined(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if req.Private || req.Community == 0 || m.User.Ref.IsZero() || m.User.Bot || m.Already {
		return bot.Reply{}, nil
	}
	who, err := req.Tx.AccountByRef(ctx, m.User.Ref.Domain, m.User.Ref.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	// A join is told twice on some networks, and the second time may know more.
	known, err := req.Tx.OpenJoin(ctx, req.Chat.ID, who.PersonID)
	counted := err == nil
	if err != nil && !errors.Is(err, storage.ErrNotFound) || counted && known != "unknown" {
		return bot.Reply{}, err
	}
	way, err := findWay(ctx, req, m)
	if err != nil {
		return bot.Reply{}, err
	}
	inviter := way.PersonID
	if inviter == 0 && way.Source == "" && !m.By.Ref.IsZero() && m.By.Ref != m.User.Ref && !m.By.Bot {
		by, err := req.Tx.Touch(ctx, storage.Seen{Domain: m.By.Ref.Domain, ExternalID: m.By.Ref.ID, Name: m.By.Name, Username: m.By.Username})
		if err != nil {
			return bot.Reply{}, err
		}
		inviter = by.PersonID
	}
	how := "unknown"
	if inviter != 0 || way.Source != "" {
		how = "link"
	}
	if counted {
		err = req.Tx.SetJoinWay(ctx, req.Community, who.PersonID, how)
	} else {
		err = req.Tx.AddInviteJoin(ctx, req.Community, req.Chat.ID, storage.InviteJoin{PersonID: who.PersonID, At: req.At, Way: how, Source: way.Source})
	}
	if err != nil || inviter == 0 {
		return bot.Reply{}, err
	}
	old, err := req.Tx.Knew(ctx, req.Community, req.Chat.ID, who.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = begin(ctx, req, wish{inviter: inviter, who: who, way: "link", old: old, joined: req.At})
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, nil // he came by somebody before: that stays
	}
	return bot.Reply{}, err
}

// findWay finds whose way a join names; the zero one if it names none of ours.
func findWay(ctx context.Context, req *bot.Request, m chat.Membership) (storage.InviteWay, error) {
	w, err := storage.InviteWay{}, storage.ErrNotFound
	switch {
	case m.Link != "":
		w, err = req.Tx.InviteWayByLink(ctx, req.Chat.ID, m.Link)
	case m.Source != "":
		w, err = req.Tx.InviteWayByCode(ctx, m.Source)
	}
	if errors.Is(err, storage.ErrNotFound) || err == nil && w.CommunityID != req.Community {
		return storage.InviteWay{}, nil
	}
	return w, err
}

// wish is an invite that is to begin.
type wish struct {
	inviter int64 // person
	who     storage.Account
	way     string
	old     bool
	joined  time.Time
	asked   bool // the inviter has to say yes first
}

// begin notes an invite and what it promises. ErrDuplicate says that the person
// came by somebody before.
func begin(ctx context.Context, req *bot.Request, w wish) (storage.Invite, error) {
	rule, err := ruleAt(ctx, req)
	if err != nil {
		return storage.Invite{}, err
	}
	f := facts{Self: w.inviter == w.who.PersonID, Old: w.old}
	if f.InviterHere, err = req.Tx.PresentIn(ctx, req.Community, w.inviter); err != nil {
		return storage.Invite{}, err
	}
	before, err := req.Tx.InvitesBy(ctx, req.Community, w.inviter)
	if err != nil {
		return storage.Invite{}, err
	}
	for _, i := range before {
		if i.Day == req.Day && i.State != storage.InviteRejected && i.State != storage.InviteAsked {
			f.Today++
		}
		if age := w.joined.Sub(i.JoinedAt); age >= 0 && age < burstTime && i.Way == "link" {
			f.Burst++
		}
	}
	text, err := json.Marshal(rule)
	if err != nil {
		return storage.Invite{}, fmt.Errorf("invite: %w", err)
	}
	i := storage.Invite{
		CommunityID: req.Community, ChatID: req.Chat.ID, InviterID: w.inviter, InvitedID: w.who.PersonID, Way: w.way, Rule: string(text), Day: req.Day, JoinedAt: w.joined,
	}
	i.State, i.Reason = rule.judge(f)
	if w.asked && i.State != storage.InviteRejected {
		i.State = storage.InviteAsked
	}
	if i, err = req.Tx.AddInvite(ctx, i); err != nil {
		return i, err
	}
	i.InvitedName = w.who.Name
	switch i.State {
	case storage.InvitePending:
		return i, came(ctx, req, i, rule)
	case storage.InviteHeld:
		return i, alertBurst(ctx, req, i, f.Burst+1)
	}
	return i, nil
}

// promise enters the pending points and plans the day on which they are due.
func promise(ctx context.Context, req *bot.Request, i storage.Invite, rule Rule) error {
	if err := post(ctx, req, i, i.InviterID, storage.Pending, rule.Reward, "invite_pending", "pending"); err != nil {
		return err
	}
	if err := post(ctx, req, i, i.InvitedID, storage.Pending, rule.Newcomer, "invited_pending", "newcomer:pending"); err != nil {
		return err
	}
	return plan(ctx, req, taskDue, i, i.JoinedAt.AddDate(0, 0, rule.Days))
}

// came is promise, and tells the inviter.
func came(ctx context.Context, req *bot.Request, i storage.Invite, rule Rule) error {
	if err := promise(ctx, req, i, rule); err != nil {
		return err
	}
	at := i.JoinedAt.AddDate(0, 0, rule.Days)
	return inform(ctx, req, i, "invite.came", struct {
		Name   string
		Until  bot.Moment
		Reward int
	}{i.InvitedName, req.Moment(at), rule.Reward})
}

// inform tells the inviter, for his eyes alone.
func inform(ctx context.Context, req *bot.Request, i storage.Invite, template string, data any, choices ...bot.Choice) error {
	c, err := req.Tx.Chat(ctx, i.ChatID)
	if err != nil {
		return err
	}
	accounts, err := req.Tx.AccountsOf(ctx, i.InviterID)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Domain != c.Domain {
			continue
		}
		r := bot.Reply{Template: template, Data: data, Choices: choices}
		if told, err := req.Tell(ctx, a, r); err != nil || told {
			return err
		}
		if req.CapsOf(c).Whispers {
			return req.Inform(ctx, c, a, r)
		}
	}
	return nil // he sees it with /invites
}

// post enters points of an invite: one cause, one entry.
func post(ctx context.Context, req *bot.Request, i storage.Invite, person int64, unit storage.Unit, amount int, kind, cause string) error {
	_, err := postBack(ctx, req, i, person, unit, int64(amount), kind, cause, 0)
	return err
}

func postBack(ctx context.Context, req *bot.Request, i storage.Invite, person int64, unit storage.Unit, amount int64, kind, cause string, back int64) (int64, error) {
	if amount == 0 {
		return 0, nil
	}
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, person)
	if err != nil {
		return 0, err
	}
	rule, err := decode(i.Rule)
	if err != nil {
		return 0, err
	}
	detail, err := json.Marshal(struct {
		Name string `json:"name"`
		Day  int    `json:"day"`
		Keep int    `json:"keep"`
	}{i.InvitedName, dayOf(i, req.Tx.Now), rule.Keep})
	if err != nil {
		return 0, fmt.Errorf("invite: %w", err)
	}
	day := req.Days.Day(req.Now)
	return req.Tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: unit, Amount: amount, Kind: kind, Cause: fmt.Sprintf("invite:%d:%s", i.ID, cause),
		Day: day, Week: chatday.Week(day), At: req.Tx.Now, Reverses: back, Detail: string(detail),
	})
}

// dayOf is the day since somebody came: the first is 1.
func dayOf(i storage.Invite, now time.Time) int { return int(now.Sub(i.JoinedAt)/(24*time.Hour)) + 1 }

// release takes the promises back: they have become points, or nothing.
func release(ctx context.Context, req *bot.Request, i storage.Invite, rule Rule) error {
	if err := post(ctx, req, i, i.InviterID, storage.Pending, -rule.Reward, "invite_release", "release"); err != nil {
		return err
	}
	return post(ctx, req, i, i.InvitedID, storage.Pending, -rule.Newcomer, "invite_release", "newcomer:release")
}

// due looks at a pending invite whose time has come.
func due(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	i, ok, err := timed(ctx, req, storage.InvitePending)
	if err != nil || !ok {
		return bot.Reply{}, err
	}
	rule, err := decode(i.Rule)
	if err != nil {
		return bot.Reply{}, err
	}
	here, err := req.Tx.PresentIn(ctx, i.CommunityID, i.InvitedID)
	if err != nil {
		return bot.Reply{}, err
	}
	inviterHere, err := req.Tx.PresentIn(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return bot.Reply{}, err
	}
	actions, err := req.Tx.ActionsSince(ctx, i.CommunityID, i.InvitedID, i.JoinedAt)
	if err != nil {
		return bot.Reply{}, err
	}
	state, reason, again := rule.ripe(i.JoinedAt, req.Tx.Now, here, inviterHere, actions)
	if state == storage.InvitePending {
		return bot.Reply{}, plan(ctx, req, taskDue, i, again)
	}
	i.State, i.Reason = state, reason
	if err := req.Tx.MoveInvite(ctx, i, storage.InvitePending); err != nil {
		return bot.Reply{}, err
	}
	if err := release(ctx, req, i, rule); err != nil {
		return bot.Reply{}, err
	}
	if state != storage.InviteVested {
		return bot.Reply{}, nil
	}
	return bot.Reply{}, vest(ctx, req, i, rule)
}

func vest(ctx context.Context, req *bot.Request, i storage.Invite, rule Rule) error {
	if err := post(ctx, req, i, i.InviterID, storage.Points, rule.Reward, "invite", "vested"); err != nil {
		return err
	}
	if err := post(ctx, req, i, i.InvitedID, storage.Points, rule.Newcomer, "invited", "newcomer:vested"); err != nil {
		return err
	}
	if err := score(ctx, req, i, 1); err != nil {
		return err
	}
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	return inform(ctx, req, i, "invite.stayed", struct {
		Name    string
		Reward  int
		Balance int64
	}{i.InvitedName, rule.Reward, m.Balance})
}

// score keeps the ranking of inviters: a person counts on the day he vested.
func score(ctx context.Context, req *bot.Request, i storage.Invite, n int64) error {
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	day := req.Days.Day(req.Now)
	return req.Tx.AddScore(ctx, m, storage.ScoreInvite, n, day, "w"+chatday.Week(day), chatday.Month(day), "all")
}

// timed loads the invite of a timer; ok is false when it is not in that state
// any more.
func timed(ctx context.Context, req *bot.Request, state string) (storage.Invite, bool, error) {
	d, _ := req.Event.Detail.(chat.Due)
	var p payload
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return storage.Invite{}, false, fmt.Errorf("invite timer: %w", err)
	}
	i, err := req.Tx.Invite(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return i, false, nil
	}
	return i, err == nil && i.State == state, err
}

// left takes back what an invite brought when its person goes too early, and
// closes the links of who goes.
func left(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if req.Private || req.Community == 0 || m.User.Ref.IsZero() || m.User.Bot {
		return bot.Reply{}, nil
	}
	who, err := req.Tx.AccountByRef(ctx, m.User.Ref.Domain, m.User.Ref.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.InviteLeft(ctx, req.Community, req.Chat.ID, who.PersonID, req.At); err != nil {
		return bot.Reply{}, err
	}
	links, err := req.Tx.OpenLinksOf(ctx, req.Chat.ID, who.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, l := range links {
		l.State = storage.LinkClosed
		if err := req.Tx.SetInviteLink(ctx, l); err != nil {
			return bot.Reply{}, err
		}
		req.CloseWay(req.Chat, l.ExternalID)
	}
	here, err := req.Tx.PresentIn(ctx, req.Community, who.PersonID)
	if err != nil || here {
		return bot.Reply{}, err
	}
	i, err := req.Tx.InviteOf(ctx, req.Community, who.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, reverse(ctx, req, i)
}

// reverse takes an invite back whose person has gone.
func reverse(ctx context.Context, req *bot.Request, i storage.Invite) error {
	rule, err := decode(i.Rule)
	if err != nil {
		return err
	}
	from := i.State
	i.State, i.Reason = storage.InviteReversed, leftEarly
	switch {
	case from == storage.InviteHeld || from == storage.InviteAsked:
		return req.Tx.MoveInvite(ctx, i, from)
	case from == storage.InvitePending:
		if err := req.Tx.MoveInvite(ctx, i, from); err != nil {
			return err
		}
		return release(ctx, req, i, rule)
	case from != storage.InviteVested || !req.At.Before(i.JoinedAt.AddDate(0, 0, rule.Keep)):
		return nil
	}
	if err := req.Tx.MoveInvite(ctx, i, from); err != nil {
		return err
	}
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	given, err := req.Tx.EntryByCause(ctx, m.ID, storage.Points, fmt.Sprintf("invite:%d:vested", i.ID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil // it brought nothing
	}
	if err != nil {
		return err
	}
	// What was spent meanwhile is owed: the balance may go below zero.
	entry, err := postBack(ctx, req, i, i.InviterID, storage.Points, -given.Amount, "invite_back", "back", given.ID)
	if err != nil {
		return err
	}
	if err := score(ctx, req, i, -1); err != nil {
		return err
	}
	if m, err = req.Tx.MemberByID(ctx, m.ID); err != nil {
		return err
	}
	return inform(ctx, req, i, "invite.went", struct {
		Name           string
		Day            int
		Amount         int64
		Entry, Balance int64
	}{i.InvitedName, dayOf(i, req.At), given.Amount, entry, m.Balance})
}
