package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// States of a draw.
const (
	DrawDraft     = "draft"
	DrawOpen      = "open"
	DrawFrozen    = "frozen" // the list is closed, the randomness is awaited
	DrawDrawn     = "drawn"
	DrawCancelled = "cancelled"
)

// How a draw ends.
const (
	DrawTimed   = "timed"   // at an instant
	DrawFull    = "full"    // when so many have entered, or at an instant
	DrawInstant = "instant" // everybody is told at once
)

// Draw is one lucky draw. Its number is its id.
type Draw struct {
	ID          int64
	CommunityID int64
	ChatID      int64 // where it was made
	AccountID   int64 // who made it, 0 = an anonymous administrator
	State       string
	Mode        string
	Spec        string // JSON of the family: prizes, conditions, published facts
	Rules       string // the text whose hash the receipt names
	Cost        int64
	FullAt      int64  // entrants that close it, or tickets of an instant draw; 0 = time alone
	Secret      string // hex; "" until it is published
	Commitment  string
	Beacon      string // drand, number or none
	Chain       string
	PublicKey   string
	Round       int64
	Signature   string
	NumberName  string
	NumberValue string
	Tickets     int64 // the last one given out
	ListSHA256  string
	Late        bool   // frozen after the randomness existed
	Waited      bool   // it was said that the randomness is late
	Reason      string // of a cancellation
	OpenedAt    time.Time
	ClosesAt    time.Time
	FrozenAt    time.Time
	DrawnAt     time.Time
	CreatedAt   time.Time
}

const drawColumns = `id, community_id, chat_id, account_id, state, mode, spec, rules, cost, full_at, secret, commitment, beacon, chain, public_key,
	round, signature, number_name, number_value, tickets, list_sha256, late, waited, reason, opened_at, closes_at, frozen_at, drawn_at, created_at`

func scanDraw(row interface{ Scan(...any) error }, d *Draw) error {
	var opened, closes, frozen, drawn, created int64
	err := row.Scan(&d.ID, &d.CommunityID, &d.ChatID, &d.AccountID, &d.State, &d.Mode, &d.Spec, &d.Rules, &d.Cost, &d.FullAt, &d.Secret, &d.Commitment,
		&d.Beacon, &d.Chain, &d.PublicKey, &d.Round, &d.Signature, &d.NumberName, &d.NumberValue, &d.Tickets, &d.ListSHA256, &d.Late, &d.Waited, &d.Reason,
		&opened, &closes, &frozen, &drawn, &created)
	d.OpenedAt, d.ClosesAt, d.FrozenAt, d.DrawnAt, d.CreatedAt = FromMillis(opened), FromMillis(closes), FromMillis(frozen), FromMillis(drawn), FromMillis(created)
	return err
}

func scanDraws(rows *sql.Rows, d *Draw) error { return scanDraw(rows, d) }

// Draw reads a draw by its number, or ErrNotFound.
func (r *Reader) Draw(ctx context.Context, id int64) (Draw, error) {
	var d Draw
	err := scanDraw(r.q.row(ctx, "SELECT "+drawColumns+" FROM draws WHERE id = ?", id), &d)
	return d, classify(err)
}

// DrawsOf lists the newest draws of a community that are no drafts, those in
// one of the states if any are named.
func (r *Reader) DrawsOf(ctx context.Context, community int64, state string, limit int) ([]Draw, error) {
	return list(ctx, r, scanDraws, "SELECT "+drawColumns+` FROM draws
		WHERE community_id = ?1 AND state <> 'draft' AND (?2 = '' OR state = ?2) ORDER BY id DESC LIMIT ?3`, community, state, limit)
}

// DrawnAfter lists draws that have a result, by their number, for checking
// them page by page.
func (r *Reader) DrawnAfter(ctx context.Context, id int64, limit int) ([]Draw, error) {
	return list(ctx, r, scanDraws, "SELECT "+drawColumns+" FROM draws WHERE id > ? AND state = 'drawn' ORDER BY id LIMIT ?", id, limit)
}

