package storage

import (
	"context"
	"time"
)

// Talk is what a member earned by speaking on a chat day.
type Talk struct {
	Count  int // paid messages
	Points int
	Last   time.Time // of the last paid message, UTC
}

// Talked sums a member's paid messages of a chat day. The causes of one day
// stand side by side in the ledger's unique index.
func (r *Reader) Talked(ctx context.Context, memberID int64, day string) (Talk, error) {
	var t Talk
	var last int64
	err := r.q.row(ctx, `SELECT count(*), COALESCE(sum(amount), 0), COALESCE(max(at), 0) FROM ledger
		WHERE member_id = ? AND unit = 'points' AND cause >= ? AND cause < ?`, memberID, "talk:"+day+":", "talk:"+day+";").Scan(&t.Count, &t.Points, &last)
	t.Last = FromMillis(last)
	return t, classify(err)
}
