package storage

import (
	"context"
	"database/sql"
)

// Kinds of rankings that keep sums per period.
const (
	ScorePoints  = "points"
	ScoreCheckin = "checkin"
	ScoreInvite  = "invite"
	ScoreQuiz    = "quiz"
)

// Standing is a place in a ranking.
type Standing struct {
	Place    int // 1 is the best; equals share a place
	MemberID int64
	PersonID int64
	Name     string
	Value    int64
}

// AddScore adds to a member's sum in several periods. Points are added by the
// ledger's trigger, not here.
func (tx *Tx) AddScore(ctx context.Context, m Member, kind string, value int64, periods ...string) error {
	for _, p := range periods {
		if _, err := tx.q.exec(ctx, `INSERT INTO scores (community_id, kind, period, member_id, value, hidden) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET value = value + excluded.value`, m.CommunityID, kind, p, m.ID, value, m.Hidden); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Ranking says which sums to compare.
type Ranking struct {
	Community int64
	Kind      string // one of the Score constants, or "streak"
	Period    string // a period of the scores table; "" with points: the balance
	AliveFrom string // with "streak": only members whose last day is not before it
}

// source of a ranking: table expression, value column and conditions. Each has
// an index that starts with community and hidden and is ordered by value.
func (k Ranking) source() (from, value string, args []any) {
	switch {
	case k.Kind == "streak":
		return "members s WHERE s.community_id = ? AND s.hidden = 0 AND s.last_day >= ?", "s.streak", []any{k.Community, k.AliveFrom}
	case k.Kind == ScorePoints && k.Period == "":
		return "members s WHERE s.community_id = ? AND s.hidden = 0", "s.balance", []any{k.Community}
	}
	return "scores s WHERE s.community_id = ? AND s.kind = ? AND s.period = ? AND s.hidden = 0", "s.value", []any{k.Community, k.Kind, k.Period}
}

func (k Ranking) memberColumn() string {
	if k.Kind == "streak" || (k.Kind == ScorePoints && k.Period == "") {
		return "s.id"
	}
	return "s.member_id"
}

// Top lists the best members with a value above zero. Equal values share a
// place and stand in the order in which the members came.
func (r *Reader) Top(ctx context.Context, k Ranking, limit int) ([]Standing, error) {
	from, value, args := k.source()
	id := k.memberColumn()
	top, err := list(ctx, r, func(rows *sql.Rows, s *Standing) error { return rows.Scan(&s.MemberID, &s.Value) },
		"SELECT "+id+", "+value+" FROM "+from+" AND "+value+" > 0 ORDER BY "+value+" DESC, "+id+" LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	for i := range top {
		top[i].Place = i + 1
		if i > 0 && top[i].Value == top[i-1].Value {
			top[i].Place = top[i-1].Place
		}
		if err := r.q.row(ctx, "SELECT p.id, p.name FROM members m JOIN people p ON p.id = m.person_id WHERE m.id = ?", top[i].MemberID).
			Scan(&top[i].PersonID, &top[i].Name); err != nil {
			return nil, classify(err)
		}
	}
	return top, nil
}

// PlaceOf gives a member's own place; ErrNotFound when he has no value above
// zero there. A hidden member gets the place he would have.
func (r *Reader) PlaceOf(ctx context.Context, k Ranking, m Member) (Standing, error) {
	s := Standing{MemberID: m.ID, PersonID: m.PersonID}
	switch {
	case k.Kind == "streak":
		if m.LastDay >= k.AliveFrom {
			s.Value = int64(m.Streak)
		}
	case k.Kind == ScorePoints && k.Period == "":
		s.Value = m.Balance
	default:
		err := r.q.row(ctx, "SELECT value FROM scores WHERE community_id = ? AND kind = ? AND period = ? AND member_id = ?", k.Community, k.Kind, k.Period, m.ID).Scan(&s.Value)
		if err != nil {
			return s, classify(err)
		}
	}
	if s.Value <= 0 {
		return s, ErrNotFound
	}
	from, value, args := k.source()
	err := r.q.row(ctx, "SELECT 1 + count(*) FROM "+from+" AND "+value+" > ?", append(args, s.Value)...).Scan(&s.Place)
	return s, classify(err)
}
