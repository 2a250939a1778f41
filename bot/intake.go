package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// maxBatch is how many events share one commit. A commit costs an fsync; more
// than this brings little and makes the first wait for the last.
const maxBatch = 128

// job is something to do inside a write transaction: events of a connection,
// or a piece of the engine's own bookkeeping.
type job struct {
	via    string
	events []chat.Event
	fn     func(context.Context, *storage.Tx) error
	done   chan error
}

func (j job) weight() int { return max(1, len(j.events)) }

// ErrStopped is returned to a connection that delivers after the stop.
var ErrStopped = errors.New("the bot is stopping")

// submit hands a job to the writer and waits for its commit.
func (e *Engine) submit(ctx context.Context, j job) error {
	j.done = make(chan error, 1)
	select {
	case e.jobs <- j:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrStopped, ctx.Err())
	case <-e.over:
		return ErrStopped
	}
	// Once taken it will be answered: the writer outlives its callers.
	return <-j.done
}

// do runs fn in the writer's next transaction.
func (e *Engine) do(ctx context.Context, fn func(context.Context, *storage.Tx) error) error {
	return e.submit(ctx, job{fn: fn})
}

// write is the one writer. It takes what waits, up to maxBatch events, and
// commits it together.
func (e *Engine) write(ctx context.Context) {
	for {
		select {
		case j := <-e.jobs:
			e.commit(ctx, e.gather(j))
		case <-ctx.Done():
			return
		}
	}
}

// gather takes along what waits already; it never waits itself.
func (e *Engine) gather(first job) []job {
	batch, n := []job{first}, first.weight()
	for n < maxBatch {
		select {
		case j := <-e.jobs:
			batch, n = append(batch, j), n+j.weight()
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction. If the database gives the whole
// transaction up, each event is tried alone, so that one bad event cannot take
// its neighbours along.
func (e *Engine) commit(ctx context.Context, batch []job) {
	failed := make([]error, len(batch))
	err := e.inTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for i, j := range batch {
			failed[i] = e.runJob(ctx, tx, j)
			if err := failed[i]; err != nil && (j.fn == nil || errors.Is(err, storage.ErrTxLost)) {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for i, j := range batch {
			e.applied.Add(int64(len(j.events)))
			j.done <- failed[i]
		}
		return
	}
	e.Log.Warn("batch dropped, its events are tried one by one", "events", len(batch), "err", err)
	for _, j := range batch {
		j.done <- e.commitAlone(ctx, j)
	}
}

func (e *Engine) commitAlone(ctx context.Context, j job) error {
	if j.fn != nil {
		return e.checkWrite(e.inTx(ctx, j.fn))
	}
	for _, ev := range j.events {
		err := e.checkWrite(e.inTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return e.runEvent(ctx, tx, j.via, ev) }))
		if err != nil && !unwritable(err) {
			err = e.inTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
				if _, twice := tx.SeenBefore(ctx, ev.ID.Domain, ev.ID.ID); twice != nil {
					return twice
				}
				return e.shelve(ctx, tx, j.via, ev, storage.Waiting{}, err)
			})
		}
		if err != nil {
			return err
		}
		e.applied.Add(1)
	}
	return nil
}

// unwritable reports trouble of the whole database, not of one event.
func unwritable(err error) bool {
	return errors.Is(err, storage.ErrFull) || errors.Is(err, storage.ErrReadOnly) || errors.Is(err, storage.ErrLocked)
}

// shelve files an event that broke its own transaction: delivering it for ever
// would stop its connection.
func (e *Engine) shelve(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting, cause error) error {
	if e.keepsNothing(ctx, tx, via, ev) {
		return e.forgo(ctx, tx, via, ev, w, cause)
	}
	w = e.fault(ctx, tx, via, ev, w, cause)
	w.Attempts++
	w.Connection = via
	return e.keep(ctx, tx, ev, w)
}

// Committed counts the events that were committed since the start.
func (e *Engine) Committed() int64 { return e.applied.Load() }

// inTx runs fn in a transaction and, after the commit, wakes whoever waits for
// the rows it wrote.
func (e *Engine) inTx(ctx context.Context, fn func(context.Context, *storage.Tx) error) error {
	var touched storage.Queue
	err := e.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		err := fn(ctx, tx)
		touched = tx.Touched
		return err
	})
	if err != nil {
		e.days.forget() // it may have learned of communities that are not there now
		return err
	}
	e.full.clear()
	if touched&storage.TouchedOutbox != 0 {
		for _, d := range e.mail {
			d.wake.ring()
		}
	}
	if touched&storage.TouchedTimers != 0 {
		e.timers.ring()
	}
	if touched&storage.TouchedInbox != 0 {
		e.inbox.ring()
	}
	if touched&storage.TouchedPictures != 0 {
		e.gallery.bell.ring()
	}
	return nil
}

