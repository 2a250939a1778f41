package remind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// overdue is how long after its instant a row that is still planned was lost by
// its timer.
const overdue = 2 * time.Minute

// payload is what a timer of ours carries: a push, or with taskDue an
// occurrence.
type payload struct {
	ID int64 `json:"id"`
}

func payloadOf(req *bot.Request) (int64, error) {
	d, _ := req.Event.Detail.(chat.Due)
	var p payload
	err := json.Unmarshal(d.Payload, &p)
	return p.ID, err
}

func setTimer(ctx context.Context, req *bot.Request, task string, chatID, id int64, at time.Time) error {
	text, err := json.Marshal(payload{id})
	if err != nil {
		return fmt.Errorf("%s: %w", task, err)
	}
	// The present instant is part of the key: what was done may be due again.
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("remind:%s:%d:%d:%d", task, chatID, id, req.Tx.Now.UnixNano()), Task: task, ChatID: chatID, Payload: string(text), DueAt: at,
	})
	return err
}

// look plans a push anew: it is new, or its activity has changed.
func look(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, err := payloadOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	p, err := req.Tx.Push(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, plan(ctx, req, p)
}

// tick looks at all pushes, at every start and every hour: a clock may have been
// put right, and a group may have come to a community. One that cannot be
// planned does not stop the others.
func tick(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := req.Tx.OpenPushes(ctx)
	for _, p := range all {
		a, err := req.Tx.Activity(ctx, p.Kind, p.ActivityID)
		if err != nil {
			return bot.Reply{}, err
		}
		// In its own event: there the times are those of its chat.
		if err := setTimer(ctx, req, storage.TaskLookAtPush, a.ChatID, p.ID, req.Tx.Now); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{}, err
}

// plan brings the rows of a push in line with its activity: what is planned for
// another time is skipped, what passed without a row gets one that says why, and
// the next instant is planned in every chat.
func plan(ctx context.Context, req *bot.Request, p storage.Push) error {
	if p.State != storage.PushOn {
		return nil
	}
	a, err := req.Tx.Activity(ctx, p.Kind, p.ActivityID)
	if err != nil {
		return err
	}
	if !p.Alive(a) || p.Anchor == storage.PushEvent && !a.EventAt.After(req.Tx.Now) {
		return req.Tx.EndPush(ctx, p.ID, storage.PushOver, "closed")
	}
	next, err := instants(ctx, req, p, a)
	if err != nil {
		return err
	}
	open, err := req.Tx.OpenOccurrences(ctx, p.Job())
	if err != nil {
		return err
	}
	for _, o := range open {
		switch {
		case o.State != storage.Planned:
		case !o.DueAt.Equal(next) && o.DueAt.After(req.Tx.Now):
			if err := req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Skipped, "moved"); err != nil {
				return err
			}
		case req.Tx.Now.Sub(o.DueAt) > overdue:
			if err := setTimer(ctx, req, taskDue, o.ChatID, o.ID, req.Tx.Now); err != nil {
				return err
			}
		}
	}
	if next.IsZero() {
		return nil
	}
	chats, err := chatsOf(ctx, req, a, true)
	for _, c := range chats {
		if err := planAt(ctx, req, p, c.ID, next); err != nil {
			return err
		}
	}
	return err
}

// instants is the next instant of a push, zero if there is none any more. On the
// way what passed since the last row of a chat gets its own.
func instants(ctx context.Context, req *bot.Request, p storage.Push, a storage.Activity) (time.Time, error) {
	chats, err := chatsOf(ctx, req, a, true)
	if err != nil {
		return time.Time{}, err
	}
	if p.Anchor != storage.PushRule {
		at := p.Anchored(a)
		if at.IsZero() || at.After(req.Tx.Now) {
			return at, nil
		}
		return time.Time{}, passedOnce(ctx, req, p, chats, at)
	}
	var rule when.Rule
	if err := json.Unmarshal([]byte(p.Rule), &rule); err != nil {
		return time.Time{}, fmt.Errorf("push %d: %w", p.ID, err)
	}
	for _, c := range chats {
		from, err := since(ctx, req, p, c.ID)
		if err != nil {
			return time.Time{}, err
		}
		for range turnsMost {
			at := nextTurn(rule, from, a.ClosesAt, req.Now.Location())
			if at.IsZero() || at.After(req.Tx.Now) {
				break
			}
			if err := passed(ctx, req, p, c, at); err != nil {
				return time.Time{}, err
			}
			from = at
		}
	}
	return nextTurn(rule, req.Tx.Now, a.ClosesAt, req.Now.Location()), nil
}

// since is the instant after which a chat may lack rows: that of its last one.
// A chat that came later has missed nothing.
func since(ctx context.Context, req *bot.Request, p storage.Push, chatID int64) (time.Time, error) {
	last, err := req.Tx.OccurrenceUntil(ctx, p.Job(), chatID, req.Tx.Now)
	if err == nil || !errors.Is(err, storage.ErrNotFound) {
		return last.DueAt, err
	}
	if _, err := req.Tx.LastOccurrence(ctx, p.Job()); !errors.Is(err, storage.ErrNotFound) {
		return req.Tx.Now, err
	}
	return p.CreatedAt, nil
}

// passedOnce is passed for an instant that comes once, in all its chats unless
// one of them knows of it.
func passedOnce(ctx context.Context, req *bot.Request, p storage.Push, chats []place, at time.Time) error {
	for _, c := range chats {
		if _, err := req.Tx.OccurrenceAt(ctx, p.Job(), c.ID, at); !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	for _, c := range chats {
		if err := passed(ctx, req, p, c, at); err != nil {
			return err
		}
	}
	return nil
}

// passed gives an instant that is over a row in a chat that has none: it is due
// at once if that is not too late, else missed. What passed before anybody
// wished for it is neither.
func passed(ctx context.Context, req *bot.Request, p storage.Push, c place, at time.Time) error {
	if !at.After(p.CreatedAt) {
		return nil
	}
	o := storage.Occurrence{Job: p.Job(), ChatID: c.ID, DueAt: at, State: storage.Planned}
	switch {
	case c.State == storage.ChatLeft:
		o.State, o.Reason = storage.Missed, storage.ReasonLeft
	case req.Tx.Now.Sub(at) > allowed(p):
		o.State, o.Reason = storage.Missed, whyLate(req, at)
	}
	o, fresh, err := req.Tx.AddOccurrence(ctx, o)
	switch {
	case err != nil || !fresh:
		return err
	case o.State == storage.Missed:
		return setTimer(ctx, req, bot.TaskNotice, c.ID, o.ID, req.Tx.Now.Add(bot.NoticeAfter))
	}
	return setTimer(ctx, req, taskDue, c.ID, o.ID, req.Tx.Now)
}

// planAt makes sure that an instant to come has its row and its timer in a chat.
// What was skipped because the time had moved is planned again when it moves
// back.
func planAt(ctx context.Context, req *bot.Request, p storage.Push, chatID int64, at time.Time) error {
	o, fresh, err := req.Tx.AddOccurrence(ctx, storage.Occurrence{Job: p.Job(), ChatID: chatID, DueAt: at, State: storage.Planned})
	switch {
	case err != nil:
		return err
	case fresh:
	case o.StartedAt.IsZero() && (o.State == storage.Skipped || o.State == storage.Missed):
		if err := req.Tx.MoveOccurrence(ctx, o.ID, o.State, storage.Planned, ""); err != nil {
			return err
		}
	default:
		return nil
	}
	return setTimer(ctx, req, taskDue, chatID, o.ID, at)
}

// whyLate tells a program that was not running from a machine that slept.
func whyLate(req *bot.Request, at time.Time) string {
	if at.Before(req.Started()) {
		return fmt.Sprintf("down %d", req.Started().UnixMilli())
	}
	return "asleep"
}

// due gives an occurrence whose time has come its letter, or the reason why it
// gets none, and plans the next.
func due(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, err := payloadOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	o, err := req.Tx.Occurrence(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && o.State != storage.Planned {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if o.DueAt.After(req.Tx.Now) { // the clock went back meanwhile
		return bot.Reply{}, setTimer(ctx, req, taskDue, o.ChatID, o.ID, o.DueAt)
	}
	var pid int64
	if _, err := fmt.Sscanf(o.Job, "remind:%d", &pid); err != nil {
		return bot.Reply{}, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	p, err := req.Tx.Push(ctx, pid)
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := req.Tx.Activity(ctx, p.Kind, p.ActivityID)
	if err != nil {
		return bot.Reply{}, err
	}
	state, reason, err := judge(ctx, req, p, a, o)
	if err == nil && state == storage.Planned {
		state, reason, err = send(ctx, req, p, a, o)
	}
	if err == nil && state != storage.Sending {
		err = req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, state, reason)
	}
	if err == nil && state == storage.Missed {
		err = setTimer(ctx, req, bot.TaskNotice, o.ChatID, o.ID, req.Tx.Now.Add(bot.NoticeAfter))
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, plan(ctx, req, p)
}

// judge decides whether an instant is still to be said: then it stays planned.
func judge(ctx context.Context, req *bot.Request, p storage.Push, a storage.Activity, o storage.Occurrence) (state, reason string, err error) {
	c, err := req.Tx.Chat(ctx, o.ChatID)
	if err != nil {
		return "", "", err
	}
	over := a.ClosesAt
	if p.Anchor == storage.PushEvent {
		over = a.EventAt
	}
	switch {
	case p.State != storage.PushOn:
		return storage.Skipped, "switched off", nil
	case !p.Alive(a):
		return storage.Skipped, "closed", nil
	case p.Anchor != storage.PushRule && !p.Anchored(a).Equal(o.DueAt):
		return storage.Skipped, "moved", nil
	case c.State == storage.ChatLeft:
		return storage.Missed, storage.ReasonLeft, nil
	case !over.IsZero() && !over.After(req.Tx.Now), req.Tx.Now.Sub(o.DueAt) > allowed(p):
		return storage.Missed, whyLate(req, o.DueAt), nil
	}
	quiet, err := quietAt(ctx, &req.Tx.Reader, o.ChatID, o.DueAt.In(req.Now.Location()))
	if err != nil || quiet {
		return storage.Skipped, "quiet", err
	}
	n, err := req.Tx.PushedSince(ctx, o.ChatID, req.Tx.Now.Add(-time.Hour))
	if err != nil || n >= perHour {
		return storage.Skipped, "budget", err
	}
	return storage.Planned, "", nil
}

// quietAt reports whether a chat wants to be left alone at an instant, as its
// clock shows it.
func quietAt(ctx context.Context, r *storage.Reader, chatID int64, at time.Time) (bool, error) {
	q, err := r.Quiet(ctx, chatID)
	minute := at.Hour()*60 + at.Minute()
	if q.From > q.Until { // over midnight
		return minute >= q.From || minute < q.Until, err
	}
	return minute >= q.From && minute < q.Until, err
}

// send enqueues the reminder of a chat, and those of the people in it who
// allowed direct messages. What becomes of the letter becomes of the
// occurrence: see the trigger outbox_occurrence.
func send(ctx context.Context, req *bot.Request, p storage.Push, a storage.Activity, o storage.Occurrence) (state, reason string, err error) {
	c, err := req.Tx.Chat(ctx, o.ChatID)
	if err != nil {
		return "", "", err
	}
	there := *req
	there.Chat = c
	if there.Event.Chat.Thread, err = threadOf(ctx, req, a, c.ID); err != nil {
		return "", "", err
	}
	r := say(&there, p, a)
	// A minute for the sending itself, however late it has become.
	r.Until = o.DueAt.Add(allowed(p))
	if least := req.Tx.Now.Add(time.Minute); r.Until.Before(least) {
		r.Until = least
	}
	l, ok, err := there.Compose(ctx, c, r)
	if err != nil {
		return "", "", err
	}
	if !ok {
		return storage.Missed, storage.ReasonLeft, nil
	}
	id, err := req.Tx.Enqueue(ctx, l)
	if err != nil {
		return "", "", err
	}
	if err := req.Tx.BeginOccurrence(ctx, o.ID, o.State, id); err != nil {
		return "", "", err
	}
	return storage.Sending, "", tellPeople(ctx, req, p, a, o)
}

func threadOf(ctx context.Context, req *bot.Request, a storage.Activity, chatID int64) (string, error) {
	all, err := req.Tx.ActivityChats(ctx, a.Kind, a.ID)
	for _, c := range all {
		if c.ChatID == chatID {
			return c.Thread, nil
		}
	}
	return "", err
}
