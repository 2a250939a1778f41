package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// wayTimeout bounds one question for a way into a chat.
const wayTimeout = 10 * time.Second

// way is one wish: to make a way into a chat, or to close one.
type way struct {
	chat.Inviting

	via    string // the connection to ask
	wish   string // comes back with the answer
	revoke string // the id of a way to close

	admit *admission // somebody to be let in, or turned away
}

// admission is the wish to let somebody in.
type admission struct {
	who   chat.Ref
	admit bool
}

// ways are the wishes that wait.
type ways struct{ wishes chan way }

func newWays() ways { return ways{make(chan way, 256)} }

// CanInvite reports whether the network of a chat makes ways in that tell who
// brought a person, and tells of joins. A 1:1 chat leads to no group: it is a
// way in where being met there is what makes a member, see Following.
func (req *Request) CanInvite(c storage.Chat) bool {
	p, can := req.engine.platforms[c.Connection].(chat.Inviter)
	if c.Kind == string(chat.Private) && (c.ID != req.Chat.ID || !req.Following()) {
		return false
	}
	return can && p != nil && req.CapsOf(c).Joins
}

// Following reports that this 1:1 chat is how the sender belongs to the
// community: the network has no groups, tells who comes and goes, and its chats
// act in this community.
func (req *Request) Following() bool {
	return req.Private && req.Caps.OneToOne && req.Caps.Joins && req.home != 0 && req.home == req.Community
}

// Present reports whether a person is in a community now: in a group of it, or
// in a 1:1 chat by which people belong to it. Who is just leaving a chat is not
// there.
func (req *Request) Present(ctx context.Context, community, person int64) (bool, error) {
	here, err := req.Tx.PresentIn(ctx, community, person)
	if err != nil || here {
		return here, err
	}
	accounts, err := req.Tx.AccountsOf(ctx, person)
	if err != nil {
		return false, err
	}
	for _, a := range accounts {
		c, err := req.Tx.ChatByRef(ctx, a.Domain, a.ExternalID)
		if err := ignoreNotFound(err); err != nil {
			return false, err
		}
		leaving := req.Event.Kind == chat.Leave && c.ID == req.Chat.ID
		caps := req.CapsOf(c) // none in a chat that is not in use
		if err != nil || leaving || c.Kind != string(chat.Private) || !caps.OneToOne || !caps.Joins {
			continue
		}
		home, err := req.engine.homeOf(ctx, &req.Tx.Reader, c.Connection)
		if err != nil || home.ID == community {
			return err == nil, err
		}
	}
	return false, nil
}

// ActIn goes to a community where the place leaves it open: what is due in a 1:1
// chat says itself which one it is about.
func (req *Request) ActIn(ctx context.Context, community int64) error {
	if !req.Private {
		return nil
	}
	return req.enterCommunity(ctx, community)
}

// MakeWay asks the network for a way into a chat. The command is put aside
// until an Invited event has told, and runs again: what it wrote is undone
// until then, so wish goes with the question and comes back. The error is nil
// when the command has waited long enough.
func (req *Request) MakeWay(c storage.Chat, state, name, wish string) error {
	return req.makeWay(c, chat.Inviting{State: state, Name: name}, wish)
}

// MakeRequestWay is MakeWay for a way whose users ask to be let in.
func (req *Request) MakeRequestWay(c storage.Chat, state, name, wish string) error {
	return req.makeWay(c, chat.Inviting{State: state, Name: name, Ask: true}, wish)
}

// MakeWayAgain is MakeWay for one that there is, to learn of it what was not
// kept. Where that fails the way is as it was.
func (req *Request) MakeWayAgain(c storage.Chat, state, name, id string) error {
	return req.makeWay(c, chat.Inviting{State: state, Name: name, ID: id}, "")
}

func (req *Request) makeWay(c storage.Chat, i chat.Inviting, wish string) error {
	if err := req.Wait(); err == nil {
		return nil
	}
	i.Chat = chatOf(c)
	return &parkError{way: &way{Inviting: i, via: c.Connection, wish: wish}}
}