// checkWrite watches for a database that cannot be written.
func (e *Engine) checkWrite(err error) error {
	if unwritable(err) {
		e.full.raise(e.Clock.Now())
	}
	return err
}

func (e *Engine) runJob(ctx context.Context, tx *storage.Tx, j job) error {
	if j.fn != nil {
		return guarded(ctx, tx, func(ctx context.Context) error { return j.fn(ctx, tx) })
	}
	for _, ev := range j.events {
		if err := e.runEvent(ctx, tx, j.via, ev); err != nil {
			return err
		}
	}
	return nil
}

// runEvent is the outer savepoint of one event: dedupe, chat, member, answer.
// An event of a route that does not answer in its chat is acknowledged and
// forgotten.
func (e *Engine) runEvent(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) error {
	err := tx.Savepoint(ctx, func(ctx context.Context) error {
		twice, err := tx.SeenBefore(ctx, ev.ID.Domain, ev.ID.ID)
		if err != nil || twice {
			return err
		}
		return e.attempt(ctx, tx, via, ev, storage.Waiting{})
	})
	if errors.Is(err, errOtherRoute) {
		return nil // not even noted: the route that answers may bring it under the same id
	}
	return err
}

// Events after a fault are tried again after these pauses, then given up.
var faultPauses = []time.Duration{2 * time.Second, 20 * time.Second}

// attempt runs an event, first or again (w.ID is then its row in the inbox),
// and files what is left to do: nothing, a park, a retry, or an apology.
func (e *Engine) attempt(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting) error {
	err := e.handle(ctx, tx, via, ev, w)
	var park *parkError
	switch {
	case w.ID != 0 && (err == nil || errors.Is(err, errOtherRoute)):
		if err := tx.DropWaiting(ctx, w.ID); err != nil {
			return err
		}
		return tx.WakeQueue(ctx, w.Queue)
	case err == nil, errors.Is(err, errOtherRoute):
		return err
	case errors.Is(err, storage.ErrTxLost), errors.Is(err, storage.ErrFull):
		return err
	case errors.As(err, &park) && !e.keepsNothing(ctx, tx, via, ev):
		// Waiting for a fact is no failure: it costs no attempt.
		again := w.State == storage.InboxParked
		tx.AfterCommit(func() {
			for _, c := range park.chats {
				e.ask(chatOf(c), c.Connection, again)
			}
			if park.way != nil && !again {
				e.askWay(*park.way)
			}
			if park.file != nil && !again {
				e.askFile(*park.file)
			}
		})
		w.State, w.NextAt = storage.InboxParked, tx.Now.Add(parkLimit)
		if park.yields {
			return e.yield(ctx, tx, via, ev)
		}
		if w.ID != 0 && !park.behind { // perhaps woken by what was learned of another chat
			w.NextAt = w.CreatedAt.Add(parkLimit)
		}
	default:
		return e.shelve(ctx, tx, via, ev, w, err)
	}
	w.Connection = via
	return e.keep(ctx, tx, ev, w)
}

// fault logs an error once, with the short id that the person sees as well
// when the event is given up.
func (e *Engine) fault(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting, cause error) storage.Waiting {
	if w.Fault == "" {
		w.Fault = newID()
	}
	w.Error = cause.Error()
	if w.Attempts < len(faultPauses) {
		w.State, w.NextAt = storage.InboxRetry, tx.Now.Add(faultPauses[w.Attempts])
		e.Log.Error("an event failed and will be tried again", "fault", w.Fault, "event", ev.ID.String(), "kind", ev.Kind, "attempt", w.Attempts+1, "err", cause)
		return w
	}
	w.State, w.NextAt = storage.InboxFailed, tx.Now
	e.Log.Error("an event failed and is given up", "fault", w.Fault, "event", ev.ID.String(), "kind", ev.Kind, "err", cause)
	if err := tx.Savepoint(ctx, func(ctx context.Context) error { return e.apologise(ctx, tx, via, ev, w.Fault) }); err != nil {
		e.Log.Error("the apology failed too", "fault", w.Fault, "err", err)
	}
	return w
}

func (e *Engine) keep(ctx context.Context, tx *storage.Tx, ev chat.Event, w storage.Waiting) error {
	if w.ID != 0 {
		if err := tx.SetWaiting(ctx, w); err != nil || w.State == storage.InboxParked {
			return err
		}
		return tx.WakeQueue(ctx, w.Queue) // it may fail for good: it stands in nobody's way
	}
	text, err := encodeEvent(ev)
	if err != nil {
		return err
	}
	w.Event, w.Queue = text, queueOf(ev)
	_, err = tx.AddWaiting(ctx, w)
	return err
}
