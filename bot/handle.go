package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// errOtherRoute says that another connection answers in the event's chat.
var errOtherRoute = errors.New("another connection answers here")

// handle applies one event inside the writer's transaction. Its error is a
// fault, a park, errOtherRoute or a lost transaction; refusals are answers, not
// errors. w is the event's row in the inbox, zero for a new one.
func (e *Engine) handle(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting) error {
	if w.ID == 0 {
		if yes, err := e.yields(ctx, tx, via, ev); err != nil || yes {
			return cmp.Or(err, error(&parkError{yields: yes}))
		}
	}
	req, ok, err := e.prepare(ctx, tx, via, ev)
	if errors.Is(err, errEcho) {
		return nil
	}
	if err != nil {
		return err
	}
	if !ok {
		return errOtherRoute
	}
	req.since = w.CreatedAt
	if queue := queueOf(ev); queue != "" {
		ahead, err := tx.Waits(ctx, queue, w.ID)
		if err != nil {
			return err
		}
		if ahead && !e.secret(ctx, req) {
			return &parkError{behind: true}
		}
	}
	// An effect without its answer would be done again when the event is: they
	// are undone together.
	err = guarded(ctx, tx, func(ctx context.Context) error {
		reply, err := e.decide(ctx, req)
		if err != nil {
			return err
		}
		return req.Answer(ctx, reply)
	})
	var no *Refusal
	if !errors.As(err, &no) {
		return err
	}
	return guarded(ctx, tx, func(ctx context.Context) error {
		if no.Quiet {
			said, err := tx.Refuse(ctx, req.Chat.ID, req.Account.ID, storage.AboutRole, tx.Now.Add(refusalPause))
			if err != nil || !said {
				return err
			}
		}
		return req.Answer(ctx, no.Reply)
	})
}

// guarded runs fn in a savepoint of its own; a panic in it is an error like any
// other, so that neither the program nor the neighbours of an event go down
// with it.
func guarded(ctx context.Context, tx *storage.Tx, fn func(context.Context) error) error {
	return tx.Savepoint(ctx, func(ctx context.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return fn(ctx)
	})
}

// refusalPause is how long a person who may not do something is not told again.
const refusalPause = time.Hour

// prepare finds chat and sender of an event. ok is false when the event is not
// for this route or not for us.
func (e *Engine) prepare(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) (*Request, bool, error) {
	ev, err := placeOfBallot(ctx, tx, ev)
	if err != nil {
		return nil, false, err
	}
	req := &Request{Tx: tx, Event: ev, engine: e, via: via, Language: e.Language}
	if !ev.Chat.Ref.IsZero() {
		c, ok, err := e.chatFor(ctx, tx, via, ev)
		if err != nil || !ok {
			return nil, false, err
		}
		req.Chat, req.via = c, c.Connection
		req.Private = c.Kind == string(chat.Private)
		req.Community = c.CommunityID
		if c.Language != "" && !req.Private {
			req.Language = c.Language
		}
		if p := e.platforms[req.via]; p != nil {
			req.Caps = p.Caps(ev.Chat)
		}
		if req.Caps.Confirm {
			if err := req.goHome(ctx); err != nil {
				return nil, false, err
			}
		}
	}
	if !ev.Sender.Ref.IsZero() {
		seen := storage.Seen{Domain: ev.Sender.Ref.Domain, ExternalID: ev.Sender.Ref.ID, Name: ev.Sender.Name, Username: ev.Sender.Username, Language: ev.Sender.Language}
		if seen.Name == "" && req.Caps.OneToOne {
			var err error
			if seen.Nick, err = e.personName(ev.Sender.Ref); err != nil {
				return nil, false, err
			}
		}
		a, err := tx.Touch(ctx, seen)
		if err != nil {
			return nil, false, err
		}
		req.Account = a
	}
	if err := req.chooseCommunity(ctx); err != nil {
		return nil, false, err
	}
	err = req.setTimes(ctx)
	return req, err == nil, err
}

// placeOfBallot finds the chat of a vote in a platform's own poll, which names
// nothing but the poll. Without one it stays nowhere: see Request.Wait.
func placeOfBallot(ctx context.Context, tx *storage.Tx, ev chat.Event) (chat.Event, error) {
	b, ok := ev.Detail.(chat.Ballot)
	if !ok || !ev.Chat.Ref.IsZero() {
		return ev, nil
	}
	n, err := tx.NativePoll(ctx, ev.ID.Domain, b.Poll)
	if err != nil {
		return ev, ignoreNotFound(err)
	}
	c, err := tx.Chat(ctx, n.ChatID)
	if err == nil {
		ev.Chat = chatOf(c)
	}
	return ev, err
}

// chooseCommunity finds the community of a private chat: the one the person
// chose, the one of the connection, or the only one he is in.
func (req *Request) chooseCommunity(ctx context.Context) error {
	if !req.Private || req.Account.ID == 0 {
		return nil
	}
	p, err := req.Tx.Person(ctx, req.Account.PersonID)
	if err != nil {
		return err
	}
	if p.Language != "" {
		req.Language = p.Language
	}
	all, err := req.Communities(ctx)
	if err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(all, func(c storage.Community) bool { return c.ID == p.Home }):
		req.Community = p.Home
	case req.home != 0:
		req.Community = req.home
	case len(all) == 1:
		req.Community = all[0].ID
	}
	return nil
}

