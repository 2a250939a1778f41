package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// States of a milestone.
const (
	MilestoneGiven = "given"
	MilestoneBack  = "back"
)

// InviteMilestone is the bonus of a person for so many invites that stayed.
type InviteMilestone struct {
	CommunityID int64     `json:"community"`
	PersonID    int64     `json:"person"`
	Threshold   int       `json:"threshold"`
	Bonus       int64     `json:"bonus"` // as it was given last
	Round       int       `json:"round"` // how often it was given
	State       string    `json:"state"`
	MemberID    int64     `json:"member"` // whose entry it is
	EntryID     int64     `json:"entry"`
	At          time.Time `json:"at"`
}

const milestoneColumns = "community_id, person_id, threshold, bonus, round, state, member_id, entry_id, at"

// InviteMilestones lists the milestones of a person in a community, lowest
// first.
func (r *Reader) InviteMilestones(ctx context.Context, community, personID int64) ([]InviteMilestone, error) {
	return list(ctx, r, func(rows *sql.Rows, m *InviteMilestone) error {
		var at int64
		err := rows.Scan(&m.CommunityID, &m.PersonID, &m.Threshold, &m.Bonus, &m.Round, &m.State, &m.MemberID, &m.EntryID, &at)
		m.At = FromMillis(at)
		return err
	}, "SELECT "+milestoneColumns+" FROM invite_milestones WHERE community_id = ? AND person_id = ? ORDER BY threshold", community, personID)
}

// SetInviteMilestone stores a milestone as it is now.
func (tx *Tx) SetInviteMilestone(ctx context.Context, m InviteMilestone) error {
	_, err := tx.q.exec(ctx, "INSERT OR REPLACE INTO invite_milestones ("+milestoneColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		m.CommunityID, m.PersonID, m.Threshold, m.Bonus, m.Round, m.State, m.MemberID, m.EntryID, millis(m.At))
	return classify(err)
}

// DropInviteMilestones forgets what milestones a person has in a community:
// somebody else has them now.
func (tx *Tx) DropInviteMilestones(ctx context.Context, community, personID int64) error {
	_, err := tx.q.exec(ctx, "DELETE FROM invite_milestones WHERE community_id = ? AND person_id = ?", community, personID)
	return classify(err)
}

// CountVested is how many people whom somebody brought have stayed.
func (r *Reader) CountVested(ctx context.Context, community, inviterID int64) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM invites WHERE community_id = ? AND inviter_id = ? AND state = 'vested'", community, inviterID).Scan(&n)
	return n, classify(err)
}

// InvitersWith counts the members who have brought so many or more.
func (r *Reader) InvitersWith(ctx context.Context, community int64, vested int) (int, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM (SELECT inviter_id FROM invites WHERE community_id = ? AND state = 'vested'
		GROUP BY inviter_id HAVING count(*) >= ?)`, community, vested).Scan(&n)
	return n, classify(err)
}

// InviteEntry finds what an invite brought its inviter. A bind, or its end, may
// have made another person of him since: the entry stays where it was written.
// ErrNotFound when it brought nothing.
func (r *Reader) InviteEntry(ctx context.Context, i Invite, person int64, unit Unit, cause string) (Entry, error) {
	var e Entry
	err := scanEntry(r.q.row(ctx, "SELECT "+entryColumns+` FROM ledger WHERE unit = ?4 AND cause = ?3 AND member_id IN (
			SELECT id FROM members WHERE community_id = ?1 AND person_id IN (
				SELECT ?2 UNION SELECT from_person FROM binds WHERE into_person = ?2 UNION SELECT into_person FROM binds WHERE from_person = ?2))`,
		i.CommunityID, person, cause, string(unit)), &e)
	return e, classify(err)
}

// Reversed reports whether an entry was taken back by another one.
func (r *Reader) Reversed(ctx context.Context, entry int64) (bool, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM ledger WHERE reverses = ? AND reverses <> 0", entry).Scan(&n)
	return n > 0, classify(err)
}

// PersonMilestone is a milestone that a person reached, for /mydata export.
type PersonMilestone struct {
	Invites int       `json:"invites"`
	Bonus   int64     `json:"bonus"`
	State   string    `json:"state"`
	At      time.Time `json:"at"`
}

func (r *Reader) personMilestones(ctx context.Context, personID int64) ([]PersonMilestone, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, m *PersonMilestone) error {
		var at int64
		err := rows.Scan(&m.Invites, &m.Bonus, &m.State, &at)
		m.At = FromMillis(at)
		return err
	}, "SELECT threshold, bonus, state, at FROM invite_milestones WHERE person_id = ? ORDER BY community_id, threshold", personID)
	if out == nil {
		out = []PersonMilestone{}
	}
	return out, err
}

// SetInviteBind keeps what a bind changed in invites; an owner's own words.
func (tx *Tx) SetInviteBind(ctx context.Context, bind int64, before json.RawMessage) error {
	_, err := tx.q.exec(ctx, "INSERT INTO invite_binds (bind_id, before) VALUES (?, ?)", bind, string(before))
	return classify(err)
}

// InviteBind reads what a bind changed, or ErrNotFound.
func (r *Reader) InviteBind(ctx context.Context, bind int64) (json.RawMessage, error) {
	var text string
	err := r.q.row(ctx, "SELECT before FROM invite_binds WHERE bind_id = ?", bind).Scan(&text)
	return json.RawMessage(text), classify(err)
}
