package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// States of a sign-up list.
const (
	SignupOpen      = "open"
	SignupClosed    = "closed"
	SignupCancelled = "cancelled"
)

// States of a line of a list.
const (
	SignupIn      = "in"
	SignupWaiting = "waiting" // there is no place yet
	SignupLeft    = "left"
)

// TaskSignupMoved is the timer that tells people that a place became free for
// them: whatever made it free, they are told once.
const TaskSignupMoved = "signup.moved"

// Signup is a list that people put themselves on.
type Signup struct {
	ID          int64
	CommunityID int64
	ChatID      int64 // where it was started
	AuthorID    int64 // a person; 0 = an anonymous administrator
	Title       string
	Seats       int // 0 = no limit
	State       string
	Reason      string    // of a cancellation
	OpenedAt    time.Time // UTC
	EndsAt      time.Time // UTC; zero = until somebody closes it
	EventAt     time.Time // UTC; zero = not said
	ClosedAt    time.Time // UTC; zero while open
	ClosedBy    int64     // a person; 0 = the deadline, or an anonymous administrator
	Taken       int       // places, with those who are brought along
	Lines       int       // who have a place
	Waiting     int       // who wait
}

// SignupChat is a chat in which a list stands.
type SignupChat struct {
	ChatID int64
	Thread string // the topic it was posted in
}

// SignupEntry is a person on a list.
type SignupEntry struct {
	ID        int64
	SignupID  int64
	PersonID  int64
	AccountID int64
	ChatID    int64 // where he signed up
	Name      string
	Extra     int // whom he brings along
	Note      string
	State     string
	At        time.Time // UTC
	MovedAt   time.Time // when a place became free for him, UTC; zero = never waited
}

// Size is how many places a line needs.
func (e SignupEntry) Size() int { return 1 + e.Extra }

const signupColumns = `id, community_id, chat_id, author_id, title, seats, state, reason, opened_at, ends_at, event_at, closed_at, closed_by,
	(SELECT COALESCE(sum(1 + extra), 0) FROM signup_entries e WHERE e.signup_id = signups.id AND e.state = 'in'),
	(SELECT count(*) FROM signup_entries e WHERE e.signup_id = signups.id AND e.state = 'in'),
	(SELECT count(*) FROM signup_entries e WHERE e.signup_id = signups.id AND e.state = 'waiting')`

func scanSignup(row interface{ Scan(...any) error }, s *Signup) error {
	var opened, ends, event, closed int64
	err := row.Scan(&s.ID, &s.CommunityID, &s.ChatID, &s.AuthorID, &s.Title, &s.Seats, &s.State, &s.Reason, &opened, &ends, &event, &closed, &s.ClosedBy,
		&s.Taken, &s.Lines, &s.Waiting)
	s.OpenedAt, s.EndsAt, s.EventAt, s.ClosedAt = FromMillis(opened), FromMillis(ends), FromMillis(event), FromMillis(closed)
	return err
}

// AddSignup opens a list in the given chats and returns it with its number.
func (tx *Tx) AddSignup(ctx context.Context, s Signup, chats []SignupChat) (Signup, error) {
	s.State, s.OpenedAt = SignupOpen, tx.Now
	res, err := tx.q.exec(ctx, `INSERT INTO signups (community_id, chat_id, author_id, title, seats, state, opened_at, ends_at, event_at)
		VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?)`,
		s.CommunityID, s.ChatID, s.AuthorID, s.Title, s.Seats, millis(s.OpenedAt), millis(s.EndsAt), millis(s.EventAt))
	if err != nil {
		return s, classify(err)
	}
	if s.ID, err = res.LastInsertId(); err != nil {
		return s, classify(err)
	}
	for _, c := range chats {
		if _, err := tx.q.exec(ctx, "INSERT INTO signup_chats (signup_id, chat_id, thread) VALUES (?, ?, ?)", s.ID, c.ChatID, c.Thread); err != nil {
			return s, classify(err)
		}
	}
	return s, nil
}

// Signup reads a list, or ErrNotFound.
func (r *Reader) Signup(ctx context.Context, id int64) (Signup, error) {
	var s Signup
	err := scanSignup(r.q.row(ctx, "SELECT "+signupColumns+" FROM signups WHERE id = ?", id), &s)
	return s, classify(err)
}

// SignupsOf lists the lists of a community in a state, newest first.
func (r *Reader) SignupsOf(ctx context.Context, community int64, state string, limit int) ([]Signup, error) {
	return list(ctx, r, func(rows *sql.Rows, s *Signup) error { return scanSignup(rows, s) },
		"SELECT "+signupColumns+" FROM signups WHERE community_id = ? AND state = ? ORDER BY id DESC LIMIT ?", community, state, limit)
}

