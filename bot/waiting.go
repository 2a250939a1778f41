package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// parkLimit is how long a parked event waits for a fact before it is tried
// with what is known.
const parkLimit = 15 * time.Second

// parkError stops a command whose decision needs a fact from the network.
type parkError struct {
	chats  []storage.Chat
	behind bool // not for a fact: an earlier event of the sender waits
	yields bool // nor this: an earlier connection may bring it as well
	way    *way
	file   *fileJob
}

func (p *parkError) Error() string { return "parked until something is known" }

// Wait puts the event aside for a while: what it needs to know may be about to
// be told by another one, which then calls Tx.WakeParked. It is nil when the
// event has waited long enough.
func (req *Request) Wait() error {
	if !req.since.IsZero() && req.Tx.Now.Sub(req.since) >= parkLimit {
		return nil
	}
	return &parkError{}
}

// queueOf names the queue of an event: what one person says in one chat is
// handled in the order in which he said it, also when a part of it has to wait.
func queueOf(ev chat.Event) string {
	if ev.Kind != chat.Message && ev.Kind != chat.Press || ev.Sender.Ref.IsZero() || ev.Chat.Ref.IsZero() {
		return ""
	}
	return ev.Chat.Ref.String() + " " + ev.Sender.Ref.String()
}

func encodeEvent(ev chat.Event) (string, error) {
	text, err := json.Marshal(ev)
	if err != nil {
		return "", fmt.Errorf("event: %w", err)
	}
	return string(text), nil
}

// watchInbox tries waiting events again when they are due.
func (e *Engine) watchInbox(ctx context.Context) {
	for ctx.Err() == nil {
		changed := e.Clock.Changed()
		var due []storage.Waiting
		var next time.Time
		err := e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
			var err error
			if due, err = r.DueWaiting(ctx, e.Clock.Now(), maxBatch); err != nil || len(due) > 0 {
				return err
			}
			next, err = r.NextWaiting(ctx)
			if errors.Is(err, storage.ErrNotFound) {
				return nil
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			e.Log.Error("inbox", "err", err)
			next = e.Clock.Now().Add(time.Second)
		}
		for _, w := range due {
			if err := e.again(ctx, w); err != nil && ctx.Err() == nil {
				e.Log.Error("inbox", "row", w.ID, "err", err)
				next = e.Clock.Now().Add(time.Second)
			}
		}
		if len(due) == 0 || !next.IsZero() {
			e.sleep(ctx, next, e.inbox, changed)
		}
	}
}

// again runs one waiting event. Its dedupe row exists already.
func (e *Engine) again(ctx context.Context, w storage.Waiting) error {
	var ev chat.Event
	if err := json.Unmarshal([]byte(w.Event), &ev); err != nil {
		return e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
			w.State, w.Error = storage.InboxFailed, err.Error()
			return e.keep(ctx, tx, ev, w)
		})
	}
	if e.platforms[w.Connection] == nil {
		w.Connection = "" // renamed or removed since
	}
	err := e.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return e.attempt(ctx, tx, w.Connection, ev, w) })
	if err == nil || unwritable(err) || errors.Is(err, ErrStopped) {
		return err
	}
	return e.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return e.shelve(ctx, tx, w.Connection, ev, w, err) })
}

// sleep waits for an instant of the program's clock (zero: none), a bell, a
// move of the clock, or the end.
func (e *Engine) sleep(ctx context.Context, until time.Time, bell wake, changed <-chan struct{}) {
	var t *time.Timer
	var alarm <-chan time.Time
	if !until.IsZero() {
		t = time.NewTimer(min(until.Sub(e.Clock.Now()), nap))
		defer t.Stop()
		alarm = t.C
	}
	for {
		select {
		case <-ctx.Done():
		case <-alarm:
			if left := until.Sub(e.Clock.Now()); left > 0 {
				t.Reset(min(left, nap))
				continue
			}
		case <-bell:
		case <-changed:
		}
		return
	}
}

// nap is how long a wait for an instant lasts before the clock is looked at
// again: a machine that was asleep, or whose clock was put right, has not
// counted the time between.
const nap = time.Minute

// watchTimers turns due deadlines into events, through the same door as all.
func (e *Engine) watchTimers(ctx context.Context) {
	for ctx.Err() == nil {
		changed := e.Clock.Changed()
		var due []storage.DueRow
		var next time.Time
		err := e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
			var err error
			if due, err = r.DueTimers(ctx, e.Clock.Now(), maxBatch); err != nil || len(due) > 0 {
				return err
			}
			next, err = r.NextTimer(ctx)
			if errors.Is(err, storage.ErrNotFound) {
				return nil
			}
			return err
		})
		if err == nil && len(due) > 0 {
			err = e.fire(ctx, due)
		}
		if err != nil && ctx.Err() == nil {
			e.Log.Error("timers", "err", err)
			next = e.Clock.Now().Add(time.Second)
		}
		if len(due) == 0 || err != nil {
			e.sleep(ctx, next, e.timers, changed)
		}
	}
}

// fire runs due deadlines in one transaction; if that is lost, each in one of
// its own, so that a bad one cannot hold up the others.
func (e *Engine) fire(ctx context.Context, due []storage.DueRow) error {
	err := e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, d := range due {
			if err := e.fireOne(ctx, tx, d, e.attempt); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || unwritable(err) || errors.Is(err, ErrStopped) {
		return err
	}
	for _, d := range due {
		err := e.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return e.fireOne(ctx, tx, d, e.attempt) })
		if err != nil && !unwritable(err) && !errors.Is(err, ErrStopped) {
			cause := err
			err = e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
				return e.fireOne(ctx, tx, d, func(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting) error {
					return e.shelve(ctx, tx, via, ev, w, cause)
				})
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fireOne finishes a deadline and hands its event to run, both or neither.
func (e *Engine) fireOne(ctx context.Context, tx *storage.Tx, d storage.DueRow,
	run func(context.Context, *storage.Tx, string, chat.Event, storage.Waiting) error,
) error {
	ev := chat.Event{ID: chat.Ref{Domain: "timer", ID: d.Key}, Kind: chat.Timer, At: d.DueAt, Detail: chat.Due{Key: d.Key, Task: d.Task, Payload: json.RawMessage(d.Payload), At: d.DueAt}}
	via := ""
	if d.ChatID != 0 {
		c, err := tx.Chat(ctx, d.ChatID)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		if c.ID != 0 {
			ev.Chat, via = chatOf(c), c.Connection
		}
	}
	err := tx.Savepoint(ctx, func(ctx context.Context) error {
		if err := tx.FinishTimer(ctx, d.Key); err != nil {
			return err
		}
		return run(ctx, tx, via, ev, storage.Waiting{})
	})
	if errors.Is(err, storage.ErrDuplicate) {
		return nil // done before, by whatever way
	}
	return err
}

func chatOf(c storage.Chat) chat.Chat {
	return chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.ChatType(c.Kind), Title: c.Title, Public: c.Public}
}
