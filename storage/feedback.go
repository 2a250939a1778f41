package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// States of a ticket.
const (
	FeedbackOpen     = "open" // nobody answered yet
	FeedbackAnswered = "answered"
	FeedbackClosed   = "closed"
)

// Feedback is a ticket of a member.
type Feedback struct {
	ID          int64
	CommunityID int64
	Number      int // what people call it, per community; never used again
	ChatID      int64
	AccountID   int64
	Name        string // of the account
	Text        string
	State       string
	Reply       string    // the newest answer, "" = none
	CreatedAt   time.Time // UTC
	ClosedAt    time.Time // UTC, zero = not closed
}

const feedbackSelect = `SELECT x.id, x.community_id, x.number, x.chat_id, x.account_id, a.name, x.text, x.state,
	COALESCE((SELECT r.text FROM feedback_replies r WHERE r.feedback_id = x.id ORDER BY r.id DESC LIMIT 1), ''), x.created_at, x.closed_at
	FROM feedback x JOIN accounts a ON a.id = x.account_id `

func scanFeedback(rows *sql.Rows, f *Feedback) error {
	var created, closed int64
	err := rows.Scan(&f.ID, &f.CommunityID, &f.Number, &f.ChatID, &f.AccountID, &f.Name, &f.Text, &f.State, &f.Reply, &created, &closed)
	f.CreatedAt, f.ClosedAt = FromMillis(created), FromMillis(closed)
	return err
}

// AddFeedback opens a ticket with the next number of its community.
func (tx *Tx) AddFeedback(ctx context.Context, f Feedback) (Feedback, error) {
	f.State, f.CreatedAt = FeedbackOpen, tx.Now
	err := tx.q.row(ctx, `INSERT INTO feedback (community_id, number, chat_id, account_id, text, created_at)
		VALUES (?1, (SELECT COALESCE(max(number), 0) + 1 FROM feedback WHERE community_id = ?1), ?2, ?3, ?4, ?5) RETURNING id, number`,
		f.CommunityID, f.ChatID, f.AccountID, f.Text, millis(tx.Now)).Scan(&f.ID, &f.Number)
	return f, classify(err)
}

// Feedback finds a ticket by its number, or ErrNotFound.
func (r *Reader) Feedback(ctx context.Context, community int64, number int) (Feedback, error) {
	return oneFeedback(list(ctx, r, scanFeedback, feedbackSelect+"WHERE x.community_id = ? AND x.number = ?", community, number))
}

// FormerFeedback finds the newest ticket that had a number in another community,
// and came with its chat since an instant, or ErrNotFound.
func (r *Reader) FormerFeedback(ctx context.Context, community int64, number int, since time.Time) (Feedback, error) {
	return oneFeedback(list(ctx, r, scanFeedback, feedbackSelect+"WHERE x.community_id = ? AND x.former = ? AND x.former > 0 AND x.moved_at > ? ORDER BY x.moved_at DESC, x.id DESC LIMIT 1", community, number, millis(since)))
}

// FeedbackByID finds a ticket by its row, or ErrNotFound.
func (r *Reader) FeedbackByID(ctx context.Context, id int64) (Feedback, error) {
	return oneFeedback(list(ctx, r, scanFeedback, feedbackSelect+"WHERE x.id = ?", id))
}

func oneFeedback(all []Feedback, err error) (Feedback, error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Feedback{}, err
	}
	return all[0], nil
}

// OpenFeedback lists the tickets that nobody answered, the longest waiting
// first, and counts them all.
func (r *Reader) OpenFeedback(ctx context.Context, community int64, limit int) (out []Feedback, total int, err error) {
	if err := classify(r.q.row(ctx, "SELECT count(*) FROM feedback WHERE community_id = ? AND state = 'open'", community).Scan(&total)); err != nil {
		return nil, 0, err
	}
	out, err = list(ctx, r, scanFeedback, feedbackSelect+"WHERE x.community_id = ? AND x.state = 'open' ORDER BY x.created_at, x.id LIMIT ?", community, limit)
	return out, total, err
}

// FeedbackOf lists the newest tickets of a person in a community.
func (r *Reader) FeedbackOf(ctx context.Context, community, personID int64, limit int) ([]Feedback, error) {
	return list(ctx, r, scanFeedback, feedbackSelect+"WHERE a.person_id = ? AND x.community_id = ? ORDER BY x.created_at DESC, x.id DESC LIMIT ?", personID, community, limit)
}

// FeedbackSince counts the tickets of a person in a community since an instant.
func (r *Reader) FeedbackSince(ctx context.Context, community, personID int64, since time.Time) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM feedback x JOIN accounts a ON a.id = x.account_id WHERE a.person_id = ? AND x.community_id = ? AND x.created_at > ?",
		personID, community, millis(since)).Scan(&n)
	return n, classify(err)
}

// ReplyFeedback keeps an answer; ErrDuplicate when the ticket is closed.
func (tx *Tx) ReplyFeedback(ctx context.Context, id, accountID int64, text string) error {
	if err := tx.moved(tx.q.exec(ctx, "UPDATE feedback SET state = 'answered' WHERE id = ? AND state <> 'closed'", id)); err != nil {
		return err
	}
	_, err := tx.q.exec(ctx, "INSERT INTO feedback_replies (feedback_id, account_id, text, at) VALUES (?, ?, ?, ?)", id, accountID, text, millis(tx.Now))
	return classify(err)
}

// CloseFeedback closes a ticket; ErrDuplicate when it is closed already.
func (tx *Tx) CloseFeedback(ctx context.Context, id int64) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE feedback SET state = 'closed', closed_at = ? WHERE id = ? AND state <> 'closed'", millis(tx.Now), id))
}

// ReopenFeedback brings a closed ticket back, answered or not as it was;
// ErrDuplicate when it is not closed.
func (tx *Tx) ReopenFeedback(ctx context.Context, id int64) error {
	return tx.moved(tx.q.exec(ctx, `UPDATE feedback SET closed_at = 0,
		state = CASE WHEN EXISTS (SELECT 1 FROM feedback_replies r WHERE r.feedback_id = feedback.id) THEN 'answered' ELSE 'open' END
		WHERE id = ? AND state = 'closed' AND text <> ''`, id))
}

// moved turns a change of state that found no row into ErrDuplicate.
func (*Tx) moved(res sql.Result, err error) error {
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// PersonFeedback is a ticket with its answers, for /mydata export.
type PersonFeedback struct {
	CommunityID int64     `json:"community_id"`
	Number      int       `json:"number"`
	At          time.Time `json:"at"`
	State       string    `json:"state"`
	Text        string    `json:"text"`
	Reply       string    `json:"reply,omitempty"` // the newest
}

func (r *Reader) personFeedback(ctx context.Context, personID int64) ([]PersonFeedback, error) {
	all, err := list(ctx, r, scanFeedback, feedbackSelect+"WHERE a.person_id = ? ORDER BY x.id", personID)
	var out []PersonFeedback
	for _, f := range all {
		out = append(out, PersonFeedback{f.CommunityID, f.Number, f.CreatedAt, f.State, f.Text, f.Reply})
	}
	return out, err
}
