package storage

import (
	"context"
	"errors"
	"time"
)

// Presence is an account's stay in a chat.
type Presence struct {
	ChatID        int64
	AccountID     int64
	Present       bool
	JoinedAt      time.Time // UTC
	LeftAt        time.Time // UTC; zero while present or never seen leaving
	Joins         int       // how often he came
	Messages      int64
	LastMessageAt time.Time // UTC
}

// Presence reads an account's stay in a chat, or ErrNotFound.
func (r *Reader) Presence(ctx context.Context, chatID, accountID int64) (Presence, error) {
	p := Presence{ChatID: chatID, AccountID: accountID}
	var joined, left, last int64
	err := r.q.row(ctx, "SELECT present, joined_at, left_at, joins, messages, last_message_at FROM presence WHERE chat_id = ? AND account_id = ?", chatID, accountID).
		Scan(&p.Present, &joined, &left, &p.Joins, &p.Messages, &last)
	p.JoinedAt, p.LeftAt, p.LastMessageAt = FromMillis(joined), FromMillis(left), FromMillis(last)
	return p, classify(err)
}

// Enter records that an account is in a chat and reports whether that is news.
// A join told twice (membership update and service message) is one join.
func (tx *Tx) Enter(ctx context.Context, chatID, accountID int64, at time.Time) (bool, error) {
	p, err := tx.Presence(ctx, chatID, accountID)
	switch {
	case errors.Is(err, ErrNotFound):
		_, err = tx.q.exec(ctx, "INSERT INTO presence (chat_id, account_id, present, joined_at) VALUES (?, ?, 1, ?)", chatID, accountID, millis(at))
		return true, classify(err)
	case err != nil || p.Present:
		return false, err
	}
	_, err = tx.q.exec(ctx, "UPDATE presence SET present = 1, joined_at = ?, left_at = 0, joins = joins + 1 WHERE chat_id = ? AND account_id = ?", millis(at), chatID, accountID)
	return true, classify(err)
}

// LeaveChat records that an account left and reports whether that is news.
func (tx *Tx) LeaveChat(ctx context.Context, chatID, accountID int64, at time.Time) (bool, error) {
	res, err := tx.q.exec(ctx, "UPDATE presence SET present = 0, left_at = ? WHERE chat_id = ? AND account_id = ? AND present = 1", millis(at), chatID, accountID)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// CountMessage adds one message of an account to a chat's count.
func (tx *Tx) CountMessage(ctx context.Context, chatID, accountID int64, at time.Time) error {
	_, err := tx.q.exec(ctx, `INSERT INTO presence (chat_id, account_id, present, joined_at, messages, last_message_at) VALUES (?1, ?2, 1, ?3, 1, ?3)
		ON CONFLICT DO UPDATE SET messages = messages + 1, present = 1, last_message_at = max(last_message_at, excluded.last_message_at)`, chatID, accountID, millis(at))
	return classify(err)
}
