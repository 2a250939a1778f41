package storage

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// States of a poll.
const (
	PollOpen   = "open"
	PollClosed = "closed" // final: nothing about it changes any more
)

// Poll is a question with options that people choose from.
type Poll struct {
	ID          int64
	CommunityID int64
	ChatID      int64 // where it was started
	AuthorID    int64 // a person; 0 = an anonymous administrator, or the program
	Question    string
	Multi       bool
	Anonymous   bool
	Hidden      bool // no figures until it is closed
	MinDays     int  // only for who has been a member so long
	State       string
	OpenedAt    time.Time // UTC
	EndsAt      time.Time // UTC; zero = until somebody closes it
	ClosedAt    time.Time // UTC; zero while open
	ClosedBy    int64     // a person; 0 = the deadline, or an anonymous administrator
	RepeatID    int64     // the repetition that opened it
	Options     []PollOption
	Voters      int
}

// PollOption is one of the things to choose. Places count from 1.
type PollOption struct {
	Place int
	Text  string
	Votes int
}

// PollChat is a chat in which a poll stands.
type PollChat struct {
	ChatID int64
	Thread string // the topic it was posted in
}

const pollColumns = `id, community_id, chat_id, author_id, question, multi, anonymous, hidden, min_days, state, opened_at, ends_at, closed_at,
	closed_by, repeat_id, (SELECT count(*) FROM poll_votes v WHERE v.poll_id = polls.id)`

func scanPoll(row interface{ Scan(...any) error }, p *Poll) error {
	var opened, ends, closed int64
	err := row.Scan(&p.ID, &p.CommunityID, &p.ChatID, &p.AuthorID, &p.Question, &p.Multi, &p.Anonymous, &p.Hidden, &p.MinDays, &p.State,
		&opened, &ends, &closed, &p.ClosedBy, &p.RepeatID, &p.Voters)
	p.OpenedAt, p.EndsAt, p.ClosedAt = FromMillis(opened), FromMillis(ends), FromMillis(closed)
	return err
}

// AddPoll opens a poll in the given chats and returns it with its number.
func (tx *Tx) AddPoll(ctx context.Context, p Poll, chats []PollChat) (Poll, error) {
	p.State, p.OpenedAt, p.Voters = PollOpen, tx.Now, 0
	res, err := tx.q.exec(ctx, `INSERT INTO polls (community_id, chat_id, author_id, question, multi, anonymous, hidden, min_days, state, opened_at, ends_at, repeat_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)`,
		p.CommunityID, p.ChatID, p.AuthorID, p.Question, p.Multi, p.Anonymous, p.Hidden, p.MinDays, millis(p.OpenedAt), millis(p.EndsAt), p.RepeatID)
	if err != nil {
		return p, classify(err)
	}
	if p.ID, err = res.LastInsertId(); err != nil {
		return p, classify(err)
	}
	p.Options = slices.Clone(p.Options)
	for i, o := range p.Options {
		p.Options[i].Votes = 0
		if _, err := tx.q.exec(ctx, "INSERT INTO poll_options (poll_id, place, text) VALUES (?, ?, ?)", p.ID, o.Place, o.Text); err != nil {
			return p, classify(err)
		}
	}
	for _, c := range chats {
		if _, err := tx.q.exec(ctx, "INSERT INTO poll_chats (poll_id, chat_id, thread) VALUES (?, ?, ?)", p.ID, c.ChatID, c.Thread); err != nil {
			return p, classify(err)
		}
	}
	return p, nil
}

// Poll reads a poll with its options and figures, or ErrNotFound.
func (r *Reader) Poll(ctx context.Context, id int64) (Poll, error) {
	var p Poll
	if err := scanPoll(r.q.row(ctx, "SELECT "+pollColumns+" FROM polls WHERE id = ?", id), &p); err != nil {
		return p, classify(err)
	}
	var err error
	p.Options, err = list(ctx, r, func(rows *sql.Rows, o *PollOption) error { return rows.Scan(&o.Place, &o.Text, &o.Votes) },
		"SELECT place, text, votes FROM poll_options WHERE poll_id = ? ORDER BY place", id)
	return p, err
}

