package bot

import (
	"context"
	"errors"
	"strings"

	"qunmate/bot/input"
	"qunmate/storage"
)

// Who finds the person a command speaks of. The order is: the author of the
// replied-to message, a mention, a username, a unique display name. Where nobody
// can point at a message, the id by which the network knows its people serves as
// username. used says whether the word was taken (with a reply it need not be
// one). What is not clear is a Refusal that asks.
func (req *Request) Who(ctx context.Context, word string) (a storage.Account, used bool, err error) {
	named := strings.HasPrefix(word, "@")
	if q := req.Event.Quoted; !q.Ref.IsZero() && !q.Bot && !named {
		a, err = req.Tx.Touch(ctx, storage.Seen{Domain: q.Ref.Domain, ExternalID: q.Ref.ID, Name: q.Name, Username: q.Username})
		return a, false, err
	}
	name := strings.TrimPrefix(word, "@")
	for _, m := range req.Event.Mentions {
		// The word itself must name him: the reason may mention others.
		if m.Ref.ID != "" && name != "" && (name == input.NewArgs(m.Name).Word(0) || strings.EqualFold(name, m.Username)) {
			a, err = req.Tx.Touch(ctx, storage.Seen{Domain: m.Ref.Domain, ExternalID: m.Ref.ID, Name: m.Name, Username: m.Username})
			return a, true, err
		}
	}
	if name == "" {
		return a, false, Refuse("common.who_missing", struct{ Command string }{req.Command})
	}
	a, err = req.Tx.AccountByUsername(ctx, req.Chat.Domain, name)
	if err == nil || !errors.Is(err, storage.ErrNotFound) {
		return a, true, err
	}
	if !req.Caps.Quotes {
		a, err = req.accountHere(ctx, name)
		if err == nil || !errors.Is(err, storage.ErrNotFound) {
			return a, true, err
		}
	}
	found, err := req.accountsNamed(ctx, name)
	if err != nil {
		return a, true, err
	}
	if len(found) == 1 {
		return found[0], true, nil
	}
	word = "common.who_unknown"
	if len(found) > 1 {
		word = "common.who_several"
	}
	return a, true, Refuse(word, struct {
		Name  string
		Count int
		Quote bool // pointing at a message would help
	}{name, len(found), req.Caps.Quotes})
}

// accountHere finds an account by the network's own id, if it is in the chat, in
// a private chat in a group of the community; else ErrNotFound.
func (req *Request) accountHere(ctx context.Context, id string) (storage.Account, error) {
	a, err := req.Tx.AccountByRef(ctx, req.Chat.Domain, id)
	if err != nil {
		return a, err
	}
	chats := []storage.Chat{req.Chat}
	if req.Private {
		if chats, err = req.Tx.ChatsOf(ctx, req.Community); err != nil {
			return a, err
		}
	}
	for _, c := range chats {
		if _, err = req.Tx.Presence(ctx, c.ID, a.ID); err == nil || !errors.Is(err, storage.ErrNotFound) {
			return a, err
		}
	}
	return storage.Account{}, storage.ErrNotFound
}

// accountsNamed looks for a display name in the chat; in a private chat in all
// groups of the community.
func (req *Request) accountsNamed(ctx context.Context, name string) ([]storage.Account, error) {
	if !req.Private {
		return req.Tx.AccountsNamed(ctx, req.Chat.ID, name)
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return nil, err
	}
	var out []storage.Account
	have := map[int64]bool{}
	for _, c := range chats {
		found, err := req.Tx.AccountsNamed(ctx, c.ID, name)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if !have[a.PersonID] {
				have[a.PersonID] = true
				out = append(out, a)
			}
		}
	}
	return out, nil
}

// MoreThanMember reports whether a person may do more than a member, here or
// anywhere: what somebody should know before he makes that account his own.
func (req *Request) MoreThanMember(ctx context.Context, a storage.Account) (bool, error) {
	role, err := req.engine.roleOf(ctx, req.Tx, a, storage.Chat{}, 0)
	if err != nil || role > Member {
		return role > Member, err
	}
	return req.Tx.HasRoles(ctx, a.PersonID)
}
