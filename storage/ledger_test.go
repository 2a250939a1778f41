package storage

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTheLedgerIsNeverChanged(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	for _, q := range []string{
		"UPDATE ledger SET amount = amount + 1 WHERE id = 1",
		"DELETE FROM ledger WHERE id = 1",
		"INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE id = 1",
		"DELETE FROM checkins",
		"INSERT INTO ledger (member_id, unit, amount, kind, cause, day, week, at) VALUES (1, 'points', 0, 'x', 'x', 'x', 'x', 0)",
		"INSERT INTO ledger (member_id, unit, amount, kind, cause, day, week, at) VALUES (1, 'gold', 1, 'x', 'x', 'x', 'x', 0)",
	} {
		if _, err := db.conn.ExecContext(t.Context(), q); err == nil {
			t.Errorf("%s: it can be done", q)
		}
	}
	wantClean(t, db)
}

func TestOneCauseOneEntry(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	before := w.members[0].ID
	write(t, db, func(ctx context.Context, tx *Tx) error {
		err := tx.Savepoint(ctx, func(ctx context.Context) error { return checkIn(ctx, tx, w, 0, "2026-11-01", 5) })
		wantErr(t, err, ErrDuplicate)
		return nil
	})
	// Even without undoing it: the day's count is not moved by a second check-in.
	write(t, db, func(ctx context.Context, tx *Tx) error {
		m, err := tx.MemberByID(ctx, before)
		if err != nil {
			return err
		}
		_, err = tx.AddCheckin(ctx, m, Checkin{Day: "2026-11-01", At: noon})
		wantErr(t, err, ErrDuplicate)
		return nil
	})
	wantClean(t, db)
}

func TestEntriesComeNewestFirstInPages(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i := range 25 {
			for _, m := range w.members {
				for _, unit := range []Unit{Points, Pending} {
					if _, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: unit, Amount: int64(i + 1), Kind: "talk", Cause: fmt.Sprint("talk:", i), Day: "2026-11-22", Week: "2026-11-16"}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	view(t, db, func(ctx context.Context, r *Reader) error {
		before, next := int64(0), int64(25)
		for {
			page, err := r.Entries(ctx, w.members[1].ID, Points, before, 10)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				if e.Amount != next || e.Unit != Points || e.MemberID != w.members[1].ID || !e.At.Equal(noon) || e.Detail != "{}" {
					t.Errorf("%+v, want the amount %d", e, next)
				}
				next--
			}
			before = page[len(page)-1].ID
		}
		if next != 0 {
			t.Errorf("%d entries were not shown", next)
		}
		e, err := r.EntryByCause(ctx, w.members[1].ID, Points, "talk:7")
		if err != nil || e.Amount != 8 {
			t.Errorf("%+v, %v", e, err)
		}
		return nil
	})
}

func TestPlacesOfTheDayCountUp(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 3)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i, m := range w.members {
			c, err := tx.AddCheckin(ctx, m, Checkin{Day: "2026-11-22", At: noon, Repaired: i == 1})
			if err != nil {
				return err
			}
			if want := []int{1, 0, 2}[i]; c.Place != want || c.MemberID != m.ID {
				t.Errorf("place %d, want %d", c.Place, want)
			}
			stored, err := tx.Checkin(ctx, m.ID, "2026-11-22")
			if err != nil || stored != c {
				t.Errorf("%+v, %v; want %+v", stored, err, c)
			}
		}
		n, err := tx.DayCheckins(ctx, w.community.ID, "2026-11-22")
		if n != 2 {
			t.Errorf("%d counted", n)
		}
		return err
	})
}

// Whatever is posted, taken back and refused: what is kept beside the ledger
// is what its entries add up to.
func TestRandomPostsKeepTheSums(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		db := newDB(t)
		w := newTown(t, db, 6)
		v := newTown(t, db, 3) // a second community
		all := slices.Concat(w.members, v.members)
		undone := map[int64]bool{}
		model := map[string]int64{}
		for range 16 {
			write(t, db, func(ctx context.Context, tx *Tx) error {
				for range 12 {
					i := rnd.IntN(len(all))
					m, day := all[i], addDays("2026-11-22", -rnd.IntN(60))
					op := rnd.IntN(10)
					err := tx.Savepoint(ctx, func(ctx context.Context) error {
						switch {
						case op < 4 && i < len(w.members): // the next day's check-in, or the same again
							cur, err := tx.MemberByID(ctx, m.ID)
							if err != nil {
								return err
							}
							next := "2026-09-01"
							if cur.LastDay != "" {
								next = addDays(cur.LastDay, rnd.IntN(3))
							}
							if err := checkIn(ctx, tx, w, i, next, int64(rnd.IntN(9))); err != nil {
								return err
							}
							return nil
						case op < 7:
							unit := []Unit{Points, Pending, Card}[rnd.IntN(3)]
							amount := int64(rnd.IntN(41) - 20)
							if amount == 0 {
								amount = 1
							}
							id, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: unit, Amount: amount, Kind: "adjust", Cause: fmt.Sprintf("adjust:%d", rnd.IntN(200)), Day: day, Week: weekOf(day)})
							if err == nil && id <= 0 {
								t.Error("no id")
							}
							return err
						case op < 9: // take an entry back, once
							es, err := tx.Entries(ctx, m.ID, Points, 0, 50)
							if err != nil || len(es) == 0 {
								return err
							}
							e := es[rnd.IntN(len(es))]
							if undone[e.ID] {
								return nil
							}
							_, err = tx.Post(ctx, Entry{MemberID: m.ID, Unit: Points, Amount: -e.Amount, Kind: "undo", Cause: fmt.Sprintf("undo:%d", e.ID), Day: day, Week: weekOf(day), Reverses: e.ID})
							undone[e.ID] = err == nil
							return err
						default:
							if _, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: Points, Amount: 1000, Kind: "adjust", Cause: "refused", Day: day, Week: weekOf(day)}); err != nil {
								return err
							}
							return errRule // undone
						}
					})
					if err != nil && !strings.Contains(err.Error(), ErrDuplicate.Error()) && err != errRule { //nolint:errorlint // as returned
						return err
					}
				}
				return nil
			})
		}
		wantClean(t, db)
		n := 0
		view(t, db, func(ctx context.Context, r *Reader) error {
			return r.each(ctx, func(rows *sql.Rows) error {
				var member, amount int64
				var unit string
				err := rows.Scan(&member, &unit, &amount)
				model[fmt.Sprint(member, unit)] += amount
				n++
				return err
			}, "SELECT member_id, unit, amount FROM ledger")
		})
		if n < 50 {
			t.Fatal("only", n, "entries")
		}
		view(t, db, func(ctx context.Context, r *Reader) error {
			for _, m := range all {
				got, err := r.MemberByID(ctx, m.ID)
				if err != nil {
					return err
				}
				if got.Balance != model[fmt.Sprint(m.ID, "points")] || got.Pending != model[fmt.Sprint(m.ID, "pending")] || got.Cards != model[fmt.Sprint(m.ID, "card")] {
					t.Errorf("seed %d: %+v, the entries add up to %v", seed, got, model)
				}
			}
			return nil
		})
	}
}
