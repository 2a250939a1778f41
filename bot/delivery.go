package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	// inFlight bounds the sends of one connection that run at one time: enough
	// to reach 30 a second at 500 ms an answer.
	inFlight = 24
	// loaded bounds how many letters of a lane stand in memory: a long broadcast
	// must not keep the answers out.
	loaded = 2000
	// sendTimeout bounds one attempt.
	sendTimeout = 30 * time.Second
	// stopGrace is what attempts get after the stop: the program has 10 s.
	stopGrace = 5 * time.Second
)

// delivery takes the letters of one connection to its platform, within the
// budgets of the chats and of the connection, answers first.
type delivery struct {
	engine   *Engine
	platform chat.Platform
	route    string // its name, see Routes
	wake     wake
	news     bool // the outbox may hold letters that are not loaded

	cursor  [storage.LaneBroadcast + 1]int64 // letters of a lane up to this id are loaded or settled
	count   [storage.LaneBroadcast + 1]int   // letters in memory per lane
	rest    [storage.LaneBroadcast + 1]bool  // the lane has more letters than were loaded
	chats   map[int64]*mailbox
	all     budget
	results chan result
	flying  int
	owed    []debt    // outcomes that are not stored yet
	payAt   time.Time // when that is tried again
	// sends carries the attempts: it outlives the stop a little, so that what
	// is under way can still be told from what never left.
	sends context.Context //nolint:containedctx // one per run, for all attempts of the run
}

// mailbox is what waits for one chat.
type mailbox struct {
	chat    storage.Chat
	letters []storage.Letter
	people  map[int64]chat.User // whom the letters are for, by account
	// changed is since when a slot waits to be shown: a card that is changed again
	// before it could leave has waited all the same.
	changed map[string]time.Time
	posted  bool // what left last was no answer
	budget  budget
	busy    bool // one send at a time: messages keep their order
}

// result is what an attempt brought.
type result struct {
	box     *mailbox
	letters []storage.Letter // the first was sent; the others are folded into it; none: all were withdrawn
	sent    chat.Sent
	err     *chat.SendError
	at      time.Time // when the answer came
}

func newDelivery(e *Engine, p chat.Platform, route string) *delivery {
	d := &delivery{engine: e, platform: p, route: route, wake: newWake(), news: true, chats: map[int64]*mailbox{}, results: make(chan result, inFlight)}
	d.all.span = connectionSpan
	return d
}

// rebuildBudgets counts what was sent in the minute before the start.
func (d *delivery) rebuildBudgets(ctx context.Context) error {
	now := d.engine.Clock.Now()
	return d.engine.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		sends, err := r.RecentSends(ctx, d.route, now.Add(-time.Minute))
		if err != nil {
			return err
		}
		for _, s := range sends {
			box, err := d.box(ctx, r, s.ChatID)
			if err != nil {
				return err
			}
			// After a jump of the clock backwards there are sends of the future; they
			// must not silence the chat until then.
			at := s.At
			if at.After(now) {
				at = now
			}
			box.budget.add(at)
			d.all.add(at)
		}
		return nil
	})
}

// box finds or makes a chat's mailbox.
func (d *delivery) box(ctx context.Context, r *storage.Reader, chatID int64) (*mailbox, error) {
	if b, ok := d.chats[chatID]; ok {
		return b, nil
	}
	c, err := r.Chat(ctx, chatID)
	if err != nil {
		return nil, err
	}
	b := &mailbox{chat: c, people: map[int64]chat.User{}, changed: map[string]time.Time{}}
	b.budget.span = time.Minute
	if !d.engine.Unlimited {
		caps := d.platform.Caps(chatOf(c))
		b.budget.limit, d.all.limit = caps.PerMinute, caps.PerSecond
	}
	d.chats[chatID] = b
	return b, nil
}

// run delivers until ctx ends, then waits for the attempts under way, so that
// their outcomes are not lost.
func (d *delivery) run(ctx context.Context) {
	sends, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	d.sends = sends
	for ctx.Err() == nil {
		changed := d.engine.Clock.Changed()
		if !d.payAt.IsZero() && !d.payAt.After(d.engine.Clock.Now()) {
			d.pay(ctx)
		}
		next := d.payAt
		select {
		case <-d.wake:
			d.news = true
		default:
		}
		if err := d.load(ctx); err != nil && ctx.Err() == nil {
			d.engine.Log.Error("outbox", "connection", d.platform.Name(), "err", err)
			next = earlier(next, d.engine.Clock.Now().Add(time.Second))
		}
		d.wait(ctx, earlier(next, d.dispatch()), changed)
	}
	late := time.AfterFunc(stopGrace, cut)
	defer late.Stop()
	for d.flying > 0 {
		d.settleAll(context.WithoutCancel(ctx), <-d.results)
	}
}

// earlier is the first of two instants; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// wait blocks until something can have changed: a result, a new letter, the
// earliest budget, a move of the clock.
func (d *delivery) wait(ctx context.Context, next time.Time, changed <-chan struct{}) {
	var alarm <-chan time.Time
	if !next.IsZero() {
		t := time.NewTimer(next.Sub(d.engine.Clock.Now()))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-ctx.Done():
	case <-alarm:
	case <-changed:
	case <-d.wake:
		d.news = true
	case r := <-d.results:
		d.settleAll(context.WithoutCancel(ctx), r)
	}
}

