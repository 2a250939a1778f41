package storage

import (
	"context"
	"database/sql"
	"time"
)

// States of a bind.
const (
	BindLive   = "live"
	BindUndone = "undone"
	BindErased = "erased" // the person deleted his data: there is nobody to part
)

// Bind is two persons that became one: From's accounts and points are Into's.
type Bind struct {
	ID        int64
	From      int64
	Into      int64
	State     string
	Before    string // JSON, the command's own: settings of Into that the bind changed
	AuditID   int64
	CreatedAt time.Time // UTC
}

// BoundMember is what a bind moved in one community.
type BoundMember struct {
	BindID      int64
	CommunityID int64
	From        int64 // member rows
	Into        int64
	Points      int64
	Pending     int64
	Cards       int64
	Doubled     int64 // points of days on which both had checked in, taken back
	FromHidden  bool  // as it was before
	IntoHidden  bool
	Carried     bool // the community went into another one since
}

const bindColumns = "id, from_person, into_person, state, before, audit_id, created_at"

func scanBind(row interface{ Scan(...any) error }, b *Bind) error {
	var at int64
	err := row.Scan(&b.ID, &b.From, &b.Into, &b.State, &b.Before, &b.AuditID, &at)
	b.CreatedAt = FromMillis(at)
	return err
}

// AddBind notes that From becomes part of Into and hands his accounts over.
func (tx *Tx) AddBind(ctx context.Context, b Bind) (int64, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO binds (from_person, into_person, state, before, audit_id, created_at) VALUES (?, ?, 'live', ?, ?, ?)",
		b.From, b.Into, b.Before, b.AuditID, millis(tx.Now))
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, classify(err)
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO bind_accounts (bind_id, account_id) SELECT ?, id FROM accounts WHERE person_id = ?", []any{id, b.From}},
		{"UPDATE accounts SET person_id = ? WHERE person_id = ?", []any{b.Into, b.From}},
		{"UPDATE people SET merged_into = ? WHERE id = ?", []any{b.Into, b.From}},
	} {
		if _, err := tx.q.exec(ctx, step.sql, step.args...); err != nil {
			return 0, classify(err)
		}
	}
	b.ID = id
	return id, tx.FollowBind(ctx, b, false)
}

// EndBind parts the two again: the accounts go back.
func (tx *Tx) EndBind(ctx context.Context, b Bind) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE binds SET state = 'undone', undone_at = ? WHERE id = ? AND state = 'live'", []any{millis(tx.Now), b.ID}},
		{"UPDATE accounts SET person_id = ? WHERE id IN (SELECT account_id FROM bind_accounts WHERE bind_id = ?)", []any{b.From, b.ID}},
		{"UPDATE people SET merged_into = 0 WHERE id = ?", []any{b.From}},
	} {
		if _, err := tx.q.exec(ctx, step.sql, step.args...); err != nil {
			return classify(err)
		}
	}
	return tx.FollowBind(ctx, b, true)
}

// BindByAudit finds the bind that an audit row tells of, or ErrNotFound.
func (r *Reader) BindByAudit(ctx context.Context, audit int64) (Bind, error) {
	var b Bind
	err := scanBind(r.q.row(ctx, "SELECT "+bindColumns+" FROM binds WHERE audit_id = ?", audit), &b)
	return b, classify(err)
}

// LastBind finds the newest live bind that a person is part of, on either
// side, or ErrNotFound.
func (r *Reader) LastBind(ctx context.Context, person int64) (Bind, error) {
	var b Bind
	err := scanBind(r.q.row(ctx, "SELECT "+bindColumns+` FROM binds WHERE id = max(
		COALESCE((SELECT max(id) FROM binds WHERE state = 'live' AND from_person = ?1), 0),
		COALESCE((SELECT max(id) FROM binds WHERE state = 'live' AND into_person = ?1), 0))`, person), &b)
	return b, classify(err)
}

// Heir is the person who has somebody's accounts now: himself, unless he was
// bound to another one.
func (r *Reader) Heir(ctx context.Context, person int64) (int64, error) {
	var id int64
	err := r.q.row(ctx, `WITH RECURSIVE line(id, next) AS (
			SELECT id, merged_into FROM people WHERE id = ?
			UNION SELECT p.id, p.merged_into FROM people p JOIN line ON p.id = line.next)
		SELECT id FROM line WHERE next = 0`, person).Scan(&id)
	return id, classify(err)
}

