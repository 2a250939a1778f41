package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	benchMembers = 1000
	benchBatch   = 128
	benchStart   = "2024-01-01"
)

// benchEvent is the i-th check-in: all members, one day after the other.
type benchEvent struct {
	id, user         string
	member           int
	day, week, month string
	streak           int
}

func eventAt(w town, i int) benchEvent {
	m, d := i%len(w.members), i/len(w.members)
	day := addDays(benchStart, d)
	return benchEvent{fmt.Sprintf("update:%d", i), w.accounts[m].ExternalID, m, day, weekOf(day), month(day), d + 1}
}

const benchAnswer = `{"text":"<b>+10</b> 5 + 5, 7 days in a row, #12 today, balance 236","private":true,"choices":[{"label":"Why","command":"/why"},{"label":"Rank","command":"/rank"}]}`

// storeCheckin is a whole check-in as the engine and the command do it: two
// savepoints, dedupe, account, member, check-in, entry, streak, sums, answer.
func storeCheckin(ctx context.Context, tx *Tx, w town, e benchEvent) error {
	return tx.Savepoint(ctx, func(ctx context.Context) error {
		if seen, err := tx.SeenBefore(ctx, "test", e.id); err != nil || seen {
			return err
		}
		a, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: e.user, Name: w.accounts[e.member].Name})
		if err != nil {
			return err
		}
		m, err := tx.Member(ctx, w.community.ID, a.PersonID)
		if err != nil {
			return err
		}
		err = tx.Savepoint(ctx, func(ctx context.Context) error {
			if _, err := tx.Checkin(ctx, m.ID, e.day); err == nil {
				return ErrDuplicate
			}
			if _, err := tx.AddCheckin(ctx, m, Checkin{Day: e.day, At: tx.Now, Gained: 10, Streak: e.streak, ChatID: w.chat.ID}); err != nil {
				return err
			}
			if _, err := tx.Post(ctx, Entry{
				MemberID: m.ID, Unit: Points, Amount: 10, Kind: "checkin", Cause: "checkin:" + e.day, Rule: 1, Day: e.day, Week: e.week, Detail: `{"base":5,"bonus":5}`,
			}); err != nil {
				return err
			}
			if err := tx.SetStreak(ctx, m.ID, e.streak, e.streak, e.day); err != nil {
				return err
			}
			return tx.AddScore(ctx, m, ScoreCheckin, 1, "w"+e.week, e.month)
		})
		if err != nil {
			return err
		}
		_, err = tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Kind: "checkin.done", AccountID: a.ID, Reply: "4711", Content: benchAnswer})
		return err
	})
}

// bareLoop is the yardstick: the same statements, prepared once, on one
// connection, without savepoints and without the store's types.
type bareLoop struct {
	conn  *sql.Conn
	stmts []*sql.Stmt
}

func newBareLoop(tb testing.TB, db *DB, queries []string) *bareLoop {
	tb.Helper()
	pool, err := sql.Open("sqlite", db.dsn(forWriting))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = pool.Close() })
	l := &bareLoop{}
	if l.conn, err = pool.Conn(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.conn.Close() })
	for _, q := range queries {
		s, err := l.conn.PrepareContext(tb.Context(), q) //nolint:sqlclosecheck // ends with its connection
		if err != nil {
			tb.Fatal(err)
		}
		l.stmts = append(l.stmts, s)
	}
	return l
}

// args of the statements of one check-in, in their order. The two that read
// ids get the known ones.
func (l *bareLoop) checkin(ctx context.Context, w town, e benchEvent) error {
	now, member, account := noon.UnixMilli(), w.members[e.member].ID, w.accounts[e.member].ID
	var junk [12]any
	into := func(n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = &junk[i]
		}
		return out
	}
	if _, err := l.stmts[0].ExecContext(ctx, "test", e.id, now); err != nil {
		return err
	}
	if err := l.stmts[1].QueryRowContext(ctx, "test", e.user).Scan(into(8)...); err != nil {
		return err
	}
	if err := l.stmts[2].QueryRowContext(ctx, w.community.ID, w.accounts[e.member].PersonID).Scan(into(11)...); err != nil {
		return err
	}
	if err := l.stmts[3].QueryRowContext(ctx, member, e.day).Scan(into(8)...); err != sql.ErrNoRows {
		return fmt.Errorf("checked in already: %w", err)
	}
	if err := l.stmts[4].QueryRowContext(ctx, member, e.day, now, 10, e.streak, false, w.chat.ID, w.community.ID).Scan(into(1)...); err != nil {
		return err
	}
	if _, err := l.stmts[5].ExecContext(ctx, member, "points", 10, "checkin", "checkin:"+e.day, 1, e.day, e.week, now, 0, 0, `{"base":5,"bonus":5}`); err != nil {
		return err
	}
	if _, err := l.stmts[6].ExecContext(ctx, e.streak, e.streak, e.day, member); err != nil {
		return err
	}
	for i, period := range []string{"w" + e.week, e.month} {
		if _, err := l.stmts[7+i].ExecContext(ctx, w.community.ID, "checkin", period, member, 1, false); err != nil {
			return err
		}
	}
	_, err := l.stmts[9].ExecContext(ctx, w.chat.ID, "test", 0, false, "send", "checkin.done", "", account, "4711", "", benchAnswer, now, now, "", 0)
	return err
}

