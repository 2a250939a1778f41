package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// InviteWay is a person's way into a community, or a named source's.
type InviteWay struct {
	ID          int64
	CommunityID int64
	PersonID    int64  // 0 = a source
	Source      string // its name
	Code        string // what links bear and what can be spoken
}

const wayColumns = "id, community_id, person_id, source, code"

func scanWay(row interface{ Scan(...any) error }, w *InviteWay) error {
	return row.Scan(&w.ID, &w.CommunityID, &w.PersonID, &w.Source, &w.Code)
}

// InviteWayOf finds a person's way, or that of somebody who was bound to him; or
// ErrNotFound.
func (r *Reader) InviteWayOf(ctx context.Context, community, personID int64) (InviteWay, error) {
	var w InviteWay
	err := scanWay(r.q.row(ctx, merged+" SELECT "+wayColumns+" FROM invite_ways WHERE community_id = ?2 AND person_id IN (SELECT id FROM self) AND person_id <> 0 ORDER BY person_id <> ?1, id LIMIT 1", personID, community), &w)
	return w, classify(err)
}

// InviteWayByCode finds a way by its code in any case of letters, or
// ErrNotFound.
func (r *Reader) InviteWayByCode(ctx context.Context, code string) (InviteWay, error) {
	var w InviteWay
	err := scanWay(r.q.row(ctx, "SELECT "+wayColumns+" FROM invite_ways WHERE code = upper(?)", code), &w)
	return w, classify(err)
}

// InviteWayByLink finds the way of a link that a platform told of.
func (r *Reader) InviteWayByLink(ctx context.Context, chatID int64, externalID string) (InviteWay, error) {
	var w InviteWay
	err := scanWay(r.q.row(ctx, `SELECT w.id, w.community_id, w.person_id, w.source, w.code FROM invite_links l JOIN invite_ways w ON w.id = l.way_id
		WHERE l.chat_id = ? AND l.external_id = ? AND l.external_id <> ''`, chatID, externalID), &w)
	return w, classify(err)
}

// InviteSources lists the named sources of a community.
func (r *Reader) InviteSources(ctx context.Context, community int64) ([]InviteWay, error) {
	return list(ctx, r, func(rows *sql.Rows, w *InviteWay) error { return scanWay(rows, w) },
		"SELECT "+wayColumns+" FROM invite_ways WHERE community_id = ? AND source <> '' ORDER BY id", community)
}

// AddInviteWay adds a way; ErrDuplicate when the person or the source has one,
// or the code is taken.
func (tx *Tx) AddInviteWay(ctx context.Context, w InviteWay) (InviteWay, error) {
	err := tx.q.row(ctx, "INSERT INTO invite_ways (community_id, person_id, source, code, created_at) VALUES (?, ?, ?, upper(?), ?) RETURNING "+wayColumns,
		w.CommunityID, w.PersonID, w.Source, w.Code, millis(tx.Now)).Scan(&w.ID, &w.CommunityID, &w.PersonID, &w.Source, &w.Code)
	return w, classify(err)
}

// States of a link.
const (
	LinkOpen   = "open"
	LinkFailed = "failed"
	LinkClosed = "closed"
)

// InviteLink is the link or QR code of a way in one chat.
type InviteLink struct {
	WayID      int64
	ChatID     int64
	State      string
	Link       string
	QR         string // address of a picture
	QRText     string // what that code says, where the platform tells
	ExternalID string
	At         time.Time // UTC
	Asks       bool      // who uses it asks to be let in
}

const linkColumns = "way_id, chat_id, state, link, qr, qr_text, external_id, at, asks"

// InviteLink finds the link of a way in a chat, or ErrNotFound.
func (r *Reader) InviteLink(ctx context.Context, wayID, chatID int64) (InviteLink, error) {
	var l InviteLink
	var at int64
	err := r.q.row(ctx, "SELECT "+linkColumns+" FROM invite_links WHERE way_id = ? AND chat_id = ?", wayID, chatID).
		Scan(&l.WayID, &l.ChatID, &l.State, &l.Link, &l.QR, &l.QRText, &l.ExternalID, &at, &l.Asks)
	l.At = FromMillis(at)
	return l, classify(err)
}

