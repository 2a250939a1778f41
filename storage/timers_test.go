package storage

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestADeadlineHappensOnce(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { return now }})
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i, key := range []string{"b", "a", "b"} {
			isNew, err := tx.SetTimer(ctx, DueRow{Key: key, Task: "x", DueAt: noon.Add(time.Duration(3-i) * time.Hour)})
			if err != nil || isNew != (i < 2) {
				t.Errorf("%d: %v, %v", i, isNew, err)
			}
		}
		if next, err := tx.NextTimer(ctx); err != nil || !next.Equal(noon.Add(2*time.Hour)) {
			t.Error(next, err)
		}
		return nil
	})
	now = noon.Add(3 * time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		due, err := tx.DueTimers(ctx, tx.Now, 10)
		if err != nil || len(due) != 2 || due[0].Key != "a" || due[0].Payload != "{}" {
			t.Errorf("%+v, %v", due, err)
		}
		if err := tx.FinishTimer(ctx, "a"); err != nil {
			return err
		}
		wantErr(t, tx.FinishTimer(ctx, "a"), ErrDuplicate)
		wantErr(t, tx.FinishTimer(ctx, "none"), ErrDuplicate)
		// The clock falls back: it is done all the same, and cannot be set again.
		isNew, err := tx.SetTimer(ctx, DueRow{Key: "a", Task: "x", DueAt: noon})
		if isNew {
			t.Error("set again")
		}
		return err
	})
	now = noon.Add(-time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		due, err := tx.DueTimers(ctx, noon.Add(9*time.Hour), 10)
		if len(due) != 1 || due[0].Key != "b" {
			t.Errorf("%+v", due)
		}
		return err
	})
}

func TestAnOccurrenceHasOneOutcome(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 2 {
			if isNew, err := tx.Plan(ctx, "backup", 0, noon); err != nil || isNew != (i == 0) {
				t.Error(isNew, err)
			}
		}
		for _, step := range []struct {
			from, to string
			want     error
		}{{Planned, Sending, nil}, {Planned, Sending, ErrDuplicate}, {Sending, Planned, nil}, {Planned, Sending, nil}, {Sending, Sent, nil}, {Sending, Uncertain, ErrDuplicate}, {Planned, Missed, ErrDuplicate}} {
			if err := tx.MoveOccurrence(ctx, 1, step.from, step.to, "why"); !errors.Is(err, step.want) {
				t.Errorf("%s to %s: %v, want %v", step.from, step.to, err, step.want)
			}
		}
		if last, err := tx.LastOccurrence(ctx, "backup"); err != nil || !last.Equal(noon) {
			t.Error(last, err)
		}
		open, err := tx.OpenOccurrences(ctx, "backup")
		if len(open) != 0 {
			t.Errorf("%+v", open)
		}
		return err
	})
	wantClean(t, db)
}
