package telegram

import (
	"context"
	"sync"
	"time"
)

// How long an answered press is remembered at least, so that one delivered
// twice is not answered twice. Telegram keeps an unconfirmed press for 150 s.
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

	mu      sync.Mutex
	open    map[string]*openQuery
	done    map[string]struct{} // answered since turned
	before  map[string]struct{} // answered in the span before that
	turned  time.Time
	answer  func(id string) // nil while Run is not running
	waiting sync.WaitGroup  // answers under way
}

type openQuery struct {
	since time.Time
	timer *time.Timer // nil: the clock has not started
}

// start makes the empty answers possible until the returned function is
// called; that function waits for answers under way.
func (q *queries) start(ctx context.Context, answer func(context.Context, string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answer = func(id string) { answer(ctx, id) }
	for id, o := range q.open {
		if o.timer != nil {
			q.armLocked(id, q.wait) // committed in an earlier Run, not answered any more
		}
	}
	return func() {
		cancel()
		q.mu.Lock()
		q.answer = nil
		for _, o := range q.open {
			if o.timer != nil {
				o.timer.Stop()
			}
		}
		q.mu.Unlock()
		q.waiting.Wait()
	}
}

// add opens a press seen in an update.
func (q *queries) add(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if q.open == nil || now.Sub(q.turned) > answeredFor {
		q.turnLocked(now)
	}
	if q.answeredLocked(id) || q.open[id] != nil {
		return
	}
	q.open[id] = &openQuery{since: now}
}

// turnLocked forgets by generations, so that it costs nothing per press. It
// also drops presses whose update never got through.
func (q *queries) turnLocked(now time.Time) {
	if q.open == nil {
		q.open = map[string]*openQuery{}
	}
	q.before, q.done, q.turned = q.done, map[string]struct{}{}, now
	for id, o := range q.open {
		if now.Sub(o.since) > answeredFor {
			delete(q.open, id)
		}
	}
}

func (q *queries) answeredLocked(id string) bool {
	_, late := q.done[id]
	_, early := q.before[id]
	return late || early
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
	o := q.open[id]
	if o == nil || q.answer == nil {
		return
	}
	if o.timer != nil {
		o.timer.Stop()
	}
	o.timer = time.AfterFunc(wait, func() { q.expire(id) })
}

func (q *queries) expire(id string) {
	q.mu.Lock()
	answer := q.answer
	if answer == nil || !q.closeLocked(id) {
		q.mu.Unlock()
		return
	}
	q.waiting.Add(1)
	q.mu.Unlock()
	defer q.waiting.Done()
	answer(id)
}

func (q *queries) closeLocked(id string) bool {
	o := q.open[id]
	if o == nil {
		return false
	}
	if o.timer != nil {
		o.timer.Stop()
	}
	delete(q.open, id)
	q.done[id] = struct{}{}
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
	delete(q.before, id)
	q.open[id] = &openQuery{since: q.now()}
	q.armLocked(id, q.wait)
}

// release answers an open press at once: its letter went another way.
func (q *queries) release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armLocked(id, 0)
}
