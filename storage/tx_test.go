package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"
)

var errRule = errors.New("the rule says no")

func set(ctx context.Context, tx *Tx, names ...string) error {
	for _, n := range names {
		if err := tx.SetSetting(ctx, n, "x"); err != nil {
			return err
		}
	}
	return nil
}

func settings(tb testing.TB, db *DB) string {
	tb.Helper()
	var out []string
	view(tb, db, func(ctx context.Context, r *Reader) error {
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			v, err := r.Setting(ctx, n)
			if err != nil {
				return err
			}
			if v != "" {
				out = append(out, n)
			}
		}
		return nil
	})
	return strings.Join(out, " ")
}

func TestAWriteInsideAWriteIsAnError(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		wantErr(t, db.Write(ctx, func(context.Context, *Tx) error { return nil }), ErrNested)
		wantErr(t, Sandbox{db}.Put(ctx, "k", nil), ErrNested)
		return set(ctx, tx, "a")
	})
	if got := settings(t, db); got != "a" {
		t.Errorf("kept: %q", got)
	}
}

func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ran := false
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		tx.AfterCommit(func() { ran = true })
		if err := set(ctx, tx, "a"); err != nil {
			return err
		}
		return errRule
	})
	wantErr(t, err, errRule)
	if got := settings(t, db); got != "" || ran {
		t.Errorf("kept: %q, after-commit ran: %v", got, ran)
	}
}

func TestWhoWaitsForTheWriterCanGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newDB(t)
		write(t, db, func(ctx context.Context, tx *Tx) error {
			other, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- db.Write(other, func(context.Context, *Tx) error { return errors.New("two at once") }) }()
			synctest.Wait() // it stands in the queue now
			cancel()
			wantErr(t, <-done, context.Canceled)
			return set(ctx, tx, "a")
		})
		if got := settings(t, db); got != "a" {
			t.Errorf("kept: %q", got)
		}
	})
}

func TestAPanicIsAnErrorAndFreesTheWriter(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := set(ctx, tx, "a"); err != nil {
			return err
		}
		panic("boom")
	})
	if err == nil || !strings.Contains(err.Error(), "boom") {
		t.Error(err)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error { return set(ctx, tx, "b") })
	if got := settings(t, db); got != "b" {
		t.Errorf("kept: %q", got)
	}
}

func TestASavepointUndoesItsOwnWritesOnly(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	var ran []string
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := set(ctx, tx, "a"); err != nil {
			return err
		}
		err := tx.Savepoint(ctx, func(ctx context.Context) error {
			tx.AfterCommit(func() { ran = append(ran, "outer") })
			if err := set(ctx, tx, "b"); err != nil {
				return err
			}
			inner := tx.Savepoint(ctx, func(ctx context.Context) error {
				tx.AfterCommit(func() { ran = append(ran, "inner") })
				if err := set(ctx, tx, "c"); err != nil {
					return err
				}
				return errRule
			})
			wantErr(t, inner, errRule)
			if errors.Is(inner, ErrTxLost) {
				t.Error("a rule's no is taken for a lost transaction")
			}
			return set(ctx, tx, "d")
		})
		if err != nil {
			return err
		}
		return set(ctx, tx, "e")
	})
	if got := settings(t, db); got != "a b d e" {
		t.Errorf("kept: %q", got)
	}
	if fmt.Sprint(ran) != "[outer]" {
		t.Errorf("after the commit ran %v", ran)
	}
}

func TestManySavepointsInsideEachOther(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		var down func(ctx context.Context, depth int) error
		down = func(ctx context.Context, depth int) error {
			if depth == 12 {
				return set(ctx, tx, "c")
			}
			err := tx.Savepoint(ctx, func(ctx context.Context) error {
				if err := down(ctx, depth+1); err != nil {
					return err
				}
				if depth == 8 {
					return errRule
				}
				return nil
			})
			if depth == 8 && errors.Is(err, errRule) {
				return set(ctx, tx, "b")
			}
			return err
		}
		return down(ctx, 0)
	})
	if got := settings(t, db); got != "b" {
		t.Errorf("kept: %q", got)
	}
}

func TestAViewSeesOneMoment(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 1)
	id := w.accounts[0].PersonID
	language := func(lang string) {
		write(t, db, func(ctx context.Context, tx *Tx) error {
			if err := tx.SetPersonLanguage(ctx, id, lang); err != nil {
				return err
			}
			return tx.SetCommunity(ctx, Community{ID: w.community.ID, Name: lang})
		})
	}
	language("one")
	view(t, db, func(ctx context.Context, r *Reader) error {
		for range 2 {
			p, err := r.Person(ctx, id) // a statement of ours
			if err != nil || p.Language != "one" {
				t.Errorf("raw: %q, %v", p.Language, err)
			}
			c, err := r.Community(ctx, w.community.ID) // gorm
			if err != nil || c.Name != "one" {
				t.Errorf("gorm: %q, %v", c.Name, err)
			}
			language("two")
		}
		if _, err := r.q.exec(ctx, "DELETE FROM people"); err == nil {
			t.Error("a view can write")
		}
		if err := gorm.G[Community](r.g).Create(ctx, &Community{Name: "x", CreatedAt: 1}); err == nil {
			t.Error("a view can write through gorm")
		}
		return nil
	})
	view(t, db, func(ctx context.Context, r *Reader) error {
		c, err := r.Community(ctx, w.community.ID)
		if err != nil || c.Name != "two" {
			t.Errorf("%q, %v", c.Name, err)
		}
		return nil
	})
}

func TestAViewEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.View(ctx, func(ctx context.Context, r *Reader) error {
		cancel()
		_, err := r.Setting(ctx, "a")
		return err
	})
	wantErr(t, err, context.Canceled)
	wantErr(t, db.View(ctx, func(context.Context, *Reader) error { return nil }), context.Canceled)
}

func TestWritesOfManyGoroutinesTakeTurns(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	errs := make(chan error, 100)
	for i := range 100 {
		go func() {
			errs <- db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				_, err := tx.Post(ctx, Entry{MemberID: w.members[i%5].ID, Unit: Points, Amount: 1, Kind: "talk", Cause: fmt.Sprintf("talk:%d", i), Day: "2026-11-05", Week: "2026-11-02"})
				return err
			})
		}()
	}
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := number(t, db.readPool, "SELECT count(*) FROM ledger WHERE kind = 'talk'"); n != 100 {
		t.Errorf("%d entries", n)
	}
	wantClean(t, db)
}

func TestDuplicatesAreNamedThroughEveryDoor(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 1)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		sp := func(fn func(context.Context) error) error { return tx.Savepoint(ctx, fn) }
		wantErr(t, sp(func(ctx context.Context) error {
			_, err := tx.AddChat(ctx, Chat{Domain: w.chat.Domain, ExternalID: w.chat.ExternalID, Kind: "group"})
			return err
		}), ErrDuplicate)
		wantErr(t, sp(func(ctx context.Context) error {
			return gorm.G[Community](tx.g).Create(ctx, &Community{ID: w.community.ID, Name: "twin", CreatedAt: 1})
		}), ErrDuplicate)
		wantErr(t, sp(func(ctx context.Context) error {
			other, err := tx.AddCommunity(ctx, "other", "UTC", 0)
			if err != nil {
				return err
			}
			for _, id := range []int64{w.community.ID, other.ID} {
				if err := tx.SetCommunity(ctx, Community{ID: id, Name: "n", Code: "same"}); err != nil {
					return err
				}
			}
			return nil
		}), ErrDuplicate)
		e := Entry{MemberID: w.members[0].ID, Unit: Points, Amount: 1, Kind: "talk", Cause: "talk:1", Day: "2026-11-22", Week: "2026-11-16"}
		if _, err := tx.Post(ctx, e); err != nil {
			return err
		}
		_, err := tx.Post(ctx, e)
		wantErr(t, err, ErrDuplicate)
		e.Unit = Card // another unit is another entry
		_, err = tx.Post(ctx, e)
		return err
	})
	wantClean(t, db)
}

func TestNotFoundIsNamedThroughEveryDoor(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	look := func(ctx context.Context, r *Reader) error {
		_, err := r.Chat(ctx, 4711)
		wantErr(t, err, ErrNotFound)
		_, err = r.Community(ctx, 4711)
		wantErr(t, err, ErrNotFound)
		_, err = r.CommunityByCode(ctx, "")
		wantErr(t, err, ErrNotFound)
		_, err = r.NextTimer(ctx)
		wantErr(t, err, ErrNotFound)
		_, err = r.PreviewByID(ctx, 4711)
		wantErr(t, err, ErrNotFound)
		_, err = r.AuditRow(ctx, 4711)
		wantErr(t, err, ErrNotFound)
		return nil
	}
	view(t, db, look)
	write(t, db, func(ctx context.Context, tx *Tx) error { return look(ctx, &tx.Reader) })
}

func TestNowStandsStillInATransaction(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { now = now.Add(time.Second); return now }})
	write(t, db, func(_ context.Context, tx *Tx) error {
		if a, b := tx.Now, tx.Now; !a.Equal(b) || a.Location() != time.UTC {
			t.Error(a, b)
		}
		return nil
	})
}

// A program that stops ends the contexts of everybody who is reading.
func TestAViewThatIsCutOffEndsWithAnErrorAndNothingWorse(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				reading := make(chan struct{})
				go func() {
					<-reading
					for range i % 50 { // at one moment or another
						runtime.Gosched()
					}
					cancel()
				}()
				err := db.View(ctx, func(ctx context.Context, r *Reader) error {
					close(reading)
					for n := range int64(20) {
						if _, err := r.Chat(ctx, n); err != nil && !errors.Is(err, ErrNotFound) {
							return err
						}
					}
					return nil
				})
				if err != nil && !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupt") {
					t.Errorf("view: %v", err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}
