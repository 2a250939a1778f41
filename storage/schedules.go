package storage

import (
	"context"
	"database/sql"
	"encoding/json"
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

// What is done about a post that falls into the quiet hours of its chat.
const (
	QuietAsChat = ""     // what the chat says
	QuietSend   = "send" // posted all the same
	QuietMove   = "move" // posted when they end
	QuietSkip   = "skip" // left out
)

// Schedule is a repeated post of one chat or several.
type Schedule struct {
	ID           int64
	CommunityID  int64 // where it was asked for, 0 = in none
	Name         string
	Rule         string // JSON, see scheduler/when
	Template     string // a set of posts, or
	Body         string // the text itself, or
	QueueID      int64  // a queue
	Missed       string
	Late         time.Duration
	Quiet        string // see QuietAsChat
	Countdown    string // what is counted down to, "" = nothing
	CountdownDay string
	State        string
	CreatedBy    int64
	CreatedAt    time.Time // UTC
	ChangedAt    time.Time // UTC: its times count from here on
}

// ScheduleChat is a chat that gets the posts of a schedule.
type ScheduleChat struct {
	ScheduleID int64
	ChatID     int64
	Turn       int // how many posts of its set were taken there
}

// PostJob is the beginning of the job of a schedule's occurrences.
const PostJob = "post:"

// Job is the name of its occurrences.
func (s Schedule) Job() string { return JobOf(s.ID) }

// JobOf is the name of a schedule's occurrences.
func JobOf(schedule int64) string { return PostJob + strconv.FormatInt(schedule, 10) }

const scheduleColumns = `id, community_id, name, rule, template, body, queue_id, missed, late, quiet, countdown, countdown_day, state, created_by, created_at, changed_at`

func scanSchedule(row interface{ Scan(...any) error }, s *Schedule) error {
	var late, created, changed int64
	err := row.Scan(&s.ID, &s.CommunityID, &s.Name, &s.Rule, &s.Template, &s.Body, &s.QueueID, &s.Missed, &late, &s.Quiet, &s.Countdown, &s.CountdownDay,
		&s.State, &s.CreatedBy, &created, &changed)
	s.Late, s.CreatedAt, s.ChangedAt = time.Duration(late)*time.Minute, FromMillis(created), FromMillis(changed)
	return err
}

func scanSchedules(rows *sql.Rows, s *Schedule) error { return scanSchedule(rows, s) }

// AddSchedule stores a new one, active, for chats in their order.
func (tx *Tx) AddSchedule(ctx context.Context, s Schedule, chats []int64) (Schedule, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO schedules (community_id, name, rule, template, body, queue_id, missed, late, quiet, countdown, countdown_day, state, created_by, created_at, changed_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'active', ?12, ?13, ?13)`,
		s.CommunityID, s.Name, s.Rule, s.Template, s.Body, s.QueueID, s.Missed, int64(s.Late/time.Minute), s.Quiet, s.Countdown, s.CountdownDay, s.CreatedBy, millis(tx.Now))
	if err != nil {
		return s, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return s, classify(err)
	}
	if err := tx.setScheduleChats(ctx, id, chats); err != nil {
		return s, err
	}
	return tx.Schedule(ctx, id)
}

// ChangeSchedule gives one other words, times or chats. Its times count from
// now on; what was written of earlier ones stays.
func (tx *Tx) ChangeSchedule(ctx context.Context, s Schedule, chats []int64) error {
	_, err := tx.q.exec(ctx, `UPDATE schedules SET name = ?, rule = ?, template = ?, body = ?, queue_id = ?, missed = ?, late = ?, quiet = ?, countdown = ?, countdown_day = ?, state = ?, changed_at = ?
		WHERE id = ?`, s.Name, s.Rule, s.Template, s.Body, s.QueueID, s.Missed, int64(s.Late/time.Minute), s.Quiet, s.Countdown, s.CountdownDay, s.State, millis(tx.Now), s.ID)
	if err != nil {
		return classify(err)
	}
	return tx.setScheduleChats(ctx, s.ID, chats)
}

// setScheduleChats fixes which chats a schedule is for. Those that stay keep
// their turn.
func (tx *Tx) setScheduleChats(ctx context.Context, id int64, chats []int64) error {
	list, err := json.Marshal(chats)
	if err != nil {
		return classify(err)
	}
	if _, err := tx.q.exec(ctx, "DELETE FROM schedule_chats WHERE schedule_id = ? AND chat_id NOT IN (SELECT value FROM json_each(?))", id, string(list)); err != nil {
		return classify(err)
	}
	_, err = tx.q.exec(ctx, `INSERT INTO schedule_chats (schedule_id, chat_id, position) SELECT ?, value, key + 1 FROM json_each(?) WHERE true
		ON CONFLICT (schedule_id, chat_id) DO UPDATE SET position = excluded.position`, id, string(list))
	return classify(err)
}

// Schedule reads one, or ErrNotFound.
func (r *Reader) Schedule(ctx context.Context, id int64) (Schedule, error) {
	var s Schedule
	err := scanSchedule(r.q.row(ctx, "SELECT "+scheduleColumns+" FROM schedules WHERE id = ?", id), &s)
	return s, classify(err)
}

// ScheduleChats lists the chats of a schedule in their order.
func (r *Reader) ScheduleChats(ctx context.Context, id int64) ([]ScheduleChat, error) {
	return list(ctx, r, func(rows *sql.Rows, c *ScheduleChat) error {
		return rows.Scan(&c.ScheduleID, &c.ChatID, &c.Turn)
	}, "SELECT schedule_id, chat_id, turn FROM schedule_chats WHERE schedule_id = ? ORDER BY position, chat_id", id)
}

// SchedulesOf lists what was asked for in a community, or posts in one of its
// chats, and is active or paused.
func (r *Reader) SchedulesOf(ctx context.Context, community int64) ([]Schedule, error) {
	return list(ctx, r, scanSchedules, "SELECT "+scheduleColumns+` FROM schedules s
		WHERE state IN ('active', 'paused') AND (community_id = ?1 OR EXISTS (SELECT 1 FROM schedule_chats c JOIN chats h ON h.id = c.chat_id
			WHERE c.schedule_id = s.id AND h.community_id = ?1)) ORDER BY id`, community)
}

// SchedulesIn lists what is active in a chat.
func (r *Reader) SchedulesIn(ctx context.Context, chatID int64) ([]Schedule, error) {
	return list(ctx, r, scanSchedules, "SELECT "+scheduleColumns+` FROM schedules
		WHERE id IN (SELECT schedule_id FROM schedule_chats WHERE chat_id = ?) AND state = 'active' ORDER BY id`, chatID)
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

// TakeTurn counts a post that was taken from the schedule's set for a chat.
func (tx *Tx) TakeTurn(ctx context.Context, id, chatID int64) error {
	_, err := tx.q.exec(ctx, "UPDATE schedule_chats SET turn = turn + 1 WHERE schedule_id = ? AND chat_id = ?", id, chatID)
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

// OccurrenceUntil reads the latest of a job in a chat that was due by an
// instant, or ErrNotFound.
func (r *Reader) OccurrenceUntil(ctx context.Context, job string, chatID int64, until time.Time) (Occurrence, error) {
	return r.occurrence(ctx, "job = ? AND chat_id = ? AND due_at <= ? ORDER BY due_at DESC LIMIT 1", job, chatID, millis(until))
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

// RecentOccurrences lists the newest of a job in a chat that were due by an
// instant, newest first.
func (r *Reader) RecentOccurrences(ctx context.Context, job string, chatID int64, until time.Time, limit int) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+" FROM occurrences WHERE job = ? AND chat_id = ? AND due_at <= ? ORDER BY due_at DESC LIMIT ?", job, chatID, millis(until), limit)
}

// BeginOccurrence notes that a letter carries an occurrence from now on: what
// becomes of the letter becomes of it. from is the state it must be in.
func (tx *Tx) BeginOccurrence(ctx context.Context, id int64, from string, letter int64) error {
	if err := tx.MoveOccurrence(ctx, id, from, Sending, ""); err != nil {
		return err
	}
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET letter_id = ?, told_at = 0, reason = CASE WHEN moved_to > 0 THEN 'quiet' ELSE '' END WHERE id = ?", letter, id)
	return classify(err)
}

// PutOff moves a planned occurrence to a later instant, when the quiet hours it
// fell into end. The instant that it was meant for stays its name.
func (tx *Tx) PutOff(ctx context.Context, id int64, to time.Time) error {
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET moved_to = ?, reason = 'quiet' WHERE id = ? AND state = 'planned'", millis(to), id)
	return classify(err)
}

// UntoldOccurrences lists the posts and reminders of all chats that went wrong
// and were not told yet, earliest first.
func (r *Reader) UntoldOccurrences(ctx context.Context) ([]Occurrence, error) {
	return list(ctx, r, scanOccurrence, "SELECT "+occurrenceColumns+` FROM occurrences
		WHERE told_at = 0 AND chat_id <> 0 AND state IN ('missed', 'uncertain') AND (substr(job, 1, 5) = '`+PostJob+"' OR substr(job, 1, 7) = '"+PushJob+"') ORDER BY due_at, id")
}

// ReasonLeft is why a post was missed in a chat that the bot is not in. Once it
// is back, the instant follows.
const ReasonLeft = "left"

// ToldOfLeaving reports whether the administrators know already that nothing
// can be posted in a chat since the bot has left it.
func (r *Reader) ToldOfLeaving(ctx context.Context, chatID int64) (bool, error) {
	var told bool
	err := r.q.row(ctx, "SELECT EXISTS (SELECT 1 FROM occurrences WHERE chat_id = ? AND state = 'missed' AND reason = ? AND told_at > 0)", chatID, ReasonLeft).Scan(&told)
	return told, classify(err)
}

// MarkTold notes that the administrators know what became of an occurrence.
func (tx *Tx) MarkTold(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET told_at = ? WHERE id = ?", millis(tx.Now), id)
	return classify(err)
}
