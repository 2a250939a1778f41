package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// kinds of rankings, for a community.
func rankings(community int64) map[string]Ranking {
	return map[string]Ranking{
		"points all":    {Community: community, Kind: ScorePoints},
		"points day":    {Community: community, Kind: ScorePoints, Period: "2026-11-20"},
		"points week":   {Community: community, Kind: ScorePoints, Period: "w2026-11-16"},
		"points month":  {Community: community, Kind: ScorePoints, Period: "2026-11"},
		"checkin week":  {Community: community, Kind: ScoreCheckin, Period: "w2026-11-16"},
		"checkin month": {Community: community, Kind: ScoreCheckin, Period: "2026-11"},
		"invite month":  {Community: community, Kind: ScoreInvite, Period: "2026-11"},
		"quiz all":      {Community: community, Kind: ScoreQuiz, Period: "all"},
		"streak":        {Community: community, Kind: "streak", AliveFrom: "2026-11-20"},
		"nobody":        {Community: community, Kind: ScorePoints, Period: "2031-01"},
	}
}

// reference computes the same from first principles: no sums, no indexes.
func reference(name string) string {
	entries := func(where string) string {
		return "SELECT l.member_id AS id, sum(l.amount) AS value FROM ledger l NOT INDEXED WHERE l.unit = 'points' AND " + where + " GROUP BY 1"
	}
	checkins := func(where string) string {
		return "SELECT c.member_id AS id, count(*) AS value FROM checkins c WHERE c.repaired = 0 AND " + where + " GROUP BY 1"
	}
	return map[string]string{
		"points all":    entries("1"),
		"points day":    entries("l.day = '2026-11-20'"),
		"points week":   entries("l.day BETWEEN '2026-11-16' AND '2026-11-22'"),
		"points month":  entries("l.day LIKE '2026-11-%'"),
		"checkin week":  checkins("c.day BETWEEN '2026-11-16' AND '2026-11-22'"),
		"checkin month": checkins("c.day LIKE '2026-11-%'"),
		"invite month":  "SELECT member_id AS id, sum(value) AS value FROM scores WHERE kind = 'invite' AND period = '2026-11' GROUP BY 1",
		"quiz all":      "SELECT member_id AS id, sum(value) AS value FROM scores WHERE kind = 'quiz' AND period = 'all' GROUP BY 1",
		"streak":        "SELECT id, streak AS value FROM members WHERE last_day >= '2026-11-20'",
		"nobody":        "SELECT 1 AS id, 1 AS value WHERE 0",
	}[name]
}

func TestRankingsEqualTheReferenceOverRandomData(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		db := newDB(t)
		towns := []town{newTown(t, db, 14), newTown(t, db, 4)}
		for d := range 20 {
			day := addDays("2026-11-03", d) // to 2026-11-22
			write(t, db, func(ctx context.Context, tx *Tx) error {
				for _, w := range towns {
					for i := range w.members {
						if rnd.IntN(3) > 0 { // few different values, many ties
							if err := checkIn(ctx, tx, w, i, day, int64(rnd.IntN(3))); err != nil {
								return err
							}
						}
						if rnd.IntN(5) == 0 {
							m := w.members[i]
							if _, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: Points, Amount: int64(-1 - rnd.IntN(3)), Kind: "adjust", Cause: "adjust:" + day, Day: day, Week: weekOf(day)}); err != nil {
								return err
							}
							if err := tx.AddScore(ctx, m, ScoreInvite, 1, month(day)); err != nil {
								return err
							}
							if err := tx.AddScore(ctx, m, ScoreQuiz, int64(rnd.IntN(4)), "all"); err != nil {
								return err
							}
						}
					}
				}
				return nil
			})
		}
		write(t, db, func(ctx context.Context, tx *Tx) error {
			for _, i := range []int{3, 8, 13} {
				towns[0].members[i].Hidden = true
				if err := tx.SetHidden(ctx, towns[0].members[i].ID, true); err != nil {
					return err
				}
			}
			return tx.SetHidden(ctx, towns[0].members[4].ID, false)
		})
		wantClean(t, db)
		for _, w := range towns {
			for name, k := range rankings(w.community.ID) {
				t.Run(fmt.Sprintf("seed %d, community %d, %s", seed, w.community.ID, name), func(t *testing.T) {
					compareRanking(t, db, w, name, k)
				})
			}
		}
	}
}

func compareRanking(t *testing.T, db *DB, w town, name string, k Ranking) {
	t.Helper()
	var want []Standing
	rows, err := db.readPool.QueryContext(t.Context(), `SELECT x.id, m.person_id, p.name, x.value, rank() OVER (ORDER BY x.value DESC)
		FROM (`+reference(name)+`) x JOIN members m ON m.id = x.id JOIN people p ON p.id = m.person_id
		WHERE m.community_id = ? AND m.hidden = 0 AND x.value > 0 ORDER BY x.value DESC, x.id`, w.community.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s Standing
		if err := rows.Scan(&s.MemberID, &s.PersonID, &s.Name, &s.Value, &s.Place); err != nil {
			t.Fatal(err)
		}
		want = append(want, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 && name != "nobody" {
		t.Fatal("the reference is empty")
	}
	view(t, db, func(ctx context.Context, r *Reader) error {
		for _, limit := range []int{1, 5, 1000} {
			got, err := r.Top(ctx, k, limit)
			if err != nil {
				return err
			}
			if a, b := fmt.Sprint(got), fmt.Sprint(want[:min(limit, len(want))]); a != b {
				t.Errorf("top %d:\n got %s\nwant %s", limit, a, b)
			}
		}
		places := map[int64]Standing{}
		for _, s := range want {
			places[s.MemberID] = s
		}
		for _, m := range w.members {
			m, err := r.MemberByID(ctx, m.ID)
			if err != nil {
				return err
			}
			s, err := r.PlaceOf(ctx, k, m)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			ref, ranked := places[m.ID]
			switch {
			case m.Hidden:
				better := 0
				for _, o := range want {
					if o.Value > s.Value {
						better++
					}
				}
				if err == nil && s.Place != better+1 {
					t.Errorf("hidden member %d: place %d, want %d", m.ID, s.Place, better+1)
				}
			case ranked != (err == nil) || s.Place != ref.Place || (ranked && s.Value != ref.Value):
				t.Errorf("member %d: %+v, %v; want %+v", m.ID, s, err, ref)
			}
		}
		return nil
	})
}

func TestHiddenMembersAreInNoRanking(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.SetHidden(ctx, w.members[0].ID, true); err != nil {
			return err
		}
		for d := range 3 { // sums of periods that begin after he hid are hidden too
			for i := range w.members {
				if err := checkIn(ctx, tx, w, i, addDays("2026-11-20", d), 5); err != nil {
					return err
				}
			}
		}
		return nil
	})
	names := func() (out map[string]int) {
		out = map[string]int{}
		view(t, db, func(ctx context.Context, r *Reader) error {
			for name, k := range rankings(w.community.ID) {
				top, err := r.Top(ctx, k, 10)
				if err != nil {
					return err
				}
				for _, s := range top {
					if s.MemberID == w.members[0].ID {
						out[name]++
					}
				}
			}
			_, _, err := r.LongestStreak(ctx, w.community.ID, "2026-11-22")
			return err
		})
		return out
	}
	if got := names(); len(got) != 0 {
		t.Errorf("hidden, and shown in %v", got)
	}
	wantClean(t, db)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.SetHidden(ctx, w.members[0].ID, false) })
	if got := names(); len(got) != 7 {
		t.Errorf("shown again in %v only", got)
	}
	wantClean(t, db)
}
