package telegram

import (
	"context"
	"sync"
	"time"
)

// How long an answered press is remembered, so that one delivered twice is
// not answered twice. Telegram keeps an unconfirmed press for 150 s.
const answeredFor = 5 * time.Minute

// queries are the button presses that still owe Telegram their one answer
// (Bot API, answerCallbackQuery: until then the client shows a progress bar).
//
// A press is open from the moment it was decoded, since a letter may come
// before deliver has returned; the clock of its empty answer starts only after
// that. A letter takes it with claim; whatever is not taken in time is
// answered empty.
type queries struct {
	wait time.Duration
	now  func() time.Time

	mu     sync.Mutex
	open   map[string]*time.Timer // nil: not armed yet
	done   map[string]time.Time
	answer func(id string) // nil while Run is not running
	busy   sync.WaitGroup
}

// start makes the empty answers possible until ctx ends or the returned
// function is called; that function waits for answers under way.
func (q *queries) start(ctx context.Context, answer func(context.Context, string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	q.mu.Lock()
	q.answer = func(id string) { answer(ctx, id) }
	for id := range q.open {
		q.armLocked(id, q.wait) // left over from an earlier Run
	}
	q.mu.Unlock()
	return func() {
		cancel()
		q.mu.Lock()
		q.answer = nil
		for id, timer := range q.open {
			if timer != nil {
				timer.Stop()
				q.open[id] = nil
			}
		}
		q.mu.Unlock()
		q.busy.Wait()
	}
}

// add opens a press seen in an update.
func (q *queries) add(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == nil {
		q.open, q.done = map[string]*time.Timer{}, map[string]time.Time{}
	}
	if _, answered := q.done[id]; answered {
		return
	}
	if _, known := q.open[id]; !known {
		q.open[id] = nil
	}
	// Presses nobody ever answered (deliver never returned) must not pile up.
	if len(q.done) > 4096 {
		q.forgetLocked()
	}
}

func (q *queries) forgetLocked() {
	limit := q.now().Add(-answeredFor)
	for id, at := range q.done {
		if at.Before(limit) {
			delete(q.done, id)
		}
	}
}

// arm starts the clock of presses whose events are committed.
func (q *queries) arm(ids []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		q.armLocked(id, q.wait)
	}
}

func (q *queries) armLocked(id string, wait time.Duration) {
	timer, open := q.open[id]
	if !open || q.answer == nil {
		return
	}
	if timer != nil {
		timer.Stop()
	}
	q.open[id] = time.AfterFunc(wait, func() { q.expire(id) })
}

func (q *queries) expire(id string) {
	q.mu.Lock()
	answer := q.answer
	if answer == nil || !q.closeLocked(id) {
		q.mu.Unlock()
		return
	}
	q.busy.Add(1)
	q.mu.Unlock()
	defer q.busy.Done()
	answer(id)
}

func (q *queries) closeLocked(id string) bool {
	timer, open := q.open[id]
	if !open {
		return false
	}
	if timer != nil {
		timer.Stop()
	}
	delete(q.open, id)
	q.done[id] = q.now()
	return true
}

// claim gives the press to the caller, who then answers it. False: it is
// unknown (from before a restart) or answered already.
func (q *queries) claim(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closeLocked(id)
}

// reopen takes back a claim whose answer certainly did not happen.
func (q *queries) reopen(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.done, id)
	q.open[id] = nil
	q.armLocked(id, q.wait)
}

// release answers an open press at once: its letter went another way.
func (q *queries) release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armLocked(id, 0)
}
