package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
		queued, sending, err := tx.CountLetters(ctx)
		if queued != 0 || sending != 0 {
			t.Errorf("%d queued, %d on their way", queued, sending)
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

func TestPreviewsRulesAndTheAudit(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	c := w.community.ID
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 2 { // the newest of one action is the one that counts
			if _, err := tx.AddPreview(ctx, Preview{ChatID: w.chat.ID, AccountID: w.accounts[0].ID, Action: "set", Data: fmt.Sprintf(`{"n":%d}`, i), ExpiresAt: noon.Add(time.Hour)}); err != nil {
				return err
			}
		}
		open, err := tx.OpenPreviews(ctx, w.chat.ID, w.accounts[0].ID, noon)
		if err != nil || len(open) != 1 || open[0].Data != `{"n":1}` {
			t.Errorf("%+v, %v", open, err)
		}
		if late, err := tx.OpenPreviews(ctx, w.chat.ID, w.accounts[0].ID, noon.Add(time.Hour)); err != nil || len(late) != 0 {
			t.Errorf("%+v, %v", late, err)
		}
		if err := tx.ClosePreview(ctx, open[0].ID, PreviewConfirmed); err != nil {
			return err
		}
		wantErr(t, tx.ClosePreview(ctx, open[0].ID, PreviewCancelled), ErrDuplicate)

		for i := range 2 {
			u, err := tx.AddRule(ctx, Rule{CommunityID: c, Family: "checkin", Data: strconv.Itoa(i), From: noon.Add(time.Duration(i) * time.Hour)})
			if err != nil || u.Version != i+2 {
				t.Errorf("%+v, %v", u, err)
			}
		}
		_, err = tx.RuleAt(ctx, c, "checkin", noon.Add(-time.Second))
		wantErr(t, err, ErrNotFound)
		for after, version := range map[time.Duration]int{0: 2, time.Hour - 1e6: 2, time.Hour: 3} {
			if u, err := tx.RuleAt(ctx, c, "checkin", noon.Add(after)); err != nil || u.Version != version {
				t.Errorf("after %v: %+v, %v", after, u, err)
			}
		}
		first, err := tx.Audit(ctx, Audited{CommunityID: c, Action: "set", UndoUntil: noon.Add(time.Hour)})
		if err != nil {
			return err
		}
		undo, err := tx.Audit(ctx, Audited{CommunityID: c, Action: "undo"})
		if err != nil {
			return err
		}
		if err := tx.MarkUndone(ctx, first, undo); err != nil {
			return err
		}
		wantErr(t, tx.MarkUndone(ctx, first, undo), ErrDuplicate)
		a, err := tx.AuditRow(ctx, first)
		if a.UndoneBy != undo || a.Before != "{}" || !a.UndoUntil.Equal(noon.Add(time.Hour)) {
			t.Errorf("%+v", a)
		}
		return err
	})
}

func TestRefusalsAreSaidOnceAnHour(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { return now }})
	for i, want := range []bool{true, false, true} {
		write(t, db, func(ctx context.Context, tx *Tx) error {
			said, err := tx.Refuse(ctx, 1, 1, tx.Now.Add(time.Hour))
			if said != want {
				t.Errorf("%d: %v", i, said)
			}
			return err
		})
		now = now.Add(30 * time.Minute)
	}
}

func TestSmallStores(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	s := Sandbox{db}
	if err := errors.Join(s.Put(t.Context(), "a", []byte{0, 1}), s.Put(t.Context(), "a", []byte{2}), s.Put(t.Context(), "b", []byte{}), s.Delete(t.Context(), "b"), s.Delete(t.Context(), "b")); err != nil {
		t.Error(err)
	}
	if all, err := s.All(t.Context()); err != nil || len(all) != 1 || string(all["a"]) != "\x02" {
		t.Errorf("%v, %v", all, err)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		made := 0
		generate := func() string { made++; return fmt.Sprint("secret ", made) }
		for range 2 {
			if v, err := tx.WebhookSecret(ctx, "telegram/main", generate); err != nil || v != "secret 1" {
				t.Error(v, err)
			}
		}
		a, err := tx.Button(ctx, "/a long command")
		if err != nil {
			return err
		}
		b, err := tx.Button(ctx, "/a long command")
		if err != nil || a != b {
			t.Error(a, b, err)
		}
		if text, err := tx.ButtonCommand(ctx, a); err != nil || text != "/a long command" {
			t.Error(text, err)
		}
		if err := tx.SetSetting(ctx, "x", "1"); err != nil {
			return err
		}
		return tx.SetSetting(ctx, "x", "")
	})
	if n := number(t, db.readPool, "SELECT count(*) FROM settings"); n != 1 {
		t.Errorf("%d settings", n)
	}
}