// load takes new letters from the outbox, lane by lane, if there can be any: it
// is called for every letter that leaves.
func (d *delivery) load(ctx context.Context) error {
	var lanes []storage.Lane
	for lane := range storage.LaneBroadcast + 1 {
		if d.news && d.count[lane] < loaded || d.rest[lane] && d.count[lane] < loaded/2 {
			lanes = append(lanes, lane)
		} else if d.news {
			d.rest[lane] = true
		}
	}
	d.news = false
	if len(lanes) == 0 {
		return nil
	}
	err := d.engine.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		for _, lane := range lanes {
			most := loaded - d.count[lane]
			letters, err := r.OpenLetters(ctx, d.route, lane, d.cursor[lane], most)
			if err != nil {
				return err
			}
			d.rest[lane] = len(letters) == most
			for _, l := range letters {
				if err := d.put(ctx, r, l); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		d.news = true
	}
	return err
}

// put files a letter into its chat's mailbox.
func (d *delivery) put(ctx context.Context, r *storage.Reader, l storage.Letter) error {
	box, err := d.box(ctx, r, l.ChatID)
	if err != nil {
		return err
	}
	if l.AccountID != 0 {
		a, err := r.Account(ctx, l.AccountID)
		if err != nil {
			return err
		}
		box.people[a.ID] = chat.User{Ref: chat.Ref{Domain: a.Domain, ID: a.ExternalID}, Name: a.Name, Username: a.Username, Language: a.Language}
	}
	if l.Slot != "" {
		d.overtake(box, l)
		if _, ok := box.changed[l.Slot]; !ok {
			box.changed[l.Slot] = l.CreatedAt
		}
	}
	l.Urgent = strings.Contains(l.Content, `"urgent":true`) // its own field: quotes in texts are escaped
	l.Retouch = strings.Contains(l.Content, `"retouch":true`)
	box.letters = append(box.letters, l)
	d.cursor[l.Lane] = l.ID
	d.count[l.Lane]++
	return nil
}

// overtake drops letters of the same slot that have not left: the database
// has folded them already.
func (d *delivery) overtake(b *mailbox, l storage.Letter) {
	b.letters = slices.DeleteFunc(b.letters, func(old storage.Letter) bool {
		gone := old.Slot == l.Slot && old.Verb == storage.VerbSend
		if gone {
			d.count[old.Lane]--
		}
		return gone
	})
}

// dispatch starts every send that is within the budgets now, answers first,
// and returns when the next one could be.
func (d *delivery) dispatch() time.Time {
	var next time.Time
	for d.flying < inFlight {
		now := d.engine.Clock.Now()
		d.all.relax(now)
		box, i, at := d.best(now)
		if box == nil {
			return at
		}
		wait := d.all.next(now)
		if box.letters[i].Lane > storage.LaneAnswer {
			wait = d.all.evenly(now)
		}
		if wait.After(now) {
			return earlier(wait, at)
		}
		d.start(box, i, now)
	}
	return next
}

// best finds the letter to send now: the lowest lane, and in it the one that
// was decided first. Without one it says when there may be.
func (d *delivery) best(now time.Time) (*mailbox, int, time.Time) {
	var best *mailbox
	var at time.Time
	index := 0
	for id, b := range d.chats {
		if len(b.letters) == 0 {
			if b.budget.count(now) == 0 && !b.busy && !b.budget.blocked.After(now) {
				delete(d.chats, id) // quiet chats cost no memory
			}
			continue
		}
		if b.busy {
			continue
		}
		i, ready := b.first(now)
		if i < 0 || ready.After(now) {
			if at.IsZero() || ready.Before(at) {
				at = ready
			}
			continue
		}
		if best == nil || before(b.letters[i], best.letters[index]) {
			best, index = b, i
		}
	}
	return best, index, at
}

func before(a, b storage.Letter) bool {
	if a.Urgent != b.Urgent {
		return a.Urgent
	}
	if a.Lane != b.Lane {
		return a.Lane < b.Lane
	}
	return a.ID < b.ID
}

// Where a chat's minute is spent by answers alone, what nobody asked for would
// never be shown: after a while it takes turns with them. Answers fold, so they
// wait for one more message at most.
const (
	activityPatience  = 5 * time.Second
	broadcastPatience = 30 * time.Second
)

// aged is a letter with the lane that it has by now: above the answers if it is
// its turn. To tidy up a message may wait for ever, and must not overtake it.
func (b *mailbox) aged(l storage.Letter, now time.Time) storage.Letter {
	if l.Lane == storage.LaneAnswer || l.Retouch || b.posted || !b.budget.tight(now) {
		return l
	}
	since, patience := l.CreatedAt, activityPatience
	if l.Lane == storage.LaneBroadcast {
		patience = broadcastPatience
	}
	if t, ok := b.changed[l.Slot]; ok && l.Slot != "" {
		since = t
	}
	if now.Sub(since) >= patience {
		l.Lane -= storage.LaneBroadcast + 1
	}
	return l
}

// first is the index of the chat's next letter and the instant it may go.
func (b *mailbox) first(now time.Time) (int, time.Time) {
	chosen, at := -1, time.Time{}
	for i, l := range b.letters {
		if l.NextAt.After(now) {
			if at.IsZero() || l.NextAt.Before(at) {
				at = l.NextAt
			}
			continue
		}
		if chosen < 0 || before(b.aged(l, now), b.aged(b.letters[chosen], now)) {
			chosen = i
		}
	}
	if chosen < 0 {
		return -1, at
	}
	if b.letters[chosen].Verb == storage.VerbDelete {
		return chosen, now // taking back is no message: it needs no budget
	}
	return chosen, b.budget.next(now)
}