// InviteLinkOn finds an open link of a way that leads to a network's account and
// not into a group, whoever had it made, or ErrNotFound.
func (r *Reader) InviteLinkOn(ctx context.Context, wayID int64, domain string) (InviteLink, error) {
	var l InviteLink
	var at int64
	err := r.q.row(ctx, `SELECT l.way_id, l.chat_id, l.state, l.link, l.qr, l.qr_text, l.external_id, l.at FROM invite_links l JOIN chats h ON h.id = l.chat_id
		WHERE l.way_id = ? AND l.state = 'open' AND h.kind = 'private' AND h.domain = ? ORDER BY l.at DESC LIMIT 1`, wayID, domain).
		Scan(&l.WayID, &l.ChatID, &l.State, &l.Link, &l.QR, &l.QRText, &l.ExternalID, &at)
	l.At = FromMillis(at)
	return l, classify(err)
}

// OpenLinksOf lists the open links of a person in a chat.
func (r *Reader) OpenLinksOf(ctx context.Context, chatID, personID int64) ([]InviteLink, error) {
	return list(ctx, r, func(rows *sql.Rows, l *InviteLink) error {
		return rows.Scan(&l.WayID, &l.ChatID, &l.State, &l.Link, &l.QR, &l.ExternalID)
	}, merged+` SELECT l.way_id, l.chat_id, l.state, l.link, l.qr, l.external_id FROM invite_links l JOIN invite_ways w ON w.id = l.way_id
		WHERE l.chat_id = ?2 AND w.person_id IN (SELECT id FROM self) AND w.person_id <> 0 AND l.state = 'open'`, personID, chatID)
}

// SetInviteLink stores what became of the wish for a link.
func (tx *Tx) SetInviteLink(ctx context.Context, l InviteLink) error {
	_, err := tx.q.exec(ctx, `INSERT INTO invite_links (way_id, chat_id, state, link, qr, qr_text, external_id, at, asks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET state = excluded.state, link = excluded.link, qr = excluded.qr, qr_text = excluded.qr_text, external_id = excluded.external_id, at = excluded.at, asks = excluded.asks`,
		l.WayID, l.ChatID, l.State, l.Link, l.QR, l.QRText, l.ExternalID, millis(tx.Now), l.Asks)
	return classify(err)
}

// Invite is one person brought by another.
type Invite struct {
	ID          int64     `json:"id"`
	CommunityID int64     `json:"community"`
	ChatID      int64     `json:"chat"`
	InviterID   int64     `json:"inviter"` // person
	InvitedID   int64     `json:"invited"` // person
	Way         string    `json:"way"`
	State       string    `json:"state"`
	Reason      string    `json:"reason"`
	Rule        string    `json:"rule"` // JSON, owned by the command family
	Day         string    `json:"day"`
	JoinedAt    time.Time `json:"joined_at"`  // UTC
	DueAt       time.Time `json:"due_at"`     // UTC
	SettledAt   time.Time `json:"settled_at"` // UTC
	InvitedName string    `json:"name"`       // filled by the lists
	Alone       bool      `json:"-"`          // filled by the lists: he came to an account, not into a group
}

// States of an invite.
const (
	InviteAsked    = "asked" // told by the invited one, waits for the other's word
	InviteHeld     = "held"  // counting is paused until an administrator decides
	InvitePending  = "pending"
	InviteVested   = "vested"
	InviteReversed = "reversed"
	InviteRejected = "rejected"
)

const inviteColumns = "i.id, i.community_id, i.chat_id, i.inviter_id, i.invited_id, i.way, i.state, i.reason, i.rule, i.day, i.joined_at, i.due_at, i.settled_at, p.name, h.kind = 'private'"

const inviteFrom = " FROM invites i JOIN people p ON p.id = i.invited_id JOIN chats h ON h.id = i.chat_id "

func scanInvite(rows *sql.Rows, i *Invite) error {
	var joined, due, settled int64
	err := rows.Scan(&i.ID, &i.CommunityID, &i.ChatID, &i.InviterID, &i.InvitedID, &i.Way, &i.State, &i.Reason, &i.Rule, &i.Day, &joined, &due, &settled, &i.InvitedName, &i.Alone)
	i.JoinedAt, i.DueAt, i.SettledAt = FromMillis(joined), FromMillis(due), FromMillis(settled)
	return err
}

