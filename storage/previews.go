package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Preview is a change somebody has seen in numbers and may confirm.
type Preview struct {
	ID        int64
	ChatID    int64
	AccountID int64
	Action    string    // which action runs on confirm
	Data      string    // JSON, owned by the action
	Title     string    // what it is, for the list of open ones
	State     string    // open, confirmed, cancelled
	CreatedAt time.Time // UTC
	ExpiresAt time.Time // UTC
	Beside    bool      // not a column: only one of the same data gives way to it
}

// States of a preview.
const (
	PreviewOpen      = "open"
	PreviewConfirmed = "confirmed"
	PreviewCancelled = "cancelled"
)

// PreviewSlot begins the slot of a preview's message; its id follows.
const PreviewSlot = "preview:"

const previewColumns = "id, chat_id, account_id, action, data, title, state, created_at, expires_at"

func scanPreview(rows *sql.Rows, p *Preview) error {
	var created, expires int64
	err := rows.Scan(&p.ID, &p.ChatID, &p.AccountID, &p.Action, &p.Data, &p.Title, &p.State, &created, &expires)
	p.CreatedAt, p.ExpiresAt = FromMillis(created), FromMillis(expires)
	return err
}

// AddPreview stores a preview. Open ones of the same person, chat and action
// are cancelled, or with Beside those with the same data: the newest is the one
// that counts.
func (tx *Tx) AddPreview(ctx context.Context, p Preview) (int64, error) {
	if _, err := tx.q.exec(ctx, "UPDATE previews SET state = 'cancelled' WHERE chat_id = ? AND account_id = ? AND action = ? AND state = 'open' AND (? OR data = ?)",
		p.ChatID, p.AccountID, p.Action, !p.Beside, p.Data); err != nil {
		return 0, classify(err)
	}
	res, err := tx.q.exec(ctx, "INSERT INTO previews (chat_id, account_id, action, data, title, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		p.ChatID, p.AccountID, p.Action, p.Data, p.Title, millis(tx.Now), millis(p.ExpiresAt))
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	return id, classify(err)
}

// BlankPreview forgets what a preview that is decided kept.
func (tx *Tx) BlankPreview(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE previews SET data = '{}' WHERE id = ? AND state <> 'open'", id)
	return classify(err)
}

// PreviewByID reads one, or ErrNotFound.
func (r *Reader) PreviewByID(ctx context.Context, id int64) (Preview, error) {
	all, err := list(ctx, r, scanPreview, "SELECT "+previewColumns+" FROM previews WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		return Preview{}, ErrNotFound
	}
	if err != nil {
		return Preview{}, err
	}
	return all[0], nil
}

// OpenPreviews lists what a person may still confirm in a chat.
func (r *Reader) OpenPreviews(ctx context.Context, chatID, accountID int64, now time.Time) ([]Preview, error) {
	return list(ctx, r, scanPreview, "SELECT "+previewColumns+" FROM previews WHERE chat_id = ? AND account_id = ? AND state = 'open' AND expires_at > ? ORDER BY id",
		chatID, accountID, millis(now))
}

// ClosePreview sets the outcome of an open preview; ErrDuplicate when it has
// one already.
func (tx *Tx) ClosePreview(ctx context.Context, id int64, state string) error {
	res, err := tx.q.exec(ctx, "UPDATE previews SET state = ? WHERE id = ? AND state = 'open'", state, id)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// Button gives the short id of a command too long for callback data.
func (tx *Tx) Button(ctx context.Context, command string) (int64, error) {
	var id int64
	err := tx.q.row(ctx, "INSERT INTO buttons (command, created_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET created_at = excluded.created_at RETURNING id",
		command, millis(tx.Now)).Scan(&id)
	return id, classify(err)
}

// ButtonCommand reads the command behind a short id, or ErrNotFound.
func (r *Reader) ButtonCommand(ctx context.Context, id int64) (string, error) {
	var s string
	err := r.q.row(ctx, "SELECT command FROM buttons WHERE id = ?", id).Scan(&s)
	return s, classify(err)
}

// What a person is told once and then not for a while.
const (
	AboutRole = "role" // that he may not do something
	AboutCall = "call" // what the bot can do, when he says its name and nothing else
)

// Refuse notes that a person was told something in a chat, and reports whether
// it may be said: once until the given instant.
func (tx *Tx) Refuse(ctx context.Context, chatID, accountID int64, about string, until time.Time) (bool, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO refusals (chat_id, account_id, about, until) VALUES (?1, ?2, ?5, ?3)
		ON CONFLICT DO UPDATE SET until = excluded.until WHERE until <= ?4`, chatID, accountID, millis(until), millis(tx.Now), about)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}