// PollsOf lists polls of a community in a state, newest first, without their
// options.
func (r *Reader) PollsOf(ctx context.Context, community int64, state string, limit int) ([]Poll, error) {
	return list(ctx, r, func(rows *sql.Rows, p *Poll) error { return scanPoll(rows, p) },
		"SELECT "+pollColumns+" FROM polls WHERE community_id = ? AND state = ? ORDER BY id DESC LIMIT ?", community, state, limit)
}

// PollChats lists the chats a poll stands in.
func (r *Reader) PollChats(ctx context.Context, id int64) ([]PollChat, error) {
	return list(ctx, r, func(rows *sql.Rows, c *PollChat) error { return rows.Scan(&c.ChatID, &c.Thread) },
		"SELECT chat_id, thread FROM poll_chats WHERE poll_id = ? ORDER BY chat_id", id)
}

// PollStay tells of a person's stay in the chats of a poll: whether he is in
// one of them now, and since when. known is false for somebody who was never
// seen there.
func (r *Reader) PollStay(ctx context.Context, id, personID int64) (since time.Time, in, known bool, err error) {
	var count, present, joined int64
	err = r.q.row(ctx, `SELECT count(*), COALESCE(max(x.present), 0), COALESCE(min(CASE x.present WHEN 1 THEN x.joined_at END), 0)
		FROM accounts a CROSS JOIN poll_chats c JOIN presence x ON x.chat_id = c.chat_id AND x.account_id = a.id
		WHERE a.person_id = ? AND c.poll_id = ?`, personID, id).Scan(&count, &present, &joined)
	return FromMillis(joined), present == 1, count > 0, classify(err)
}

// PollVote tells what a person chose; voted is true also where only that is
// known, in an anonymous poll.
func (r *Reader) PollVote(ctx context.Context, id, personID int64) (places []int, voted bool, err error) {
	var n int
	if err := r.q.row(ctx, "SELECT count(*) FROM poll_votes WHERE poll_id = ? AND person_id = ?", id, personID).Scan(&n); err != nil {
		return nil, false, classify(err)
	}
	if n == 0 {
		voted, err = r.marked(ctx, id, personID)
		return nil, voted, err
	}
	places, err = list(ctx, r, func(rows *sql.Rows, place *int) error { return rows.Scan(place) },
		"SELECT place FROM poll_choices WHERE poll_id = ? AND person_id = ? ORDER BY place", id, personID)
	return places, true, err
}

// SetVote stores what a person chooses in a named poll, in place of what he
// chose before.
func (tx *Tx) SetVote(ctx context.Context, id, personID, chatID int64, places []int) error {
	if _, err := tx.q.exec(ctx, "DELETE FROM poll_choices WHERE poll_id = ? AND person_id = ?", id, personID); err != nil {
		return classify(err)
	}
	if _, err := tx.q.exec(ctx, `INSERT INTO poll_votes (poll_id, person_id, chat_id, at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET chat_id = excluded.chat_id, at = excluded.at`, id, personID, chatID, millis(tx.Now)); err != nil {
		return classify(err)
	}
	for _, place := range places {
		if _, err := tx.q.exec(ctx, "INSERT INTO poll_choices (poll_id, person_id, place) VALUES (?, ?, ?)", id, personID, place); err != nil {
			return classify(err)
		}
	}
	return nil
}

// CastSecret counts a vote of an anonymous poll and notes apart from it that
// the person has voted. ErrDuplicate when he had.
func (tx *Tx) CastSecret(ctx context.Context, id, personID int64, places []int) error {
	if _, err := tx.q.exec(ctx, "INSERT INTO poll_votes (poll_id, person_id) VALUES (?, ?)", id, personID); err != nil {
		return classify(err)
	}
	for _, place := range places {
		if _, err := tx.q.exec(ctx, "UPDATE poll_options SET votes = votes + 1 WHERE poll_id = ? AND place = ?", id, place); err != nil {
			return classify(err)
		}
	}
	return nil
}

