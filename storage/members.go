package storage

import (
	"context"
	"database/sql"
	"errors"
)

// Member is a person inside a community. Balance, Pending and Cards are sums
// of the ledger.
type Member struct {
	ID          int64
	CommunityID int64
	PersonID    int64
	Balance     int64 // points that can be spent
	Pending     int64 // points that are promised
	Cards       int64 // make-up cards
	Streak      int   // chat days in a row up to LastDay
	BestStreak  int
	LastDay     string // chat day of the last check-in, "" = none
	Hidden      bool   // not in rankings
	CreatedAt   int64  // ms UTC
}

const memberColumns = "id, community_id, person_id, balance, pending, cards, streak, best_streak, last_day, hidden, created_at"

func scanMember(row interface{ Scan(...any) error }, m *Member) error {
	return row.Scan(&m.ID, &m.CommunityID, &m.PersonID, &m.Balance, &m.Pending, &m.Cards, &m.Streak, &m.BestStreak, &m.LastDay, &m.Hidden, &m.CreatedAt)
}

// Member finds a person's membership in a community, or ErrNotFound.
func (r *Reader) Member(ctx context.Context, community, personID int64) (Member, error) {
	var m Member
	err := scanMember(r.q.row(ctx, "SELECT "+memberColumns+" FROM members WHERE community_id = ? AND person_id = ?", community, personID), &m)
	return m, classify(err)
}

// MemberByID reads a member by its row, or ErrNotFound.
func (r *Reader) MemberByID(ctx context.Context, id int64) (Member, error) {
	var m Member
	err := scanMember(r.q.row(ctx, "SELECT "+memberColumns+" FROM members WHERE id = ?", id), &m)
	return m, classify(err)
}

// EnsureMember finds a membership, making it at first sight.
func (tx *Tx) EnsureMember(ctx context.Context, community, personID int64) (Member, error) {
	m, err := tx.Member(ctx, community, personID)
	if !errors.Is(err, ErrNotFound) {
		return m, err
	}
	m = Member{CommunityID: community, PersonID: personID, CreatedAt: millis(tx.Now)}
	res, err := tx.q.exec(ctx, "INSERT INTO members (community_id, person_id, created_at) VALUES (?, ?, ?)", community, personID, m.CreatedAt)
	if err != nil {
		return m, classify(err)
	}
	m.ID, err = res.LastInsertId()
	return m, classify(err)
}

// MembersOf lists the memberships of a community.
func (r *Reader) MembersOf(ctx context.Context, community int64) ([]Member, error) {
	return list(ctx, r, func(rows *sql.Rows, m *Member) error { return scanMember(rows, m) },
		"SELECT "+memberColumns+" FROM members WHERE community_id = ? ORDER BY id", community)
}

// MembershipsOf lists the memberships of a person.
func (r *Reader) MembershipsOf(ctx context.Context, personID int64) ([]Member, error) {
	return list(ctx, r, func(rows *sql.Rows, m *Member) error { return scanMember(rows, m) },
		"SELECT "+memberColumns+" FROM members WHERE person_id = ? ORDER BY id", personID)
}

// AllMembershipsOf lists the memberships of a person and of those whose
// accounts he has since a bind: what is history there is his.
func (r *Reader) AllMembershipsOf(ctx context.Context, personID int64) ([]Member, error) {
	all, err := r.Merged(ctx, personID)
	if err != nil {
		return nil, err
	}
	var out []Member
	for _, p := range all {
		members, err := r.MembershipsOf(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, members...)
	}
	return out, nil
}

// SetHidden takes a member out of rankings or back in.
func (tx *Tx) SetHidden(ctx context.Context, memberID int64, hidden bool) error {
	_, err := tx.q.exec(ctx, "UPDATE members SET hidden = ? WHERE id = ?", hidden, memberID)
	if err == nil {
		_, err = tx.q.exec(ctx, "UPDATE scores SET hidden = ? WHERE member_id = ?", hidden, memberID)
	}
	return classify(err)
}
