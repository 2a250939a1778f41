package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// DueRow is a one-off deadline.
type DueRow struct {
	ID      int64
	Key     string // unique: setting it twice is one deadline
	Task    string // which listener handles it
	ChatID  int64
	Payload string // JSON
	DueAt   time.Time
}

// SetTimer plans a deadline and reports whether it is new. One that exists,
// done or not, is left alone: a deadline happens once.
func (tx *Tx) SetTimer(ctx context.Context, d DueRow) (bool, error) {
	tx.Touched |= TouchedTimers
	if d.Payload == "" {
		d.Payload = "{}"
	}
	res, err := tx.q.exec(ctx, "INSERT INTO timers (key, task, chat_id, payload, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		d.Key, d.Task, d.ChatID, d.Payload, millis(d.DueAt), millis(tx.Now))
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// FinishTimer marks a deadline as done, in the transaction of its effects.
// ErrDuplicate says that it was done before.
func (tx *Tx) FinishTimer(ctx context.Context, key string) error {
	res, err := tx.q.exec(ctx, "UPDATE timers SET done_at = ? WHERE key = ? AND done_at = 0", millis(tx.Now), key)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// DueTimers lists deadlines whose time has come, earliest first.
func (r *Reader) DueTimers(ctx context.Context, now time.Time, limit int) ([]DueRow, error) {
	return list(ctx, r, func(rows *sql.Rows, d *DueRow) error {
		var due int64
		err := rows.Scan(&d.ID, &d.Key, &d.Task, &d.ChatID, &d.Payload, &due)
		d.DueAt = FromMillis(due)
		return err
	}, "SELECT id, key, task, chat_id, payload, due_at FROM timers WHERE done_at = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?", millis(now), limit)
}

// NextTimer is when the next deadline is; ErrNotFound if there is none.
func (r *Reader) NextTimer(ctx context.Context) (time.Time, error) {
	return r.instant(ctx, "SELECT min(due_at) FROM timers WHERE done_at = 0")
}

// States of an occurrence.
const (
	Planned   = "planned"
	Sending   = "sending"
	Sent      = "sent"
	Uncertain = "uncertain"
	Missed    = "missed"
	Skipped   = "skipped"
)

// Occurrence is one instant of a repeated job in one chat (0 = no chat).
type Occurrence struct {
	ID        int64
	Job       string
	ChatID    int64
	DueAt     time.Time // UTC
	State     string
	Reason    string
	StartedAt time.Time // UTC
	SettledAt time.Time // UTC
	LetterID  int64     // the letter that carries it, 0 = none
	ToldAt    time.Time // when the administrators were told that it went wrong, UTC
	MovedTo   time.Time // when it is posted instead, because of quiet hours, UTC; zero = at DueAt
}

// When is the instant at which it is to be posted.
func (o Occurrence) When() time.Time {
	if o.MovedTo.IsZero() {
		return o.DueAt
	}
	return o.MovedTo
}

const occurrenceColumns = "id, job, chat_id, due_at, state, reason, started_at, settled_at, letter_id, told_at, moved_to"

func scanOccurrence(rows *sql.Rows, o *Occurrence) error {
	var due, started, settled, told, moved int64
	err := rows.Scan(&o.ID, &o.Job, &o.ChatID, &due, &o.State, &o.Reason, &started, &settled, &o.LetterID, &told, &moved)
	o.DueAt, o.StartedAt, o.SettledAt, o.ToldAt, o.MovedTo = FromMillis(due), FromMillis(started), FromMillis(settled), FromMillis(told), FromMillis(moved)
	return err
}

// Plan writes an occurrence ahead of time and reports whether it is new. The
// same job, chat and instant is one row for ever.
func (tx *Tx) Plan(ctx context.Context, job string, chatID int64, due time.Time) (bool, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO occurrences (job, chat_id, due_at, state) VALUES (?, ?, ?, 'planned') ON CONFLICT DO NOTHING", job, chatID, millis(due))
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// MoveOccurrence takes an occurrence from one state to another; ErrDuplicate
// when it is not in the first: somebody else was faster.
func (tx *Tx) MoveOccurrence(ctx context.Context, id int64, from, to, reason string) error {
	now := millis(tx.Now)
	res, err := tx.q.exec(ctx, `UPDATE occurrences SET state = ?1, reason = ?2,
		started_at = CASE ?1 WHEN 'sending' THEN ?3 WHEN 'planned' THEN 0 ELSE started_at END,
		settled_at = CASE WHEN ?1 IN ('planned', 'sending') THEN 0 ELSE ?3 END WHERE id = ?4 AND state = ?5`, to, reason, now, id, from)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// OpenOccurrences lists those of a job that have no outcome yet, earliest first.
func (r *Reader) OpenOccurrences(ctx context.Context, job string) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+" FROM occurrences WHERE job = ? AND state IN ('planned', 'sending') ORDER BY due_at", job)
}

// ComingAgain lists instants of a job that were found too late by a clock that
// ran ahead, never started, and have come a second time between two instants.
func (r *Reader) ComingAgain(ctx context.Context, job string, after, until time.Time) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+` FROM occurrences
		WHERE job = ? AND state = 'missed' AND started_at = 0 AND due_at > ? AND due_at <= ? ORDER BY due_at`, job, millis(after), millis(until))
}

// Occurrences lists every instant of a job, earliest first.
func (r *Reader) Occurrences(ctx context.Context, job string) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+" FROM occurrences WHERE job = ? ORDER BY due_at", job)
}

// LastOccurrence is the latest instant of a job that has a row; ErrNotFound if
// it has none.
func (r *Reader) LastOccurrence(ctx context.Context, job string) (time.Time, error) {
	return r.instant(ctx, "SELECT max(due_at) FROM occurrences WHERE job = ?", job)
}
