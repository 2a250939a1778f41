// Package scheduler runs repeated jobs. The expression says when; the database
// knows what was due: every instant is a row with exactly one outcome, so that
// nothing runs twice and nothing is missed in silence.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"qunmate/scheduler/when"
	"qunmate/storage"
)

// Job is something to do again and again, outside of any chat.
type Job struct {
	Name     string
	Schedule when.Schedule
	// Grace is how late it may still run after the program was down; later it
	// is missed, with its reason.
	Grace time.Duration
	Run   func(ctx context.Context, due time.Time) error
}

// Clock is the program's time: Changed is closed when it is moved.
type Clock interface {
	Now() time.Time
	Changed() <-chan struct{}
}

// Scheduler runs jobs one after the other.
type Scheduler struct {
	DB    *storage.DB
	Clock Clock
	Log   *slog.Logger
	Jobs  []Job
}

// Run works until ctx ends.
func (s *Scheduler) Run(ctx context.Context) error {
	for _, j := range s.Jobs {
		if err := s.settleInterrupted(ctx, j); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		changed := s.Clock.Changed()
		next := time.Time{}
		for _, j := range s.Jobs {
			due, err := s.step(ctx, j)
			if err != nil && ctx.Err() == nil {
				s.Log.Error("a scheduled job could not be looked at", "job", j.Name, "err", err)
				due = s.Clock.Now().Add(time.Minute)
			}
			if next.IsZero() || (!due.IsZero() && due.Before(next)) {
				next = due
			}
		}
		s.wait(ctx, next, changed)
	}
	return nil
}

// settleInterrupted gives an outcome to what was running when the program
// stopped: nobody knows whether it was done.
func (s *Scheduler) settleInterrupted(ctx context.Context, j Job) error {
	return s.write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		open, err := tx.OpenOccurrences(ctx, j.Name)
		for _, o := range open {
			if err == nil && o.State == storage.Sending {
				s.Log.Warn("a job was running when the program stopped; it is not run again", "job", j.Name, "due", o.DueAt)
				err = tx.MoveOccurrence(ctx, o.ID, storage.Sending, storage.Uncertain, "the program stopped while it ran")
			}
		}
		return err
	})
}

// step runs what is due of a job and returns when it is due next.
func (s *Scheduler) step(ctx context.Context, j Job) (time.Time, error) {
	now := s.Clock.Now()
	var due []storage.Occurrence
	var next time.Time
	err := s.write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		due = nil
		var err error
		if next, err = s.plan(ctx, tx, j, now); err != nil {
			return err
		}
		open, err := tx.OpenOccurrences(ctx, j.Name)
		if err != nil {
			return err
		}
		again, err := tx.ComingAgain(ctx, j.Name, now.Add(-j.Grace), now)
		if err != nil {
			return err
		}
		for _, o := range append(open, again...) {
			switch {
			case o.State == storage.Missed:
				due = append(due, o)
				err = tx.MoveOccurrence(ctx, o.ID, storage.Missed, storage.Sending, "")
			case o.State != storage.Planned, o.DueAt.After(now):
			case now.Sub(o.DueAt) > j.Grace:
				s.Log.Warn("a job was missed", "job", j.Name, "due", o.DueAt, "late", now.Sub(o.DueAt))
				err = tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Missed, fmt.Sprintf("found %s late, allowed are %s", now.Sub(o.DueAt).Round(time.Second), j.Grace))
			default:
				due = append(due, o)
				err = tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Sending, "")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return next, err
	}
	for _, o := range due {
		if err := s.run(ctx, j, o); err != nil {
			return next, err
		}
	}
	return next, nil
}

// planMost bounds the rows one look writes: a program that was down for a year
// with a job every minute names the rest at its next look.
const planMost = 500

// plan writes every instant from the latest known one up to the first that is
// still to come, and returns when to look again. An instant that passed while
// the program was down gets its row too, so that it is missed by name. After a
// clock that ran ahead was put right, the instants it rushed through come
// again: they have rows, and step runs those that never started.
func (s *Scheduler) plan(ctx context.Context, tx *storage.Tx, j Job, now time.Time) (time.Time, error) {
	next := j.Schedule.Next(now)
	last, err := tx.LastOccurrence(ctx, j.Name)
	if errors.Is(err, storage.ErrNotFound) {
		last, err = now, nil
	}
	if err != nil || last.After(now) {
		return next, err
	}
	for range planMost {
		last = j.Schedule.Next(last)
		if last.IsZero() {
			return next, nil
		}
		if _, err := tx.Plan(ctx, j.Name, 0, last); err != nil || last.After(now) {
			return next, err
		}
	}
	return now.Add(time.Second), nil
}

func (s *Scheduler) run(ctx context.Context, j Job, o storage.Occurrence) error {
	state, reason := storage.Sent, ""
	if err := runSafely(ctx, j, o.DueAt); err != nil {
		s.Log.Error("a scheduled job failed", "job", j.Name, "due", o.DueAt, "err", err)
		state, reason = storage.Missed, err.Error()
	}
	return s.write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return tx.MoveOccurrence(ctx, o.ID, storage.Sending, state, reason)
	})
}

func runSafely(ctx context.Context, j Job, due time.Time) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return j.Run(ctx, due)
}

func (s *Scheduler) write(ctx context.Context, fn func(context.Context, *storage.Tx) error) error {
	return s.DB.Write(ctx, fn)
}

const nap = time.Minute

func (s *Scheduler) wait(ctx context.Context, until time.Time, changed <-chan struct{}) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		// A machine that was asleep has not counted the time: look again.
		t := time.NewTimer(min(until.Sub(s.Clock.Now()), nap))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-ctx.Done():
	case <-alarm:
	case <-changed:
	}
}
