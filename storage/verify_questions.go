package storage

import (
	"context"
	"database/sql"
)

// questions holds every solved question against its accepted answer and the
// ledger: what it brought was booked once, and nothing without it. What was
// taken back with an acceptance counts against what it had brought.
func (v *verifier) questions(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id, points, entries, booked int64
		var missing bool
		if err := rows.Scan(&id, &points, &entries, &booked, &missing); err != nil {
			return err
		}
		v.checked(CheckQuestion, 1)
		var problem string
		switch {
		case missing:
			problem = "the accepted answer is missing"
		case booked != points, entries > 1:
			problem = "differs from the ledger"
		default:
			return nil
		}
		v.fail(CheckQuestion, "question", id, "points", points, "entries", entries, "booked", booked, "problem", problem)
		return nil
	}, `SELECT q.id, q.points, COALESCE(l.entries, 0), COALESCE(l.booked, 0),
			q.accepted > 0 AND NOT EXISTS (SELECT 1 FROM question_answers a WHERE a.question_id = q.id AND a.place = q.accepted)
		FROM questions q LEFT JOIN (SELECT CAST(substr(cause, instr(cause, ':') + 1) AS INTEGER) AS id, sum(CASE kind WHEN 'answer' THEN 1 ELSE -1 END) AS entries, sum(amount) AS booked
			FROM ledger WHERE kind IN ('answer', 'answer_back') AND unit = 'points' GROUP BY 1) l ON l.id = q.id ORDER BY q.id`)
	if err != nil {
		return err
	}
	v.done(CheckQuestion)
	return nil
}