// ChangeWay asks the network, after the commit, to let the users of a way in at
// once, or to make them ask first. An Invited event tells what came of it.
func (req *Request) ChangeWay(c storage.Chat, state, name, id string, ask bool) {
	w := way{Inviting: chat.Inviting{Chat: chatOf(c), State: state, Name: name, ID: id, Ask: ask}, via: c.Connection}
	req.Tx.AfterCommit(func() { req.engine.askWay(w) })
}

// CanAdmit reports whether people can ask to be let into a chat, and the bot
// can let them in.
func (req *Request) CanAdmit(c storage.Chat) bool {
	p, can := req.engine.platforms[c.Connection].(chat.Admitter)
	return can && p != nil && req.CapsOf(c).Requests
}

// Admit asks the network, after the commit, to let somebody into a chat or to
// turn him away. An Admitted event tells what came of it; none comes when the
// program ends before, so whoever asks keeps a deadline to ask again.
func (req *Request) Admit(c storage.Chat, a storage.Account, admit bool, wish string) {
	w := way{
		Inviting: chat.Inviting{Chat: chatOf(c)}, via: c.Connection, wish: wish,
		admit: &admission{chat.Ref{Domain: a.Domain, ID: a.ExternalID}, admit},
	}
	req.Tx.AfterCommit(func() { req.engine.askWay(w) })
}

// CloseWay asks the network, after the commit, to close a way into a chat.
func (req *Request) CloseWay(c storage.Chat, id string) {
	req.Tx.AfterCommit(func() {
		select {
		case req.engine.ways.wishes <- way{Inviting: chat.Inviting{Chat: chatOf(c)}, via: c.Connection, revoke: id}:
		default:
			req.engine.Log.Warn("a way into a chat stays open: too many wait", "chat", c.ID)
		}
	})
}

// askWay queues a wish; when too many wait already the parked event is decided
// with what is known, after parkLimit.
func (e *Engine) askWay(w way) {
	select {
	case e.ways.wishes <- w:
	default:
	}
}

// makeWays asks the networks outside of any transaction and hands the answers
// in as events.
func (e *Engine) makeWays(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-e.ways.wishes:
			if err := e.makeWay(ctx, w); err != nil && ctx.Err() == nil {
				e.Log.Error("a way into a chat", "chat", w.Chat.Ref.String(), "err", err)
			}
		}
	}
}

func (e *Engine) makeWay(ctx context.Context, w way) error {
	asking, cancel := context.WithTimeout(ctx, wayTimeout)
	defer cancel()
	if w.admit != nil {
		return e.admit(ctx, asking, w)
	}
	inviter, ok := e.platforms[w.via].(chat.Inviter)
	if !ok {
		return nil
	}
	if w.revoke != "" {
		return inviter.Revoke(asking, w.Chat, w.revoke)
	}
	told := chat.Invite{State: w.State, Wish: w.wish, Ask: w.Ask, Again: w.ID != ""}
	made, err := inviter.Invite(asking, w.Inviting)
	if err != nil {
		told.Error = err.Error()
		e.Log.Warn("there is no way into a chat", "chat", w.Chat.Ref.String(), "err", err)
	}
	told.Invitation = made
	return e.tell(ctx, w, chat.Invited, told)
}

// admit asks one network to let somebody in, and hands the answer in.
func (e *Engine) admit(ctx, asking context.Context, w way) error {
	admitter, ok := e.platforms[w.via].(chat.Admitter)
	if !ok {
		return nil
	}
	told := chat.Admission{Wish: w.wish, Admit: w.admit.admit}
	if err := admitter.Admit(asking, w.Chat, w.admit.who, w.admit.admit); err != nil {
		told.Error, told.Gone = err.Error(), errors.Is(err, chat.ErrNoRequest)
		e.Log.Warn("somebody could not be let in", "chat", w.Chat.Ref.String(), "err", err)
	}
	return e.tell(ctx, w, chat.Admitted, told)
}

// tell hands in what a network said to a wish.
func (e *Engine) tell(ctx context.Context, w way, kind chat.Kind, told any) error {
	ev := chat.Event{
		ID:   chat.Ref{Domain: "ways", ID: fmt.Sprintf("%s@%d-%s", w.Chat.Ref, e.Clock.Now().UnixNano(), newID())},
		Chat: w.Chat, Kind: kind, At: e.Clock.Now(), Detail: told,
	}
	if err := e.submit(ctx, job{via: w.via, events: []chat.Event{ev}}); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}
