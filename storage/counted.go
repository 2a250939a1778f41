package storage

import (
	"context"
	"database/sql"
	"time"
)

// CountedDay is what a platform counted by itself on one of its days, in all
// groups of a connection.
type CountedDay struct {
	Day        string // 2006-01-02, by the platform's clock
	Groups     int
	Members    int
	NewMembers int
	Talkers    int // members who said something
	Messages   int
}

// keepCounted is how long such days are kept.
const keepCounted = 180 * 24 * time.Hour

// SetCountedDays stores days of a connection; a day that is told again is
// corrected.
func (tx *Tx) SetCountedDays(ctx context.Context, connection string, days []CountedDay) error {
	for _, d := range days {
		_, err := tx.q.exec(ctx, `INSERT INTO counted_days (connection, day, groups, members, new_members, talkers, messages, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET groups = excluded.groups, members = excluded.members, new_members = excluded.new_members,
				talkers = excluded.talkers, messages = excluded.messages, at = excluded.at`,
			connection, d.Day, d.Groups, d.Members, d.NewMembers, d.Talkers, d.Messages, millis(tx.Now))
		if err != nil {
			return classify(err)
		}
	}
	return nil
}

// CountedDays lists the days from one on that were counted in the groups of a
// community, oldest first. others is true when the figures are of groups of
// another community as well: they cannot be told apart.
func (r *Reader) CountedDays(ctx context.Context, community int64, from string) (days []CountedDay, others bool, err error) {
	const ours = "(SELECT connection FROM chats WHERE community_id = ?1 AND kind = 'group' AND state = 'active' AND connection <> '')"
	days, err = list(ctx, r, func(rows *sql.Rows, d *CountedDay) error {
		return rows.Scan(&d.Day, &d.Groups, &d.Members, &d.NewMembers, &d.Talkers, &d.Messages)
	}, `SELECT day, sum(groups), sum(members), sum(new_members), sum(talkers), sum(messages) FROM counted_days
		WHERE connection IN `+ours+` AND day >= ?2 GROUP BY day ORDER BY day`, community, from)
	if err != nil || len(days) == 0 {
		return nil, false, err
	}
	err = r.q.row(ctx, `SELECT EXISTS (SELECT 1 FROM chats h WHERE h.kind = 'group' AND h.state = 'active' AND h.community_id <> ?1
		AND h.connection IN (SELECT connection FROM counted_days WHERE connection IN `+ours+`))`, community).Scan(&others)
	return days, others, classify(err)
}
