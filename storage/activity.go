package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Kinds of activities: what people take part in until it closes.
const (
	ActivityPoll   = "poll"
	ActivityDraw   = "draw"
	ActivitySignup = "signup"
)

// Activity is what all of them have in common, for whoever speaks of them
// without knowing their rules.
type Activity struct {
	Kind        string
	ID          int64
	CommunityID int64
	ChatID      int64 // where it was started
	AuthorID    int64 // a person; 0 = an anonymous administrator, or the program
	Title       string
	Open        bool
	Cancelled   bool      // it does not take place
	ClosesAt    time.Time // UTC; zero = until somebody closes it
	EventAt     time.Time // UTC; zero = there is none
	Entries     int       // who take part
	Seats       int       // 0 = no limit
}

// activities reads each kind in the same columns.
var activities = map[string]string{
	ActivityPoll: `SELECT id, community_id, chat_id, author_id, question, state = 'open', 0, ends_at, 0,
		(SELECT count(*) FROM poll_votes v WHERE v.poll_id = polls.id), 0 FROM polls WHERE id = ?`,
	ActivityDraw: `SELECT id, community_id, chat_id, COALESCE((SELECT person_id FROM accounts a WHERE a.id = draws.account_id), 0),
		COALESCE((SELECT group_concat(json_extract(value, '$.name') || '×' || json_extract(value, '$.count'), '、') FROM json_each(spec, '$.prizes')), ''),
		state = 'open', state = 'cancelled', closes_at, 0, (SELECT count(*) FROM draw_entries e WHERE e.draw_id = draws.id AND e.state = 'in'), 0
		FROM draws WHERE id = ? AND opened_at > 0`,
	ActivitySignup: `SELECT id, community_id, chat_id, author_id, title, state = 'open', state = 'cancelled', ends_at, event_at,
		(SELECT COALESCE(sum(1 + extra), 0) FROM signup_entries e WHERE e.signup_id = signups.id AND e.state = 'in'), seats FROM signups WHERE id = ?`,
}

// closing finds what is open of each kind and closes between two instants.
var closing = map[string]string{
	ActivityPoll:   "SELECT id FROM polls WHERE state = 'open' AND ends_at > ? AND ends_at <= ? ORDER BY id",
	ActivityDraw:   "SELECT id FROM draws WHERE state = 'open' AND closes_at > ? AND closes_at <= ? ORDER BY id",
	ActivitySignup: "SELECT id FROM signups WHERE state = 'open' AND ends_at > ? AND ends_at <= ? ORDER BY id",
}

// activityChats finds where each kind stands: draws in all groups of their
// community.
var activityChats = map[string]string{
	ActivityPoll:   "SELECT chat_id, thread FROM poll_chats WHERE poll_id = ? ORDER BY chat_id",
	ActivityDraw:   "SELECT h.id, '' FROM draws d JOIN chats h ON h.community_id = d.community_id AND h.kind <> 'private' AND h.state = 'active' WHERE d.id = ? ORDER BY h.id",
	ActivitySignup: "SELECT chat_id, thread FROM signup_chats WHERE signup_id = ? ORDER BY chat_id",
}

// partakes finds a person in each kind.
var partakes = map[string]string{
	ActivityPoll:   "SELECT count(*) FROM poll_votes WHERE poll_id = ? AND person_id = ?",
	ActivityDraw:   "SELECT count(*) FROM draw_entries WHERE draw_id = ? AND person_id = ? AND state = 'in'",
	ActivitySignup: "SELECT count(*) FROM signup_entries WHERE signup_id = ? AND person_id = ? AND state <> 'left'",
}

// Activity reads one that was published, or ErrNotFound.
func (r *Reader) Activity(ctx context.Context, kind string, id int64) (Activity, error) {
	a := Activity{Kind: kind}
	query, ok := activities[kind]
	if !ok {
		return a, ErrNotFound
	}
	var closes, event int64
	err := r.q.row(ctx, query, id).Scan(&a.ID, &a.CommunityID, &a.ChatID, &a.AuthorID, &a.Title, &a.Open, &a.Cancelled, &closes, &event, &a.Entries, &a.Seats)
	a.ClosesAt, a.EventAt = FromMillis(closes), FromMillis(event)
	return a, classify(err)
}

