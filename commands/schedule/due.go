package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// due gives an occurrence whose time has come its letter, or the reason why it
// gets none, and plans the next.
func due(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, err := payloadOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	o, err := req.Tx.Occurrence(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || (err == nil && o.State != storage.Planned) {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if o.When().After(req.Tx.Now) { // the clock went back meanwhile
		return bot.Reply{}, setTimer(ctx, req, taskDue, o.ChatID, o.ID, o.When())
	}
	var sid int64
	if _, err := fmt.Sscanf(o.Job, "post:%d", &sid); err != nil {
		return bot.Reply{}, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	s, err := req.Tx.Schedule(ctx, sid)
	if err != nil {
		return bot.Reply{}, err
	}
	j, still, err := loadIn(ctx, &req.Tx.Reader, s, o.ChatID)
	if err != nil {
		return bot.Reply{}, err
	}
	state, reason := storage.Skipped, "changed"
	if still || s.State != storage.ScheduleActive {
		state, reason = j.judge(req, o)
	}
	if to, wait := j.wait(o, req.Tx.Now); wait && state == storage.Planned {
		return bot.Reply{}, j.putOff(ctx, req, o, to)
	}
	if state == storage.Planned {
		state, reason, err = j.send(ctx, req, o)
	}
	if err == nil && state != storage.Sending {
		err = req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, state, reason)
	}
	if err == nil && state == storage.Missed {
		err = setTimer(ctx, req, bot.TaskNotice, o.ChatID, o.ID, req.Tx.Now.Add(bot.NoticeAfter))
	}
	if err != nil || !still {
		return bot.Reply{}, err
	}
	return bot.Reply{}, plan(ctx, req, j)
}

// wait reports that it is quiet in the chat, and until when: an instant inside
// the hours waits for their end, and so does one that has become late into
// them.
func (j *job) wait(o storage.Occurrence, now time.Time) (time.Time, bool) {
	if to, swallowed := j.real(o.DueAt); o.MovedTo.IsZero() && !swallowed && to.After(now) {
		return to, true
	}
	return j.quiet.end(now.In(j.days.Zone(now)))
}

// putOff lets an occurrence wait; the next one is planned beside it.
func (j *job) putOff(ctx context.Context, req *bot.Request, o storage.Occurrence, to time.Time) error {
	if j.quiet.skips() {
		if err := req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Skipped, skipQuiet); err != nil {
			return err
		}
		return plan(ctx, req, *j)
	}
	if err := req.Tx.PutOff(ctx, o.ID, to); err != nil {
		return err
	}
	if err := setTimer(ctx, req, taskDue, o.ChatID, o.ID, to); err != nil {
		return err
	}
	return plan(ctx, req, *j)
}

// judge decides whether an instant is still to be posted: then it stays
// planned.
func (j *job) judge(req *bot.Request, o storage.Occurrence) (state, reason string) {
	at := o.DueAt
	zone := j.days.Zone(at)
	switch {
	case j.State != storage.ScheduleActive:
		return storage.Skipped, j.State
	case !j.rule.Has(at, zone):
		return storage.Skipped, "changed"
	}
	if t, _ := j.rule.Next(at.Add(-time.Millisecond), zone); t.Skip != "" {
		return storage.Skipped, t.Skip
	}
	return j.timely(req, o)
}

// send enqueues the letter of an occurrence. Its outcome moves the occurrence:
// see the trigger outbox_occurrence.
func (j *job) send(ctx context.Context, req *bot.Request, o storage.Occurrence) (state, reason string, err error) {
	reply, err := j.speak(ctx, req, o, o.When())
	switch {
	case errors.Is(err, errNoSet):
		return storage.Missed, "template", nil
	case errors.Is(err, errEmpty):
		return storage.Skipped, skipEmpty, j.tellEmpty(ctx, req)
	case err != nil:
		return "", "", err
	}
	// A minute for the sending itself, however late it has become.
	reply.Until = later(o.When().Add(allowed(j.Schedule)), req.Tx.Now.Add(time.Minute))
	return j.enqueue(ctx, req, o, reply)
}

func (j *job) enqueue(ctx context.Context, req *bot.Request, o storage.Occurrence, reply bot.Reply) (state, reason string, err error) {
	letter, ok, err := req.Compose(ctx, j.chat, reply)
	if errors.Is(err, bot.ErrNoText) {
		return storage.Missed, "template", nil
	}
	if err != nil {
		return "", "", err
	}
	if !ok {
		return storage.Missed, storage.ReasonLeft, nil
	}
	id, err := req.Tx.Enqueue(ctx, letter)
	if err != nil {
		return "", "", err
	}
	if err := req.Tx.BeginOccurrence(ctx, o.ID, o.State, id); err != nil {
		return "", "", err
	}
	if j.Template != "" {
		err = req.Tx.TakeTurn(ctx, j.ID, j.chat.ID)
	}
	return storage.Sending, "", err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
