package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// joined attributes a join.
func joined(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if !concerns(req, m) || m.Already {
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
	way, err := findWay(ctx, req, m, who.ID)
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
	old, err := knew(ctx, req, who)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = begin(ctx, req, wish{inviter: inviter, who: who, way: "link", old: old, joined: req.At})
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, nil // he came by somebody before: that stays
	}
	return bot.Reply{}, err
}

// concerns reports that somebody came to a community, or went: a person, in a
// place by which one belongs to it.
func concerns(req *bot.Request, m chat.Membership) bool {
	return (!req.Private || req.Following()) && req.Community != 0 && !m.User.Ref.IsZero() && !m.User.Bot
}

// knew reports whether somebody who comes was here before. In a 1:1 chat whoever
// did is a member: that begins with the first word.
func knew(ctx context.Context, req *bot.Request, who storage.Account) (bool, error) {
	if !req.Private {
		return req.Tx.Knew(ctx, req.Community, req.Chat.ID, who.PersonID)
	}
	_, err := req.Tx.Member(ctx, req.Community, who.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// findWay finds whose way a join names, or the request before it; the zero one
// if it was none of ours. account is who came, 0 if he only asks.
func findWay(ctx context.Context, req *bot.Request, m chat.Membership, account int64) (storage.InviteWay, error) {
	w, err := storage.InviteWay{}, storage.ErrNotFound
	switch {
	case m.Link != "":
		w, err = req.Tx.InviteWayByLink(ctx, req.Chat.ID, m.Link)
	case m.Source != "":
		w, err = req.Tx.InviteWayByCode(ctx, m.Source)
	}
	if errors.Is(err, storage.ErrNotFound) || err == nil && w.CommunityID != req.Community {
		if account != 0 {
			return wayOfRequest(ctx, req, account)
		}
		return storage.InviteWay{}, nil
	}
	if err != nil {
		return w, err
	}
	return heirOf(ctx, req, w)
}

// heirOf names who brings people by a way now: since a bind its owner may be
// part of somebody else.
func heirOf(ctx context.Context, req *bot.Request, w storage.InviteWay) (storage.InviteWay, error) {
	if w.PersonID == 0 {
		return w, nil
	}
	var err error
	w.PersonID, err = req.Tx.Heir(ctx, w.PersonID)
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
	if f.InviterHere, err = req.Present(ctx, req.Community, w.inviter); err != nil {
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
