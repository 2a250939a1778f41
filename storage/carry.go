package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// Carry says which chat goes over from one community to another.
type Carry struct {
	ChatID, From, To int64
	// Last: no other chat stays behind, so everything goes along.
	Last bool
	// Persons are those who go over with it.
	Persons []int64
}

// TaskShowQuestion is the timer that brings the message of a question up to date
// when its number has changed; its payload is {"question": row}.
const TaskShowQuestion = "ask.show"

// Carried is what went along.
type Carried struct {
	Questions, Tickets, FAQs, Quiz, Polls int
	// Renumbered are the questions whose number was taken, by their row.
	Renumbered []Renumbered
}

// Renumbered is a question or ticket that has another number now.
type Renumbered struct {
	ID       int64
	Was, Now int
	Open     bool
}

// How the tables of a community behave when one of its chats goes over to
// another one. A table with a community that is not named here fails a test.
const (
	carriedHere   = "carried"          // by CarryCommunity
	carriedMember = "with its members" // what a member has goes over by entries and copies, its sums by triggers
	carriedChat   = "with the chat"    // by MoveChatTo
	carriedBind   = "with the bind"    // by CarryBound
	staysBehind   = "stays"            // it is of the old community and would be wrong in the new one
)

var communityTables = map[string]string{
	"announcements":     carriedHere,
	"schedules":         carriedHere,
	"queues":            carriedHere,
	"invite_requests":   carriedHere,
	"faqs":              carriedHere,
	"feedback":          carriedHere,
	"invite_joins":      carriedHere,
	"invite_milestones": carriedHere,
	"invite_ways":       carriedHere,
	"invites":           carriedHere,
	"poll_repeats":      carriedHere,
	"polls":             carriedHere,
	"questions":         carriedHere,
	"quiz_practices":    carriedHere,
	"quiz_questions":    carriedHere,
	"quiz_rounds":       carriedHere,
	"signups":           carriedHere,
	"talk_lines":        carriedHere,
	"members":           carriedMember,
	"scores":            carriedMember,
	"community_days":    carriedMember,
	"chats":             carriedChat,
	"draws":             carriedChat,
	"bind_members":      carriedBind,
	"audit":             staysBehind, // a change of the old community is not undone in the new one
	"community_clocks":  staysBehind, // the new one's clock is in force
	"rules":             staysBehind, // and its rules
}

