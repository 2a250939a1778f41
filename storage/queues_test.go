package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func states(ctx context.Context, t *testing.T, tx *Tx, want string, ids ...int64) {
	t.Helper()
	var got []string
	for _, id := range ids {
		l, err := tx.Letter(ctx, id)
		if err != nil {
			t.Error(err)
		}
		got = append(got, l.State)
	}
	if g := strings.Join(got, "/"); g != want {
		t.Errorf("the letters are %s, want %s", g, want)
	}
}

func TestLettersOfASlotOvertakeEachOther(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 0)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		var ids []int64
		add := func(slot string) {
			id, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Slot: slot, Content: "{}"})
			if err != nil {
				t.Error(err)
			}
			ids = append(ids, id)
		}
		add("digest")
		if err := tx.Settle(ctx, Outcome{ID: ids[0], State: LetterSent, ExternalID: "m1"}); err != nil {
			return err
		}
		for _, slot := range []string{"digest", "", "other", "", "digest"} {
			add(slot)
		}
		states(ctx, t, tx, "sent/folded/queued/queued/queued/queued", ids...)
		if l, err := tx.Letter(ctx, ids[1]); err != nil || l.IntoID != ids[5] {
			t.Errorf("%+v, %v", l, err)
		}
		if m, err := tx.SlotMessage(ctx, w.chat.ID, "digest"); err != nil || m != "m1" {
			t.Errorf("%q, %v", m, err)
		}
		if m, err := tx.SlotMessage(ctx, w.chat.ID, "other"); err != nil || m != "" {
			t.Errorf("%q, %v", m, err)
		}
		if err := tx.Settle(ctx, Outcome{ID: ids[5], State: LetterSent, ExternalID: "m2"}); err != nil {
			return err
		}
		if m, err := tx.SlotMessage(ctx, w.chat.ID, "digest"); err != nil || m != "m2" {
			t.Errorf("%q, %v", m, err)
		}
		return nil
	})
}

func TestLettersLeaveInOrderByLane(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 0)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 9 {
			if _, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: fmt.Sprint("c", i%2), Lane: Lane(i % 3), Content: "{}"}); err != nil {
				return err
			}
		}
		open, err := tx.OpenLetters(ctx, "c0", LaneActivity, 0, 10)
		if err != nil || len(open) != 1 || open[0].ID != 5 {
			t.Errorf("%+v, %v", open, err)
		}
		open, err = tx.OpenLetters(ctx, "c0", LaneAnswer, 1, 10)
		if err != nil || len(open) != 1 || open[0].ID != 7 {
			t.Errorf("%+v, %v", open, err)
		}
		if err := tx.KillLetters(ctx, w.chat.ID, "blocked"); err != nil {
			return err
		}
		queued, sending, waiting, err := tx.CountLetters(ctx)
		if queued != 0 || sending != 0 || waiting != 0 {
			t.Errorf("%d queued, %d on their way, %d to be confirmed", queued, sending, waiting)
		}
		l, err2 := tx.Letter(ctx, 4)
		if l.State != LetterDead || l.Error != "blocked" || !l.SettledAt.Equal(noon) {
			t.Errorf("%+v", l)
		}
		return errors.Join(err, err2)
	})
}

func TestAStartPutsTheOutboxInOrder(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 0)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 4 {
			if _, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Once: i%2 == 1, Content: "{}"}); err != nil {
				return err
			}
		}
		for _, id := range []int64{1, 2} {
			if err := tx.Claim(ctx, id); err != nil {
				return err
			}
		}
		states(ctx, t, tx, "sending/sending/queued/queued", 1, 2, 3, 4)
		unsure, err := tx.Rescue(ctx)
		if err != nil || len(unsure) != 1 || unsure[0].ID != 2 {
			t.Errorf("%+v, %v", unsure, err)
		}
		states(ctx, t, tx, "queued/uncertain/queued/queued", 1, 2, 3, 4)
		if err := tx.Claim(ctx, 2); err != nil { // has its outcome
			return err
		}
		states(ctx, t, tx, "queued/uncertain", 1, 2)
		sends, err := tx.RecentSends(ctx, "test", noon.Add(-time.Minute))
		if len(sends) != 1 || !sends[0].At.Equal(noon) {
			t.Errorf("%+v", sends)
		}
		return err
	})
}

func TestEventsThatWait(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 2 {
			if seen, err := tx.SeenBefore(ctx, "test", "1"); err != nil || seen != (i == 1) {
				t.Error(seen, err)
			}
		}
		for i, state := range []string{InboxRetry, InboxParked, InboxFailed} {
			id, err := tx.AddWaiting(ctx, Waiting{Connection: "test", State: state, Event: "{}", NextAt: noon.Add(time.Duration(2-i) * time.Minute)})
			if err != nil || id != int64(i+1) {
				t.Error(id, err)
			}
		}
		if next, err := tx.NextWaiting(ctx); err != nil || !next.Equal(noon.Add(time.Minute)) {
			t.Error(next, err)
		}
		if err := tx.WakeParked(ctx); err != nil {
			return err
		}
		due, err := tx.DueWaiting(ctx, noon, 10)
		if err != nil || len(due) != 1 || due[0].ID != 2 {
			t.Errorf("%+v, %v", due, err)
		}
		w := due[0]
		w.State, w.Attempts, w.Error = InboxFailed, 3, "boom"
		if err := tx.SetWaiting(ctx, w); err != nil {
			return err
		}
		if err := tx.DropWaiting(ctx, 1); err != nil {
			return err
		}
		all, err := tx.AllWaiting(ctx)
		if len(all) != 2 || all[0].Attempts != 3 || all[0].Error != "boom" {
			t.Errorf("%+v", all)
		}
		return err
	})
}

func TestPruneForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { return now }})
	w := newTown(t, db, 1)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.SeenBefore(ctx, "test", "1"); err != nil {
			return err
		}
		for i, slot := range []string{"", "digest", ""} {
			id, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Slot: slot, Content: "{}"})
			if err != nil {
				return err
			}
			if i < 2 {
				if err := tx.Settle(ctx, Outcome{ID: id, State: LetterSent}); err != nil {
					return err
				}
			}
		}
		for _, key := range []string{"done", "open"} {
			if _, err := tx.SetTimer(ctx, DueRow{Key: key, Task: "x", DueAt: noon}); err != nil {
				return err
			}
		}
		return tx.FinishTimer(ctx, "done")
	})
	left := func(after time.Duration) string {
		now = noon.Add(after)
		write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Prune(ctx) })
		return fmt.Sprint(number(t, db.readPool, "SELECT count(*) FROM seen"), number(t, db.readPool, "SELECT count(*) FROM outbox"), number(t, db.readPool, "SELECT count(*) FROM timers"))
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{47 * time.Hour, "1 3 2"}, {49 * time.Hour, "0 3 2"}, {31 * 24 * time.Hour, "0 3 1"}, {91 * 24 * time.Hour, "0 2 1"}} {
		if got := left(c.after); got != c.want {
			t.Errorf("after %v: %s, want %s", c.after, got, c.want)
		}
	}
}