// SignupChats lists the chats a list stands in.
func (r *Reader) SignupChats(ctx context.Context, id int64) ([]SignupChat, error) {
	return list(ctx, r, func(rows *sql.Rows, c *SignupChat) error { return rows.Scan(&c.ChatID, &c.Thread) },
		"SELECT chat_id, thread FROM signup_chats WHERE signup_id = ? ORDER BY chat_id", id)
}

// SignupStay tells whether a person is in one of the chats of a list now; known
// is false for somebody who was never seen there.
func (r *Reader) SignupStay(ctx context.Context, id, personID int64) (in, known bool, err error) {
	var count, present int64
	err = r.q.row(ctx, `SELECT count(*), COALESCE(max(x.present), 0)
		FROM accounts a CROSS JOIN signup_chats c JOIN presence x ON x.chat_id = c.chat_id AND x.account_id = a.id
		WHERE a.person_id = ? AND c.signup_id = ?`, personID, id).Scan(&count, &present)
	return present == 1, count > 0, classify(err)
}

// SetSignup stores what may change about a list: title, seats, times, state.
// from is the state it must be in; ErrDuplicate when it is in another one.
// Whoever finds a place now is moved up, and the reminders follow.
func (tx *Tx) SetSignup(ctx context.Context, s Signup, from string) error {
	if s.State == SignupOpen {
		s.ClosedAt, s.ClosedBy, s.Reason = time.Time{}, 0, ""
	}
	res, err := tx.q.exec(ctx, `UPDATE signups SET title = ?, seats = ?, state = ?, reason = ?, ends_at = ?, event_at = ?, closed_at = ?, closed_by = ?
		WHERE id = ? AND state = ?`, s.Title, s.Seats, s.State, s.Reason, millis(s.EndsAt), millis(s.EventAt), millis(s.ClosedAt), s.ClosedBy, s.ID, from)
	if err := once(res, err, fmt.Sprintf("sign-up list %d in state %s", s.ID, from)); err != nil {
		return err
	}
	if err := tx.moveUp(ctx, s.ID); err != nil {
		return err
	}
	if s.State == SignupOpen && from != SignupOpen { // what ended with it begins again
		if _, err := tx.q.exec(ctx, `UPDATE pushes SET state = 'on' WHERE id IN (SELECT max(id) FROM pushes p WHERE kind = 'signup' AND activity_id = ?1
			GROUP BY anchor HAVING sum(state = 'on') = 0) AND state = 'over'`, s.ID); err != nil {
			return classify(err)
		}
	}
	return tx.LookAtPushes(ctx, ActivitySignup, s.ID)
}

const signupEntryColumns = `e.id, e.signup_id, e.person_id, e.account_id, e.chat_id, p.name, e.extra, e.note, e.state, e.at, e.moved_at
	FROM signup_entries e JOIN people p ON p.id = e.person_id`

func scanSignupEntry(row interface{ Scan(...any) error }, e *SignupEntry) error {
	var at, moved int64
	err := row.Scan(&e.ID, &e.SignupID, &e.PersonID, &e.AccountID, &e.ChatID, &e.Name, &e.Extra, &e.Note, &e.State, &at, &moved)
	e.At, e.MovedAt = FromMillis(at), FromMillis(moved)
	return err
}

func scanSignupEntries(rows *sql.Rows, e *SignupEntry) error { return scanSignupEntry(rows, e) }

// SignupEntries lists who is on a list, in order: those with a place and those
// who wait.
func (r *Reader) SignupEntries(ctx context.Context, id int64) ([]SignupEntry, error) {
	return list(ctx, r, scanSignupEntries, "SELECT "+signupEntryColumns+" WHERE e.signup_id = ? AND e.state <> 'left' ORDER BY e.id", id)
}

// SignupEntry finds a person's line of a list, or ErrNotFound.
func (r *Reader) SignupEntry(ctx context.Context, id, personID int64) (SignupEntry, error) {
	var e SignupEntry
	err := scanSignupEntry(r.q.row(ctx, "SELECT "+signupEntryColumns+" WHERE e.signup_id = ? AND e.person_id = ? AND e.state <> 'left'", id, personID), &e)
	return e, classify(err)
}

