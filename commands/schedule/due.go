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
	if o.DueAt.After(req.Tx.Now) { // the clock went back meanwhile
		return bot.Reply{}, setTimer(ctx, req, taskDue, o.ChatID, o.ID, o.DueAt)
	}
	var sid int64
	if _, err := fmt.Sscanf(o.Job, "post:%d", &sid); err != nil {
		return bot.Reply{}, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	s, err := req.Tx.Schedule(ctx, sid)
	if err != nil {
		return bot.Reply{}, err
	}
	j, err := load(ctx, req, s)
	if err != nil {
		return bot.Reply{}, err
	}
	state, reason := j.judge(req, o.DueAt)
	if state == storage.Planned {
		state, reason, err = j.send(ctx, req, o)
	}
	if err == nil && state != storage.Sending {
		err = req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, state, reason)
	}
	if err == nil && state == storage.Missed {
		err = setTimer(ctx, req, taskNotice, o.ChatID, o.ID, req.Tx.Now.Add(noticeAfter))
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, plan(ctx, req, j)
}

// judge decides whether an instant is still to be posted: then it stays
// planned.
func (j *job) judge(req *bot.Request, at time.Time) (state, reason string) {
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
	now := req.Tx.Now
	switch {
	case j.chat.State != storage.ChatActive || j.chat.Connection == "":
		return storage.Missed, "left"
	case now.Sub(at) > allowed(j.Schedule):
		return storage.Missed, whyLate(req, at)
	case j.overtaken(at, now):
		return storage.Missed, "overtaken"
	}
	return storage.Planned, ""
}

// send enqueues the letter of an occurrence. Its outcome moves the occurrence:
// see the trigger outbox_occurrence.
func (j *job) send(ctx context.Context, req *bot.Request, o storage.Occurrence) (state, reason string, err error) {
	reply, err := j.reply(ctx, req, o.DueAt)
	if errors.Is(err, errNoSet) {
		return storage.Missed, "template", nil
	}
	if err != nil {
		return "", "", err
	}
	// A minute for the sending itself, however late it has become.
	reply.Until = later(o.DueAt.Add(allowed(j.Schedule)), req.Tx.Now.Add(time.Minute))
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
		return storage.Missed, "left", nil
	}
	id, err := req.Tx.Enqueue(ctx, letter)
	if err != nil {
		return "", "", err
	}
	if err := req.Tx.BeginOccurrence(ctx, o.ID, o.State, id); err != nil {
		return "", "", err
	}
	if j.Template != "" {
		err = req.Tx.TakeTurn(ctx, j.ID)
	}
	return storage.Sending, "", err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
