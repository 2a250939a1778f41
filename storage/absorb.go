package storage

import (
	"context"
	"database/sql"
	"fmt"
)

// absorbed says for one table with a chat how the rows of the young row of a
// group go over to the old one. ?1 is the old one, ?2 the young one.
type absorbed struct {
	table string
	how   []string // none: its rows just change their chat
}

// statements are how, or the usual way: nothing of the table is there once in a
// chat only.
func (a absorbed) statements() []string {
	if len(a.how) > 0 {
		return a.how
	}
	return []string{"UPDATE " + a.table + " SET chat_id = ?1 WHERE chat_id = ?2"}
}

// latest: what the young row knows is newer and counts.
func latest(table string) absorbed {
	return absorbed{table, []string{"UPDATE OR REPLACE " + table + " SET chat_id = ?1 WHERE chat_id = ?2"}}
}

// first: what the old row has counts.
func first(table string) absorbed {
	return absorbed{table, []string{
		"UPDATE OR IGNORE " + table + " SET chat_id = ?1 WHERE chat_id = ?2",
		"DELETE FROM " + table + " WHERE chat_id = ?2",
	}}
}

// absorbs is every table with a chat, in the order in which they go over. A
// table that is not named here fails a test.
var absorbs = []absorbed{
	// Whoever was seen under both ids is there once, with all his messages.
	{"presence", []string{
		`INSERT INTO presence (chat_id, account_id, present, joined_at, left_at, joins, messages, last_message_at)
			SELECT ?1, account_id, present, joined_at, left_at, joins, messages, last_message_at FROM presence WHERE chat_id = ?2
			ON CONFLICT DO UPDATE SET present = excluded.present, joined_at = min(joined_at, excluded.joined_at), left_at = excluded.left_at,
				messages = messages + excluded.messages, last_message_at = max(last_message_at, excluded.last_message_at)`,
		"DELETE FROM presence WHERE chat_id = ?2",
	}},
	{"talk_days", []string{
		`INSERT INTO talk_days (chat_id, account_id, day, messages) SELECT ?1, account_id, day, messages FROM talk_days WHERE chat_id = ?2
			ON CONFLICT DO UPDATE SET messages = messages + excluded.messages`,
		"DELETE FROM talk_days WHERE chat_id = ?2",
	}},
	{"talk_lines", nil},
	{"draws", []string{"UPDATE draws SET chat_id = ?1, community_id = (SELECT community_id FROM chats WHERE id = ?1) WHERE chat_id = ?2"}},
	latest("chat_admins"),
	latest("refusals"),
	{"outbox", nil},
	{"previews", nil},
	latest("prompts"),
	{"timers", nil},
	{"audit", nil},
	first("schedule_chats"),
	first("chat_quiet"),
	first("queue_picks"),
	// One instant of one job under both ids is one occurrence; the one that was
	// begun counts, else it would be sent twice.
	{"occurrences", append([]string{`DELETE FROM occurrences WHERE chat_id = ?1 AND state = 'planned'
			AND (job, due_at) IN (SELECT job, due_at FROM occurrences WHERE chat_id = ?2)`}, first("occurrences").how...)},
	{"checkins", []string{`UPDATE checkins SET chat_id = ?1 WHERE chat_id = ?2
			AND member_id IN (SELECT m.id FROM members m JOIN chats h ON h.community_id = m.community_id WHERE h.id = ?2)`}},
	{"polls", nil},
	first("poll_chats"),
	{"poll_votes", nil},
	{"native_polls", nil},
	{"signups", []string{"UPDATE signups SET chat_id = ?1, community_id = (SELECT community_id FROM chats WHERE id = ?1) WHERE chat_id = ?2"}},
	first("signup_chats"),
	{"signup_entries", nil},
	{"questions", nil},
	{"feedback", nil},
	// One round and one practice question run in a group. Those of the old id have
	// their messages where nobody writes any more.
	{"quiz_rounds", []string{
		`UPDATE quiz_rounds SET state = 'interrupted', ended_at = max(started_at, (SELECT max(started_at) FROM quiz_rounds WHERE chat_id = ?2))
			WHERE chat_id = ?1 AND state = 'running' AND EXISTS (SELECT 1 FROM quiz_rounds WHERE chat_id = ?2 AND state = 'running')`,
		"UPDATE quiz_rounds SET chat_id = ?1 WHERE chat_id = ?2",
	}},
	{"quiz_practices", []string{
		"UPDATE quiz_practices SET state = 'closed' WHERE chat_id = ?1 AND state = 'open' AND EXISTS (SELECT 1 FROM quiz_practices WHERE chat_id = ?2 AND state = 'open')",
		"UPDATE quiz_practices SET chat_id = ?1 WHERE chat_id = ?2",
	}},
	latest("faq_said"),
	latest("human_calls"),
	first("invite_doors"),
	latest("invite_links"),
	{"invite_requests", []string{ // who asks under both ids asks once
		`UPDATE invite_requests SET state = 'gone', decided_at = asked_at WHERE chat_id = ?1 AND state IN ('asked', 'admitting', 'refusing')
			AND account_id IN (SELECT account_id FROM invite_requests WHERE chat_id = ?2 AND state IN ('asked', 'admitting', 'refusing'))`,
		"UPDATE invite_requests SET chat_id = ?1 WHERE chat_id = ?2",
	}},
	{"invite_joins", nil},
	{"invites", nil},
	{"chats", []string{
		"UPDATE chats SET moved_to = ?1 WHERE moved_to = ?2",
		"UPDATE chats SET external_id = 'merged:' || id, state = 'migrated', moved_to = ?1 WHERE id = ?2",
	}},
}

