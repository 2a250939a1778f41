package storage

import (
	"context"
	"database/sql"
)

// CheckBind is about persons that became one. Args: bind, problem; of a copied
// day member, day.
const CheckBind = "bind"

// binds holds what was bound against persons, accounts, days and entries.
func (v *verifier) binds(ctx context.Context) error {
	var n int
	if err := v.r.q.row(ctx, "SELECT count(*) FROM binds").Scan(&n); err != nil {
		return err
	}
	v.checked(CheckBind, n)
	for problem, query := range map[string]string{
		"the person is not merged":       "SELECT b.id FROM binds b JOIN people p ON p.id = b.from_person WHERE b.state = 'live' AND p.merged_into <> b.into_person",
		"merged without a bind":          "SELECT p.id FROM people p WHERE p.merged_into <> 0 AND NOT EXISTS (SELECT 1 FROM binds b WHERE b.from_person = p.id AND b.into_person = p.merged_into AND b.state <> 'undone')",
		"an account stayed with him":     "SELECT b.id FROM binds b JOIN accounts a ON a.person_id = b.from_person WHERE b.state = 'live'",
		"an account did not come back":   "SELECT b.id FROM binds b JOIN bind_accounts x ON x.bind_id = b.id JOIN accounts a ON a.id = x.account_id WHERE b.state = 'undone' AND a.person_id = b.into_person AND NOT EXISTS (SELECT 1 FROM bind_accounts y JOIN binds l ON l.id = y.bind_id WHERE y.account_id = a.id AND l.id > b.id)",
		"entries differ from its record": boundEntries,
	} {
		err := v.r.each(ctx, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			if err == nil {
				v.fail(CheckBind, "bind", id, "problem", problem)
			}
			return err
		}, query)
		if err != nil {
			return err
		}
	}
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var member int64
		var day string
		err := rows.Scan(&member, &day)
		if err == nil {
			v.fail(CheckBind, "member", member, "day", day, "problem", "the copy of a day that is not there, or one that counts")
		}
		return err
	}, `SELECT c.member_id, c.day FROM checkins c WHERE c.origin <> 0
		AND (c.repaired = 0 OR c.gained <> 0 OR NOT EXISTS (SELECT 1 FROM checkins o WHERE o.member_id = c.origin AND o.day = c.day))`)
	if err != nil {
		return err
	}
	v.done(CheckBind)
	return nil
}

// boundEntries are the binds whose entries in a community do not add up to what
// their record says was moved.
const boundEntries = `SELECT b.bind_id FROM bind_members b JOIN binds l ON l.id = b.bind_id
	WHERE b.carried = 0 AND (
		b.points - b.doubled <> (SELECT COALESCE(sum(amount), 0) FROM ledger WHERE member_id = b.into_member AND unit = 'points' AND cause >= 'bind:' || b.bind_id || ':' AND cause < 'bind:' || b.bind_id || ';')
		OR -b.points <> (SELECT COALESCE(sum(amount), 0) FROM ledger WHERE member_id = b.from_member AND unit = 'points' AND cause >= 'bind:' || b.bind_id || ':' AND cause < 'bind:' || b.bind_id || ';'))`