// AwaitedRounds lists the frozen draws whose round of public randomness is
// missing, earliest round first.
func (r *Reader) AwaitedRounds(ctx context.Context, limit int) ([]Draw, error) {
	return list(ctx, r, scanDraws, "SELECT "+drawColumns+" FROM draws WHERE state = 'frozen' AND beacon = 'drand' ORDER BY round LIMIT ?", limit)
}

// AddDraw stores a draft and returns its number.
func (tx *Tx) AddDraw(ctx context.Context, d Draw) (int64, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO draws (community_id, chat_id, account_id, state, mode, spec, cost, full_at, beacon, chain, public_key, number_name, closes_at, created_at)
		VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.CommunityID, d.ChatID, d.AccountID, d.Mode, d.Spec, d.Cost, d.FullAt, d.Beacon, d.Chain, d.PublicKey, d.NumberName, millis(d.ClosesAt), millis(tx.Now))
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	return id, classify(err)
}

// SetDraw stores a draw that is in a state; ErrDuplicate when it is not in that
// state any more: somebody else was faster, and whatever was to happen has
// happened once.
func (tx *Tx) SetDraw(ctx context.Context, d Draw, from string) error {
	res, err := tx.q.exec(ctx, `UPDATE draws SET state = ?, mode = ?, spec = ?, rules = ?, cost = ?, full_at = ?, secret = ?, commitment = ?, beacon = ?,
			round = ?, signature = ?, number_name = ?, number_value = ?, tickets = ?, list_sha256 = ?, late = ?, waited = ?, reason = ?,
			opened_at = ?, closes_at = ?, frozen_at = ?, drawn_at = ? WHERE id = ? AND state = ?`,
		d.State, d.Mode, d.Spec, d.Rules, d.Cost, d.FullAt, d.Secret, d.Commitment, d.Beacon,
		d.Round, d.Signature, d.NumberName, d.NumberValue, d.Tickets, d.ListSHA256, d.Late, d.Waited, d.Reason,
		millis(d.OpenedAt), millis(d.ClosesAt), millis(d.FrozenAt), millis(d.DrawnAt), d.ID, from)
	if err := once(res, err, fmt.Sprintf("draw %d in state %s", d.ID, from)); err != nil || d.OpenedAt.IsZero() {
		return err
	}
	return tx.LookAtPushes(ctx, ActivityDraw, d.ID)
}

// once turns an update that met no row into ErrDuplicate.
func once(res sql.Result, err error, what string) error {
	if err != nil {
		return classify(err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return fmt.Errorf("%s: %w", what, errors.Join(ErrDuplicate, err))
	}
	return nil
}

// DrawEntry is one ticket of a draw.
type DrawEntry struct {
	DrawID    int64
	Ticket    int64
	PersonID  int64
	AccountID int64
	MemberID  int64 // who paid
	Name      string
	Who       string // SHA-256 of salt and account, hex
	Salt      string // hex, for its owner alone
	Weight    int64
	Cost      int64
	State     string // in, left or refunded
	EnteredAt time.Time
	LeftAt    time.Time
}

// States of an entry.
const (
	EntryIn       = "in"
	EntryLeft     = "left"     // gave his ticket back before the close
	EntryRefunded = "refunded" // the draw was cancelled
)

const entrySelect = `SELECT e.draw_id, e.ticket, e.person_id, e.account_id, e.member_id, a.name, e.who, e.salt, e.weight, e.cost, e.state, e.entered_at, e.left_at
	FROM draw_entries e JOIN accounts a ON a.id = e.account_id `

func scanDrawEntry(row interface{ Scan(...any) error }, e *DrawEntry) error {
	var entered, left int64
	err := row.Scan(&e.DrawID, &e.Ticket, &e.PersonID, &e.AccountID, &e.MemberID, &e.Name, &e.Who, &e.Salt, &e.Weight, &e.Cost, &e.State, &entered, &left)
	e.EnteredAt, e.LeftAt = FromMillis(entered), FromMillis(left)
	return err
}

// DrawEntries lists the tickets that are in a draw, ascending.
func (r *Reader) DrawEntries(ctx context.Context, draw int64) ([]DrawEntry, error) {
	return list(ctx, r, func(rows *sql.Rows, e *DrawEntry) error { return scanDrawEntry(rows, e) },
		entrySelect+"WHERE e.draw_id = ? AND e.state = 'in' ORDER BY e.ticket", draw)
}

// CountEntries counts the tickets that are in a draw.
func (r *Reader) CountEntries(ctx context.Context, draw int64) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM draw_entries WHERE draw_id = ? AND state = 'in'", draw).Scan(&n)
	return n, classify(err)
}

