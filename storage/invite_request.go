package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// How people come in by the bot's links.
const (
	DoorOpen = "open" // at once
	DoorAuto = "auto" // they ask, the bot lets them in
	DoorAsk  = "ask"  // they ask, an administrator decides
)

// InviteDoor is how people come into a chat by the bot's links.
func (r *Reader) InviteDoor(ctx context.Context, chatID int64) (string, error) {
	mode := DoorOpen
	err := classify(r.q.row(ctx, "SELECT mode FROM invite_doors WHERE chat_id = ?", chatID).Scan(&mode))
	if errors.Is(err, ErrNotFound) {
		return DoorOpen, nil
	}
	return mode, err
}

// SetInviteDoor says how people come into a chat from now on.
func (tx *Tx) SetInviteDoor(ctx context.Context, chatID int64, mode string) error {
	_, err := tx.q.exec(ctx, "INSERT INTO invite_doors (chat_id, mode) VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode", chatID, mode)
	return classify(err)
}

// OtherLinks lists open links of a chat that are not of a kind: whose users ask
// to be let in, or come in at once.
func (r *Reader) OtherLinks(ctx context.Context, chatID int64, asks bool, limit int) ([]InviteLink, error) {
	return list(ctx, r, func(rows *sql.Rows, l *InviteLink) error {
		var at int64
		err := rows.Scan(&l.WayID, &l.ChatID, &l.State, &l.Link, &l.QR, &l.QRText, &l.ExternalID, &at, &l.Asks)
		l.At = FromMillis(at)
		return err
	}, "SELECT "+linkColumns+" FROM invite_links WHERE chat_id = ? AND state = 'open' AND asks <> ? ORDER BY way_id LIMIT ?", chatID, asks, limit)
}

// InviteWay finds a way by its row, or ErrNotFound.
func (r *Reader) InviteWay(ctx context.Context, id int64) (InviteWay, error) {
	var w InviteWay
	err := scanWay(r.q.row(ctx, "SELECT "+wayColumns+" FROM invite_ways WHERE id = ?", id), &w)
	return w, classify(err)
}

// States of a request to be let in.
const (
	RequestAsked     = "asked"     // an administrator decides
	RequestAdmitting = "admitting" // the network is asked to let him in
	RequestRefusing  = "refusing"
	RequestAdmitted  = "admitted"
	RequestRefused   = "refused"
	RequestGone      = "gone"   // taken back, or decided by somebody else
	RequestFailed    = "failed" // the network did not do it; an administrator was told
)

// InviteRequest is somebody who asked to be let in by one of the bot's links.
type InviteRequest struct {
	ID          int64
	CommunityID int64
	ChatID      int64
	AccountID   int64
	WayID       int64
	State       string
	Tries       int
	Error       string
	AskedAt     time.Time // UTC
}

const requestColumns = "id, community_id, chat_id, account_id, way_id, state, tries, error, asked_at"

func scanRequest(row interface{ Scan(...any) error }, q *InviteRequest) error {
	var asked int64
	err := row.Scan(&q.ID, &q.CommunityID, &q.ChatID, &q.AccountID, &q.WayID, &q.State, &q.Tries, &q.Error, &asked)
	q.AskedAt = FromMillis(asked)
	return err
}

// InviteRequest finds a request by its row, or ErrNotFound.
func (r *Reader) InviteRequest(ctx context.Context, id int64) (InviteRequest, error) {
	var q InviteRequest
	err := scanRequest(r.q.row(ctx, "SELECT "+requestColumns+" FROM invite_requests WHERE id = ?", id), &q)
	return q, classify(err)
}

// NewestRequest finds the newest request of an account for a chat, or
// ErrNotFound.
func (r *Reader) NewestRequest(ctx context.Context, chatID, accountID int64) (InviteRequest, error) {
	var q InviteRequest
	err := scanRequest(r.q.row(ctx, "SELECT "+requestColumns+" FROM invite_requests WHERE chat_id = ? AND account_id = ? ORDER BY id DESC LIMIT 1", chatID, accountID), &q)
	return q, classify(err)
}

// AddInviteRequest adds a request; ErrDuplicate when one of the account is open.
func (tx *Tx) AddInviteRequest(ctx context.Context, q InviteRequest) (InviteRequest, error) {
	err := tx.q.row(ctx, "INSERT INTO invite_requests (community_id, chat_id, account_id, way_id, state, asked_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
		q.CommunityID, q.ChatID, q.AccountID, q.WayID, q.State, millis(q.AskedAt)).Scan(&q.ID)
	return q, classify(err)
}

// SetInviteRequest stores what became of a request.
func (tx *Tx) SetInviteRequest(ctx context.Context, q InviteRequest) error {
	decided := int64(0)
	if q.State != RequestAsked {
		decided = millis(tx.Now)
	}
	_, err := tx.q.exec(ctx, "UPDATE invite_requests SET state = ?, tries = ?, error = ?, decided_at = ? WHERE id = ?", q.State, q.Tries, q.Error, decided, q.ID)
	return classify(err)
}

// PersonRequest is a wish to be let in, for /mydata export.
type PersonRequest struct {
	At    time.Time `json:"at"`
	State string    `json:"state"`
}

func (r *Reader) personRequests(ctx context.Context, personID int64) ([]PersonRequest, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, q *PersonRequest) error {
		var at int64
		err := rows.Scan(&at, &q.State)
		q.At = FromMillis(at)
		return err
	}, "SELECT q.asked_at, q.state FROM invite_requests q JOIN accounts a ON a.id = q.account_id WHERE a.person_id = ? ORDER BY q.id", personID)
	if out == nil {
		out = []PersonRequest{}
	}
	return out, err
}
