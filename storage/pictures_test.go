package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func png(text string) []byte { return []byte("\x89PNG\r\n\x1a\n" + text) }

// wantPicture notes a picture and, with data, keeps it.
func wantPicture(t *testing.T, db *DB, connection, handle string, data []byte) (p Picture) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *Tx) (err error) {
		if p, err = tx.WantPicture(ctx, connection, "test", handle); err != nil || data == nil {
			return err
		}
		if err := tx.KeepPicture(ctx, p.ID, "image/png", data); err != nil {
			return err
		}
		p, err = tx.Picture(ctx, p.ID)
		return err
	})
	return p
}

func TestAPictureIsKeptOnce(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	a := wantPicture(t, db, "main", "x", nil)
	if a.State != PictureWanted || a.ID == 0 {
		t.Fatalf("%+v", a)
	}
	if again := wantPicture(t, db, "main", "x", png("1")); again.ID != a.ID || again.State != PictureKept || again.SHA256 != PictureSum(png("1")) {
		t.Errorf("%+v", again)
	}
	other := wantPicture(t, db, "second", "x", png("1"))
	if other.ID == a.ID || other.SHA256 != PictureSum(png("1")) {
		t.Errorf("%+v", other)
	}
	if n := number(t, db.readPool, "SELECT count(*) FROM picture_bytes"); n != 1 {
		t.Errorf("the bytes are kept %d times", n)
	}
	view(t, db, func(ctx context.Context, r *Reader) error {
		mime, data, err := r.PictureBytes(ctx, other.SHA256)
		if mime != "image/png" || !bytes.Equal(data, png("1")) {
			t.Errorf("%s %q", mime, data)
		}
		if _, _, none := r.PictureBytes(ctx, "0"); !errors.Is(none, ErrNotFound) {
			t.Error(none)
		}
		return err
	})
	wantClean(t, db)
}

func TestALostPictureIsTriedAgainWhenItIsWantedAgain(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	p := wantPicture(t, db, "main", "x", nil)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.MissPicture(ctx, p.ID, "no answer", false); err != nil {
			return err
		}
		wanted, err := tx.WantedPictures(ctx, 10)
		if len(wanted) != 1 || wanted[0].Tries != 1 || wanted[0].Error != "no answer" {
			t.Errorf("%+v", wanted)
		}
		if err != nil {
			return err
		}
		if err := tx.MissPicture(ctx, p.ID, "gone", true); err != nil {
			return err
		}
		wanted, err = tx.WantedPictures(ctx, 10)
		if len(wanted) != 0 {
			t.Errorf("%+v", wanted)
		}
		return err
	})
	if again := wantPicture(t, db, "main", "x", nil); again.ID != p.ID || again.State != PictureWanted || again.Tries != 0 || again.Error != "" {
		t.Errorf("%+v", again)
	}
}

func TestPicturesAreForgottenAMonthAfterTheirLastUse(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { return now }})
	twoChats(t, db)
	unused := wantPicture(t, db, "main", "unused", png("unused"))
	used := wantPicture(t, db, "main", "used", png("used"))
	answer := wantPicture(t, db, "main", "answer", png("answer"))
	planned := wantPicture(t, db, "main", "planned", png("planned"))
	write(t, db, func(ctx context.Context, tx *Tx) error {
		c, err := tx.AddCommunity(ctx, "c", "UTC", 0)
		if err != nil {
			return err
		}
		if _, err := tx.AddFAQ(ctx, FAQ{CommunityID: c.ID, Mode: "exact", Words: []string{"a"}, Answer: "b", Picture: fmt.Sprintf(`{"id":%d}`, answer.ID)}); err != nil {
			return err
		}
		_, err = tx.AddAnnouncement(ctx, Announcement{
			ChatID: 1, AccountID: 1, Target: TargetChats, Content: fmt.Sprintf(`{"text":"hi","picture":{"id":%d}}`, planned.ID), Hash: "h",
			State: AnnouncementPlanned, DueAt: tx.Now.Add(90 * 24 * time.Hour),
		})
		if err != nil {
			return err
		}
		return errors.Join(tx.KeepUpload(ctx, "main", PictureSum(png("used")), "short", tx.Now.Add(time.Hour)),
			tx.KeepUpload(ctx, "second", PictureSum(png("used")), "long", time.Time{}))
	})
	now = now.Add(29 * 24 * time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UsePicture(ctx, used.ID) })
	now = now.Add(2 * 24 * time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Prune(ctx) })
	view(t, db, func(ctx context.Context, r *Reader) error {
		for _, p := range []Picture{used, answer, planned} {
			if _, err := r.Picture(ctx, p.ID); err != nil {
				t.Errorf("%s: %v", p.Handle, err)
			}
			if _, _, err := r.PictureBytes(ctx, p.SHA256); err != nil {
				t.Errorf("%s: %v", p.Handle, err)
			}
		}
		if _, err := r.Picture(ctx, unused.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("unused: %v", err)
		}
		if _, _, err := r.PictureBytes(ctx, unused.SHA256); !errors.Is(err, ErrNotFound) {
			t.Errorf("the bytes of the unused one: %v", err)
		}
		for connection, want := range map[string]string{"main": "", "second": "long", "third": ""} {
			if got, err := r.PictureUpload(ctx, connection, used.SHA256, now); got != want || err != nil {
				t.Errorf("%s: %q %v", connection, got, err)
			}
		}
		return nil
	})
	wantClean(t, db)
}

func TestVerifyFindsDamagedPictures(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"other bytes": "UPDATE picture_bytes SET data = x'00'",
		"no bytes":    "DELETE FROM picture_bytes",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDB(t)
			wantPicture(t, db, "main", "x", png("1"))
			write(t, db, func(ctx context.Context, tx *Tx) error {
				_, err := tx.q.exec(ctx, damage)
				return err
			})
			found := false
			view(t, db, func(ctx context.Context, r *Reader) error {
				return r.Verify(ctx, VerifyOptions{}, func(c Check) { found = found || c.What == CheckPicture && !c.OK })
			})
			if !found {
				t.Error("nothing was found")
			}
		})
	}
}
