package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Lane says what goes first when a budget is short.
type Lane int

// The lanes, first to last.
const (
	LaneAnswer    Lane = 0 // somebody waits for it
	LaneActivity  Lane = 1 // openings, results, digests
	LaneBroadcast Lane = 2 // announcements and scheduled posts
)

// States of a letter.
const (
	LetterQueued    = "queued"
	LetterSending   = "sending"   // claimed: the platform may have it already
	LetterWaiting   = "waiting"   // the platform has it, and a person must confirm it before anybody sees it
	LetterSent      = "sent"      // the platform said yes
	LetterUncertain = "uncertain" // may have gone out; never resent on our own
	LetterDead      = "dead"      // will never go out; Error says why
	LetterFolded    = "folded"    // said as part of another letter, or overtaken by a newer one
)

// Verbs of a letter.
const (
	VerbSend   = "send"
	VerbDelete = "delete" // take back the message ExternalID
)

// Letter is a row of the outbox.
type Letter struct {
	ID         int64
	ChatID     int64
	Connection string
	Lane       Lane
	// Once letters are claimed before they are sent and never sent again by
	// ourselves; the others may come twice after a crash.
	Once       bool
	Verb       string
	State      string
	Kind       string // the template; letters of one kind may fold
	Slot       string // same slot in a chat: edits the earlier message
	AccountID  int64  // whom an answer is for, 0 = everybody
	Reply      string // the platform's token for answering
	Thread     string
	Content    string // JSON of chat.Content
	Attempts   int
	NextAt     time.Time // UTC
	CreatedAt  time.Time // UTC
	SettledAt  time.Time // UTC
	ExternalID string    // the platform's id once sent
	IntoID     int64
	Error      string
	ExpiresAt  time.Time // it is not sent after this any more, zero = never; UTC
	// Urgent and Retouch are said in the content; they are not columns.
	Urgent  bool
	Retouch bool
}

const letterColumns = `id, chat_id, connection, lane, once, verb, state, kind, slot, account_id, reply, thread, content,
	attempts, next_at, created_at, settled_at, external_id, into_id, error, expires_at`

func scanLetter(row interface{ Scan(...any) error }, l *Letter) error {
	var next, created, settled, expires int64
	err := row.Scan(&l.ID, &l.ChatID, &l.Connection, &l.Lane, &l.Once, &l.Verb, &l.State, &l.Kind, &l.Slot, &l.AccountID, &l.Reply, &l.Thread,
		&l.Content, &l.Attempts, &next, &created, &settled, &l.ExternalID, &l.IntoID, &l.Error, &expires)
	l.ExpiresAt = FromMillis(expires)
	l.NextAt, l.CreatedAt, l.SettledAt = FromMillis(next), FromMillis(created), FromMillis(settled)
	return err
}

func scanLetters(rows *sql.Rows, l *Letter) error { return scanLetter(rows, l) }

// Enqueue adds a letter; it leaves after the commit. A letter in the same slot
// that has not left yet is overtaken by it.
func (tx *Tx) Enqueue(ctx context.Context, l Letter) (int64, error) {
	tx.Touched |= TouchedOutbox
	if l.Verb == "" {
		l.Verb = VerbSend
	}
	if l.NextAt.IsZero() {
		l.NextAt = tx.Now
	}
	res, err := tx.q.exec(ctx, `INSERT INTO outbox (chat_id, connection, lane, once, verb, state, kind, slot, account_id, reply, thread, content, next_at, created_at, external_id, expires_at)
		VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.ChatID, l.Connection, int(l.Lane), l.Once, l.Verb, l.Kind, l.Slot, l.AccountID, l.Reply, l.Thread, l.Content, millis(l.NextAt), millis(tx.Now), l.ExternalID, millis(l.ExpiresAt))
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil || l.Slot == "" {
		return id, classify(err)
	}
	_, err = tx.q.exec(ctx, "UPDATE outbox SET state = 'folded', into_id = ?1, settled_at = ?2 WHERE chat_id = ?3 AND slot = ?4 AND slot <> '' AND id < ?1 AND state = 'queued'",
		id, millis(tx.Now), l.ChatID, l.Slot)
	return id, classify(err)
}

// Answered reports whether a connection has answered a message of a chat since
// an instant. Only the newest letters are looked at.
func (r *Reader) Answered(ctx context.Context, chatID int64, connection, reply string, since time.Time) (bool, error) {
	var yes bool
	err := r.q.row(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM outbox)
		AND chat_id = ? AND connection = ? AND reply = ? AND created_at >= ?)`, chatID, connection, reply, millis(since)).Scan(&yes)
	return yes, classify(err)
}

// OpenLetters lists what is queued for a connection in a lane with an id above
// after, in the order it was decided.
func (r *Reader) OpenLetters(ctx context.Context, connection string, lane Lane, after int64, limit int) ([]Letter, error) {
	return list(ctx, r, scanLetters, "SELECT "+letterColumns+" FROM outbox WHERE connection = ? AND lane = ? AND id > ? AND state = 'queued' ORDER BY id LIMIT ?", connection, int(lane), after, limit)
}