// Closing lists what is open and closes after an instant, up to another one:
// polls, draws, lists, each kind in the order of its numbers.
func (r *Reader) Closing(ctx context.Context, after, until time.Time) ([]Activity, error) {
	var out []Activity
	for _, kind := range []string{ActivityPoll, ActivityDraw, ActivitySignup} {
		ids, err := list(ctx, r, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) }, closing[kind], millis(after), millis(until))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			a, err := r.Activity(ctx, kind, id)
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// ActivityChat is a chat in which an activity stands.
type ActivityChat struct {
	ChatID int64
	Thread string
}

// ActivityChats lists the chats an activity stands in.
func (r *Reader) ActivityChats(ctx context.Context, kind string, id int64) ([]ActivityChat, error) {
	return list(ctx, r, func(rows *sql.Rows, c *ActivityChat) error { return rows.Scan(&c.ChatID, &c.Thread) }, activityChats[kind], id)
}

// Partakes reports whether a person takes part in an activity; who waits for a
// place does.
func (r *Reader) Partakes(ctx context.Context, kind string, id, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, partakes[kind], id, personID).Scan(&n)
	return n > 0, classify(err)
}

// What a reminder is counted from.
const (
	PushClose = "close" // so long before the activity closes
	PushEvent = "event" // so long before it takes place
	PushRule  = "rule"  // again and again until it closes
)

// States of a push.
const (
	PushOn   = "on"
	PushOff  = "off"  // somebody switched it off
	PushOver = "over" // its activity has ended
)

// TaskLookAtPush is the timer that plans the instants of a push anew.
const TaskLookAtPush = "remind.look"

// Push is a reminder that belongs to an activity, once or again and again.
type Push struct {
	ID         int64
	Kind       string
	ActivityID int64
	Anchor     string
	Before     time.Duration // before the close or the event, whole minutes
	Rule       string        // JSON, of PushRule
	Said       string        // as it was typed
	State      string
	CreatedBy  int64 // the person, 0 = an anonymous administrator
	CreatedAt  time.Time
}

// PushJob is the beginning of the job of a push's occurrences.
const PushJob = "remind:"

// Job names the push in its occurrences.
func (p Push) Job() string { return fmt.Sprintf("%s%d", PushJob, p.ID) }

// Alive reports whether a push has something to say yet: until its activity
// closes, or with PushEvent until it takes place.
func (p Push) Alive(a Activity) bool {
	if p.Anchor == PushEvent {
		return !a.Cancelled
	}
	return a.Open
}

// Anchored is the instant of a push that is counted from its activity's close
// or event, zero if there is none.
func (p Push) Anchored(a Activity) time.Time {
	at := a.ClosesAt
	if p.Anchor == PushEvent {
		at = a.EventAt
	}
	if p.Anchor == PushRule || at.IsZero() {
		return time.Time{}
	}
	return at.Add(-p.Before)
}

const pushColumns = "id, kind, activity_id, anchor, before, rule, said, state, created_by, created_at"

func scanPush(row interface{ Scan(...any) error }, p *Push) error {
	var before, created int64
	err := row.Scan(&p.ID, &p.Kind, &p.ActivityID, &p.Anchor, &before, &p.Rule, &p.Said, &p.State, &p.CreatedBy, &created)
	p.Before, p.CreatedAt = time.Duration(before)*time.Minute, FromMillis(created)
	return err
}

func scanPushes(rows *sql.Rows, p *Push) error { return scanPush(rows, p) }

// AddPush stores a push, which is on, in place of one with the same anchor: an
// activity reminds once before it closes. Its instants are planned by the timer
// TaskLookAtPush.
func (tx *Tx) AddPush(ctx context.Context, p Push) (Push, error) {
	same, err := list(ctx, &tx.Reader, scanPushes, "SELECT "+pushColumns+" FROM pushes WHERE kind = ? AND activity_id = ? AND anchor = ? AND state = 'on'", p.Kind, p.ActivityID, p.Anchor)
	if err != nil {
		return p, err
	}
	for _, old := range same {
		if err := tx.EndPush(ctx, old.ID, PushOff, "replaced"); err != nil {
			return p, err
		}
	}
	res, err := tx.q.exec(ctx, "INSERT INTO pushes (kind, activity_id, anchor, before, rule, said, state, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, 'on', ?, ?)",
		p.Kind, p.ActivityID, p.Anchor, int64(p.Before/time.Minute), p.Rule, p.Said, p.CreatedBy, millis(tx.Now))
	if err != nil {
		return p, classify(err)
	}
	p.State, p.CreatedAt = PushOn, tx.Now
	if p.ID, err = res.LastInsertId(); err != nil {
		return p, classify(err)
	}
	return p, tx.lookAt(ctx, p)
}

