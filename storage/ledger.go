package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Unit is what a ledger entry counts.
type Unit string

// The units of the ledger. Each has a sum of its own.
const (
	Points  Unit = "points"
	Pending Unit = "pending" // promised points, not spendable
	Card    Unit = "card"    // make-up cards
)

// Entry is one line of the ledger. Entries are added, never changed.
type Entry struct {
	ID       int64
	MemberID int64
	Unit     Unit
	Amount   int64
	Kind     string // checkin, talk, adjust, undo, transfer …: the text key of /why
	// Cause names what happened, e.g. "checkin:2026-11-22". Per member and unit
	// a cause has one entry; a second one is ErrDuplicate.
	Cause    string
	Rule     int       // version of the rule, 0 = none
	Day      string    // the chat day it counts for
	Week     string    // first day of that week
	At       time.Time // UTC
	ActorID  int64     // the person who did it, 0 = the member himself or the program
	Reverses int64     // the entry it takes back, 0 = none
	Detail   string    // JSON: the figures of the text; "" = {}
}

// Post adds an entry and returns its id. Balance and scores follow by trigger,
// so that no code path gets round them.
func (tx *Tx) Post(ctx context.Context, e Entry) (int64, error) {
	if e.Detail == "" {
		e.Detail = "{}"
	}
	if e.At.IsZero() {
		e.At = tx.Now
	}
	res, err := tx.q.exec(ctx, `INSERT INTO ledger (member_id, unit, amount, kind, cause, rule, day, week, at, actor_id, reverses, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.MemberID, string(e.Unit), e.Amount, e.Kind, e.Cause, e.Rule, e.Day, e.Week, millis(e.At), e.ActorID, e.Reverses, e.Detail)
	if err != nil {
		return 0, fmt.Errorf("ledger entry %s: %w", e.Cause, classify(err))
	}
	id, err := res.LastInsertId()
	return id, classify(err)
}

const entryColumns = "id, member_id, unit, amount, kind, cause, rule, day, week, at, actor_id, reverses, detail"

func scanEntry(row interface{ Scan(...any) error }, e *Entry) error {
	var at int64
	err := row.Scan(&e.ID, &e.MemberID, &e.Unit, &e.Amount, &e.Kind, &e.Cause, &e.Rule, &e.Day, &e.Week, &at, &e.ActorID, &e.Reverses, &e.Detail)
	e.At = FromMillis(at)
	return err
}

// Entry reads one entry, or ErrNotFound.
func (r *Reader) Entry(ctx context.Context, id int64) (Entry, error) {
	var e Entry
	err := scanEntry(r.q.row(ctx, "SELECT "+entryColumns+" FROM ledger WHERE id = ?", id), &e)
	return e, classify(err)
}

// Entries lists a member's entries of one unit, newest first, those with an id
// below before only (0 = from the newest on).
func (r *Reader) Entries(ctx context.Context, memberID int64, unit Unit, before int64, limit int) ([]Entry, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	return list(ctx, r, func(rows *sql.Rows, e *Entry) error { return scanEntry(rows, e) },
		"SELECT "+entryColumns+" FROM ledger WHERE member_id = ? AND unit = ? AND id < ? ORDER BY id DESC LIMIT ?", memberID, string(unit), before, limit)
}

// EntryByCause finds the entry of a cause, or ErrNotFound.
func (r *Reader) EntryByCause(ctx context.Context, memberID int64, unit Unit, cause string) (Entry, error) {
	var e Entry
	err := scanEntry(r.q.row(ctx, "SELECT "+entryColumns+" FROM ledger WHERE member_id = ? AND unit = ? AND cause = ?", memberID, string(unit), cause), &e)
	return e, classify(err)
}
