package storage

import (
	"context"
	"errors"
)

// follow lists what else belongs to a person and goes with his accounts: to the
// one he is bound to (?2), and back to himself (?1) with the accounts of the
// bind ?3. Rows that name an account are his whoever he is; a table that names a
// person beside it has a line here. IGNORE: of two that may not both be there
// the older one stays.
var follow = []struct{ bind, undo string }{
	{
		"UPDATE OR IGNORE draw_entries SET person_id = ?2 WHERE person_id = ?1 AND ?3 <> 0",
		"UPDATE OR IGNORE draw_entries SET person_id = ?1 WHERE person_id = ?2 AND account_id IN (SELECT account_id FROM bind_accounts WHERE bind_id = ?3)",
	},
	{
		"UPDATE OR IGNORE signup_entries SET person_id = ?2 WHERE person_id = ?1 AND ?3 <> 0",
		"UPDATE OR IGNORE signup_entries SET person_id = ?1 WHERE person_id = ?2 AND account_id IN (SELECT account_id FROM bind_accounts WHERE bind_id = ?3)",
	},
	{
		// A yes to direct messages goes along, a no counts more than a yes. Two
		// persons again, the one who leaves is asked anew.
		`INSERT INTO dm_consents (person_id, allowed, at) SELECT ?2, allowed, at FROM dm_consents WHERE person_id = ?1 AND ?3 <> 0
			ON CONFLICT DO UPDATE SET allowed = min(allowed, excluded.allowed)`,
		"DELETE FROM dm_consents WHERE person_id = ?1 AND ?2 <> 0 AND ?3 <> 0",
	},
	{
		// Who came into a chat came by his account of its network, of which one
		// person has one only.
		"UPDATE invite_joins SET person_id = ?2 WHERE person_id = ?1 AND ?3 <> 0",
		`UPDATE invite_joins SET person_id = ?1 WHERE person_id = ?2 AND chat_id IN (SELECT h.id FROM chats h
			JOIN accounts a ON a.domain = h.domain JOIN bind_accounts x ON x.account_id = a.id WHERE x.bind_id = ?3)`,
	},
}

// FollowBind brings what belongs to a person in line with a bind, or with its
// end.
func (tx *Tx) FollowBind(ctx context.Context, b Bind, ended bool) error {
	for _, f := range follow {
		query := f.bind
		if ended {
			query = f.undo
		}
		if _, err := tx.q.exec(ctx, query, b.From, b.Into, b.ID); err != nil {
			return classify(err)
		}
	}
	if ended {
		return nil // a vote stays with who has it: the other one may vote again
	}
	if err := tx.mergeSignups(ctx, b.From, b.Into); err != nil {
		return err
	}
	return tx.MergeVotes(ctx, b.From, b.Into)
}

// BindBlocker finds a draw that must end before two persons become one: both
// take part, or the one who goes has paid for it. 0 is none.
func (r *Reader) BindBlocker(ctx context.Context, from, into int64) (int64, error) {
	var id int64
	err := classify(r.q.row(ctx, `SELECT d.id FROM draw_entries e JOIN draws d ON d.id = e.draw_id
		WHERE e.person_id = ?1 AND e.state = 'in' AND d.state IN ('open', 'frozen')
		AND (e.cost > 0 OR EXISTS (SELECT 1 FROM draw_entries o WHERE o.draw_id = d.id AND o.person_id = ?2 AND o.state = 'in'))
		ORDER BY d.id LIMIT 1`, from, into).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return id, err
}