// merged are the persons whose accounts a person has, himself included.
const merged = `WITH RECURSIVE self(id) AS (
	SELECT ?1 UNION SELECT p.id FROM people p JOIN self ON p.merged_into = self.id AND p.merged_into <> 0)`

// Merged lists the persons whose accounts a person has now, himself first.
func (r *Reader) Merged(ctx context.Context, person int64) ([]int64, error) {
	return list(ctx, r, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) }, merged+" SELECT id FROM self ORDER BY id <> ?1, id", person)
}

// AddBoundMember notes what a bind moved in a community.
func (tx *Tx) AddBoundMember(ctx context.Context, b BoundMember) error {
	_, err := tx.q.exec(ctx, `INSERT INTO bind_members (bind_id, community_id, from_member, into_member, points, pending, cards, doubled, from_hidden, into_hidden, carried)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET points = points + excluded.points, pending = pending + excluded.pending, cards = cards + excluded.cards,
			doubled = doubled + excluded.doubled, carried = 1`,
		b.BindID, b.CommunityID, b.From, b.Into, b.Points, b.Pending, b.Cards, b.Doubled, b.FromHidden, b.IntoHidden, b.Carried)
	return classify(err)
}

const boundColumns = "bind_id, community_id, from_member, into_member, points, pending, cards, doubled, from_hidden, into_hidden, carried"

func scanBound(rows *sql.Rows, b *BoundMember) error {
	return rows.Scan(&b.BindID, &b.CommunityID, &b.From, &b.Into, &b.Points, &b.Pending, &b.Cards, &b.Doubled, &b.FromHidden, &b.IntoHidden, &b.Carried)
}

// BoundMembers lists what a bind moved, by community.
func (r *Reader) BoundMembers(ctx context.Context, bind int64) ([]BoundMember, error) {
	return list(ctx, r, scanBound, "SELECT "+boundColumns+" FROM bind_members WHERE bind_id = ? ORDER BY community_id", bind)
}

// BoundInto lists what live binds moved to a member.
func (r *Reader) BoundInto(ctx context.Context, member int64) ([]BoundMember, error) {
	return list(ctx, r, scanBound, "SELECT "+boundColumns+` FROM bind_members
		WHERE into_member = ? AND bind_id IN (SELECT id FROM binds WHERE state = 'live') ORDER BY bind_id`, member)
}

// CarryBound notes that what a bind moved is in another community now.
func (tx *Tx) CarryBound(ctx context.Context, was, now BoundMember) error {
	if _, err := tx.q.exec(ctx, "DELETE FROM bind_members WHERE bind_id = ? AND community_id = ?", was.BindID, was.CommunityID); err != nil {
		return classify(err)
	}
	if err := tx.AddBoundMember(ctx, now); err != nil {
		return err
	}
	_, err := tx.q.exec(ctx, "UPDATE checkins SET origin = ? WHERE member_id = ? AND origin = ?", now.From, now.Into, was.From)
	return classify(err)
}

// SharedDays tells on how many days of a member another one had checked in as
// well, and what the first one gained on them.
func (r *Reader) SharedDays(ctx context.Context, member, other int64) (days int, gained int64, err error) {
	err = r.q.row(ctx, `SELECT count(*), COALESCE(sum(CASE WHEN c.origin = 0 THEN c.gained ELSE COALESCE((SELECT gained FROM checkins WHERE member_id = c.origin AND day = c.day), 0) END), 0)
		FROM checkins c JOIN checkins o ON o.member_id = ?2 AND o.day = c.day
		WHERE c.member_id = ?1 AND (c.repaired = 0 OR c.origin <> 0) AND (o.repaired = 0 OR o.origin <> 0)`, member, other).Scan(&days, &gained)
	return days, gained, classify(err)
}

// BindDays gives a member the days of another one as copies that DropCopies
// takes away again. Days that are there already stay as they are. A copy counts
// for the streak and says where the check-in was; it is no check-in itself.
func (tx *Tx) BindDays(ctx context.Context, from, into int64) error {
	_, err := tx.q.exec(ctx, `INSERT INTO checkins (member_id, day, at, place, gained, streak, repaired, chat_id, origin)
		SELECT ?2, day, at, 0, 0, streak, 1, chat_id, ?1 FROM checkins WHERE member_id = ?1
		ON CONFLICT DO NOTHING`, from, into)
	return classify(err)
}