// Letter reads a row of the outbox, or ErrNotFound.
func (r *Reader) Letter(ctx context.Context, id int64) (Letter, error) {
	var l Letter
	err := scanLetter(r.q.row(ctx, "SELECT "+letterColumns+" FROM outbox WHERE id = ?", id), &l)
	return l, classify(err)
}

// SlotMessage finds the message that carries a slot now: the platform's id of
// the letter sent last, "" if there is none.
func (r *Reader) SlotMessage(ctx context.Context, chatID int64, slot string) (string, error) {
	var id string
	err := classify(r.q.row(ctx, "SELECT external_id FROM outbox WHERE chat_id = ? AND slot = ? AND slot <> '' AND state = 'sent' AND external_id <> '' ORDER BY id DESC LIMIT 1", chatID, slot).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return id, err
}

// SlotLetter reads the newest letter of a slot, or ErrNotFound.
func (r *Reader) SlotLetter(ctx context.Context, chatID int64, slot string) (Letter, error) {
	var l Letter
	err := scanLetter(r.q.row(ctx, "SELECT "+letterColumns+" FROM outbox WHERE chat_id = ? AND slot = ? AND slot <> '' ORDER BY id DESC LIMIT 1", chatID, slot), &l)
	return l, classify(err)
}

// SlotBefore finds the last slot of a chat that has a beginning and stands before
// another one, or ErrNotFound.
func (r *Reader) SlotBefore(ctx context.Context, chatID int64, prefix, slot string) (string, error) {
	var before string
	err := r.q.row(ctx, "SELECT slot FROM outbox WHERE chat_id = ? AND slot >= ? AND slot < ? AND slot <> '' ORDER BY slot DESC LIMIT 1", chatID, prefix, slot).Scan(&before)
	return before, classify(err)
}

// LastLetter is the number of the newest letter, 0 if there is none.
func (r *Reader) LastLetter(ctx context.Context) (int64, error) {
	var id int64
	err := r.q.row(ctx, "SELECT coalesce(max(id), 0) FROM outbox").Scan(&id)
	return id, classify(err)
}

// LettersWith lists the letters after a number whose content has a mark in it.
func (r *Reader) LettersWith(ctx context.Context, after int64, mark string) ([]Letter, error) {
	return list(ctx, r, scanLetters, "SELECT "+letterColumns+" FROM outbox WHERE id > ? AND instr(content, ?) > 0 ORDER BY id", after, mark)
}

// QueuedWith lists the letters with a mark that wait to be sent to a chat.
func (r *Reader) QueuedWith(ctx context.Context, chatID int64, mark string) ([]Letter, error) {
	return list(ctx, r, scanLetters, "SELECT "+letterColumns+" FROM outbox INDEXED BY outbox_queued WHERE chat_id = ? AND state = 'queued' AND instr(content, ?) > 0 ORDER BY id", chatID, mark)
}

// Claim marks an at-most-once letter before its first attempt. After a crash
// it is found in this state, and nobody knows whether it went out.
func (tx *Tx) Claim(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE outbox SET state = 'sending' WHERE id = ? AND state = 'queued'", id)
	return classify(err)
}

// Outcome is what became of a letter after an attempt.
type Outcome struct {
	ID         int64
	State      string    // queued (again at NextAt), waiting, sent, uncertain, dead, folded
	NextAt     time.Time // UTC
	Attempts   int
	ExternalID string
	IntoID     int64
	Error      string
	Via        string // the connection that carried it, where it was not the chat's own
}

// Settle stores the outcome of an attempt.
func (tx *Tx) Settle(ctx context.Context, o Outcome) error {
	settled := millis(tx.Now)
	if o.State == LetterQueued || o.State == LetterWaiting {
		settled = 0
	}
	if o.State == LetterUncertain || o.State == LetterDead {
		tx.Touched |= TouchedTimers // a notice may be due, see the trigger outbox_occurrence
	}
	_, err := tx.q.exec(ctx, "UPDATE outbox SET state = ?, next_at = ?, attempts = ?, external_id = ?, into_id = ?, error = ?, via = ?, settled_at = ? WHERE id = ?",
		o.State, millis(o.NextAt), o.Attempts, o.ExternalID, o.IntoID, o.Error, o.Via, settled, o.ID)
	return classify(err)
}

// Rescue puts the outbox in order after a start: answers caught in the middle
// go out again; once-letters become uncertain and are returned.
func (tx *Tx) Rescue(ctx context.Context) ([]Letter, error) {
	unsure, err := list(ctx, &tx.Reader, scanLetters, "SELECT "+letterColumns+" FROM outbox WHERE state = 'sending' AND once = 1 ORDER BY id")
	if err != nil {
		return nil, err
	}
	if _, err := tx.q.exec(ctx, "UPDATE outbox SET state = 'uncertain', settled_at = ?, error = 'the program stopped while it was being sent' WHERE state = 'sending' AND once = 1", millis(tx.Now)); err != nil {
		return nil, classify(err)
	}
	_, err = tx.q.exec(ctx, "UPDATE outbox SET state = 'queued' WHERE state = 'sending' AND once = 0")
	return unsure, classify(err)
}

// KillLetters gives up everything queued for a chat the bot cannot write to,
// and what waits for a confirmation there.
func (tx *Tx) KillLetters(ctx context.Context, chatID int64, reason string) error {
	tx.Touched |= TouchedTimers
	for _, q := range []string{
		"UPDATE outbox INDEXED BY outbox_queued SET state = 'dead', error = ?, settled_at = ? WHERE chat_id = ? AND state = 'queued'",
		"UPDATE outbox INDEXED BY outbox_waiting SET state = 'dead', error = ?, settled_at = ? WHERE chat_id = ? AND state = 'waiting'",
	} {
		if _, err := tx.q.exec(ctx, q, reason, millis(tx.Now), chatID); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Expired is the error of a letter whose time was over before it was sent.
const Expired = "expired"

// expireLetters ends what is queued and has come too late: nobody takes it any
// more where its connection is not configured.
func (tx *Tx) expireLetters(ctx context.Context) error {
	tx.Touched |= TouchedTimers
	_, err := tx.q.exec(ctx, "UPDATE outbox INDEXED BY outbox_queued SET state = 'dead', error = 'expired', settled_at = ?1 WHERE state = 'queued' AND expires_at > 0 AND expires_at < ?1", millis(tx.Now))
	return classify(err)
}

// SettleWaiting ends the waiting of a letter by the platform's id: sent, or
// dead with a reason. It reports whether one waited.
func (tx *Tx) SettleWaiting(ctx context.Context, chatID int64, externalID, state, reason string) (bool, error) {
	// Without a reason what is known of the letter stays: that its picture is missing.
	res, err := tx.q.exec(ctx, "UPDATE outbox SET state = ?1, error = CASE ?2 WHEN '' THEN error ELSE ?2 END, settled_at = ?3 WHERE chat_id = ?4 AND external_id = ?5 AND state = 'waiting'",
		state, reason, millis(tx.Now), chatID, externalID)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// WaitingLetter is a letter that somebody must confirm.
type WaitingLetter struct {
	ID         int64
	Chat       string // the platform's id of the chat
	ExternalID string
	Since      time.Time // when the platform took it, UTC
}

// WaitingLetters lists what waits for a confirmation in the chats of a
// connection, oldest first: one that was renamed finds its letters.
func (r *Reader) WaitingLetters(ctx context.Context, connection string) ([]WaitingLetter, error) {
	return list(ctx, r, func(rows *sql.Rows, l *WaitingLetter) error {
		var at int64
		err := rows.Scan(&l.ID, &l.Chat, &l.ExternalID, &at)
		l.Since = FromMillis(at)
		return err
	}, `SELECT x.id, h.external_id, x.external_id, x.next_at FROM outbox x INDEXED BY outbox_waiting JOIN chats h ON h.id = x.chat_id
		WHERE x.state = 'waiting' AND h.connection = ? ORDER BY x.id`, connection)
}

// CountPosts counts the broadcasts that a chat got since an instant and those
// that wait there for a confirmation: what counts against its day.
func (r *Reader) CountPosts(ctx context.Context, chatID int64, since time.Time) (int, error) {
	var n int
	err := r.q.row(ctx, `SELECT (SELECT count(*) FROM outbox WHERE settled_at > 0 AND settled_at >= ?2 AND chat_id = ?1 AND lane = 2 AND verb = 'send' AND state IN ('sent', 'uncertain'))
		+ (SELECT count(*) FROM outbox WHERE state = 'waiting' AND chat_id = ?1 AND lane = 2)`, chatID, millis(since)).Scan(&n)
	return n, classify(err)
}

// RecentSend is one message that counted against a budget.
type RecentSend struct {
	ChatID int64
	At     time.Time // UTC
}

// RecentSends lists what a connection sent since an instant, so that a restart
// does not run into the platform's limits.
func (r *Reader) RecentSends(ctx context.Context, connection string, since time.Time) ([]RecentSend, error) {
	return list(ctx, r, func(rows *sql.Rows, s *RecentSend) error {
		var at int64
		err := rows.Scan(&s.ChatID, &at)
		s.At = FromMillis(at)
		return err
	}, "SELECT chat_id, settled_at FROM outbox WHERE settled_at > 0 AND settled_at >= ? AND state IN ('sent', 'uncertain') AND connection = ? ORDER BY settled_at", millis(since), connection)
}

// CountLetters counts what is queued, what is being sent and what waits for a
// confirmation, for /metrics.
func (r *Reader) CountLetters(ctx context.Context) (queued, sending, waiting int, err error) {
	err = r.q.row(ctx, `SELECT (SELECT count(*) FROM outbox WHERE state = 'queued'), (SELECT count(*) FROM outbox WHERE state = 'sending'),
		(SELECT count(*) FROM outbox WHERE state = 'waiting')`).Scan(&queued, &sending, &waiting)
	return queued, sending, waiting, classify(err)
}