// DrawEntry finds a person's ticket in a draw, or ErrNotFound.
func (r *Reader) DrawEntry(ctx context.Context, draw, personID int64) (DrawEntry, error) {
	var e DrawEntry
	err := scanDrawEntry(r.q.row(ctx, entrySelect+"WHERE e.draw_id = ? AND e.person_id = ? AND e.state = 'in'", draw, personID), &e)
	return e, classify(err)
}

// EntryByTicket finds a ticket of a draw, or ErrNotFound.
func (r *Reader) EntryByTicket(ctx context.Context, draw, ticket int64) (DrawEntry, error) {
	var e DrawEntry
	err := scanDrawEntry(r.q.row(ctx, entrySelect+"WHERE e.draw_id = ? AND e.ticket = ?", draw, ticket), &e)
	return e, classify(err)
}

// AddEntry gives a person his ticket, numbered here. A second one is
// ErrDuplicate.
func (tx *Tx) AddEntry(ctx context.Context, e DrawEntry) (DrawEntry, error) {
	err := tx.q.row(ctx, "UPDATE draws SET tickets = tickets + 1 WHERE id = ? AND state = 'open' RETURNING tickets", e.DrawID).Scan(&e.Ticket)
	if err != nil {
		return e, classify(err)
	}
	e.State, e.EnteredAt = EntryIn, tx.Now
	_, err = tx.q.exec(ctx, `INSERT INTO draw_entries (draw_id, ticket, person_id, account_id, member_id, who, salt, weight, cost, entered_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.DrawID, e.Ticket, e.PersonID, e.AccountID, e.MemberID, e.Who, e.Salt, e.Weight, e.Cost, millis(e.EnteredAt))
	return e, classify(err)
}

// EndEntry takes a ticket out of a draw; ErrDuplicate when it is not in.
func (tx *Tx) EndEntry(ctx context.Context, draw, ticket int64, state string) error {
	res, err := tx.q.exec(ctx, "UPDATE draw_entries SET state = ?, left_at = ? WHERE draw_id = ? AND ticket = ? AND state = 'in'", state, millis(tx.Now), draw, ticket)
	return once(res, err, fmt.Sprintf("ticket %d of draw %d", ticket, draw))
}

// RefuseEntry remembers why somebody was not let in the last time he tried.
func (tx *Tx) RefuseEntry(ctx context.Context, draw, personID int64, reason string) error {
	_, err := tx.q.exec(ctx, `INSERT INTO draw_refusals (draw_id, person_id, reason, at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET reason = excluded.reason, at = excluded.at`, draw, personID, reason, millis(tx.Now))
	return classify(err)
}

// EntryRefusal is the reason that RefuseEntry kept, or ErrNotFound.
func (r *Reader) EntryRefusal(ctx context.Context, draw, personID int64) (reason string, at time.Time, err error) {
	var ms int64
	err = r.q.row(ctx, "SELECT reason, at FROM draw_refusals WHERE draw_id = ? AND person_id = ?", draw, personID).Scan(&reason, &ms)
	return reason, FromMillis(ms), classify(err)
}
