package storage

import (
	"context"
	"database/sql"
)

// InvitesAround lists the invites in which one of two persons is named, oldest
// first.
func (r *Reader) InvitesAround(ctx context.Context, a, b int64) ([]Invite, error) {
	return list(ctx, r, scanInvite, "SELECT "+inviteColumns+inviteFrom+
		"WHERE i.inviter_id IN (?1, ?2) OR i.invited_id IN (?1, ?2) ORDER BY i.joined_at, i.id", a, b)
}

// SetInvites stores who brought whom, and the states: several at a time, since
// two may change places.
func (tx *Tx) SetInvites(ctx context.Context, all []Invite) error {
	for _, i := range all {
		if _, err := tx.q.exec(ctx, "UPDATE invites SET invited_id = -id WHERE id = ?", i.ID); err != nil {
			return classify(err)
		}
	}
	for _, i := range all {
		if _, err := tx.q.exec(ctx, "UPDATE invites SET inviter_id = ?, invited_id = ?, state = ?, reason = ?, due_at = ?, settled_at = ? WHERE id = ?",
			i.InviterID, i.InvitedID, i.State, i.Reason, millis(i.DueAt), millis(i.SettledAt), i.ID); err != nil {
			return classify(err)
		}
	}
	return nil
}

// PeriodScore is what a member has in one period of a ranking.
type PeriodScore struct {
	Period string
	Value  int64
}

// ScoresOf lists what a member has in a kind of rankings.
func (r *Reader) ScoresOf(ctx context.Context, member int64, kind string) ([]PeriodScore, error) {
	return list(ctx, r, func(rows *sql.Rows, s *PeriodScore) error { return rows.Scan(&s.Period, &s.Value) },
		"SELECT period, value FROM scores WHERE member_id = ? AND kind = ? AND value <> 0 ORDER BY period", member, kind)
}
