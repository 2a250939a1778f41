package storage

import (
	"context"
	"database/sql"
	"time"
)

// mergeSignups lets two who turned out to be one stand on an open list once:
// the earlier line stays, the other one goes and its places are free.
func (tx *Tx) mergeSignups(ctx context.Context, from, to int64) error {
	twice, err := list(ctx, &tx.Reader, scanSignupEntries, "SELECT "+signupEntryColumns+` WHERE e.person_id IN (?1, ?2) AND e.state <> 'left'
		AND (SELECT count(*) FROM signup_entries o WHERE o.signup_id = e.signup_id AND o.person_id IN (?1, ?2) AND o.state <> 'left') = 2
		ORDER BY e.signup_id, e.id`, from, to)
	if err != nil {
		return err
	}
	for i := 1; i < len(twice); i += 2 {
		if err := tx.LeaveSignup(ctx, twice[i]); err != nil {
			return err
		}
	}
	_, err = tx.q.exec(ctx, "UPDATE signup_entries SET person_id = ? WHERE person_id = ?", to, from)
	return classify(err)
}

// eraseSignups takes a person off the lists that are open, and his notes off
// all of them.
func (tx *Tx) eraseSignups(ctx context.Context, personID int64) error {
	on, err := list(ctx, &tx.Reader, scanSignupEntries, "SELECT "+signupEntryColumns+` JOIN signups s ON s.id = e.signup_id
		WHERE e.person_id = ? AND e.state <> 'left' AND s.state = 'open' ORDER BY e.id`, personID)
	if err != nil {
		return err
	}
	for _, e := range on {
		if err := tx.LeaveSignup(ctx, e); err != nil {
			return err
		}
	}
	_, err = tx.q.exec(ctx, "UPDATE signup_entries SET note = '' WHERE person_id = ? AND note <> ''", personID)
	if err == nil {
		_, err = tx.q.exec(ctx, "DELETE FROM push_sends WHERE person_id = ?", personID)
	}
	return classify(err)
}

// PersonSignup is a line of a person on a sign-up list.
type PersonSignup struct {
	Signup int64      `json:"signup"`
	Title  string     `json:"title"`
	State  string     `json:"state"` // in, waiting or left
	Extra  int        `json:"extra,omitempty"`
	Note   string     `json:"note,omitempty"`
	At     time.Time  `json:"at"`
	LeftAt *time.Time `json:"left_at,omitempty"`
}

func (r *Reader) personSignups(ctx context.Context, personID int64) ([]PersonSignup, error) {
	return list(ctx, r, func(rows *sql.Rows, p *PersonSignup) error {
		var at, left int64
		err := rows.Scan(&p.Signup, &p.Title, &p.State, &p.Extra, &p.Note, &at, &left)
		p.At, p.LeftAt = FromMillis(at), instantOrNil(left)
		return err
	}, `SELECT s.id, s.title, e.state, e.extra, e.note, e.at, e.left_at FROM signup_entries e JOIN signups s ON s.id = e.signup_id
		WHERE e.person_id = ? ORDER BY e.id`, personID)
}
