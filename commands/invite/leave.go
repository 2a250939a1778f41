package invite

import (
	"context"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// left takes back what an invite brought when its person goes too early, and
// closes the links of who goes.
func left(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if !concerns(req, m) {
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
	here, err := req.Present(ctx, req.Community, who.PersonID)
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
	return takeBack(ctx, req, i, "invite_back", "back")
}

// takeBack takes back what an invite brought its inviter, and the milestones
// that too few invites are left for. What was spent meanwhile is owed: the
// balance may go below zero.
func takeBack(ctx context.Context, req *bot.Request, i storage.Invite, kind, cause string) error {
	view := struct {
		Name           string
		Day            int
		Amount         int64
		Entry, Balance int64
		Milestones     []storage.InviteMilestone
		Alone          bool // there was no group to leave
	}{Name: i.InvitedName, Day: dayOf(i, req.At), Alone: req.Private}
	given, err := req.Tx.InviteEntry(ctx, i, i.InviterID, storage.Points, fmt.Sprintf("invite:%d:vested", i.ID))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	m, err := req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	if given.ID != 0 {
		back, err := link(ctx, req, given.ID, m.ID, given.MemberID)
		if err != nil {
			return err
		}
		view.Amount = given.Amount
		if view.Entry, err = postBack(ctx, req, i, i.InviterID, storage.Points, -given.Amount, kind, cause, back); err != nil {
			return err
		}
	}
	if err := score(ctx, req, i, -1); err != nil {
		return err
	}
	if view.Milestones, err = takeMilestones(ctx, req, i.CommunityID, i.InviterID); err != nil {
		return err
	}
	if view.Amount == 0 && len(view.Milestones) == 0 {
		return nil // it brought nothing
	}
	if m, err = req.Tx.MemberByID(ctx, m.ID); err != nil {
		return err
	}
	view.Balance = m.Balance
	return inform(ctx, req, i, "invite.went", view)
}
