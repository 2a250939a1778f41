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