// Push reads one, or ErrNotFound.
func (r *Reader) Push(ctx context.Context, id int64) (Push, error) {
	var p Push
	err := scanPush(r.q.row(ctx, "SELECT "+pushColumns+" FROM pushes WHERE id = ?", id), &p)
	return p, classify(err)
}

// PushesOf lists the pushes of an activity that are on.
func (r *Reader) PushesOf(ctx context.Context, kind string, id int64) ([]Push, error) {
	return list(ctx, r, scanPushes, "SELECT "+pushColumns+" FROM pushes WHERE kind = ? AND activity_id = ? AND state = 'on' ORDER BY id", kind, id)
}

// OpenPushes lists all that are on.
func (r *Reader) OpenPushes(ctx context.Context) ([]Push, error) {
	return list(ctx, r, scanPushes, "SELECT "+pushColumns+" FROM pushes WHERE state = 'on' ORDER BY id")
}

// EndPush switches a push off or notes that it is over; what was planned is
// skipped with the reason.
func (tx *Tx) EndPush(ctx context.Context, id int64, state, reason string) error {
	if _, err := tx.q.exec(ctx, "UPDATE pushes SET state = ? WHERE id = ?", state, id); err != nil {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "UPDATE occurrences SET state = 'skipped', reason = ?, settled_at = ? WHERE job = ? AND state = 'planned'",
		reason, millis(tx.Now), Push{ID: id}.Job())
	return classify(err)
}

// ResumePush switches one on again that was off, unless another one has taken
// its place: ErrDuplicate.
func (tx *Tx) ResumePush(ctx context.Context, p Push) error {
	if _, err := tx.q.exec(ctx, "UPDATE pushes SET state = 'on' WHERE id = ?", p.ID); err != nil {
		return classify(err)
	}
	return tx.lookAt(ctx, p)
}

// LookAtPushes has the pushes of an activity planned anew: it was closed, or
// its times have changed.
func (tx *Tx) LookAtPushes(ctx context.Context, kind string, id int64) error {
	all, err := tx.PushesOf(ctx, kind, id)
	for _, p := range all {
		if err := tx.lookAt(ctx, p); err != nil {
			return err
		}
	}
	return err
}

// lookAt sets the timer in the chat of the activity, so that its handler reads
// times as that chat does.
func (tx *Tx) lookAt(ctx context.Context, p Push) error {
	a, err := tx.Activity(ctx, p.Kind, p.ActivityID)
	if err != nil {
		return err
	}
	_, err = tx.SetTimer(ctx, DueRow{
		Key: fmt.Sprintf("%s:%d:%d", TaskLookAtPush, p.ID, tx.Now.UnixNano()), Task: TaskLookAtPush, ChatID: a.ChatID, Payload: fmt.Sprintf(`{"id":%d}`, p.ID), DueAt: tx.Now,
	})
	return err
}

// PushedSince counts the posts of all jobs that began in a chat since an
// instant, for its budget.
func (r *Reader) PushedSince(ctx context.Context, chatID int64, since time.Time) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM occurrences WHERE chat_id = ? AND chat_id <> 0 AND started_at > 0 AND started_at >= ?", chatID, millis(since)).Scan(&n)
	return n, classify(err)
}

// PushDMCap is how many reminders a person gets in a month as direct messages,
// besides those for what he signed up for.
const PushDMCap = 4

// CountPush notes that a person gets the reminder of an instant as a direct
// message, and reports whether he may: not twice, and in a month (2006-01) not
// more than the cap. With an empty month there is no cap.
func (tx *Tx) CountPush(ctx context.Context, p Push, due time.Time, personID int64, month string) (bool, error) {
	if month != "" {
		var n int
		if err := tx.q.row(ctx, "SELECT count(*) FROM push_sends WHERE person_id = ? AND month = ?", personID, month).Scan(&n); err != nil || n >= PushDMCap {
			return false, classify(err)
		}
	}
	res, err := tx.q.exec(ctx, "INSERT INTO push_sends (push_id, due_at, person_id, month, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		p.ID, millis(due), personID, month, millis(tx.Now))
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}
