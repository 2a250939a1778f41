package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"qunmate/storage"
	"qunmate/storage/storagetest"
)

var sizes = []int{10_000, 100_000, 1_000_000}

// history is a database with a history of 1,000 members over 400 days.
func history(tb testing.TB, rows int) (*storage.DB, storagetest.Filled) {
	tb.Helper()
	db, err := storage.Open(tb.Context(), filepath.Join(tb.TempDir(), "qunmate.db"), storage.Options{Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	f, err := storagetest.Fill(tb.Context(), db, storagetest.Options{Members: 1000, Days: 400, Rows: rows})
	if err != nil {
		tb.Fatal(err)
	}
	return db, f
}

// rankings of the last day's periods.
func rankings(f storagetest.Filled) map[string]storage.Ranking {
	return map[string]storage.Ranking{
		"day":    {Community: f.Community, Kind: storage.ScorePoints, Period: f.LastDay},
		"week":   {Community: f.Community, Kind: storage.ScorePoints, Period: "w2026-11-16"},
		"month":  {Community: f.Community, Kind: storage.ScorePoints, Period: f.LastDay[:7]},
		"all":    {Community: f.Community, Kind: storage.ScorePoints},
		"streak": {Community: f.Community, Kind: "streak", AliveFrom: f.LastDay},
	}
}

func TestAFilledDatabaseIsSound(t *testing.T) {
	t.Parallel()
	db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "qunmate.db"), storage.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, o := range []storagetest.Options{
		{Members: 10, Days: 20, Rows: 400}, {Members: 7, Days: 30, Rows: 7}, {Members: 3, Days: 1, Rows: 10}, {Members: 4, Days: 10, Rows: 24, Community: 1},
	} {
		f, err := storagetest.Fill(t.Context(), db, o)
		if err != nil {
			t.Fatal(err)
		}
		err = db.View(t.Context(), func(ctx context.Context, r *storage.Reader) error {
			a, err := r.AccountByRef(ctx, "fill", f.ExternalID(o.Members-1))
			if err != nil {
				return err
			}
			m, err := r.Member(ctx, f.Community, a.PersonID)
			if err != nil || m.ID != f.FirstMember+int64(o.Members)-1 || m.LastDay != f.LastDay || m.Balance <= 0 {
				t.Errorf("%+v, %v", m, err)
			}
			return r.Verify(ctx, storage.VerifyOptions{}, func(c storage.Check) {
				if !c.OK {
					t.Errorf("%+v: %v", o, c)
				}
			})
		})
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := storagetest.Fill(t.Context(), db, storagetest.Options{Members: 5, Days: 5, Rows: 4}); err == nil {
		t.Error("fewer rows than members is no error")
	}
	// The triggers are back.
	err = db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.Post(ctx, storage.Entry{MemberID: 1, Unit: storage.Points, Amount: 5, Kind: "adjust", Cause: "x", Day: "2026-11-22", Week: "2026-11-16"})
		return err
	})
	if err != nil {
		t.Error(err)
	}
	err = db.View(t.Context(), func(ctx context.Context, r *storage.Reader) error {
		return r.Verify(ctx, storage.VerifyOptions{}, func(c storage.Check) {
			if !c.OK {
				t.Error("after a post:", c)
			}
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// grow runs one question against every size and reports the time of each,
// and how much slower the largest is than the smallest.
func grow(b *testing.B, name string, ask func(context.Context, *storage.Tx, storagetest.Filled, int) error, dbs map[int]*storage.DB, fs map[int]storagetest.Filled) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		took := map[int]time.Duration{}
		b.ResetTimer()
		// In turns of a thousand, so that whatever else the machine does falls on
		// all sizes.
		for done := 0; done < b.N; done += 1000 {
			for _, rows := range sizes {
				err := dbs[rows].Write(b.Context(), func(ctx context.Context, tx *storage.Tx) error {
					start := time.Now()
					for i := range min(1000, b.N-done) {
						if err := ask(ctx, tx, fs[rows], done+i); err != nil {
							return err
						}
					}
					took[rows] += time.Since(start)
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		for _, rows := range sizes {
			b.ReportMetric(float64(took[rows].Nanoseconds())/float64(b.N), "ns/"+strconv.Itoa(rows/1000)+"k")
		}
		b.ReportMetric(took[sizes[2]].Seconds()/took[sizes[0]].Seconds(), "largest/smallest")
	})
}

func histories(b *testing.B) (map[int]*storage.DB, map[int]storagetest.Filled) {
	b.Helper()
	dbs, fs := map[int]*storage.DB{}, map[int]storagetest.Filled{}
	for _, rows := range sizes {
		dbs[rows], fs[rows] = history(b, rows)
	}
	return dbs, fs
}

// BenchmarkSizes asks what /rank and /why ask, on the writer, as commands do.
func BenchmarkSizes(b *testing.B) {
	dbs, fs := histories(b)
	for _, period := range []string{"day", "week", "month", "all", "streak"} {
		grow(b, "Top/"+period, func(ctx context.Context, tx *storage.Tx, f storagetest.Filled, _ int) error {
			top, err := tx.Top(ctx, rankings(f)[period], 5)
			if err == nil && len(top) != 5 {
				err = fmt.Errorf("%d in the ranking", len(top))
			}
			return err
		}, dbs, fs)
		grow(b, "PlaceOf/"+period, func(ctx context.Context, tx *storage.Tx, f storagetest.Filled, i int) error {
			m, err := tx.MemberByID(ctx, f.FirstMember+int64(i*7919%1000))
			if err != nil {
				return err
			}
			_, err = tx.PlaceOf(ctx, rankings(f)[period], m)
			return err
		}, dbs, fs)
	}
	grow(b, "Entries", func(ctx context.Context, tx *storage.Tx, f storagetest.Filled, i int) error {
		es, err := tx.Entries(ctx, f.FirstMember+int64(i*7919%1000), storage.Points, 0, 10)
		if err == nil && len(es) == 0 {
			err = storage.ErrNotFound
		}
		return err
	}, dbs, fs)
}

// BenchmarkVerify is one round over a million entries.
func BenchmarkVerify(b *testing.B) {
	for _, rows := range sizes {
		db, _ := history(b, rows)
		for _, quick := range []bool{false, true} {
			b.Run(fmt.Sprintf("rows=%d/quick=%v", rows, quick), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					err := db.View(b.Context(), func(ctx context.Context, r *storage.Reader) error {
						return r.Verify(ctx, storage.VerifyOptions{Quick: quick}, func(c storage.Check) {
							if !c.OK {
								b.Error(c)
							}
						})
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
