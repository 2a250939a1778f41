package storage

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files")

// noon is when tests happen unless they say otherwise.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// newDB opens a database of its own at noon. The migrations have been applied
// once for all of them: they would take longer than most tests.
func newDB(tb testing.TB) *DB {
	tb.Helper()
	data, err := migrated()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "qunmate.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return openAt(tb, path, Options{Now: func() time.Time { return noon }})
}

// migrated is a database before its first transaction.
var migrated = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "qunmate-storage-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "qunmate.db")
	db, err := Open(context.Background(), path, Options{Now: func() time.Time { return noon }})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func openAt(tb testing.TB, path string, o Options) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// write fails the test when the transaction does.
func write(tb testing.TB, db *DB, fn func(context.Context, *Tx) error) {
	tb.Helper()
	if err := db.Write(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

func view(tb testing.TB, db *DB, fn func(context.Context, *Reader) error) {
	tb.Helper()
	if err := db.View(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

func wantErr(tb testing.TB, got, want error) {
	tb.Helper()
	if !errors.Is(got, want) {
		tb.Errorf("error %v, want %v", got, want)
	}
}

// raw is a second connection with nothing switched on: what a damaged disk or
// a person with a database tool does.
func raw(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		tb.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	tb.Cleanup(func() { _ = pool.Close() })
	return pool
}

func must(tb testing.TB, pool *sql.DB, queries ...string) {
	tb.Helper()
	for _, q := range queries {
		if _, err := pool.ExecContext(tb.Context(), q); err != nil {
			tb.Fatalf("%.200s: %v", q, err)
		}
	}
}

func number(tb testing.TB, pool *sql.DB, query string, args ...any) int64 {
	tb.Helper()
	var n sql.NullInt64
	if err := pool.QueryRowContext(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n.Int64
}

// town is a community with one group and some members.
type town struct {
	community Community
	chat      Chat
	accounts  []Account
	members   []Member
}

func newTown(tb testing.TB, db *DB, members int) town {
	tb.Helper()
	var w town
	write(tb, db, func(ctx context.Context, tx *Tx) (err error) {
		w, err = makeTown(ctx, tx, members)
		return err
	})
	return w
}

func makeTown(ctx context.Context, tx *Tx, members int) (w town, err error) {
	if w.community, err = tx.AddCommunity(ctx, "town", "UTC", 0); err != nil {
		return w, err
	}
	w.chat, err = tx.AddChat(ctx, Chat{
		Domain: "test", ExternalID: fmt.Sprintf("group-%d", w.community.ID), CommunityID: w.community.ID, Kind: "group", Title: "square", Connection: "test",
	})
	if err != nil {
		return w, err
	}
	for i := range members {
		a, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: fmt.Sprintf("u%d-%d", w.community.ID, i), Name: fmt.Sprintf("member %d", i)})
		if err != nil {
			return w, err
		}
		m, err := tx.EnsureMember(ctx, w.community.ID, a.PersonID)
		if err != nil {
			return w, err
		}
		if _, err := tx.Enter(ctx, w.chat.ID, a.ID, tx.Now); err != nil {
			return w, err
		}
		w.accounts, w.members = append(w.accounts, a), append(w.members, m)
	}
	return w, nil
}

func weekOf(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
}

func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// checkIn does what the command does, for one more day of a member.
func checkIn(ctx context.Context, tx *Tx, w town, i int, day string, points int64) error {
	m, err := tx.MemberByID(ctx, w.members[i].ID)
	if err != nil {
		return err
	}
	streak := 1
	if m.LastDay == addDays(day, -1) {
		streak = m.Streak + 1
	}
	if _, err := tx.AddCheckin(ctx, m, Checkin{Day: day, At: tx.Now, Gained: points, Streak: streak, ChatID: w.chat.ID}); err != nil {
		return err
	}
	if points != 0 {
		if _, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: Points, Amount: points, Kind: "checkin", Cause: "checkin:" + day, Day: day, Week: weekOf(day)}); err != nil {
			return err
		}
	}
	if err := tx.SetStreak(ctx, m.ID, streak, max(m.BestStreak, streak), day); err != nil {
		return err
	}
	return tx.AddScore(ctx, m, ScoreCheckin, 1, "w"+weekOf(day), month(day))
}

// lines runs Verify and returns its lines, those that are wrong apart.
func lines(tb testing.TB, db *DB, o VerifyOptions) (all, wrong []Check) {
	tb.Helper()
	view(tb, db, func(ctx context.Context, r *Reader) error {
		return r.Verify(ctx, o, func(c Check) {
			all = append(all, c)
			if !c.OK {
				wrong = append(wrong, c)
			}
		})
	})
	return all, wrong
}

func wantClean(tb testing.TB, db *DB) {
	tb.Helper()
	if _, wrong := lines(tb, db, VerifyOptions{}); len(wrong) > 0 {
		tb.Fatalf("verify: %d lines are wrong, first %v", len(wrong), wrong[0])
	}
}

// recorder notes the statements that run.
type recorder struct {
	querier
	queries []string
}

func (r *recorder) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r.queries = append(r.queries, query)
	return r.querier.exec(ctx, query, args...)
}

func (r *recorder) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.queries = append(r.queries, query)
	return r.querier.query(ctx, query, args...)
}

func (r *recorder) row(ctx context.Context, query string, args ...any) *sql.Row {
	r.queries = append(r.queries, query)
	return r.querier.row(ctx, query, args...)
}

// record runs fn in a transaction and returns the statements it needed.
func record(tb testing.TB, db *DB, fn func(context.Context, *Tx) error) []string {
	tb.Helper()
	rec := &recorder{}
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		rec.querier = tx.q
		tx.q = rec
		defer func() { tx.q = rec.querier }()
		return fn(ctx, tx)
	})
	return rec.queries
}

// oneLine makes statements comparable and readable.
func oneLine(query string) string { return strings.Join(strings.Fields(query), " ") }
