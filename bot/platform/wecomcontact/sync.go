package wecomcontact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// maxTries is how often a list that is older than what callbacks told is read
// again before it is believed: with the default waits some ten minutes.
const maxTries = 9

// Run reads lists and delivers what they tell until ctx ends, then returns nil.
// It returns an error wrapping ErrCredentials when the platform does not know
// the app; every other trouble is waited out.
func (c *Contact) Run(ctx context.Context, deliver chat.Deliver) error {
	done := make(chan struct{})
	inner, stop := context.WithCancel(ctx)
	go func() {
		defer close(done)
		c.watchTasks(inner, deliver)
	}()
	err := c.keep(ctx, deliver)
	stop()
	<-done
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("wecomcontact %s: %w", c.opts.Name, err)
	}
	return nil
}

// keep holds the lists in step.
func (c *Contact) keep(ctx context.Context, deliver chat.Deliver) error {
	if !c.flush(ctx, deliver) || !c.planChanges(ctx) {
		return nil
	}
	all := c.newTrouble("customer groups")
	var resync time.Time
	for ctx.Err() == nil {
		now := c.opts.Now()
		if !now.Before(resync) {
			err := c.survey(ctx)
			switch {
			case wxhttp.BadCredentials(err):
				return fmt.Errorf("%w: %w", ErrCredentials, err)
			case err != nil:
				resync = now.Add(all.note(ctx, err))
				c.alarm(err)
			default:
				all.over()
				c.alarm(nil)
				resync = now.Add(c.opts.Times.Resync)
				c.keepWelcome(ctx)
			}
		}
		chatID, tries, next := c.plans.take(c.opts.Now())
		if chatID != "" {
			c.read(ctx, chatID, tries)
			if !c.flush(ctx, deliver) {
				return nil
			}
			continue
		}
		c.wait(ctx, earlier(next, resync))
	}
	return nil
}

// alarm tells the operators of what only they can mend, once, and that it is
// mended. What passes by itself is no alarm.
func (c *Contact) alarm(err error) {
	theirs := wxhttp.WrongAddress(err) || wxhttp.Code(err) == codeForbidden
	switch {
	case theirs && !c.said.alarm.Swap(true):
		c.opts.Alarm(c.trouble(err))
	case err == nil && c.said.alarm.Swap(false):
		c.opts.Alarm(chat.Finding{OK: true, Code: checkAgain})
	}
}

// earlier is the first of two instants; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// wait is for an instant, or for a callback.
func (c *Contact) wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(until.Sub(c.opts.Now()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-c.bell:
	}
}

// planChanges plans a reading for what was noted before the start.
func (c *Contact) planChanges(ctx context.Context) bool {
	return c.insist(ctx, "changes that wait", func(ctx context.Context) error {
		changes, err := c.opts.Store.Changes(ctx, "")
		for _, change := range changes {
			c.plans.soon(change.Chat, c.opts.Now())
		}
		return err
	})
}

// survey lists every group there is and plans the reading of each. Groups that
// we knew and that are not on the list are read as well: they say themselves
// whether they are gone.
func (c *Contact) survey(ctx context.Context) error {
	ids, err := c.api.groups(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	c.mu.Lock()
	c.listed = seen
	c.mu.Unlock()
	for _, g := range c.present() {
		if !seen[g.Chat] {
			ids = append(ids, g.Chat)
		}
	}
	now := c.opts.Now()
	for i, id := range ids {
		// Spread: 10 000 calls a minute are allowed to a corporation, and the app
		// that sends shares them (path 90313, base frequency).
		c.plans.soon(id, now.Add(time.Duration(i)*20*time.Millisecond))
	}
	return nil
}

// read brings one group in step and plans the next try if it cannot.
func (c *Contact) read(ctx context.Context, chatID string, tries int) {
	again, err := c.readOnce(ctx, chatID, tries)
	if err != nil && ctx.Err() == nil {
		// Said once for all groups: what keeps one from being read mostly keeps all.
		level := c.log.Debug
		if !c.said.read.Swap(true) {
			level = c.log.Warn
		}
		level("wecomcontact: a customer group could not be read", "chat", chatID, "err", err, "tries", tries)
	}
	if se := wxhttp.SendError(err); se != nil && se.Fault == chat.Throttled {
		c.plans.rest(c.opts.Now().Add(se.After))
	}
	if err == nil && c.said.read.Swap(false) {
		c.log.Info("wecomcontact: customer groups can be read again")
	}
	if again && ctx.Err() == nil {
		pause := c.newTrouble("").pause(tries)
		c.plans.again(chatID, c.opts.Now().Add(pause), tries+1)
	}
}

// readOnce reads a list, stores it with the events that follow, and reports
// whether it is to be read again soon.
func (c *Contact) readOnce(ctx context.Context, chatID string, tries int) (again bool, err error) {
	before, members, err := c.opts.Store.Baseline(ctx, chatID)
	if err != nil {
		return true, err
	}
	changes, err := c.opts.Store.Changes(ctx, chatID)
	if err != nil {
		return true, err
	}
	if i := slices.IndexFunc(changes, func(x Change) bool { return x.Kind == kindDismiss }); i >= 0 {
		return false, c.lose(ctx, before, changes, "dissolved", changes[i].At)
	}
	now, err := c.api.group(ctx, chatID)
	if no, ok := errors.AsType[*wxhttp.Error](err); ok && c.vanished(chatID, no) {
		return false, c.lose(ctx, before, changes, no.Msg, c.opts.Now().UTC())
	}
	if err != nil {
		return tries < maxTries || len(changes) > 0, err
	}
	now.ReadAt = c.opts.Now().UTC()
	final := true
	if before.Chat != "" && tries < maxTries {
		if lags(before, members, now, changes) {
			return true, nil
		}
		final = !behind(now, changes)
	}
	done := ids(changes)
	if !final {
		done = nil
	}
	err = c.apply(ctx, before, now, compare(members, now, changes, before.Chat == "", final), done)
	return err != nil || !final, err
}

// vanished reports whether a group that could not be read is gone for us: it
// is refused, and the last survey did not name it. Which errcode means what is
// written nowhere, so that one alone does not decide.
func (c *Contact) vanished(chatID string, err error) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.listed != nil && !c.listed[chatID] && (refused(err) || wxhttp.Code(err) == codeForbidden)
}

