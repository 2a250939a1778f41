package bot

import (
	"context"
	"slices"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// Alert tells the administrators of a chat something: by direct message where
// the platform ever let the bot write to them, else the operators, else in the
// chat: for their eyes alone where that can be, else as one line. Language is
// the chat's.
func (req *Request) Alert(ctx context.Context, c storage.Chat, r Reply) error {
	return req.AlertAll(ctx, []storage.Chat{c}, func([]storage.Chat) (Reply, error) { return r, nil })
}

// AlertAll is Alert for several chats at once: everybody is told once, of those
// that are his business. say words it for some of them. What several listeners
// raise about one event is one message, see Engine.listen.
func (req *Request) AlertAll(ctx context.Context, chats []storage.Chat, say func([]storage.Chat) (Reply, error)) error {
	if req.raised != nil {
		*req.raised = append(*req.raised, concern{chats, say})
		return nil
	}
	return req.alert(ctx, []concern{{chats, say}})
}

// concern is something that the administrators of some chats have to know.
type concern struct {
	chats []storage.Chat
	say   func([]storage.Chat) (Reply, error)
}

// alert finds out who is told of some concerns and tells him in one message.
func (req *Request) alert(ctx context.Context, all []concern) error {
	var chats []storage.Chat
	for _, c := range all {
		for _, one := range c.chats {
			if !slices.ContainsFunc(chats, func(c storage.Chat) bool { return c.ID == one.ID }) {
				chats = append(chats, one)
			}
		}
	}
	a := alert{req: req, seen: map[int64]bool{}}
	if err := a.find(ctx, chats); err != nil {
		return err
	}
	around, err := req.detour(ctx)
	if err != nil {
		return err
	}
	for _, h := range a.hearers {
		r, err := h.hears(all)
		if err != nil {
			return err
		}
		switch {
		case h.account.ID == 0:
			r.Lane = storage.LaneActivity
			err = req.Post(ctx, h.in, r)
		case h.in.ID != 0:
			err = req.Inform(ctx, h.in, h.account, r)
		default:
			if r.detour, err = around.of(ctx, req, h.about, all); err == nil {
				_, err = req.Tell(ctx, h.account, r)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hearer is somebody who is told, and of what.
type hearer struct {
	account storage.Account // none: everybody in the chat
	in      storage.Chat    // where, none: by direct message
	about   []storage.Chat
}

// hears is all that somebody is told, as one message. What has buttons stands
// last, above them.
func (h *hearer) hears(all []concern) (Reply, error) {
	var parts []Reply
	for _, c := range all {
		his := slices.DeleteFunc(slices.Clone(c.chats), func(c storage.Chat) bool {
			return !slices.ContainsFunc(h.about, func(a storage.Chat) bool { return a.ID == c.ID })
		})
		if len(his) == 0 {
			continue
		}
		r, err := c.say(his)
		if err != nil {
			return r, err
		}
		parts = append(parts, r)
	}
	slices.SortStableFunc(parts, func(a, b Reply) int { return min(len(a.Choices), 1) - min(len(b.Choices), 1) })
	parts[0].Also = parts[1:]
	return parts[0], nil
}

// alert finds out who is told of what.
type alert struct {
	req     *Request
	hearers []hearer
	seen    map[int64]bool // the chats that somebody is told of
	refused map[int64]bool // the accounts whose direct message was refused
}

// find finds everybody who is told of some chats.
func (a *alert) find(ctx context.Context, chats []storage.Chat) error {
	if err := a.directly(ctx, chats); err != nil {
		return err
	}
	if err := a.operators(ctx, chats); err != nil {
		return err
	}
	return a.there(ctx, chats)
}

// direct reports whether the bot may write to an account.
func (a *alert) direct(ctx context.Context, account storage.Account) (bool, error) {
	_, ok, err := a.req.direct(ctx, account)
	return ok && !a.refused[account.ID], err
}

// add lets an account hear of a chat. A person with several accounts hears of
// it once, on the one that was added first.
func (a *alert) add(account storage.Account, in, about storage.Chat) {
	a.seen[about.ID] = true
	for i := range a.hearers {
		h := &a.hearers[i]
		if h.account.ID == account.ID || h.account.PersonID == account.PersonID && account.PersonID != 0 {
			if !slices.ContainsFunc(h.about, func(c storage.Chat) bool { return c.ID == about.ID }) {
				h.about = append(h.about, about)
			}
			return
		}
	}
	a.hearers = append(a.hearers, hearer{account, in, []storage.Chat{about}})
}

// admins lists the accounts that administer a chat.
func (a *alert) admins(ctx context.Context, c storage.Chat) ([]storage.Account, error) {
	holders, err := a.req.Tx.RoleHolders(ctx, c.ID)
	var out []storage.Account
	for _, h := range holders {
		if h.Role == storage.RoleAdmin {
			out = append(out, h.Account)
		}
	}
	return out, err
}

// directly adds the administrators to whom the bot may write.
func (a *alert) directly(ctx context.Context, chats []storage.Chat) error {
	for _, c := range chats {
		admins, err := a.admins(ctx, c)
		if err != nil {
			return err
		}
		for _, account := range admins {
			ok, err := a.direct(ctx, account)
			if err != nil {
				return err
			}
			if ok {
				a.add(account, storage.Chat{}, c)
			}
		}
	}
	return nil
}

// operators adds the operators, for what nobody is told of yet.
func (a *alert) operators(ctx context.Context, chats []storage.Chat) error {
	rest := slices.DeleteFunc(slices.Clone(chats), func(c storage.Chat) bool { return a.seen[c.ID] })
	if len(rest) == 0 {
		return nil
	}
	accounts, err := a.req.engine.operatorAccounts(ctx, &a.req.Tx.Reader)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		ok, err := a.direct(ctx, account)
		if err != nil {
			return err
		}
		for i := 0; ok && i < len(rest); i++ {
			a.add(account, storage.Chat{}, rest[i])
		}
	}
	return nil
}

// there adds what can only be said in the chats themselves. A 1:1 chat is a
// member's: it is none of his business.
func (a *alert) there(ctx context.Context, chats []storage.Chat) error {
	var open []storage.Chat
	for _, c := range chats {
		if a.seen[c.ID] || c.Kind == string(chat.Private) {
			continue
		}
		if !a.req.CapsOf(c).Whispers {
			open = append(open, c)
			continue
		}
		admins, err := a.admins(ctx, c)
		if err != nil {
			return err
		}
		for _, account := range admins {
			a.add(account, c, c)
		}
		if len(admins) == 0 {
			open = append(open, c)
		}
	}
	for _, c := range open {
		admins, err := a.admins(ctx, c)
		if err != nil {
			return err
		}
		for _, account := range admins { // who is told of another one hears of this one with it
			if slices.ContainsFunc(a.hearers, func(h hearer) bool { return h.account.ID == account.ID }) {
				a.add(account, c, c)
			}
		}
		if !a.seen[c.ID] {
			a.seen[c.ID] = true
			a.hearers = append(a.hearers, hearer{in: c, about: []storage.Chat{c}})
		}
	}
	return nil
}
