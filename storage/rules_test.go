package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"
)

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
			said, err := tx.Refuse(ctx, 1, 1, AboutRole, tx.Now.Add(time.Hour))
			if said != want {
				t.Errorf("%d: %v", i, said)
			}
			if i == 1 { // a thing of its own
				if called, err := tx.Refuse(ctx, 1, 1, AboutCall, tx.Now.Add(time.Hour)); !called || err != nil {
					t.Errorf("called: %v, %v", called, err)
				}
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
