package storage

import (
	"context"
	"database/sql"
)

// CheckInvite is about invites and milestones. Args: invite, points, pending,
// problem; of a milestone person, threshold, problem.
const CheckInvite = "invite"

// invites holds every invite against the entries that name it as their cause,
// whoever has them since a bind: what is promised belongs to pending ones, what
// is booked to those who stayed, and who came keeps his reward when he leaves.
func (v *verifier) invites(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id, points, pending, wantPoints, wantPending int64
		if err := rows.Scan(&id, &points, &pending, &wantPoints, &wantPending); err != nil {
			return err
		}
		v.checked(CheckInvite, 1)
		if points != wantPoints || pending != wantPending {
			v.fail(CheckInvite, "invite", id, "points", points, "pending", pending, "problem", "entries differ from its state")
		}
		return nil
	}, `WITH booked AS (
			SELECT CAST(substr(cause, 8) AS INTEGER) AS invite, -- "invite:7:vested"; the cast stops at the colon
				sum(CASE WHEN unit = 'points' THEN amount ELSE 0 END) AS points,
				sum(CASE WHEN unit = 'pending' THEN amount ELSE 0 END) AS pending,
				max(cause LIKE 'invite:%:newcomer:vested') AS came
			FROM ledger WHERE cause GLOB 'invite:[0-9]*' GROUP BY 1)
		SELECT i.id, COALESCE(b.points, 0), COALESCE(b.pending, 0),
			CASE WHEN i.state = 'vested' THEN json_extract(i.rule, '$.reward') + json_extract(i.rule, '$.newcomer')
				WHEN i.state = 'reversed' AND i.reason = 'left' AND COALESCE(b.came, 0) THEN json_extract(i.rule, '$.newcomer')
				ELSE 0 END,
			CASE WHEN i.state = 'pending' THEN json_extract(i.rule, '$.reward') + json_extract(i.rule, '$.newcomer') ELSE 0 END
		FROM invites i LEFT JOIN booked b ON b.invite = i.id ORDER BY i.id`)
	if err != nil {
		return err
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var person int64
		var threshold int
		var problem string
		if err := rows.Scan(&person, &threshold, &problem); err != nil {
			return err
		}
		v.checked(CheckInvite, 1)
		if problem != "" {
			v.fail(CheckInvite, "person", person, "threshold", threshold, "problem", problem)
		}
		return nil
	}, `SELECT m.person_id, m.threshold, CASE
			WHEN e.unit <> 'points' OR e.cause <> 'milestone:' || m.threshold || ':' || m.round OR e.amount <> m.bonus THEN 'its entry is another one'
			WHEN m.state = 'given' AND (SELECT count(*) FROM invites i WHERE i.community_id = m.community_id AND i.inviter_id = m.person_id AND i.state = 'vested') < m.threshold
				THEN 'given for too few'
			ELSE '' END
		FROM invite_milestones m JOIN ledger e ON e.id = m.entry_id ORDER BY m.community_id, m.person_id, m.threshold`)
	if err != nil {
		return err
	}
	// Whoever is to be let in has a deadline: otherwise he would wait for ever.
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		v.fail(CheckInvite, "request", id, "problem", "waits without a deadline")
		return nil
	}, `SELECT q.id FROM invite_requests q WHERE q.state IN ('admitting', 'refusing')
		AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.done_at = 0 AND t.key = 'invite.admit:' || q.id || ':' || q.tries)`)
	if err != nil {
		return err
	}
	v.done(CheckInvite)
	return nil
}