// setTimes puts the request's instants into the community's zone and names the
// chat day.
func (req *Request) setTimes(ctx context.Context) error {
	days, err := req.engine.days.of(ctx, &req.Tx.Reader, req.Community, req.engine)
	if err != nil {
		return err
	}
	req.Days = days
	at := req.engine.judge(req.Event.At, req.Tx.Now)
	zone := days.Zone(at)
	req.Now, req.At, req.Day = req.Tx.Now.In(zone), at.In(zone), days.Day(at)
	return nil
}

// chatFor finds or makes the chat of an event and decides whether this route
// answers there. In one group the first configured connection answers. A
// private chat is one person and the bot, whichever of several connections of a
// network he writes to: the one he used last answers.
func (e *Engine) chatFor(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) (storage.Chat, bool, error) {
	c, err := tx.ChatByRef(ctx, ev.Chat.Ref.Domain, ev.Chat.Ref.ID)
	if err == nil && c.State == storage.ChatMigrated {
		c, err = tx.Chat(ctx, c.MovedTo)
	}
	change, _ := ev.Detail.(chat.ChatChange)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		if change.Standing == chat.Removed {
			return c, false, nil
		}
		c, err = e.addChat(ctx, tx, via, ev.Chat)
		return c, true, err
	case err != nil:
		return c, false, err
	}
	if c.Connection != via && via != "" {
		rank, known := e.routes[c.Connection]
		held := c.Connection != "" && known
		switch {
		case held && c.Kind == string(chat.Private):
			if ev.Kind == chat.ChatChanged && !change.Entered {
				return c, false, nil // one of several ways to him came or went: not his doing
			}
		case held && rank < e.routes[via]:
			return c, false, nil
		case held:
			twice, err := e.echo(ctx, tx, c, ev)
			if err != nil {
				return c, false, err
			}
			if c.Connection = via; twice {
				return c, false, cmp.Or(tx.UpdateChat(ctx, c), errEcho)
			}
		}
		c.Connection = via
		err = e.refreshChat(ctx, tx, &c, ev, true)
		return c, true, err
	}
	err = e.refreshChat(ctx, tx, &c, ev, false)
	return c, true, err
}

// refreshChat keeps title, publicity and state in step with what the platform
// says.
func (e *Engine) refreshChat(ctx context.Context, tx *storage.Tx, c *storage.Chat, ev chat.Event, changed bool) error {
	if ev.Chat.Title != "" && ev.Chat.Title != c.Title {
		c.Title, changed = ev.Chat.Title, true
	}
	if ev.Kind == chat.Message && ev.Chat.Public != c.Public {
		c.Public, changed = ev.Chat.Public, true
	}
	if c.State == storage.ChatLeft && (ev.Kind == chat.Message || ev.Kind == chat.Press) {
		c.State, changed = storage.ChatActive, true
	}
	if !changed {
		return nil
	}
	return tx.UpdateChat(ctx, *c)
}

func (e *Engine) addChat(ctx context.Context, tx *storage.Tx, via string, c chat.Chat) (storage.Chat, error) {
	row := storage.Chat{Domain: c.Ref.Domain, ExternalID: c.Ref.ID, Kind: string(c.Type), Title: c.Title, Connection: via, Public: c.Public}
	if row.Kind == "" {
		row.Kind = string(chat.Group)
	}
	if row.Kind != string(chat.Private) {
		var err error
		if row.Title, err = e.groupTitle(c); err != nil {
			return row, err
		}
		own, err := tx.AddCommunity(ctx, row.Title, e.Timezone, e.DayStart)
		if err != nil {
			return row, fmt.Errorf("new community: %w", err)
		}
		row.CommunityID = own.ID
	}
	return tx.AddChat(ctx, row)
}

// decide runs what the event is for.
func (e *Engine) decide(ctx context.Context, req *Request) (Reply, error) {
	switch req.Event.Kind {
	case chat.Message, chat.Press:
		return e.typed(ctx, req)
	case chat.Join, chat.Leave, chat.ChatChanged, chat.Learned, chat.Timer, chat.Vote, chat.PollTold, chat.Delivered, chat.Invited, chat.JoinRequest, chat.Admitted:
	}
	return e.listen(ctx, req)
}

// listen gives the event to its listeners, in order. The first answer is said;
// the others are heard all the same. What they have to tell administrators is
// told when all are through, in one message.
func (e *Engine) listen(ctx context.Context, req *Request) (Reply, error) {
	var first Reply
	var raised []concern
	req.raised = &raised
	defer func() { req.raised = nil }()
	due, _ := req.Event.Detail.(chat.Due)
	for _, l := range e.registry.listeners {
		if !slices.Contains(l.Kinds, req.Event.Kind) || l.Task != due.Task {
			continue
		}
		r, err := l.Run(ctx, req)
		if err != nil {
			return first, err
		}
		if first.Template == "" {
			first = r
		}
	}
	return first, req.alert(ctx, raised)
}