func ids(changes []Change) []int64 {
	out := make([]int64, 0, len(changes))
	for _, c := range changes {
		out = append(out, c.ID)
	}
	return out
}

// apply stores a list that was read with the events that follow from it.
func (c *Contact) apply(ctx context.Context, before Group, now list, d difference, done []int64) error {
	events := d.events
	stamp := strconv.FormatInt(now.ReadAt.UnixMilli(), 10)
	change := chat.Event{Chat: placeOf(now.Group), Kind: chat.ChatChanged, At: now.ReadAt}
	switch {
	case before.Chat == "" || before.Gone:
		change.ID, change.Detail = eventRef(now.Chat, "added", stamp), chat.ChatChange{Standing: chat.Added}
		events = slices.Insert(events, 0, change)
	case before.Name != now.Name:
		change.ID, change.Detail = eventRef(now.Chat, "named", stamp), chat.ChatChange{Standing: chat.Updated}
		events = slices.Insert(events, 0, change)
	}
	return c.commit(ctx, now.Group, d.members, events, done)
}

// lose closes a group that is dissolved or out of our sight. Nobody has left
// it: it has left us.
func (c *Contact) lose(ctx context.Context, g Group, changes []Change, why string, at time.Time) error {
	if g.Chat == "" || g.Gone {
		if len(changes) == 0 {
			return nil
		}
		return c.opts.Store.Apply(ctx, g, nil, nil, ids(changes))
	}
	g.Gone, g.ReadAt = true, c.opts.Now().UTC()
	c.log.Info("wecomcontact: a customer group is gone", "chat", g.Chat, "why", why)
	return c.commit(ctx, g, nil, []chat.Event{{
		ID:   eventRef(g.Chat, "gone", strconv.FormatInt(g.ReadAt.UnixMilli(), 10)),
		Chat: placeOf(g), Kind: chat.ChatChanged, At: at, Detail: chat.ChatChange{Standing: chat.Removed},
	}}, ids(changes))
}

func (c *Contact) commit(ctx context.Context, g Group, members []Member, events []chat.Event, done []int64) error {
	raw := make([][]byte, 0, len(events))
	for _, ev := range events {
		data, err := json.Marshal(ev)
		if err != nil {
			return fmt.Errorf("event: %w", err)
		}
		raw = append(raw, data)
	}
	if err := c.opts.Store.Apply(ctx, g, members, raw, done); err != nil {
		return err
	}
	c.remember(g)
	return nil
}

// maxBatch is how many events are delivered at a time.
const maxBatch = 100

// flush delivers what is queued, for as long as it takes. It reports false when
// ctx ended.
func (c *Contact) flush(ctx context.Context, deliver chat.Deliver) bool {
	more := true
	for more {
		ok := c.insist(ctx, "events that wait", func(ctx context.Context) error {
			queue, err := c.opts.Store.Queue(ctx, maxBatch)
			if more = len(queue) == maxBatch; err != nil || len(queue) == 0 {
				return err
			}
			var events []chat.Event
			var done []int64
			for _, q := range queue {
				var ev chat.Event
				if err := json.Unmarshal(q.Event, &ev); err != nil {
					// Our own writing; one that cannot be read must not stop the others.
					c.log.Error("wecomcontact: an event that waits cannot be read", "row", q.ID, "err", err)
				} else {
					events = append(events, ev)
				}
				done = append(done, q.ID)
			}
			if err := deliver(ctx, events); err != nil {
				return err
			}
			return c.opts.Store.Unqueue(ctx, done)
		})
		if !ok {
			return false
		}
	}
	return ctx.Err() == nil
}

// insist repeats what needs our own database until it works; false when ctx
// ended.
func (c *Contact) insist(ctx context.Context, what string, do func(context.Context) error) bool {
	trouble := c.newTrouble(what)
	for {
		err := do(ctx)
		if err == nil {
			trouble.over()
			return ctx.Err() == nil
		}
		if !sleep(ctx, trouble.note(ctx, err)) {
			return false
		}
	}
}
