package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// payload is what an invite's timers carry.
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
	here, err := req.Present(ctx, i.CommunityID, i.InvitedID)
	if err != nil {
		return bot.Reply{}, err
	}
	inviterHere, err := req.Present(ctx, i.CommunityID, i.InviterID)
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
	extra, err := giveMilestones(ctx, req, i.CommunityID, i.InviterID, rule)
	if err != nil {
		return err
	}
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	return inform(ctx, req, i, "invite.stayed", struct {
		Name       string
		Reward     int
		Balance    int64
		Milestones []Milestone
	}{i.InvitedName, rule.Reward, m.Balance, extra})
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
	var p payload
	if err := payloadOf(req, &p); err != nil {
		return storage.Invite{}, false, err
	}
	i, err := req.Tx.Invite(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return i, false, nil
	}
	if err != nil {
		return i, false, err
	}
	return i, i.State == state, req.ActIn(ctx, i.CommunityID)
}