func (r *Reader) oneInvite(ctx context.Context, where string, args ...any) (Invite, error) {
	all, err := list(ctx, r, scanInvite, "SELECT "+inviteColumns+inviteFrom+where, args...)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Invite{}, err
	}
	return all[0], nil
}

// Invite finds an invite by its row, or ErrNotFound.
func (r *Reader) Invite(ctx context.Context, id int64) (Invite, error) {
	return r.oneInvite(ctx, "WHERE i.id = ?", id)
}

// InviteOf finds the invite by which a person came, or ErrNotFound.
func (r *Reader) InviteOf(ctx context.Context, community, invitedID int64) (Invite, error) {
	return r.oneInvite(ctx, "WHERE i.community_id = ? AND i.invited_id = ?", community, invitedID)
}

// InvitesBy lists whom a person brought, newest first.
func (r *Reader) InvitesBy(ctx context.Context, community, inviterID int64) ([]Invite, error) {
	return list(ctx, r, scanInvite, "SELECT "+inviteColumns+inviteFrom+"WHERE i.community_id = ? AND i.inviter_id = ? ORDER BY i.joined_at DESC, i.id DESC", community, inviterID)
}

// AddInvite adds an invite; ErrDuplicate when the person came by one before.
func (tx *Tx) AddInvite(ctx context.Context, i Invite) (Invite, error) {
	err := tx.q.row(ctx, `INSERT INTO invites (community_id, chat_id, inviter_id, invited_id, way, state, reason, rule, day, joined_at, due_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		i.CommunityID, i.ChatID, i.InviterID, i.InvitedID, i.Way, i.State, i.Reason, i.Rule, i.Day, millis(i.JoinedAt), millis(i.DueAt)).Scan(&i.ID)
	return i, classify(err)
}

// MoveInvite changes the state of an invite that is in another one;
// ErrDuplicate says that it is not any more.
func (tx *Tx) MoveInvite(ctx context.Context, i Invite, from string) error {
	settled := int64(0)
	if i.State == InviteVested || i.State == InviteReversed || i.State == InviteRejected {
		settled = millis(tx.Now)
	}
	res, err := tx.q.exec(ctx, "UPDATE invites SET state = ?, reason = ?, due_at = ?, settled_at = CASE WHEN ?4 <> 0 THEN ?4 ELSE settled_at END WHERE id = ?5 AND state = ?6",
		i.State, i.Reason, millis(i.DueAt), settled, i.ID, from)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// DropInvite forgets an invite that was asked for and denied: its person may
// name somebody else.
func (tx *Tx) DropInvite(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "DELETE FROM invites WHERE id = ? AND state = 'asked'", id)
	return classify(err)
}

// InviteJoin is a person who came.
type InviteJoin struct {
	PersonID int64
	At       time.Time // UTC
	Way      string    // link, code, told, unknown
	Source   string
	LeftAt   time.Time // UTC, zero = still there
	Alone    bool      // to an account, not into a group
	Back     bool      // not for the first time: read only
}

// AddInviteJoin notes that a person came.
func (tx *Tx) AddInviteJoin(ctx context.Context, community, chatID int64, j InviteJoin) error {
	_, err := tx.q.exec(ctx, "INSERT INTO invite_joins (community_id, chat_id, person_id, at, way, source) VALUES (?, ?, ?, ?, ?, ?)",
		community, chatID, j.PersonID, millis(j.At), j.Way, j.Source)
	return classify(err)
}

// SetJoinWay says later how a person came: his newest join that is unknown.
func (tx *Tx) SetJoinWay(ctx context.Context, community, personID int64, way string) error {
	_, err := tx.q.exec(ctx, `UPDATE invite_joins SET way = ?3 WHERE id = (SELECT id FROM invite_joins WHERE community_id = ?1 AND person_id = ?2 ORDER BY id DESC LIMIT 1) AND way = 'unknown'`,
		community, personID, way)
	return classify(err)
}

// InviteLeft notes that a person went.
func (tx *Tx) InviteLeft(ctx context.Context, community, chatID, personID int64, at time.Time) error {
	_, err := tx.q.exec(ctx, "UPDATE invite_joins SET left_at = ? WHERE community_id = ? AND chat_id = ? AND person_id = ? AND left_at = 0", millis(at), community, chatID, personID)
	return classify(err)
}

// InviteJoins lists who came since an instant, oldest first.
func (r *Reader) InviteJoins(ctx context.Context, community int64, since time.Time) ([]InviteJoin, error) {
	return list(ctx, r, func(rows *sql.Rows, j *InviteJoin) error {
		var at, left int64
		err := rows.Scan(&j.PersonID, &at, &j.Way, &j.Source, &left, &j.Alone, &j.Back)
		j.At, j.LeftAt = FromMillis(at), FromMillis(left)
		return err
	}, `SELECT j.person_id, j.at, j.way, j.source, j.left_at, h.kind = 'private',
		EXISTS (SELECT 1 FROM invite_joins e WHERE e.community_id = j.community_id AND e.person_id = j.person_id AND e.chat_id = j.chat_id AND e.id < j.id)
		FROM invite_joins j JOIN chats h ON h.id = j.chat_id
		WHERE j.community_id = ? AND j.at >= ? ORDER BY j.id`, community, millis(since))
}

// ActionsSince counts what a person said in the chats of a community, and the
// days on which he checked in since an instant: what an invite asks for.
func (r *Reader) ActionsSince(ctx context.Context, community, personID int64, since time.Time) (int, error) {
	var n int
	err := r.q.row(ctx, `SELECT
		(SELECT COALESCE(sum(x.messages), 0) FROM presence x JOIN accounts a ON a.id = x.account_id JOIN chats h ON h.id = x.chat_id WHERE a.person_id = ?2 AND h.community_id = ?1)
		+ (SELECT count(*) FROM checkins c JOIN members m ON m.id = c.member_id WHERE m.community_id = ?1 AND m.person_id = ?2 AND c.at >= ?3 AND c.repaired = 0)`,
		community, personID, millis(since)).Scan(&n)
	return n, classify(err)
}

// PresentIn reports whether a person is in a chat of a community now.
func (r *Reader) PresentIn(ctx context.Context, community, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM presence x JOIN accounts a ON a.id = x.account_id JOIN chats h ON h.id = x.chat_id
		WHERE a.person_id = ? AND h.community_id = ? AND x.present = 1`, personID, community).Scan(&n)
	return n > 0, classify(err)
}

