package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Check is one line of `qunmate verify`: what was looked at, and whether it is
// as it should be.
type Check struct {
	What string // one of the Check constants
	OK   bool
	// Warning marks a line that is no damage but wants to be known.
	Warning bool
	Args    map[string]string // figures and names, by English snake_case
}

// What a Check is about. Every kind ends with a line that carries "checked",
// the number of things looked at, and "failed"; before it comes a line for
// each thing that is wrong.
const (
	CheckIntegrity   = "integrity"    // message
	CheckForeignKeys = "foreign_keys" // table, row, parent
	CheckSchema      = "schema"       // version, next (CheckBackup only)
	CheckBalance     = "balance"      // member, person, community, unit, stored, computed
	CheckScore       = "score"        // member, community, kind, period, stored, computed, problem
	CheckCheckin     = "checkin"      // member, day, gained, entry, amount
	CheckStreak      = "streak"       // member, person, community, field, stored, computed
	CheckDay         = "community_day"
	CheckReversal    = "reversal"   // entry, reverses, problem
	CheckOccurrence  = "occurrence" // id, job, chat, due, state, problem
	CheckLetter      = "letter"     // id, chat, kind, created, problem
	CheckDraw        = "draw"       // draw, ticket, problem
	CheckQuestion    = "question"   // question, points, entries, booked, problem
	CheckPoll        = "poll"       // poll, voters, votes, choices, problem
	CheckSignup      = "signup"     // signup, entry, problem
	CheckPush        = "push"       // push, kind, activity, due, problem

	CheckAnnouncement = "announcement" // id, chat, problem
	CheckSchedule     = "schedule"     // id, occurrence, problem
	CheckPicture      = "picture"      // picture, problem
)

// VerifyOptions are what the file does not say.
type VerifyOptions struct {
	// Prev gives the chat day before a day; nil is the calendar's. They differ
	// only where a community changed its zone.
	Prev func(community int64, day string) string
	// Now is the program's clock. Zero leaves planned occurrences alone.
	Now time.Time
	// Started is when the bot that uses the file was started: what was begun
	// before and has no outcome is wrong. Zero: nobody uses the file, and what
	// has no outcome gets one at the next start.
	Started time.Time
	// Quick leaves out whether every index agrees with its table: two thirds of
	// the time, and what a daily check beside a running bot can do without.
	Quick bool
}

// Verify re-computes what the database says of itself and emits one line for
// each kind of thing, and one for each thing that is wrong. Memory does not
// grow with the ledger. The error is that of a check that could not be made.
func (r *Reader) Verify(ctx context.Context, o VerifyOptions, emit func(Check)) error {
	v := newVerifier(r, o, emit)
	restore, err := r.widen(ctx)
	if err != nil {
		return fmt.Errorf("verify: %w", classify(err))
	}
	defer restore()
	if err := v.structure(ctx); err != nil {
		return fmt.Errorf("verify: %w", classify(err))
	}
	err = v.content(ctx)
	if err != nil && ctx.Err() == nil && isDamage(err) {
		v.fail(CheckIntegrity, "message", err)
		v.done(CheckIntegrity)
		return nil
	}
	if err != nil {
		return fmt.Errorf("verify: %w", classify(err))
	}
	return nil
}

// isDamage tells rows that cannot be read from a disk that cannot. An error
// without SQLite's code is that of a value of a kind that no column allows: on
// a read-only connection SQLite does not look at CHECK constraints.
func isDamage(err error) bool {
	_, coded := errors.AsType[interface {
		error
		Code() int
	}](err)
	return !coded || errors.Is(classify(err), ErrCorrupt)
}

// widen gives the connection room for sorting a whole table, and returns what
// takes it away again. Without it the sorts go through files in small pieces.
func (r *Reader) widen(ctx context.Context) (restore func(), err error) {
	var before int
	if err := r.q.row(ctx, "PRAGMA cache_size").Scan(&before); err != nil {
		return nil, err
	}
	if _, err := r.q.exec(ctx, "PRAGMA cache_size = -16000"); err != nil {
		return nil, err
	}
	return func() {
		_, _ = r.q.exec(context.WithoutCancel(ctx), "PRAGMA cache_size = "+strconv.Itoa(before))
	}, nil
}

func newVerifier(r *Reader, o VerifyOptions, emit func(Check)) *verifier {
	if o.Prev == nil {
		o.Prev = func(_ int64, day string) string { return dayBefore(day) }
	}
	return &verifier{r: r, o: o, emit: emit, tallies: map[string]*tally{}}
}

// structure checks the file as SQLite sees it.
func (v *verifier) structure(ctx context.Context) error {
	if err := v.integrity(ctx); err != nil {
		return err
	}
	return v.foreignKeys(ctx)
}

// content checks what the rows say of each other.
func (v *verifier) content(ctx context.Context) error {
	for _, step := range []func(context.Context) error{v.members, v.reversals, v.binds, v.occurrences, v.letters, v.draws, v.invites, v.polls, v.signups, v.pushes, v.questions, v.announcements, v.schedules, v.pictures} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

type tally struct{ checked, failed int }

type verifier struct {
	r       *Reader
	o       VerifyOptions
	emit    func(Check)
	tallies map[string]*tally
}

func (v *verifier) tally(what string) *tally {
	t := v.tallies[what]
	if t == nil {
		t = &tally{}
		v.tallies[what] = t
	}
	return t
}

func (v *verifier) checked(what string, n int) { v.tally(what).checked += n }

// fail names one thing that is wrong: alternating names and values.
func (v *verifier) fail(what string, args ...any) {
	v.tally(what).failed++
	v.emit(Check{What: what, Args: named(args)})
}

func (v *verifier) warn(what string, args ...any) {
	v.emit(Check{What: what, OK: true, Warning: true, Args: named(args)})
}

// done closes the lines of these kinds, in this order.
func (v *verifier) done(whats ...string) {
	for _, what := range whats {
		t := v.tally(what)
		v.emit(Check{What: what, OK: t.failed == 0, Args: named([]any{"checked", t.checked, "failed", t.failed})})
	}
}

func named(args []any) map[string]string {
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		switch x := args[i+1].(type) {
		case time.Time:
			m[name] = x.UTC().Format(time.RFC3339)
		default:
			m[name] = fmt.Sprint(x)
		}
	}
	return m
}

func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}

// each runs a query and hands every row to fn; nothing is gathered.
func (r *Reader) each(ctx context.Context, fn func(*sql.Rows) error, query string) error {
	rows, err := r.q.query(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Damage that goes on and on says nothing new after this many lines.
const maxMessages = 20

func (v *verifier) integrity(ctx context.Context) error {
	pragma := "PRAGMA integrity_check("
	if v.o.Quick {
		pragma = "PRAGMA quick_check("
	}
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var message string
		if err := rows.Scan(&message); err != nil {
			return err
		}
		if message != "ok" {
			v.fail(CheckIntegrity, "message", message)
		}
		return nil
	}, pragma+strconv.Itoa(maxMessages)+")")
	if err != nil {
		return err
	}
	v.checked(CheckIntegrity, 1)
	v.done(CheckIntegrity)
	return nil
}

func (v *verifier) foreignKeys(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var table, parent string
		var row sql.NullInt64 // NULL in tables without row ids
		var fk int
		if err := rows.Scan(&table, &row, &parent, &fk); err != nil {
			return err
		}
		v.fail(CheckForeignKeys, "table", table, "row", row.Int64, "parent", parent)
		return nil
	}, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	v.checked(CheckForeignKeys, 1)
	v.done(CheckForeignKeys)
	return nil
}
