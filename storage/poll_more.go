package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// PollRepeat is a poll that is asked again and again.
type PollRepeat struct {
	ID          int64
	PollID      int64 // the poll that is asked again
	CommunityID int64
	AuthorID    int64
	Said        string // the times as they were typed
	Rule        string // and as they are computed, JSON
	On          bool
	AuditID     int64
}

const repeatColumns = "id, poll_id, community_id, author_id, said, rule, state = 'on', audit_id"

func scanRepeat(row interface{ Scan(...any) error }, p *PollRepeat) error {
	return row.Scan(&p.ID, &p.PollID, &p.CommunityID, &p.AuthorID, &p.Said, &p.Rule, &p.On, &p.AuditID)
}

// AddPollRepeat stores a repetition, which is on. One of the same poll that is
// on is switched off: there is one at a time.
func (tx *Tx) AddPollRepeat(ctx context.Context, p PollRepeat) (PollRepeat, error) {
	if _, err := tx.q.exec(ctx, "UPDATE poll_repeats SET state = 'off' WHERE poll_id = ? AND state = 'on'", p.PollID); err != nil {
		return p, classify(err)
	}
	res, err := tx.q.exec(ctx, "INSERT INTO poll_repeats (poll_id, community_id, author_id, said, rule, state, audit_id, created_at) VALUES (?, ?, ?, ?, ?, 'on', ?, ?)",
		p.PollID, p.CommunityID, p.AuthorID, p.Said, p.Rule, p.AuditID, millis(tx.Now))
	if err != nil {
		return p, classify(err)
	}
	p.On = true
	p.ID, err = res.LastInsertId()
	return p, classify(err)
}

// PollRepeat reads a repetition, or ErrNotFound.
func (r *Reader) PollRepeat(ctx context.Context, id int64) (PollRepeat, error) {
	var p PollRepeat
	err := scanRepeat(r.q.row(ctx, "SELECT "+repeatColumns+" FROM poll_repeats WHERE id = ?", id), &p)
	return p, classify(err)
}

// RepeatOfPoll finds the repetition of a poll that is on, or ErrNotFound.
func (r *Reader) RepeatOfPoll(ctx context.Context, pollID int64) (PollRepeat, error) {
	var p PollRepeat
	err := scanRepeat(r.q.row(ctx, "SELECT "+repeatColumns+" FROM poll_repeats WHERE poll_id = ? AND state = 'on'", pollID), &p)
	return p, classify(err)
}

// SetPollRepeat switches a repetition on or off.
func (tx *Tx) SetPollRepeat(ctx context.Context, id int64, on bool) error {
	state := "off"
	if on {
		state = "on"
	}
	_, err := tx.q.exec(ctx, "UPDATE poll_repeats SET state = ? WHERE id = ?", state, id)
	return classify(err)
}

// LastOfRepeat is the newest poll that a repetition opened, or ErrNotFound.
func (r *Reader) LastOfRepeat(ctx context.Context, id int64) (int64, error) {
	var poll sql.NullInt64
	if err := r.q.row(ctx, "SELECT max(id) FROM polls WHERE repeat_id = ? AND repeat_id <> 0", id).Scan(&poll); err != nil {
		return 0, classify(err)
	}
	if !poll.Valid {
		return 0, ErrNotFound
	}
	return poll.Int64, nil
}

// NativePoll says where a poll stands in a platform's own form.
type NativePoll struct {
	Domain   string
	NativeID string
	ChatID   int64
	Slot     string // of the letter that carried it
}

// AddNativePoll notes the platform's id of a poll; told twice it is one.
func (tx *Tx) AddNativePoll(ctx context.Context, n NativePoll) error {
	_, err := tx.q.exec(ctx, "INSERT INTO native_polls (domain, native_id, chat_id, slot, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		n.Domain, n.NativeID, n.ChatID, n.Slot, millis(tx.Now))
	return classify(err)
}

// NativePoll finds a poll by its platform's id, or ErrNotFound.
func (r *Reader) NativePoll(ctx context.Context, domain, id string) (NativePoll, error) {
	n := NativePoll{Domain: domain, NativeID: id}
	err := r.q.row(ctx, "SELECT chat_id, slot FROM native_polls WHERE domain = ? AND native_id = ?", domain, id).Scan(&n.ChatID, &n.Slot)
	return n, classify(err)
}

// IsNativePoll reports whether the message in a slot of a chat is a poll in the
// platform's own form.
func (r *Reader) IsNativePoll(ctx context.Context, chatID int64, slot string) (bool, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM native_polls WHERE chat_id = ? AND slot = ?", chatID, slot).Scan(&n)
	return n > 0, classify(err)
}

// PersonPoll is a poll in which a person voted. Of an anonymous one it is not
// known what he chose, or when.
type PersonPoll struct {
	Poll      int64      `json:"poll"`
	Question  string     `json:"question"`
	Anonymous bool       `json:"anonymous,omitempty"`
	At        *time.Time `json:"at,omitempty"`
	Choices   []string   `json:"choices,omitempty"`
}

func (r *Reader) personPolls(ctx context.Context, personID int64) ([]PersonPoll, error) {
	return list(ctx, r, func(rows *sql.Rows, p *PersonPoll) error {
		var at int64
		var choices string
		if err := rows.Scan(&p.Poll, &p.Question, &p.Anonymous, &at, &choices); err != nil {
			return err
		}
		p.At = instantOrNil(at)
		return json.Unmarshal([]byte(choices), &p.Choices)
	}, `SELECT p.id, p.question, p.anonymous, v.at,
			(SELECT json_group_array(o.text ORDER BY o.place) FROM poll_choices c JOIN poll_options o ON o.poll_id = c.poll_id AND o.place = c.place
				WHERE c.poll_id = v.poll_id AND c.person_id = v.person_id)
		FROM poll_votes v JOIN polls p ON p.id = v.poll_id WHERE v.person_id = ? ORDER BY p.id`, personID)
}