func (l *bareLoop) batch(ctx context.Context, w town, from int) error {
	if _, err := l.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for i := range benchBatch {
		if err := l.checkin(ctx, w, eventAt(w, from+i)); err != nil {
			return err
		}
	}
	_, err := l.conn.ExecContext(ctx, "COMMIT")
	return err
}

func storeBatch(ctx context.Context, db *DB, w town, from int) error {
	return db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for i := range benchBatch {
			if err := storeCheckin(ctx, tx, w, eventAt(w, from+i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkinStatements are the statements of one check-in, as the store runs them.
func checkinStatements(tb testing.TB) []string {
	tb.Helper()
	db := newDB(tb)
	w := newTown(tb, db, 1)
	all := record(tb, db, func(ctx context.Context, tx *Tx) error { return storeCheckin(ctx, tx, w, eventAt(w, 0)) })
	return slices.DeleteFunc(all, func(q string) bool {
		return strings.HasPrefix(q, "SAVEPOINT") || strings.HasPrefix(q, "RELEASE")
	})
}

// pair is the store and the bare loop, each with a database of its own.
type pair struct {
	db     *DB
	w, v   town
	bare   *bareLoop
	bareDB *DB
}

func newPair(tb testing.TB, members int) *pair {
	tb.Helper()
	p := &pair{db: newDB(tb), bareDB: newDB(tb)}
	p.w, p.v = newTown(tb, p.db, members), newTown(tb, p.bareDB, members)
	p.bare = newBareLoop(tb, p.bareDB, checkinStatements(tb))
	return p
}

func (p *pair) store(tb testing.TB, from int) {
	tb.Helper()
	if err := storeBatch(tb.Context(), p.db, p.w, from); err != nil {
		tb.Fatal(err)
	}
}

func (p *pair) loop(tb testing.TB, from int) {
	tb.Helper()
	if err := p.bare.batch(tb.Context(), p.v, from); err != nil {
		tb.Fatal(err)
	}
}

func TestTheBareLoopDoesTheSameWork(t *testing.T) {
	t.Parallel()
	p := newPair(t, 60)
	for from := 0; from < 2*benchBatch; from += benchBatch {
		p.store(t, from)
		p.loop(t, from)
	}
	for _, table := range []string{"seen", "checkins", "ledger", "scores", "outbox", "community_days"} {
		q := "SELECT count(*) FROM " + table
		if a, b := number(t, p.db.readPool, q), number(t, p.bareDB.readPool, q); a != b || a == 0 {
			t.Errorf("%s: the store has %d rows, the loop %d", table, a, b)
		}
	}
	wantClean(t, p.db)
	wantClean(t, p.bareDB)
}

func BenchmarkGroupCommitCheckin(b *testing.B) {
	p := newPair(b, benchMembers)
	b.ResetTimer()
	for n := 0; n < b.N; n += benchBatch {
		p.store(b, n)
	}
	perSecond(b, "checkins/s")
}

func BenchmarkBareLoop(b *testing.B) {
	p := newPair(b, benchMembers)
	b.ResetTimer()
	for n := 0; n < b.N; n += benchBatch {
		p.loop(b, n)
	}
	perSecond(b, "checkins/s")
}

func perSecond(b *testing.B, unit string) {
	b.Helper()
	rounds := (b.N + benchBatch - 1) / benchBatch * benchBatch
	b.ReportMetric(float64(rounds)/b.Elapsed().Seconds(), unit)
}

// BenchmarkCheckinRatio runs both in turns, so that whatever else the machine
// does falls on both.
func BenchmarkCheckinRatio(b *testing.B) {
	p := newPair(b, benchMembers)
	var store, loop time.Duration
	b.ResetTimer()
	n := 0
	for ; n < b.N; n += benchBatch {
		start := time.Now()
		p.store(b, n)
		middle := time.Now()
		p.loop(b, n)
		store, loop = store+middle.Sub(start), loop+time.Since(middle)
	}
	b.ReportMetric(float64(n)/store.Seconds(), "store/s")
	b.ReportMetric(float64(n)/loop.Seconds(), "bare/s")
	b.ReportMetric(loop.Seconds()/store.Seconds(), "ratio")
}
