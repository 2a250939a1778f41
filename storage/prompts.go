package storage

import (
	"context"
	"time"
)

// SetPrompt opens a question to an account in a chat: its answer is put behind
// the command. An earlier one is closed.
func (tx *Tx) SetPrompt(ctx context.Context, chatID, accountID int64, command string, expires time.Time) error {
	if _, err := tx.q.exec(ctx, "DELETE FROM prompts WHERE expires_at <= ?", millis(tx.Now)); err != nil {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "INSERT OR REPLACE INTO prompts (chat_id, account_id, command, expires_at) VALUES (?, ?, ?, ?)", chatID, accountID, command, millis(expires))
	return classify(err)
}

// Prompt is the command that an open question waits to complete, or
// ErrNotFound.
func (r *Reader) Prompt(ctx context.Context, chatID, accountID int64, now time.Time) (string, error) {
	var command string
	err := r.q.row(ctx, "SELECT command FROM prompts WHERE chat_id = ? AND account_id = ? AND expires_at > ?", chatID, accountID, millis(now)).Scan(&command)
	return command, classify(err)
}

// DropPrompt closes the question to an account in a chat and reports whether
// there was one.
func (tx *Tx) DropPrompt(ctx context.Context, chatID, accountID int64) (bool, error) {
	res, err := tx.q.exec(ctx, "DELETE FROM prompts WHERE chat_id = ? AND account_id = ?", chatID, accountID)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}