// CarryCommunity takes along what belongs to a community and is no member's:
// questions, tickets, automatic answers, the questions of quizzes, polls,
// invites. What hangs on the chat goes with the chat. What belongs to the whole
// community goes when its last chat does and is copied otherwise; what the new
// community has already stays behind.
func (tx *Tx) CarryCommunity(ctx context.Context, c Carry) (Carried, error) {
	var out Carried
	var err error
	if out.Questions, out.Renumbered, err = tx.renumber(ctx, c, "questions", "former = number, moved_at = ?5,"); err != nil {
		return out, err
	}
	if out.Tickets, _, err = tx.renumber(ctx, c, "feedback", "former = number, moved_at = ?5,"); err != nil {
		return out, err
	}
	if _, _, err = tx.renumber(ctx, c, "quiz_rounds", ""); err != nil {
		return out, err
	}
	if out.FAQs, err = tx.library(ctx, c, "faqs", "words", "mode, words, answer, links, picture, cooldown_s, created_at, changed_at"); err != nil {
		return out, err
	}
	if out.Quiz, err = tx.library(ctx, c, "quiz_questions", "text", "text, options, answer, tag, created_at"); err != nil {
		return out, err
	}
	persons, err := json.Marshal(append([]int64{}, c.Persons...))
	if err != nil {
		return out, fmt.Errorf("carry: %w", err)
	}
	const hers = " WHERE community_id = ?1 AND (chat_id = ?3 OR ?4)"
	const idle = "(?4 OR id IN (SELECT queue_id FROM schedules WHERE community_id = ?2)) AND id NOT IN (SELECT queue_id FROM schedules WHERE community_id = ?1 AND state <> 'deleted')"
	const movers = "(SELECT value FROM json_each(?5))"
	for _, s := range []struct {
		sql   string
		count *int
	}{
		{"UPDATE poll_repeats SET community_id = ?2 WHERE community_id = ?1 AND ?5 <> '' AND poll_id IN (SELECT id FROM polls" + hers + ")", nil},
		{"UPDATE polls SET community_id = ?2" + hers + " AND ?5 <> ''", &out.Polls},
		{"UPDATE signups SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		{"UPDATE quiz_practices SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		{"UPDATE talk_lines SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		{"UPDATE announcements SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		// Posts for this chat alone, and the queues they take them from.
		{"UPDATE schedules SET community_id = ?2 WHERE community_id = ?1 AND ?5 <> '' AND (?4 OR id IN (SELECT schedule_id FROM schedule_chats GROUP BY 1 HAVING min(chat_id) = ?3 AND max(chat_id) = ?3))", nil},
		{"UPDATE queues SET name = name || ' ' || id WHERE community_id = ?1 AND " + idle + " AND ?5 <> '' AND EXISTS (SELECT 1 FROM queues o WHERE o.community_id = ?2 AND o.name = queues.name)", nil},
		{"UPDATE queues SET community_id = ?2 WHERE community_id = ?1 AND " + idle + " AND ?3 <> 0 AND ?5 <> ''", nil},
		{"UPDATE invite_requests SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		{"UPDATE invite_joins SET community_id = ?2" + hers + " AND ?5 <> ''", nil},
		// An invite goes along with both who are part of it: what it promised is
		// theirs. One person has one way in, and was invited once: what he has there
		// already counts.
		{"UPDATE OR IGNORE invites SET community_id = ?2" + hers + " AND inviter_id IN " + movers + " AND invited_id IN " + movers, nil},
		{"UPDATE OR IGNORE invite_ways SET community_id = ?2 WHERE community_id = ?1 AND (person_id IN " + movers + " OR person_id = 0 AND ?4) AND ?3 <> 0", nil},
		{"UPDATE OR IGNORE invite_milestones SET community_id = ?2 WHERE community_id = ?1 AND person_id IN " + movers + " AND ?3 <> 0 AND ?4 IN (0, 1)", nil},
	} {
		res, err := tx.q.exec(ctx, s.sql, c.From, c.To, c.ChatID, c.Last, string(persons))
		if err != nil {
			return out, classify(err)
		}
		if s.count != nil {
			n, err := res.RowsAffected()
			if err != nil {
				return out, classify(err)
			}
			*s.count = int(n)
		}
	}
	return out, nil
}

// renumber takes along rows that people call by a number. Where the number is
// taken a row gets the next free one.
func (tx *Tx) renumber(ctx context.Context, c Carry, table, note string) (int, []Renumbered, error) {
	state := "state = 'open'"
	if table == "quiz_rounds" {
		state = "0"
	}
	rows, err := list(ctx, &tx.Reader, func(rows *sql.Rows, r *Renumbered) error { return rows.Scan(&r.ID, &r.Was, &r.Open) },
		"SELECT id, number, "+state+" FROM "+table+" WHERE community_id = ? AND (chat_id = ? OR ?) ORDER BY number", c.From, c.ChatID, c.Last)
	if err != nil {
		return 0, nil, err
	}
	var changed []Renumbered
	for _, r := range rows {
		var taken bool
		var next int
		if err := tx.q.row(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+" WHERE community_id = ?1 AND number = ?2), (SELECT COALESCE(max(number), 0) + 1 FROM "+table+" WHERE community_id IN (?1, ?3))",
			c.To, r.Was, c.From).Scan(&taken, &next); err != nil {
			return 0, nil, classify(err)
		}
		set, args := "community_id = ?1", []any{c.To, r.ID}
		if taken {
			r.Now = next
			set, args = note+" number = ?3, community_id = ?1", []any{c.To, r.ID, r.Now}
			if note != "" {
				args = append(args, 0, millis(tx.Now))
			}
			changed = append(changed, r)
		}
		if _, err := tx.q.exec(ctx, "UPDATE "+table+" SET "+set+" WHERE id = ?2", args...); err != nil {
			return 0, nil, classify(err)
		}
	}
	return len(rows), changed, nil
}

// library takes along what administrators have written for the whole community,
// or copies it for a chat that goes alone. One that is there already stays.
func (tx *Tx) library(ctx context.Context, c Carry, table, same, columns string) (int, error) {
	type row struct {
		id     int64
		number int
	}
	rows, err := list(ctx, &tx.Reader, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.number) },
		"SELECT id, number FROM "+table+" x WHERE community_id = ?1 AND deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM "+table+" y WHERE y.community_id = ?2 AND y.deleted_at = 0 AND y."+same+" = x."+same+") ORDER BY number", c.From, c.To)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		var taken bool
		var next int
		if err := tx.q.row(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+" WHERE community_id = ?1 AND number = ?2), (SELECT COALESCE(max(number), 0) + 1 FROM "+table+" WHERE community_id IN (?1, ?3))",
			c.To, r.number, c.From).Scan(&taken, &next); err != nil {
			return 0, classify(err)
		}
		if !taken {
			next = r.number
		}
		query := "UPDATE " + table + " SET community_id = ?2, number = ?3 WHERE id = ?1"
		if !c.Last {
			query = "INSERT INTO " + table + " (community_id, number, " + columns + ") SELECT ?2, ?3, " + columns + " FROM " + table + " WHERE id = ?1"
		}
		if _, err := tx.q.exec(ctx, query, r.id, c.To, next); err != nil {
			return 0, classify(err)
		}
	}
	return len(rows), nil
}
