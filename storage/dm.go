package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// DMCap is how many direct messages of announcements a person gets in a month.
const DMCap = 4

// DMConsent is whether a person allowed direct messages, and since when. Who
// never said anything has not.
func (r *Reader) DMConsent(ctx context.Context, personID int64) (bool, time.Time, error) {
	var allowed bool
	var at int64
	err := classify(r.q.row(ctx, "SELECT allowed, at FROM dm_consents WHERE person_id = ?", personID).Scan(&allowed, &at))
	if errors.Is(err, ErrNotFound) {
		return false, time.Time{}, nil
	}
	return allowed, FromMillis(at), err
}

// SetDMConsent stores a person's word.
func (tx *Tx) SetDMConsent(ctx context.Context, personID int64, allowed bool) error {
	_, err := tx.q.exec(ctx, `INSERT INTO dm_consents (person_id, allowed, at) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET allowed = excluded.allowed, at = excluded.at WHERE allowed <> excluded.allowed`, personID, allowed, millis(tx.Now))
	return classify(err)
}

// Recipient is somebody who allowed direct messages and can be written to.
type Recipient struct {
	PersonID int64
	Account  Account
	Chat     Chat // his private chat with the bot
}

// Recipients lists who allowed direct messages and has a private chat that is
// in use: among the members present in a chat, or with 0 among all. A person
// with several accounts is there with each; the first comes first.
func (r *Reader) Recipients(ctx context.Context, chatID int64) ([]Recipient, error) {
	return list(ctx, r, func(rows *sql.Rows, p *Recipient) error {
		a, c := &p.Account, &p.Chat
		p.Chat.Kind, p.Chat.State = "private", ChatActive
		err := rows.Scan(&p.PersonID, &a.ID, &a.Domain, &a.ExternalID, &a.PersonID, &c.ID, &c.Domain, &c.ExternalID, &c.Connection)
		return err
	}, `SELECT d.person_id, a.id, a.domain, a.external_id, a.person_id, h.id, h.domain, h.external_id, h.connection
		FROM dm_consents d JOIN accounts a ON a.person_id = d.person_id
		JOIN chats h ON h.domain = a.domain AND h.external_id = a.external_id AND h.kind = 'private' AND h.state = 'active' AND h.connection <> ''
		WHERE d.allowed = 1 AND (?1 = 0 OR EXISTS (SELECT 1 FROM accounts b JOIN presence p ON p.account_id = b.id
			WHERE b.person_id = d.person_id AND p.chat_id = ?1 AND p.present = 1)) ORDER BY d.person_id, a.id`, chatID)
}

// DMsIn counts the direct messages a person got in a month (2006-01).
func (r *Reader) DMsIn(ctx context.Context, personID int64, month string) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT coalesce(max(n), 0) FROM dm_sends WHERE person_id = ? AND month = ?", personID, month).Scan(&n)
	return n, classify(err)
}

// CountDM takes one of a person's direct messages of a month for an
// announcement, and reports whether there was one left. The same announcement
// counts once, however often it is tried.
func (tx *Tx) CountDM(ctx context.Context, personID, announcement int64, month string) (bool, error) {
	var had int
	if err := tx.q.row(ctx, "SELECT count(*) FROM dm_sends WHERE person_id = ? AND announcement_id = ?", personID, announcement).Scan(&had); err != nil || had > 0 {
		return had > 0, classify(err)
	}
	n, err := tx.DMsIn(ctx, personID, month)
	if err != nil || n >= DMCap {
		return false, err
	}
	_, err = tx.q.exec(ctx, "INSERT INTO dm_sends (person_id, month, n, announcement_id, at) VALUES (?, ?, ?, ?, ?)", personID, month, n+1, announcement, millis(tx.Now))
	return err == nil, classify(err)
}

// WithdrawDMs gives up the direct messages to a person that have not left.
func (tx *Tx) WithdrawDMs(ctx context.Context, personID int64, kind, reason string) error {
	_, err := tx.q.exec(ctx, `UPDATE outbox SET state = 'dead', error = ?, settled_at = ? WHERE state = 'queued' AND (kind = ? OR kind IN ('remind.dm_close', 'remind.dm_event')) AND account_id IN (SELECT id FROM accounts WHERE person_id = ?)`,
		reason, millis(tx.Now), kind, personID)
	return classify(err)
}

// PersonDMs is a person's word about direct messages, and when he got them.
type PersonDMs struct {
	Allowed bool        `json:"allowed"`
	Since   time.Time   `json:"since"`
	Got     []time.Time `json:"got"` // oldest first
}

func (r *Reader) personDMs(ctx context.Context, personID int64) (*PersonDMs, error) {
	allowed, since, err := r.DMConsent(ctx, personID)
	if err != nil || since.IsZero() {
		return nil, err
	}
	got, err := list(ctx, r, func(rows *sql.Rows, t *time.Time) error {
		var ms int64
		err := rows.Scan(&ms)
		*t = FromMillis(ms)
		return err
	}, "SELECT at FROM dm_sends WHERE person_id = ? ORDER BY at", personID)
	return &PersonDMs{allowed, since, got}, err
}

// HasPrivateChat reports whether the bot may write to a person somewhere.
func (r *Reader) HasPrivateChat(ctx context.Context, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM accounts a JOIN chats h ON h.domain = a.domain AND h.external_id = a.external_id
		WHERE a.person_id = ? AND h.kind = 'private' AND h.state = 'active' AND h.connection <> ''`, personID).Scan(&n)
	return n > 0, classify(err)
}