// absorbsBefore are the tables with a chat that absorbAnnouncements moves.
var absorbsBefore = []string{"announcement_letters", "announcement_targets", "announcements"}

// absorb moves what the young row gathered to the old one and frees its id.
func (tx *Tx) absorb(ctx context.Context, old, young Chat) error {
	if err := tx.absorbCommunity(ctx, old, young); err != nil {
		return err
	}
	if err := tx.absorbAnnouncements(ctx, old.ID, young.ID); err != nil {
		return err
	}
	for _, a := range absorbs {
		for _, q := range a.statements() {
			if _, err := tx.q.exec(ctx, q, old.ID, young.ID); err != nil {
				return fmt.Errorf("%s: %w", a.table, classify(err))
			}
		}
	}
	return nil
}

// absorbCommunity takes along what was made in the community that the young row
// began, as if it had joined the old one: under its number nobody would find a
// question any more.
func (tx *Tx) absorbCommunity(ctx context.Context, old, young Chat) error {
	if young.CommunityID == 0 || old.CommunityID == 0 || young.CommunityID == old.CommunityID {
		return nil
	}
	c := Carry{ChatID: young.ID, From: young.CommunityID, To: old.CommunityID}
	if err := tx.q.row(ctx, "SELECT NOT EXISTS (SELECT 1 FROM chats WHERE community_id = ? AND id <> ?)", c.From, c.ChatID).Scan(&c.Last); err != nil {
		return classify(err)
	}
	if c.Last {
		if err := tx.carryMembers(ctx, &c, old.ID); err != nil {
			return err
		}
	}
	out, err := tx.CarryCommunity(ctx, c)
	if err != nil {
		return err
	}
	for _, r := range out.Renumbered {
		if !r.Open {
			continue
		}
		if _, err := tx.SetTimer(ctx, DueRow{
			Key: fmt.Sprintf("%s:%d:%d", TaskShowQuestion, r.ID, c.To), Task: TaskShowQuestion, ChatID: old.ID,
			Payload: fmt.Sprintf(`{"question":%d}`, r.ID), DueAt: tx.Now,
		}); err != nil {
			return err
		}
	}
	return nil
}

// TaskCarryMembers is the timer that carries what members had in the community
// that the new id of a group began; its payload is {"from": community}.
const TaskCarryMembers = "community.moved"

// carryMembers has what members have in the young community carried to the old
// one: points by entries, which need its calendar.
func (tx *Tx) carryMembers(ctx context.Context, c *Carry, chatID int64) error {
	var err error
	c.Persons, err = list(ctx, &tx.Reader, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		"SELECT person_id FROM members WHERE community_id = ? ORDER BY person_id", c.From)
	if err != nil || len(c.Persons) == 0 {
		return err
	}
	_, err = tx.SetTimer(ctx, DueRow{
		Key: fmt.Sprintf("%s:%d:%d", TaskCarryMembers, c.From, c.To), Task: TaskCarryMembers, ChatID: chatID,
		Payload: fmt.Sprintf(`{"from":%d}`, c.From), DueAt: tx.Now,
	})
	return err
}
