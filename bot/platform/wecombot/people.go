package wecombot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// People knows the members of the corporation, as a self-built app of it may:
// an aibot is told no names, and encrypted ids if its maker is no super
// administrator (path 101521).
type People interface {
	// NameOf is what a member is called, empty if nobody may know.
	NameOf(ctx context.Context, user string) (string, error)
	// UserIDs turns encrypted ids into plain ones; those it cannot or need not
	// turn are missing. An error means: ask again.
	UserIDs(ctx context.Context, open ...string) (map[string]string, error)
}

const (
	// nameTime bounds the wait for names: an event goes on without.
	nameTime = 1200 * time.Millisecond
	// maxAliases bounds what is remembered of encrypted ids.
	maxAliases = 20_000
)

// aliases are the encrypted ids behind plain ones: what the server is told
// must be what it said.
type aliases struct {
	mu   sync.Mutex
	open map[string]string
}

func (a *aliases) put(plain, open string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil || len(a.open) >= maxAliases {
		a.open = map[string]string{}
	}
	a.open[plain] = open
}

// wire is a ref as the server knows it.
func (a *aliases) wire(r chat.Ref) chat.Ref {
	a.mu.Lock()
	defer a.mu.Unlock()
	if open := a.open[r.ID]; open != "" {
		r.ID = open
	}
	return r
}

// introduced makes events tell who people are before they are handed over: a
// person must not be somebody else from one message to the next, so an event
// whose sender cannot be asked for now is not taken now.
func (b *Bot) introduced(deliver chat.Deliver) chat.Deliver {
	if b.opts.People == nil {
		return deliver
	}
	return func(ctx context.Context, events []chat.Event) error {
		ids := make([]string, len(events))
		for i, ev := range events {
			ids[i] = ev.Sender.Ref.ID
		}
		plain, err := b.opts.People.UserIDs(ctx, ids...)
		if err != nil {
			return fmt.Errorf("who wrote is not known yet: %w", err)
		}
		named, cancel := context.WithTimeout(ctx, nameTime)
		defer cancel()
		out := make([]chat.Event, len(events))
		for i, ev := range events {
			out[i] = b.introduce(named, ev, plain[ev.Sender.Ref.ID])
		}
		return deliver(ctx, out)
	}
}

func (b *Bot) introduce(ctx context.Context, ev chat.Event, plain string) chat.Event {
	if open := ev.Sender.Ref.ID; plain != "" && plain != open {
		b.aliases.put(plain, open)
		if ev.Chat.Type == chat.Private && ev.Chat.Ref.ID == open {
			ev.Chat.Ref.ID = plain
		}
		ev.Sender.Ref.ID = plain
	}
	name, err := b.opts.People.NameOf(ctx, ev.Sender.Ref.ID)
	if err != nil {
		b.log.Debug("wecombot: the name of a member could not be asked for", "err", err)
	}
	ev.Sender.Name = name
	return ev
}
