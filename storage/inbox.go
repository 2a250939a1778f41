package storage

import (
	"context"
	"database/sql"
	"time"
)

// SeenBefore notes that an event is applied and reports whether it was already.
func (tx *Tx) SeenBefore(ctx context.Context, domain, id string) (bool, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO seen (domain, id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", domain, id, millis(tx.Now))
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n == 0, classify(err)
}

// LastSeen is the latest instant at which an event was applied; ErrNotFound if
// none was.
func (r *Reader) LastSeen(ctx context.Context) (time.Time, error) {
	return r.instant(ctx, "SELECT max(at) FROM seen")
}

// States of a waiting event.
const (
	InboxParked = "parked" // until a fact is learned
	InboxRetry  = "retry"  // after a fault
	InboxFailed = "failed" // given up and answered
)

// Waiting is an event that could not be finished at once.
type Waiting struct {
	ID         int64
	Connection string
	State      string
	Event      string // JSON of chat.Event
	Attempts   int
	NextAt     time.Time // UTC
	Fault      string    // the short id the person was shown
	Error      string
	CreatedAt  time.Time // UTC
	// Queue names whose turn it is: events of one queue keep their order. "" is
	// none.
	Queue string
}

const waitingColumns = "id, connection, state, event, attempts, next_at, fault, error, created_at, queue"

func scanWaiting(rows *sql.Rows, w *Waiting) error {
	var next, created int64
	err := rows.Scan(&w.ID, &w.Connection, &w.State, &w.Event, &w.Attempts, &next, &w.Fault, &w.Error, &created, &w.Queue)
	w.NextAt, w.CreatedAt = FromMillis(next), FromMillis(created)
	return err
}

// AddWaiting stores an event that waits and returns its id.
func (tx *Tx) AddWaiting(ctx context.Context, w Waiting) (int64, error) {
	tx.Touched |= TouchedInbox
	res, err := tx.q.exec(ctx, "INSERT INTO inbox (connection, state, event, attempts, next_at, fault, error, created_at, queue) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		w.Connection, w.State, w.Event, w.Attempts, millis(w.NextAt), w.Fault, w.Error, millis(tx.Now), w.Queue)
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	return id, classify(err)
}

// SetWaiting stores attempts, next time, state and error of a waiting event.
func (tx *Tx) SetWaiting(ctx context.Context, w Waiting) error {
	tx.Touched |= TouchedInbox
	_, err := tx.q.exec(ctx, "UPDATE inbox SET state = ?, attempts = ?, next_at = ?, fault = ?, error = ? WHERE id = ?",
		w.State, w.Attempts, millis(w.NextAt), w.Fault, w.Error, w.ID)
	return classify(err)
}

// DropWaiting removes a waiting event that is finished.
func (tx *Tx) DropWaiting(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "DELETE FROM inbox WHERE id = ?", id)
	return classify(err)
}

// Waits reports whether an event of a queue is still waiting that came before
// the row with an id; 0 = before now. One that failed twice is not waited for:
// it may fail for good.
func (r *Reader) Waits(ctx context.Context, queue string, before int64) (bool, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	var n int
	err := r.q.row(ctx, "SELECT EXISTS (SELECT 1 FROM inbox INDEXED BY inbox_queue WHERE queue = ? AND queue <> '' AND state <> 'failed' AND id < ? AND (state = 'parked' OR attempts < 2))", queue, before).Scan(&n)
	return n > 0, classify(err)
}

// WakeQueue makes the parked events of a queue due: the one before them is
// through.
func (tx *Tx) WakeQueue(ctx context.Context, queue string) error {
	if queue == "" {
		return nil
	}
	tx.Touched |= TouchedInbox
	_, err := tx.q.exec(ctx, "UPDATE inbox SET next_at = ? WHERE queue = ? AND queue <> '' AND state = 'parked'", millis(tx.Now), queue)
	return classify(err)
}

// DueWaiting lists waiting events whose time has come, oldest first.
func (r *Reader) DueWaiting(ctx context.Context, now time.Time, limit int) ([]Waiting, error) {
	return list(ctx, r, scanWaiting, "SELECT "+waitingColumns+" FROM inbox INDEXED BY inbox_due WHERE state <> 'failed' AND next_at <= ? ORDER BY id LIMIT ?", millis(now), limit)
}

// AllWaiting lists every waiting or failed event.
func (r *Reader) AllWaiting(ctx context.Context) ([]Waiting, error) {
	return list(ctx, r, scanWaiting, "SELECT "+waitingColumns+" FROM inbox ORDER BY id")
}

// WakeParked makes parked events due: what they wait for may be known now.
func (tx *Tx) WakeParked(ctx context.Context) error {
	tx.Touched |= TouchedInbox
	_, err := tx.q.exec(ctx, "UPDATE inbox SET next_at = ? WHERE state = 'parked'", millis(tx.Now))
	return classify(err)
}

// NextWaiting is when the next waiting event is due; ErrNotFound if none is.
func (r *Reader) NextWaiting(ctx context.Context) (time.Time, error) {
	return r.instant(ctx, "SELECT min(next_at) FROM inbox WHERE state <> 'failed'")
}

// instant reads one stored instant; NULL is ErrNotFound.
func (r *Reader) instant(ctx context.Context, query string, args ...any) (time.Time, error) {
	var ms sql.NullInt64
	if err := r.q.row(ctx, query, args...).Scan(&ms); err != nil {
		return time.Time{}, classify(err)
	}
	if !ms.Valid {
		return time.Time{}, ErrNotFound
	}
	return FromMillis(ms.Int64), nil
}

// How long finished things are kept.
const (
	keepSeen    = 48 * time.Hour      // a platform that repeats later than that restarts its ids
	keepLetters = 90 * 24 * time.Hour // delivery reports and exports
	keepTimers  = 30 * 24 * time.Hour
	keepTalk    = 100 * 24 * time.Hour // the longest a draw may ask for is 90 days
	keepPosts   = 2 * 366 * 24 * time.Hour
	keepNotes   = 366 * 24 * time.Hour
)

// KeepTalk is how long what was said in groups is kept.
const KeepTalk = 30 * 24 * time.Hour

// Prune removes what nobody needs any more: old dedupe rows, letters, timers.
func (tx *Tx) Prune(ctx context.Context) error {
	old := millis(tx.Now.Add(-keepLetters))
	if err := tx.keepDelivered(ctx, "o.settled_at > 0 AND o.settled_at < ? AND o.slot = ''", old); err != nil {
		return err
	}
	if err := tx.expireLetters(ctx); err != nil {
		return err
	}
	for _, s := range []struct {
		sql  string
		keep time.Duration
	}{
		{"DELETE FROM seen WHERE at < ?", keepSeen},
		// A letter that carries a slot is the address of a message that may still be edited.
		{"DELETE FROM outbox WHERE settled_at > 0 AND settled_at < ? AND (slot = '' OR substr(slot, 1, 8) = '" + PreviewSlot + "')", keepLetters},
		// Nobody asks for a confirmation any more: its connection is gone.
		{"UPDATE outbox SET state = 'uncertain', error = 'nobody confirmed it', settled_at = ?1 WHERE state = 'waiting' AND once = 1 AND created_at < ?1", keepLetters},
		{"DELETE FROM outbox WHERE state = 'waiting' AND created_at < ?", keepLetters},
		{"DELETE FROM contact_changes WHERE done_at > 0 AND done_at < ?", keepTimers},
		{"DELETE FROM contact_members WHERE left_at > 0 AND left_at < ?", keepLetters},
		{"DELETE FROM timers WHERE done_at > 0 AND done_at < ?", keepTimers},
		{"DELETE FROM previews WHERE expires_at < ?", keepTimers},
		{"DELETE FROM refusals WHERE until < ?", keepSeen},
		{"DELETE FROM bind_codes WHERE expires_at < ?", 0},
		{"DELETE FROM bind_tries WHERE since < ?", keepSeen},
		{"DELETE FROM occurrences WHERE chat_id <> 0 AND settled_at > 0 AND due_at < ?", keepPosts},
		// The last two rounds of a chat say what is next there.
		{"DELETE FROM queue_picks WHERE at < ? AND round + 1 < (SELECT max(round) FROM queue_picks p WHERE p.queue_id = queue_picks.queue_id AND p.chat_id = queue_picks.chat_id)", keepPosts},
		{"DELETE FROM inbox WHERE state = 'failed' AND created_at < ?", keepLetters},
		// Who was on a list stays; what he wrote beside his name has served its turn.
		{"UPDATE signup_entries SET note = '' WHERE note <> '' AND signup_id IN (SELECT id FROM signups WHERE state <> 'open' AND closed_at < ?)", keepNotes},
		{"DELETE FROM push_sends WHERE at < ?", keepNotes},
		{"DELETE FROM talk_lines WHERE at < ?", KeepTalk},
		{"DELETE FROM human_calls WHERE at < ?", keepSeen},
		{"DELETE FROM counted_days WHERE at < ?", keepCounted},
	} {
		if _, err := tx.q.exec(ctx, s.sql, millis(tx.Now.Add(-s.keep))); err != nil {
			return classify(err)
		}
	}
	if _, err := tx.q.exec(ctx, "DELETE FROM talk_days WHERE day < ?", tx.Now.Add(-keepTalk).Format(time.DateOnly)); err != nil {
		return classify(err)
	}
	if err := tx.forgetChats(ctx); err != nil {
		return err
	}
	return tx.prunePictures(ctx)
}
