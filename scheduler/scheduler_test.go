package scheduler_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // zones by name

	"qunmate/scheduler"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// clock is a machine's clock that can jump, and go wrong.
type clock struct {
	mu      sync.Mutex
	offset  time.Duration
	changed chan struct{}
}

func newClock() *clock { return &clock{changed: make(chan struct{})} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	close(c.changed)
	c.changed = make(chan struct{})
}

// world is one database with one daily job that counts its runs.
type world struct {
	t     *testing.T
	path  string
	clock *clock
	runs  []time.Time
	fail  error
}

func (w *world) start() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	db, err := storage.Open(ctx, w.path, storage.Options{Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	at, err := when.Parse("30 7 * * *", time.UTC)
	if err != nil {
		w.t.Fatal(err)
	}
	s := &scheduler.Scheduler{DB: db, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Jobs: []scheduler.Job{{
		Name: "greet", Schedule: at, Grace: 10 * time.Minute,
		Run: func(_ context.Context, due time.Time) error { w.runs = append(w.runs, due); return w.fail },
	}}}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		if err := db.Close(); err != nil {
			w.t.Error(err)
		}
	}
}

// outcomes counts the states of all occurrences.
func (w *world) outcomes() map[string]int {
	db, err := storage.Open(w.t.Context(), w.path, storage.Options{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[string]int{}
	err = db.View(w.t.Context(), func(ctx context.Context, r *storage.Reader) error {
		all, err := r.Occurrences(ctx, "greet")
		for _, o := range all {
			out[o.State]++
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func in(t *testing.T, f func(w *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	synctest.Test(t, func(t *testing.T) { f(&world{t: t, path: path, clock: newClock()}) })
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAJobRunsOnceADayOverRestarts(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		for range 6 {
			stop := w.start()
			pass(12 * time.Hour)
			stop()
		}
		if len(w.runs) != 3 || w.outcomes()[storage.Sent] != 3 {
			t.Errorf("three days: ran at %v, outcomes %v", w.runs, w.outcomes())
		}
	})
}

func TestAnInstantMissedWhileDownIsNamed(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		stop := w.start()
		pass(time.Hour)
		stop()
		pass(55 * time.Hour) // the bubble begins at midnight: 07:30 passes three times
		stop = w.start()
		stop()
		if got := w.outcomes(); len(w.runs) != 0 || got[storage.Missed] != 3 || got[storage.Planned] != 1 {
			t.Errorf("ran at %v, outcomes %v", w.runs, got)
		}
	})
}

// Nobody knows whether a job was done that was running when the program was
// killed: it is not run again, and its row says so.
func TestAJobThatWasKilledIsNotRunAgain(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.start()() // plans the first instant
		db, err := storage.Open(w.t.Context(), w.path, storage.Options{Now: w.clock.Now})
		if err != nil {
			w.t.Fatal(err)
		}
		err = db.Write(w.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			open, err := tx.OpenOccurrences(ctx, "greet")
			if err != nil || len(open) != 1 {
				return errors.Join(err, errors.New("want one row"))
			}
			w.clock.jump(open[0].DueAt.Sub(w.clock.Now()))
			return tx.MoveOccurrence(ctx, open[0].ID, storage.Planned, storage.Sending, "")
		})
		if err = errors.Join(err, db.Close()); err != nil {
			w.t.Fatal(err)
		}
		stop := w.start()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		stop()
		if got := w.outcomes(); len(w.runs) > 0 || got[storage.Uncertain] != 1 || got[storage.Sent] > 0 {
			w.t.Errorf("it ran %d times, rows %v", len(w.runs), got)
		}
	})
}

func TestAShortDelayIsMadeUpFor(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		stop := w.start()
		pass(7 * time.Hour)
		stop()
		pass(35 * time.Minute) // 07:35
		stop = w.start()
		stop()
		if len(w.runs) != 1 || w.outcomes()[storage.Sent] != 1 {
			t.Errorf("ran at %v, outcomes %v", w.runs, w.outcomes())
		}
	})
}

func TestAClockThatJumpsBackRunsNothingTwice(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		stop := w.start()
		pass(8 * time.Hour)
		w.clock.jump(-3 * time.Hour)
		pass(4 * time.Hour) // 07:30 comes again by the clock
		stop()
		if len(w.runs) != 1 {
			t.Errorf("ran at %v", w.runs)
		}
	})
}

func TestAClockThatJumpsForwardNamesWhatItSkipped(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		stop := w.start()
		w.clock.jump(31 * time.Hour)
		synctest.Wait()
		stop()
		if got := w.outcomes(); len(w.runs) != 0 || got[storage.Missed] != 1 {
			t.Errorf("ran at %v, outcomes %v", w.runs, got)
		}
	})
}

func TestAfterAClockThatRanAheadWasPutRightTheJobRunsOnItsDays(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		stop := w.start()
		w.clock.jump(80 * 24 * time.Hour)
		synctest.Wait()
		w.clock.jump(-80 * 24 * time.Hour)
		pass(72 * time.Hour)
		stop()
		if len(w.runs) != 3 || w.outcomes()[storage.Sent] != 3 {
			t.Errorf("ran at %v, outcomes %v", w.runs, w.outcomes())
		}
	})
}

func TestAFailedJobSaysWhy(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.fail = errors.New("no room")
		stop := w.start()
		pass(8 * time.Hour)
		stop()
		if got := w.outcomes(); got[storage.Missed] != 1 {
			t.Errorf("outcomes %v", got)
		}
	})
}
