package storage

import (
	"context"
	"database/sql"
)

// Movers lists the members who go along when a chat leaves its community. all
// is true for its last chat: then nobody who is known by name stays behind.
// Else those go who are present in this chat and in no other of the community:
// who is in both stays where his points were made.
func (r *Reader) Movers(ctx context.Context, chatID, community int64, all bool) ([]Member, error) {
	return list(ctx, r, func(rows *sql.Rows, m *Member) error { return scanMember(rows, m) },
		`SELECT m.id, m.community_id, m.person_id, m.balance, m.pending, m.cards, m.streak, m.best_streak, m.last_day, m.hidden, m.created_at
		FROM members m JOIN people p ON p.id = m.person_id
		WHERE m.community_id = ?1 AND p.erased_at = 0 AND p.merged_into = 0 AND (?3 OR (
			EXISTS (SELECT 1 FROM accounts a JOIN presence x ON x.account_id = a.id
				WHERE a.person_id = m.person_id AND x.chat_id = ?2 AND x.present = 1)
			AND NOT EXISTS (SELECT 1 FROM accounts a JOIN presence x ON x.account_id = a.id JOIN chats h ON h.id = x.chat_id
				WHERE a.person_id = m.person_id AND x.present = 1 AND h.community_id = ?1 AND h.state = 'active' AND h.id <> ?2)))
		ORDER BY m.id`, community, chatID, all)
}

// CheckinDays lists the chat days on which a member checked in, oldest first.
func (r *Reader) CheckinDays(ctx context.Context, memberID int64) ([]string, error) {
	return list(ctx, r, func(rows *sql.Rows, day *string) error { return rows.Scan(day) },
		"SELECT day FROM checkins WHERE member_id = ? ORDER BY day", memberID)
}

// CountOf counts a member's ledger entries and check-ins.
func (r *Reader) CountOf(ctx context.Context, memberID int64) (entries, checkins int, err error) {
	err = r.q.row(ctx, "SELECT (SELECT count(*) FROM ledger WHERE member_id = ?1), (SELECT count(*) FROM checkins WHERE member_id = ?1)", memberID).
		Scan(&entries, &checkins)
	return entries, checkins, classify(err)
}

// CopyCheckins gives a member the days of another one, up to a day; days that
// are there already stay as they are. The copies count like repaired days: for
// the streak, not for points, rankings or the count of the community's day,
// which were made elsewhere.
func (tx *Tx) CopyCheckins(ctx context.Context, from, to int64, upTo string) error {
	_, err := tx.q.exec(ctx, `INSERT INTO checkins (member_id, day, at, place, gained, streak, repaired, chat_id, origin)
		SELECT ?2, day, at, 0, 0, streak, 1, chat_id, origin FROM checkins WHERE member_id = ?1 AND day <= ?3
		ON CONFLICT DO NOTHING`, from, to, upTo)
	return classify(err)
}

// leftChat is the title of a 1:1 chat whose person was erased. Its address stays
// until the last word has gone there: see Prune.
const leftChat = "erased"

// BlankPrivateChats removes a person's name from his 1:1 chats, which bear it
// as their title. It needs his accounts: call it before ErasePerson.
func (tx *Tx) BlankPrivateChats(ctx context.Context, personID int64) error {
	_, err := tx.q.exec(ctx, `UPDATE chats SET title = '`+leftChat+`' WHERE kind = 'private'
		AND (domain, external_id) IN (SELECT domain, external_id FROM accounts WHERE person_id = ?)`, personID)
	return classify(err)
}

// forgetChats takes the address off 1:1 chats whose person was erased, once all
// is said. Who has come back in the meantime keeps his.
func (tx *Tx) forgetChats(ctx context.Context) error {
	_, err := tx.q.exec(ctx, `UPDATE chats SET external_id = '`+leftChat+`:' || id, title = '' WHERE kind = 'private' AND title = '`+leftChat+`'
		AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.domain = chats.domain AND a.external_id = chats.external_id)
		AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat_id = chats.id AND o.state IN ('queued', 'sending'))`)
	return classify(err)
}

// DropSettings removes every setting whose name begins with a prefix.
func (tx *Tx) DropSettings(ctx context.Context, prefix string) error {
	_, err := tx.q.exec(ctx, "DELETE FROM settings WHERE substr(name, 1, length(?1)) = ?1", prefix)
	return classify(err)
}
