package storage

import (
	"context"
	"database/sql"
)

// schedules holds the schedules against their chats and queues: each open one
// has somewhere to post and something to say, and what came of a queue came in
// its round, once, where it was meant for.
func (v *verifier) schedules(ctx context.Context) error {
	var n int
	if err := v.r.q.row(ctx, "SELECT (SELECT count(*) FROM schedules) + (SELECT count(*) FROM queue_picks)").Scan(&n); err != nil {
		return err
	}
	v.checked(CheckSchedule, n)
	for _, q := range []string{
		`SELECT s.id, 0, 'has no chat' FROM schedules s WHERE s.state IN ('active', 'paused') AND NOT EXISTS (SELECT 1 FROM schedule_chats c WHERE c.schedule_id = s.id)`,
		`SELECT s.id, 0, 'has no queue' FROM schedules s WHERE s.queue_id <> 0 AND NOT EXISTS (SELECT 1 FROM queues q WHERE q.id = s.queue_id)`,
		`SELECT 0, k.occurrence_id, 'an item of another queue' FROM queue_picks k JOIN queue_items i ON i.id = k.item_id WHERE i.queue_id <> k.queue_id`,
		`SELECT 0, k.occurrence_id, 'an item of another chat' FROM queue_picks k JOIN occurrences o ON o.id = k.occurrence_id WHERE o.chat_id <> k.chat_id`,
		`SELECT 0, k.occurrence_id, 'more often in a round than it may' FROM queue_picks k WHERE k.nth > 9`,
	} {
		err := v.r.each(ctx, func(rows *sql.Rows) error {
			var id, occurrence int64
			var problem string
			if err := rows.Scan(&id, &occurrence, &problem); err != nil {
				return err
			}
			v.fail(CheckSchedule, "id", id, "occurrence", occurrence, "problem", problem)
			return nil
		}, q)
		if err != nil {
			return err
		}
	}
	v.done(CheckSchedule)
	return nil
}
