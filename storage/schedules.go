package storage

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// States of a schedule.
const (
	ScheduleActive  = "active"
	SchedulePaused  = "paused"
	ScheduleDeleted = "deleted"
	ScheduleOver    = "over" // it has no further instant
)

// What is done about a post that was missed.
const (
	MissedSkip = "skip" // nothing
	MissedLate = "late" // posted if it is not later than Late
	MissedOnce = "once" // the newest one is posted, however late
)

// Schedule is a repeated post of a chat.
type Schedule struct {
	ID           int64
	ChatID       int64
	Name         string
	Rule         string // JSON, see scheduler/when
	Template     string // a set of posts, or
	Body         string // the text itself
	Missed       string
	Late         time.Duration
	Countdown    string // what is counted down to, "" = nothing
	CountdownDay string
	State        string
	Turn         int // how many posts of its set were taken
	CreatedBy    int64
	CreatedAt    time.Time // UTC
}

const postJob = "post:"

// Job is the name of its occurrences.
func (s Schedule) Job() string { return JobOf(s.ID) }

// JobOf is the name of a schedule's occurrences.
func JobOf(schedule int64) string { return postJob + strconv.FormatInt(schedule, 10) }

const scheduleColumns = `id, chat_id, name, rule, template, body, missed, late, countdown, countdown_day, state, turn, created_by, created_at`

func scanSchedule(row interface{ Scan(...any) error }, s *Schedule) error {
	var late, created int64
	err := row.Scan(&s.ID, &s.ChatID, &s.Name, &s.Rule, &s.Template, &s.Body, &s.Missed, &late, &s.Countdown, &s.CountdownDay,
		&s.State, &s.Turn, &s.CreatedBy, &created)
	s.Late, s.CreatedAt = time.Duration(late)*time.Minute, FromMillis(created)
	return err
}

func scanSchedules(rows *sql.Rows, s *Schedule) error { return scanSchedule(rows, s) }

// AddSchedule stores a new one, active.
func (tx *Tx) AddSchedule(ctx context.Context, s Schedule) (Schedule, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO schedules (chat_id, name, rule, template, body, missed, late, countdown, countdown_day, state, created_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
		s.ChatID, s.Name, s.Rule, s.Template, s.Body, s.Missed, int64(s.Late/time.Minute), s.Countdown, s.CountdownDay, s.CreatedBy, millis(tx.Now))
	if err != nil {
		return s, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return s, classify(err)
	}
	return tx.Schedule(ctx, id)
}

// Schedule reads one, or ErrNotFound.
func (r *Reader) Schedule(ctx context.Context, id int64) (Schedule, error) {
	var s Schedule
	err := scanSchedule(r.q.row(ctx, "SELECT "+scheduleColumns+" FROM schedules WHERE id = ?", id), &s)
	return s, classify(err)
}

// SchedulesOf lists what the chats of a community have that is active or
// paused.
func (r *Reader) SchedulesOf(ctx context.Context, community int64) ([]Schedule, error) {
	return list(ctx, r, scanSchedules, "SELECT "+scheduleColumns+` FROM schedules
		WHERE chat_id IN (SELECT id FROM chats WHERE community_id = ?) AND state IN ('active', 'paused') ORDER BY id`, community)
}

// OpenSchedules lists all that are active or paused.
func (r *Reader) OpenSchedules(ctx context.Context) ([]Schedule, error) {
	return list(ctx, r, scanSchedules, "SELECT "+scheduleColumns+" FROM schedules WHERE state IN ('active', 'paused') ORDER BY id")
}

// NextSchedule is the number that the next one will have, for a preview.
func (r *Reader) NextSchedule(ctx context.Context) (int64, error) {
	var id int64
	err := r.q.row(ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'schedules'), 0) + 1").Scan(&id)
	return id, classify(err)
}

// SetScheduleState pauses, resumes, deletes or ends one.
func (tx *Tx) SetScheduleState(ctx context.Context, id int64, state string) error {
	_, err := tx.q.exec(ctx, "UPDATE schedules SET state = ? WHERE id = ?", state, id)
	return classify(err)
}

// TakeTurn counts a post that was taken from the schedule's set.
func (tx *Tx) TakeTurn(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE schedules SET turn = turn + 1 WHERE id = ?", id)
	return classify(err)
}

// AddOccurrence writes an instant of a post: planned, or with the outcome it
// has already (skipped, missed). The same job, chat and instant is one row for
// ever: it reports whether this one is new.
func (tx *Tx) AddOccurrence(ctx context.Context, o Occurrence) (Occurrence, bool, error) {
	settled := int64(0)
	if o.State != Planned {
		settled = millis(tx.Now)
	}
	res, err := tx.q.exec(ctx, "INSERT INTO occurrences (job, chat_id, due_at, state, reason, settled_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		o.Job, o.ChatID, millis(o.DueAt), o.State, o.Reason, settled)
	if err != nil {
		return o, false, classify(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return o, false, classify(err)
	}
	o, err = tx.OccurrenceAt(ctx, o.Job, o.ChatID, o.DueAt)
	return o, n > 0, err
}

// Occurrence reads one, or ErrNotFound.
func (r *Reader) Occurrence(ctx context.Context, id int64) (Occurrence, error) {
	return r.occurrence(ctx, "id = ?", id)
}

// OccurrenceAt reads that of an instant, or ErrNotFound.
func (r *Reader) OccurrenceAt(ctx context.Context, job string, chatID int64, due time.Time) (Occurrence, error) {
	return r.occurrence(ctx, "job = ? AND chat_id = ? AND due_at = ?", job, chatID, millis(due))
}

// OccurrenceUntil reads the latest of a job that was due by an instant, or
// ErrNotFound.
func (r *Reader) OccurrenceUntil(ctx context.Context, job string, until time.Time) (Occurrence, error) {
	return r.occurrence(ctx, "job = ? AND due_at <= ? ORDER BY due_at DESC LIMIT 1", job, millis(until))
}

func (r *Reader) occurrence(ctx context.Context, where string, args ...any) (Occurrence, error) {
	found, err := list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+" FROM occurrences WHERE "+where, args...)
	if err != nil {
		return Occurrence{}, err
	}
	if len(found) == 0 {
		return Occurrence{}, ErrNotFound
	}
	return found[0], nil
}

// RecentOccurrences lists the newest of a job that were due by an instant,
// newest first.
func (r *Reader) RecentOccurrences(ctx context.Context, job string, until time.Time, limit int) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+" FROM occurrences WHERE job = ? AND due_at <= ? ORDER BY due_at DESC LIMIT ?", job, millis(until), limit)
}

// BeginOccurrence notes that a letter carries an occurrence from now on: what
// becomes of the letter becomes of it. from is the state it must be in.
func (tx *Tx) BeginOccurrence(ctx context.Context, id int64, from string, letter int64) error {
	if err := tx.MoveOccurrence(ctx, id, from, Sending, ""); err != nil {
		return err
	}
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET letter_id = ?, told_at = 0 WHERE id = ?", letter, id)
	return classify(err)
}

// UntoldOccurrences lists what went wrong in a chat and was not told yet,
// earliest first.
func (r *Reader) UntoldOccurrences(ctx context.Context, chatID int64) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+` FROM occurrences
		WHERE told_at = 0 AND chat_id <> 0 AND chat_id = ? AND state IN ('missed', 'uncertain') ORDER BY due_at, id`, chatID)
}

// MarkTold notes that the administrators know what became of an occurrence.
func (tx *Tx) MarkTold(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET told_at = ? WHERE id = ?", millis(tx.Now), id)
	return classify(err)
}
