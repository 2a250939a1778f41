package storage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
)

// MarksVotes reports whether a person has voted in an anonymous poll that is
// open: marks of that stay when his data are deleted.
func (r *Reader) MarksVotes(ctx context.Context, personID int64) (bool, error) {
	polls, err := r.secretVotes(ctx, personID)
	return len(polls) > 0, err
}

func (r *Reader) secretVotes(ctx context.Context, personID int64) ([]int64, error) {
	return list(ctx, r, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT v.poll_id FROM poll_votes v JOIN polls p ON p.id = v.poll_id
			WHERE v.person_id = ? AND p.state = 'open' AND p.anonymous = 1 ORDER BY v.poll_id`, personID)
}

// markVotes keeps of a person whose data are about to go that his accounts have
// voted in the anonymous polls that are open. What they chose nobody knows, and
// the marks name neither him nor his pseudonym.
func (tx *Tx) markVotes(ctx context.Context, personID int64) error {
	polls, err := tx.secretVotes(ctx, personID)
	if err != nil || len(polls) == 0 {
		return err
	}
	accounts, err := tx.AccountsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, id := range polls {
		key, err := tx.pollKey(ctx, id)
		if errors.Is(err, ErrNotFound) {
			key = make([]byte, sha256.Size)
			if _, err := rand.Read(key); err != nil {
				return fmt.Errorf("poll %d: %w", id, err)
			}
			_, err = tx.q.exec(ctx, "INSERT INTO poll_keys (poll_id, key) VALUES (?, ?)", id, key)
			err = classify(err)
		}
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if _, err := tx.q.exec(ctx, "INSERT INTO poll_marks (poll_id, mark) VALUES (?, ?) ON CONFLICT DO NOTHING", id, voteMark(key, a)); err != nil {
				return classify(err)
			}
		}
	}
	return nil
}

// marked reports whether an account of a person voted in an anonymous poll
// before the data of who had it then were deleted.
func (r *Reader) marked(ctx context.Context, id, personID int64) (bool, error) {
	key, err := r.pollKey(ctx, id)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return false, err
	}
	accounts, err := r.AccountsOf(ctx, personID)
	if err != nil {
		return false, err
	}
	for _, a := range accounts {
		var n int
		if err := r.q.row(ctx, "SELECT count(*) FROM poll_marks WHERE poll_id = ? AND mark = ?", id, voteMark(key, a)).Scan(&n); err != nil || n > 0 {
			return n > 0, classify(err)
		}
	}
	return false, nil
}

// dropMarks forgets the marks of a poll that has ended, and what they were made
// with.
func (tx *Tx) dropMarks(ctx context.Context, id int64) error {
	for _, q := range []string{"DELETE FROM poll_marks WHERE poll_id = ?", "DELETE FROM poll_keys WHERE poll_id = ?"} {
		if _, err := tx.q.exec(ctx, q, id); err != nil {
			return classify(err)
		}
	}
	return nil
}

func (r *Reader) pollKey(ctx context.Context, id int64) (key []byte, err error) {
	err = classify(r.q.row(ctx, "SELECT key FROM poll_keys WHERE poll_id = ?", id).Scan(&key))
	return key, err
}

// voteMark is the keyed hash of an account. A domain holds no zero byte.
func voteMark(key []byte, a Account) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(a.Domain + "\x00" + a.ExternalID)) // hash.Hash: never an error
	return h.Sum(nil)
}
