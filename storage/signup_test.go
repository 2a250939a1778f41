package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// court is a list with so many seats in a town.
func court(tb testing.TB, members, seats int) (*DB, town) {
	tb.Helper()
	db := newDB(tb)
	w := newTown(tb, db, members)
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		_, err := tx.AddSignup(ctx, Signup{
			CommunityID: w.community.ID, ChatID: w.chat.ID, Title: "badminton", Seats: seats, EndsAt: noon.Add(time.Hour), EventAt: noon.Add(3 * time.Hour),
		}, []SignupChat{{ChatID: w.chat.ID}})
		return err
	})
	return db, w
}

func (w town) line(i, extra int) SignupEntry {
	return SignupEntry{SignupID: 1, PersonID: w.accounts[i].PersonID, AccountID: w.accounts[i].ID, ChatID: w.chat.ID, Extra: extra}
}

// standing writes a list as "0 1+2 | 3": who has a place, then who waits.
func standing(tb testing.TB, db *DB, w town) string {
	tb.Helper()
	var in, waiting []string
	view(tb, db, func(ctx context.Context, r *Reader) error {
		entries, err := r.SignupEntries(ctx, 1)
		for _, e := range entries {
			word := ""
			for i, a := range w.accounts {
				if a.PersonID == e.PersonID {
					word = strconv.Itoa(i)
				}
			}
			if e.Extra > 0 {
				word += fmt.Sprintf("+%d", e.Extra)
			}
			if e.State == SignupIn {
				in = append(in, word)
			} else {
				waiting = append(waiting, word)
			}
		}
		return err
	})
	return strings.TrimSpace(strings.Join(in, " ") + " | " + strings.Join(waiting, " "))
}

func TestPlacesAreGivenInOrderAndNobodyOvertakes(t *testing.T) {
	t.Parallel()
	db, w := court(t, 6, 3)
	step := func(want string, fn func(context.Context, *Tx) error) {
		t.Helper()
		write(t, db, fn)
		if got := standing(t, db, w); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		wantClean(t, db)
	}
	enter := func(i, extra int) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error { _, err := tx.EnterSignup(ctx, w.line(i, extra)); return err }
	}
	leave := func(i int) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			e, err := tx.SignupEntry(ctx, 1, w.accounts[i].PersonID)
			return errors.Join(err, tx.LeaveSignup(ctx, e))
		}
	}
	step("0 |", enter(0, 0))
	step("0 1 |", enter(1, 0))
	step("0 1 | 2+1", enter(2, 1))
	step("0 1 | 2+1 3", enter(3, 0)) // one place is free, but somebody waits for two
	step("1 2+1 | 3", leave(0))
	step("1 2+1 | 3 0", enter(0, 0)) // who comes back is the last
	step("1 2 3 | 0", func(ctx context.Context, tx *Tx) error { return tx.ChangeSignup(ctx, w.line(2, 0)) })
	write(t, db, func(ctx context.Context, tx *Tx) error {
		wantErr(t, tx.ChangeSignup(ctx, w.line(1, 1)), ErrNoRoom)
		wantErr(t, tx.ChangeSignup(ctx, w.line(0, 1)), ErrNoRoom) // who waits would push back those behind him
		_, err := tx.EnterSignup(ctx, w.line(1, 0))
		wantErr(t, err, ErrDuplicate)
		untold, err := tx.UntoldSignup(ctx, 1)
		if err != nil || len(untold) != 2 {
			t.Errorf("%v %v", untold, err)
		}
		return err
	})
	step("1 2 3 0 |", func(ctx context.Context, tx *Tx) error {
		s, err := tx.Signup(ctx, 1)
		s.Seats = 4
		return errors.Join(err, tx.SetSignup(ctx, s, SignupOpen))
	})
}

