package invite

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

// code registers the one who brought a person by a spoken code: where the
// network tells of no joins, or makes no links.
func code(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	word := strings.ToUpper(req.Args.Word(0))
	if word == "" || req.Args.Len() > 1 {
		return bot.Reply{}, bot.Refuse("invite.code_usage", nil)
	}
	w, err := req.Tx.InviteWayByCode(ctx, word)
	if errors.Is(err, storage.ErrNotFound) || err == nil && w.CommunityID != req.Community {
		return bot.Reply{}, bot.Refuse("invite.no_code", struct{ Code string }{word})
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if w, err = heirOf(ctx, req, w); err != nil {
		return bot.Reply{}, err
	}
	if w.Source != "" {
		return bot.Reply{Template: "invite.source_noted", Data: w}, req.Tx.SetJoinWay(ctx, req.Community, req.Account.PersonID, "code")
	}
	i, name, err := name(ctx, req, w.PersonID, "code", false)
	if err != nil {
		return bot.Reply{}, err
	}
	rule, err := decode(i.Rule)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.noted", Data: struct {
		Name string
		Rule Rule
		Held bool
	}{name, rule, i.State == storage.InviteHeld}}, req.Tx.SetJoinWay(ctx, req.Community, req.Account.PersonID, "code")
}

// name begins an invite by the word of the sender, and gives the inviter's
// name. What does not count is refused with its reason.
func name(ctx context.Context, req *bot.Request, inviter int64, way string, asked bool) (storage.Invite, string, error) {
	p, err := req.Tx.Person(ctx, inviter)
	if err != nil {
		return storage.Invite{}, "", err
	}
	if inviter == req.Account.PersonID {
		return storage.Invite{}, "", bot.Refuse("invite.yourself", nil)
	}
	before, err := req.Tx.InviteOf(ctx, req.Community, req.Account.PersonID)
	if err == nil {
		by, err := req.Tx.Person(ctx, before.InviterID)
		if err != nil {
			return storage.Invite{}, "", err
		}
		return storage.Invite{}, "", bot.Refuse("invite.noted_before", struct{ Name string }{by.Name})
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return storage.Invite{}, "", err
	}
	circle, err := comesFrom(ctx, req, inviter)
	if err != nil {
		return storage.Invite{}, "", err
	}
	if circle {
		return storage.Invite{}, "", bot.Refuse("invite.circle", struct{ Name string }{p.Name})
	}
	old, err := isOld(ctx, req)
	if err != nil {
		return storage.Invite{}, "", err
	}
	if old {
		return storage.Invite{}, "", bot.Refuse("invite.too_old", nil)
	}
	i, err := begin(ctx, req, wish{inviter: inviter, who: req.Account, way: way, joined: req.At, asked: asked})
	if err == nil && i.State == storage.InviteRejected {
		err = bot.Refuse("invite.not_counted", struct{ Name, Reason string }{p.Name, i.Reason})
	}
	return i, p.Name, err
}

// comesFrom reports whether somebody came by the sender, at first hand or
// through others: he was not here then to bring the sender.
func comesFrom(ctx context.Context, req *bot.Request, person int64) (bool, error) {
	for range 100 { // a bind may have closed a circle already
		i, err := req.Tx.InviteOf(ctx, req.Community, person)
		if errors.Is(err, storage.ErrNotFound) {
			return false, nil
		}
		if err != nil || i.State == storage.InviteRejected {
			return false, err
		}
		if i.InviterID == req.Account.PersonID {
			return true, nil
		}
		person = i.InviterID
	}
	return false, nil
}

// isOld: the sender was here before, or has been for longer than a newcomer.
func isOld(ctx context.Context, req *bot.Request) (bool, error) {
	if req.Private {
		return req.Tx.Now.Sub(storage.FromMillis(req.Member.CreatedAt)) > newFor, nil
	}
	old, err := req.Tx.Knew(ctx, req.Community, req.Chat.ID, req.Account.PersonID)
	if err != nil || old {
		return old, err
	}
	p, err := req.Tx.Presence(ctx, req.Chat.ID, req.Account.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return req.Tx.Now.Sub(p.JoinedAt) > newFor, err
}

// invitedBy notes a word that the other one has to confirm.
func invitedBy(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	who, _, err := req.Who(ctx, req.Args.String())
	if err != nil {
		return bot.Reply{}, err
	}
	i, by, err := name(ctx, req, who.PersonID, "told", true)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := plan(ctx, req, taskAsked, i, req.Tx.Now.Add(askedFor)); err != nil {
		return bot.Reply{}, err
	}
	n := strconv.FormatInt(i.ID, 10)
	err = inform(ctx, req, i, "invite.is_it_true", struct {
		Name string
		ID   int64
	}{req.Account.Name, i.ID},
		bot.Choice{Label: "invite.button_yes", Command: "/invitedby yes " + n}, bot.Choice{Label: "invite.button_no", Command: "/invitedby no " + n})
	return bot.Reply{Template: "invite.told", Data: struct{ Name string }{by}}, err
}

// asked finds the invite that the sender is asked about.
func asked(ctx context.Context, req *bot.Request) (storage.Invite, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return storage.Invite{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 12"})
	}
	i, err := req.Tx.Invite(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (i.InviterID != req.Account.PersonID || i.State != storage.InviteAsked) {
		return i, bot.Refuse("invite.not_asked", nil)
	}
	return i, err
}

func yes(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	i, err := asked(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	rule, err := decode(i.Rule)
	if err != nil {
		return bot.Reply{}, err
	}
	i.State = storage.InvitePending
	if err := req.Tx.MoveInvite(ctx, i, storage.InviteAsked); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.SetJoinWay(ctx, i.CommunityID, i.InvitedID, "told"); err != nil {
		return bot.Reply{}, err
	}
	if err := promise(ctx, req, i, rule); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.agreed", Data: struct{ Name string }{i.InvitedName}}, nil
}

func no(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	i, err := asked(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.denied", Data: struct{ Name string }{i.InvitedName}}, req.Tx.DropInvite(ctx, i.ID)
}

// unanswered drops a word that nobody confirmed.
func unanswered(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	i, ok, err := timed(ctx, req, storage.InviteAsked)
	if err != nil || !ok {
		return bot.Reply{}, err
	}
	return bot.Reply{}, req.Tx.DropInvite(ctx, i.ID)
}
