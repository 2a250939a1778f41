package storage

import (
	"context"
	"database/sql"
)

// announcements holds every announcement against the outbox: each addressee has
// an outcome or a letter under way, no letter is to somebody else, nobody got it
// twice but by somebody's word, and nobody got more direct messages than a month
// has.
func (v *verifier) announcements(ctx context.Context) error {
	var n int
	if err := v.r.q.row(ctx, "SELECT count(*) FROM announcements").Scan(&n); err != nil {
		return err
	}
	v.checked(CheckAnnouncement, n)
	for _, q := range []string{
		`SELECT a.id, t.chat_id, 'has no letter' FROM announcements a JOIN announcement_targets t ON t.announcement_id = a.id
			WHERE a.state = 'sent' AND NOT EXISTS (SELECT 1 FROM announcement_letters l WHERE l.announcement_id = a.id AND l.chat_id = t.chat_id AND l.kind = 'post')
			ORDER BY a.id, t.position`,
		`SELECT a.id, l.chat_id, 'a letter, yet it was never sent' FROM announcements a JOIN announcement_letters l ON l.announcement_id = a.id WHERE a.state <> 'sent'`,
		`SELECT l.announcement_id, l.chat_id, 'a letter to somebody it is not for' FROM announcement_letters l
			WHERE NOT EXISTS (SELECT 1 FROM announcement_targets t WHERE t.announcement_id = l.announcement_id AND t.chat_id = l.chat_id)`,
		`SELECT l.announcement_id, l.chat_id, 'the letter is to another chat' FROM announcement_letters l JOIN outbox o ON o.id = l.letter_id WHERE o.chat_id <> l.chat_id`,
		`SELECT l.announcement_id, l.chat_id, 'the letter is lost' FROM announcement_letters l
			WHERE l.letter_id <> 0 AND l.state = '' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = l.letter_id)`,
		`SELECT l.announcement_id, l.chat_id, 'the letter may come twice' FROM announcement_letters l JOIN outbox o ON o.id = l.letter_id WHERE l.kind = 'post' AND o.once = 0`,
		`SELECT l.announcement_id, l.chat_id, 'posted again, though it may have arrived' FROM announcement_letters l
			JOIN announcement_letters x ON x.announcement_id = l.announcement_id AND x.chat_id = l.chat_id AND x.kind = l.kind AND x.try = l.try - 1
			LEFT JOIN outbox o ON o.id = x.letter_id
			WHERE l.kind = 'post' AND l.chosen = 0 AND coalesce(o.state, x.state) <> 'dead'`,
	} {
		err := v.r.each(ctx, func(rows *sql.Rows) error {
			var id, chat int64
			var problem string
			if err := rows.Scan(&id, &chat, &problem); err != nil {
				return err
			}
			v.fail(CheckAnnouncement, "id", id, "chat", chat, "problem", problem)
			return nil
		}, q)
		if err != nil {
			return err
		}
	}
	v.done(CheckAnnouncement)
	return nil
}