// DropVote takes a person's vote out of a named poll.
func (tx *Tx) DropVote(ctx context.Context, id, personID int64) error {
	_, err := tx.q.exec(ctx, "DELETE FROM poll_choices WHERE poll_id = ? AND person_id = ?", id, personID)
	if err == nil {
		_, err = tx.q.exec(ctx, "DELETE FROM poll_votes WHERE poll_id = ? AND person_id = ?", id, personID)
	}
	return classify(err)
}

// eraseVotes takes a person's votes out of the named polls that are open: he
// may come back as somebody new, and one human has one vote. What an anonymous
// poll counted nobody can tell apart: a mark says that the account has voted.
// What is closed stays.
func (tx *Tx) eraseVotes(ctx context.Context, personID int64) error {
	if err := tx.markVotes(ctx, personID); err != nil {
		return err
	}
	const named = " AND poll_id IN (SELECT id FROM polls WHERE state = 'open' AND anonymous = 0)"
	for _, q := range []string{"DELETE FROM poll_choices WHERE person_id = ?" + named, "DELETE FROM poll_votes WHERE person_id = ?" + named} {
		if _, err := tx.q.exec(ctx, q, personID); err != nil {
			return classify(err)
		}
	}
	return nil
}

// MergeVotes gives the votes of one person to another one, in polls that are
// open: two who turned out to be one have one vote. Where both chose, what the
// other one chose stays; in an anonymous poll nobody can tell the two apart.
func (tx *Tx) MergeVotes(ctx context.Context, from, to int64) error {
	const open = " AND poll_id IN (SELECT id FROM polls WHERE state = 'open')"
	const named = " AND poll_id IN (SELECT id FROM polls WHERE state = 'open' AND anonymous = 0)"
	for _, q := range []string{
		"DELETE FROM poll_choices WHERE person_id = ?1 AND poll_id IN (SELECT poll_id FROM poll_votes WHERE person_id = ?2)" + named,
		"DELETE FROM poll_votes WHERE person_id = ?1 AND poll_id IN (SELECT poll_id FROM poll_votes WHERE person_id = ?2)" + named,
		"INSERT INTO poll_votes (poll_id, person_id, chat_id, at) SELECT poll_id, ?2, chat_id, at FROM poll_votes WHERE person_id = ?1" + named,
		"UPDATE poll_choices SET person_id = ?2 WHERE person_id = ?1" + named,
		"DELETE FROM poll_votes WHERE person_id = ?1 AND ?2 > 0" + named,
		"UPDATE OR IGNORE poll_votes SET person_id = ?2 WHERE person_id = ?1" + open,
	} {
		if _, err := tx.q.exec(ctx, q, from, to); err != nil {
			return classify(err)
		}
	}
	return nil
}

// ClosePoll ends a poll for good. ErrDuplicate when it has ended.
func (tx *Tx) ClosePoll(ctx context.Context, id, by int64) error {
	res, err := tx.q.exec(ctx, "UPDATE polls SET state = 'closed', closed_at = ?, closed_by = ? WHERE id = ? AND state = 'open'", millis(tx.Now), by, id)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	if err := tx.dropMarks(ctx, id); err != nil {
		return err
	}
	return tx.LookAtPushes(ctx, ActivityPoll, id)
}

// PollVoter is one choice of one person in a named poll.
type PollVoter struct {
	Place    int
	PersonID int64
	Name     string
	At       time.Time // UTC
}

// PollVoters lists who chose what in a named poll, by place and time.
func (r *Reader) PollVoters(ctx context.Context, id int64) ([]PollVoter, error) {
	return list(ctx, r, func(rows *sql.Rows, v *PollVoter) error {
		var at int64
		err := rows.Scan(&v.Place, &v.PersonID, &v.Name, &at)
		v.At = FromMillis(at)
		return err
	}, `SELECT c.place, c.person_id, p.name, v.at FROM poll_choices c JOIN poll_votes v ON v.poll_id = c.poll_id AND v.person_id = c.person_id
		JOIN people p ON p.id = c.person_id WHERE c.poll_id = ? ORDER BY c.place, v.at, c.person_id`, id)
}