// OpenJoin tells how a person who is in a chat came, or ErrNotFound when no
// join of his was counted.
func (r *Reader) OpenJoin(ctx context.Context, chatID, personID int64) (string, error) {
	var way string
	err := r.q.row(ctx, "SELECT way FROM invite_joins WHERE chat_id = ? AND person_id = ? AND left_at = 0 ORDER BY id DESC LIMIT 1", chatID, personID).Scan(&way)
	return way, classify(err)
}

// Knew reports whether a person was in a community before an instant: in
// another chat of it, or in this one at an earlier time.
func (r *Reader) Knew(ctx context.Context, community, chatID, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM presence x JOIN accounts a ON a.id = x.account_id JOIN chats h ON h.id = x.chat_id
		WHERE a.person_id = ?3 AND h.community_id = ?1 AND (x.chat_id <> ?2 OR x.joins > 1)`, community, chatID, personID).Scan(&n)
	return n > 0, classify(err)
}

// PersonInvite is an invite that a person made, or by which he came, for
// /mydata export. The other one is not named.
type PersonInvite struct {
	Role     string    `json:"role"` // inviter or invited
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty"`
	Way      string    `json:"way"`
	JoinedAt time.Time `json:"joined_at"`
}

func (r *Reader) personInvites(ctx context.Context, personID int64) ([]PersonInvite, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, i *PersonInvite) error {
		var joined int64
		err := rows.Scan(&i.Role, &i.State, &i.Reason, &i.Way, &joined)
		i.JoinedAt = FromMillis(joined)
		return err
	}, "SELECT CASE WHEN inviter_id = ?1 THEN 'inviter' ELSE 'invited' END, state, reason, way, joined_at FROM invites WHERE inviter_id = ?1 OR invited_id = ?1 ORDER BY id", personID)
	if out == nil {
		out = []PersonInvite{}
	}
	return out, err
}