// DropCopies takes a member's copies of another one's days away.
func (tx *Tx) DropCopies(ctx context.Context, member, origin int64) error {
	_, err := tx.q.exec(ctx, "DELETE FROM checkins WHERE member_id = ? AND origin = ? AND origin <> 0", member, origin)
	return classify(err)
}

// DayPoints is what a member's entries of one day add up to.
type DayPoints struct {
	Day    string
	Amount int64
}

// PointsFrom sums a member's points by day, from a day on.
func (r *Reader) PointsFrom(ctx context.Context, member int64, day string) ([]DayPoints, error) {
	return list(ctx, r, func(rows *sql.Rows, d *DayPoints) error { return rows.Scan(&d.Day, &d.Amount) },
		"SELECT day, sum(amount) FROM ledger WHERE member_id = ? AND unit = 'points' AND day >= ? GROUP BY day ORDER BY day", member, day)
}

// EntriesOf lists a member's entries whose cause begins with a prefix, oldest
// first. The prefix ends with a colon.
func (r *Reader) EntriesOf(ctx context.Context, member int64, prefix string) ([]Entry, error) {
	return list(ctx, r, func(rows *sql.Rows, e *Entry) error { return scanEntry(rows, e) },
		"SELECT "+entryColumns+" FROM ledger WHERE member_id = ? AND cause >= ? AND cause < ? ORDER BY id", member, prefix, prefix[:len(prefix)-1]+";")
}

// Owns reports whether a member row is a person's own, or that of somebody
// whose accounts he has now.
func (r *Reader) Owns(ctx context.Context, person, member int64) (bool, error) {
	var n int
	err := r.q.row(ctx, merged+" SELECT count(*) FROM members m JOIN self ON self.id = m.person_id WHERE m.id = ?2", person, member).Scan(&n)
	return n > 0, classify(err)
}

// CancelPreviews closes every open preview of a person: what he was shown is
// not what would happen any more.
func (tx *Tx) CancelPreviews(ctx context.Context, person int64) error {
	_, err := tx.q.exec(ctx, "UPDATE previews SET state = 'cancelled' WHERE state = 'open' AND account_id IN (SELECT id FROM accounts WHERE person_id = ?)", person)
	return classify(err)
}

// SetBindCode stores the hash of an account's code; an earlier one of the
// account stops working. One that somebody else has is ErrDuplicate.
func (tx *Tx) SetBindCode(ctx context.Context, hash string, account int64, expires time.Time) error {
	if _, err := tx.q.exec(ctx, "DELETE FROM bind_codes WHERE account_id = ? OR expires_at <= ?", account, millis(tx.Now)); err != nil {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "INSERT INTO bind_codes (hash, account_id, expires_at) VALUES (?, ?, ?)", hash, account, millis(expires))
	return classify(err)
}

// BindCode finds whose code a hash is, or ErrNotFound. One that has expired is
// told apart by its time.
func (r *Reader) BindCode(ctx context.Context, hash string) (account int64, expires time.Time, err error) {
	var ms int64
	err = r.q.row(ctx, "SELECT account_id, expires_at FROM bind_codes WHERE hash = ?", hash).Scan(&account, &ms)
	return account, FromMillis(ms), classify(err)
}

// DropBindCode makes a code worthless: it was used, or too many could read it.
func (tx *Tx) DropBindCode(ctx context.Context, hash string) error {
	_, err := tx.q.exec(ctx, "DELETE FROM bind_codes WHERE hash = ?", hash)
	return classify(err)
}

// BindTries reads how many wrong codes an account typed, and since when;
// account 0 is everybody.
func (r *Reader) BindTries(ctx context.Context, account int64) (n int, since int64, err error) {
	err = classify(r.q.row(ctx, "SELECT COALESCE(max(count), 0), COALESCE(max(since), 0) FROM bind_tries WHERE account_id = ?", account).Scan(&n, &since))
	return n, since, err
}

// SetBindTries stores the count of wrong codes.
func (tx *Tx) SetBindTries(ctx context.Context, account int64, n int, since int64) error {
	_, err := tx.q.exec(ctx, "INSERT INTO bind_tries (account_id, count, since) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = excluded.count, since = excluded.since", account, n, since)
	return classify(err)
}

// HasRoles reports whether a person holds a role in any chat.
func (r *Reader) HasRoles(ctx context.Context, person int64) (bool, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM accounts a JOIN chat_admins c ON c.account_id = a.id WHERE a.person_id = ?", person).Scan(&n)
	return n > 0, classify(err)
}
