package storage

import (
	"context"
	"database/sql"
)

// polls holds the figures of every poll against its votes, and the promise of
// the anonymous ones: no row ties a person to a choice, nor to a time.
func (v *verifier) polls(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id int64
		var voters, votes, choices, most, dated, wrong, without, marks int
		var multi, anonymous, closed bool
		if err := rows.Scan(&id, &multi, &anonymous, &closed, &voters, &votes, &choices, &most, &dated, &wrong, &without, &marks); err != nil {
			return err
		}
		v.checked(CheckPoll, 1)
		var problem string
		switch {
		case anonymous && choices > 0:
			problem = "anonymous, yet there are choices with names"
		case anonymous && dated > 0:
			problem = "anonymous, yet votes have a time"
		case !anonymous && wrong > 0:
			problem = "figures differ from choices"
		case !anonymous && without > 0:
			problem = "a vote without a choice"
		case marks > 0 && (closed || !anonymous):
			problem = "marks of accounts that have no use any more"
		case most > voters, votes < voters, !multi && votes != voters:
			problem = "figures differ from the number of voters"
		default:
			return nil
		}
		v.fail(CheckPoll, "poll", id, "voters", voters, "votes", votes, "choices", choices, "problem", problem)
		return nil
	}, `SELECT p.id, p.multi, p.anonymous, p.state = 'closed',
			(SELECT count(*) FROM poll_votes v WHERE v.poll_id = p.id),
			(SELECT COALESCE(sum(votes), 0) FROM poll_options o WHERE o.poll_id = p.id),
			(SELECT count(*) FROM poll_choices c WHERE c.poll_id = p.id),
			(SELECT COALESCE(max(votes), 0) FROM poll_options o WHERE o.poll_id = p.id),
			(SELECT count(*) FROM poll_votes v WHERE v.poll_id = p.id AND (v.at <> 0 OR v.chat_id <> 0)),
			(SELECT count(*) FROM poll_options o WHERE o.poll_id = p.id
				AND o.votes <> (SELECT count(*) FROM poll_choices c WHERE c.poll_id = o.poll_id AND c.place = o.place)),
			(SELECT count(*) FROM poll_votes v WHERE v.poll_id = p.id
				AND NOT EXISTS (SELECT 1 FROM poll_choices c WHERE c.poll_id = v.poll_id AND c.person_id = v.person_id)),
			(SELECT count(*) FROM poll_keys k WHERE k.poll_id = p.id)
		FROM polls p ORDER BY p.id`)
	if err != nil {
		return err
	}
	v.done(CheckPoll)
	return nil
}