// EnterSignup puts a person at the end of a list: on a place if there is room
// and nobody waits for it, else among those who wait. ErrDuplicate when he
// stands there already.
func (tx *Tx) EnterSignup(ctx context.Context, e SignupEntry) (SignupEntry, error) {
	s, err := tx.Signup(ctx, e.SignupID)
	if err != nil {
		return e, err
	}
	e.State = SignupWaiting
	if s.Fits(e.Size()) {
		e.State = SignupIn
	}
	if _, err := tx.q.exec(ctx, "INSERT INTO signup_entries (signup_id, person_id, account_id, chat_id, extra, note, state, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		e.SignupID, e.PersonID, e.AccountID, e.ChatID, e.Extra, e.Note, e.State, millis(tx.Now)); err != nil {
		return e, classify(err)
	}
	return tx.SignupEntry(ctx, e.SignupID, e.PersonID)
}

// Fits reports whether so many more have room. Nobody overtakes who waits.
func (s Signup) Fits(n int) bool { return s.Seats == 0 || s.Waiting == 0 && s.Taken+n <= s.Seats }

// ErrNoRoom says that a line would need more places than there are.
var ErrNoRoom = errors.New("there is no room for that")

// ChangeSignup changes whom a person brings along, and his note. He keeps his
// place, so more people come only where there is room for them: ErrNoRoom.
func (tx *Tx) ChangeSignup(ctx context.Context, e SignupEntry) error {
	s, err := tx.Signup(ctx, e.SignupID)
	if err != nil {
		return err
	}
	was, err := tx.SignupEntry(ctx, e.SignupID, e.PersonID)
	if err != nil {
		return err
	}
	if more := e.Extra - was.Extra; more > 0 && s.Seats > 0 && (was.State == SignupWaiting || !s.Fits(more)) {
		return ErrNoRoom
	}
	if _, err := tx.q.exec(ctx, "UPDATE signup_entries SET extra = ?, note = ? WHERE id = ?", e.Extra, e.Note, was.ID); err != nil {
		return classify(err)
	}
	return tx.moveUp(ctx, e.SignupID)
}

// LeaveSignup takes a line off its list; who waits moves up.
func (tx *Tx) LeaveSignup(ctx context.Context, e SignupEntry) error {
	res, err := tx.q.exec(ctx, "UPDATE signup_entries SET state = 'left', left_at = ? WHERE id = ? AND state <> 'left'", millis(tx.Now), e.ID)
	if err := once(res, err, fmt.Sprintf("line %d of a sign-up list", e.ID)); err != nil {
		return err
	}
	return tx.moveUp(ctx, e.SignupID)
}

// moveUp gives the places of an open list that are free to those who wait, in
// order; the first one for whom there is not enough room ends it.
func (tx *Tx) moveUp(ctx context.Context, id int64) error {
	s, err := tx.Signup(ctx, id)
	if err != nil || s.State != SignupOpen || s.Waiting == 0 {
		return err
	}
	entries, err := tx.SignupEntries(ctx, id)
	if err != nil {
		return err
	}
	taken, moved := s.Taken, false
	for _, e := range entries {
		if e.State != SignupWaiting {
			continue
		}
		if s.Seats > 0 && taken+e.Size() > s.Seats {
			break
		}
		taken, moved = taken+e.Size(), true
		if _, err := tx.q.exec(ctx, "UPDATE signup_entries SET state = 'in', moved_at = ?, told_at = 0 WHERE id = ?", millis(tx.Now), e.ID); err != nil {
			return classify(err)
		}
	}
	if !moved {
		return nil
	}
	_, err = tx.SetTimer(ctx, DueRow{
		Key: fmt.Sprintf("signup:moved:%d:%d", id, tx.Now.UnixNano()), Task: TaskSignupMoved, ChatID: s.ChatID, Payload: fmt.Sprintf(`{"signup":%d}`, id), DueAt: tx.Now,
	})
	return err
}

// UntoldSignup lists who got a place of a list and does not know yet.
func (r *Reader) UntoldSignup(ctx context.Context, id int64) ([]SignupEntry, error) {
	return list(ctx, r, scanSignupEntries, "SELECT "+signupEntryColumns+" WHERE e.signup_id = ? AND e.moved_at > 0 AND e.told_at = 0 AND e.state = 'in' ORDER BY e.id", id)
}

// ToldSignup notes that somebody knows of his place.
func (tx *Tx) ToldSignup(ctx context.Context, entryID int64) error {
	_, err := tx.q.exec(ctx, "UPDATE signup_entries SET told_at = ? WHERE id = ?", millis(tx.Now), entryID)
	return classify(err)
}