// Whatever people do, the places are those that verify computes, and the order
// is that in which they came.
func TestSignupsAtRandomStaySound(t *testing.T) {
	t.Parallel()
	db, w := court(t, 12, 5)
	r := rand.New(rand.NewPCG(7, 22))
	for range 60 {
		write(t, db, func(ctx context.Context, tx *Tx) error {
			for range 10 {
				i, extra := r.IntN(12), r.IntN(4)
				e, err := tx.SignupEntry(ctx, 1, w.accounts[i].PersonID)
				switch {
				case errors.Is(err, ErrNotFound):
					_, err = tx.EnterSignup(ctx, w.line(i, extra))
				case err == nil && r.IntN(3) == 0:
					err = tx.LeaveSignup(ctx, e)
				case err == nil && r.IntN(8) == 0:
					s, err := tx.Signup(ctx, 1)
					s.Seats = max(s.Taken, 4+r.IntN(6))
					if err := errors.Join(err, tx.SetSignup(ctx, s, SignupOpen)); err != nil {
						return err
					}
				case err == nil:
					if err = tx.ChangeSignup(ctx, w.line(i, extra)); errors.Is(err, ErrNoRoom) {
						err = nil
					}
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		wantClean(t, db)
	}
}

func TestVerifyFindsAPlaceThatIsNone(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"UPDATE signup_entries SET state = 'in' WHERE id = 3":      "has a place, yet there is none",
		"UPDATE signup_entries SET state = 'waiting' WHERE id = 1": "waits, yet there is a place",
		"UPDATE signups SET seats = 9":                             "waits, yet there is a place",
		"UPDATE signup_entries SET told_at = 5 WHERE id = 3":       "was told of a place that never became free",
	} {
		db, w := court(t, 3, 2)
		for i := range 3 {
			write(t, db, func(ctx context.Context, tx *Tx) error { _, err := tx.EnterSignup(ctx, w.line(i, 0)); return err })
		}
		wantClean(t, db)
		pool := raw(t, db.path)
		must(t, pool, change)
		_, wrong := lines(t, db, VerifyOptions{})
		if len(wrong) == 0 || wrong[0].What != CheckSignup || wrong[0].Args["problem"] != want {
			t.Errorf("%s: %v", change, wrong)
		}
	}
}

func TestOneOfTwoWhoAreOneStaysOnAList(t *testing.T) {
	t.Parallel()
	db, w := court(t, 4, 2)
	for _, i := range []int{1, 0, 2} {
		write(t, db, func(ctx context.Context, tx *Tx) error { _, err := tx.EnterSignup(ctx, w.line(i, 0)); return err })
	}
	if got := standing(t, db, w); got != "1 0 | 2" {
		t.Fatal(got)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.mergeSignups(ctx, w.accounts[1].PersonID, w.accounts[0].PersonID)
	})
	if got := standing(t, db, w); got != "0 2 |" { // the earlier line, with the name that stays
		t.Error(got)
	}
	wantClean(t, db)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.ErasePerson(ctx, w.accounts[0].PersonID, "someone") })
	if got := standing(t, db, w); got != "2 |" {
		t.Error(got)
	}
	wantClean(t, db)
}

// A reminder is planned by its activity's times, and ends with it.
func TestAPushFollowsItsActivity(t *testing.T) {
	t.Parallel()
	db, w := court(t, 2, 0)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		p, err := tx.AddPush(ctx, Push{Kind: ActivitySignup, ActivityID: 1, Anchor: PushClose, Before: 30 * time.Minute})
		if err != nil {
			return err
		}
		a, err := tx.Activity(ctx, ActivitySignup, 1)
		if err != nil {
			return err
		}
		if at := p.Anchored(a); !at.Equal(noon.Add(30*time.Minute)) || !p.Alive(a) || a.Title != "badminton" {
			t.Errorf("%v %+v", at, a)
		}
		if _, err := tx.Plan(ctx, p.Job(), w.chat.ID, p.Anchored(a)); err != nil {
			return err
		}
		return tx.FinishTimer(ctx, fmt.Sprintf("remind.look:%d:%d", p.ID, tx.Now.UnixNano()))
	})
	wantClean(t, db)
	// Times that moved and a plan that did not: verify sees it.
	must(t, raw(t, db.path), "UPDATE signups SET ends_at = ends_at + 60000")
	if _, wrong := lines(t, db, VerifyOptions{}); len(wrong) == 0 || wrong[0].What != CheckPush {
		t.Errorf("%v", wrong)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		second, err := tx.AddPush(ctx, Push{Kind: ActivitySignup, ActivityID: 1, Anchor: PushClose, Before: 10 * time.Minute})
		if err != nil || second.ID != 2 {
			return err
		}
		o, err := tx.Occurrences(ctx, "remind:1")
		if err != nil || len(o) != 1 || o[0].State != Skipped || o[0].Reason != "replaced" {
			t.Errorf("%+v %v", o, err)
		}
		for range PushDMCap {
			if ok, err := tx.CountPush(ctx, second, tx.Now.Add(time.Duration(len(o))*time.Hour), w.accounts[0].PersonID, "2026-11"); err != nil || !ok {
				t.Error(ok, err)
			}
			o = append(o, Occurrence{})
		}
		if ok, err := tx.CountPush(ctx, second, tx.Now, w.accounts[0].PersonID, "2026-11"); ok || err != nil {
			t.Error("more than the cap", err)
		}
		return err
	})
	wantClean(t, db)
}
