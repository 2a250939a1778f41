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
}

// ways are the wishes that wait.
type ways struct{ wishes chan way }

func newWays() ways { return ways{make(chan way, 256)} }

// CanInvite reports whether the network of a chat makes ways in that tell who
// brought a person, and tells of joins.
func (req *Request) CanInvite(c storage.Chat) bool {
	p, can := req.engine.platforms[c.Connection].(chat.Inviter)
	return can && p != nil && req.CapsOf(c).Joins
}

// MakeWay asks the network for a way into a chat. The command is put aside
// until an Invited event has told, and runs again: what it wrote is undone
// until then, so wish goes with the question and comes back. The error is nil
// when the command has waited long enough.
func (req *Request) MakeWay(c storage.Chat, state, name, wish string) error {
	if err := req.Wait(); err == nil {
		return nil
	}
	return &parkError{way: &way{Inviting: chat.Inviting{Chat: chatOf(c), State: state, Name: name}, via: c.Connection, wish: wish}}
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
	inviter, ok := e.platforms[w.via].(chat.Inviter)
	if !ok {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, wayTimeout)
	defer cancel()
	if w.revoke != "" {
		return inviter.Revoke(asking, w.Chat, w.revoke)
	}
	told := chat.Invite{State: w.State, Wish: w.wish}
	made, err := inviter.Invite(asking, w.Inviting)
	if err != nil {
		told.Error = err.Error()
		e.Log.Warn("there is no way into a chat", "chat", w.Chat.Ref.String(), "err", err)
	}
	told.Invitation = made
	ev := chat.Event{
		ID:   chat.Ref{Domain: "ways", ID: fmt.Sprintf("%s@%d-%s", w.Chat.Ref, e.Clock.Now().UnixNano(), newID())},
		Chat: w.Chat, Kind: chat.Invited, At: e.Clock.Now(), Detail: told,
	}
	if err := e.submit(ctx, job{via: w.via, events: []chat.Event{ev}}); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}
