package storage

import (
	"context"
	"database/sql"
)

// draws holds every ticket against the ledger, and every draw against what
// belongs to its state. Whether the winners are the right ones is computed
// again from the receipt, by whoever knows how.
func (v *verifier) draws(ctx context.Context) error {
	for _, q := range []string{
		`SELECT e.draw_id, e.ticket, CASE
				WHEN e.cost > 0 AND p.id IS NULL THEN 'not paid'
				WHEN e.cost = 0 AND p.id IS NOT NULL THEN 'paid for nothing'
				WHEN p.amount <> -e.cost THEN 'paid another amount'
				WHEN e.cost > 0 AND e.state <> 'in' AND b.id IS NULL THEN 'not paid back'
				WHEN e.state = 'in' AND b.id IS NOT NULL THEN 'paid back'
				WHEN b.id IS NOT NULL AND b.reverses <> p.id THEN 'paid back for something else'
				WHEN e.ticket > d.tickets THEN 'was never given out'
				WHEN e.state = 'in' AND d.state = 'cancelled' THEN 'still in a cancelled draw'
				WHEN e.state = 'refunded' AND d.state <> 'cancelled' THEN 'given back without a cancellation'
				ELSE '' END
			FROM draw_entries e JOIN draws d ON d.id = e.draw_id
			LEFT JOIN ledger p ON p.member_id = e.member_id AND p.unit = 'points' AND p.cause = 'draw:' || e.draw_id || ':' || e.ticket
			LEFT JOIN ledger b ON b.member_id = e.member_id AND b.unit = 'points' AND b.cause = 'draw:' || e.draw_id || ':' || e.ticket || ':back'
			ORDER BY e.draw_id, e.ticket`,
		`SELECT d.id, 0, CASE
				WHEN d.state <> 'draft' AND d.opened_at > 0 AND (d.secret = '' OR d.commitment = '' OR d.rules = '') THEN 'no commitment'
				WHEN d.state IN ('frozen', 'drawn') AND d.list_sha256 = '' THEN 'no hash of the list'
				WHEN d.state = 'drawn' AND d.beacon = 'drand' AND d.mode <> 'instant' AND d.signature = '' THEN 'no randomness'
				WHEN d.state <> 'drawn' AND d.mode <> 'instant' AND EXISTS (SELECT 1 FROM draw_wins w WHERE w.draw_id = d.id) THEN 'winners before the drawing'
				WHEN EXISTS (SELECT 1 FROM draw_changes c WHERE c.draw_id = d.id AND NOT EXISTS
					(SELECT 1 FROM draw_wins w WHERE w.draw_id = d.id AND w.ticket = c.from_ticket AND w.state = 'moved')) THEN 'moved from no winner'
				ELSE '' END FROM draws d ORDER BY d.id`,
		`SELECT c.draw_id, c.ticket, CASE WHEN w.ticket IS NULL THEN 'a code for no winner' ELSE '' END
			FROM draw_codes c LEFT JOIN draw_wins w ON w.draw_id = c.draw_id AND w.ticket = c.ticket AND w.prize = c.prize WHERE c.ticket <> 0 ORDER BY c.id`,
	} {
		err := v.r.each(ctx, func(rows *sql.Rows) error {
			var draw, ticket int64
			var problem string
			if err := rows.Scan(&draw, &ticket, &problem); err != nil {
				return err
			}
			v.checked(CheckDraw, 1)
			if problem != "" {
				v.fail(CheckDraw, "draw", draw, "ticket", ticket, "problem", problem)
			}
			return nil
		}, q)
		if err != nil {
			return err
		}
	}
	v.done(CheckDraw)
	return nil
}
