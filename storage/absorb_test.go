package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// column is a column of a table.
type column struct{ table, name, kind string }

// chatColumnsOf lists the columns that name a chat by its row.
func chatColumnsOf(t *testing.T, db *DB) []column {
	t.Helper()
	var out []column
	view(t, db, func(ctx context.Context, r *Reader) error {
		var err error
		out, err = list(ctx, r, func(rows *sql.Rows, c *column) error { return rows.Scan(&c.table, &c.name) },
			`SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'INTEGER' AND (c.name LIKE '%chat_id' OR c.name = 'chat')
			UNION SELECT m.name, f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f."table" = 'chats' ORDER BY 1, 2`)
		return err
	})
	return out
}

var errTakenBack = errors.New("taken back")

// A table with a chat must say how its rows go over when a group's new id was
// heard of before the move was told; and then none of them stays behind.
func TestNothingStaysWithTheYoungRowOfAGroup(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	columns := chatColumnsOf(t, db)
	known := map[string]bool{}
	for _, a := range absorbs {
		known[a.table] = true
	}
	for _, table := range absorbsBefore {
		known[table] = true
	}
	for _, c := range columns {
		if !known[c.table] {
			t.Errorf("%s.%s: what becomes of it? See absorbs", c.table, c.name)
		}
	}
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		// What is in the rows does not matter here, only where they go.
		for _, q := range []string{"PRAGMA defer_foreign_keys = ON", "PRAGMA ignore_check_constraints = ON"} {
			if _, err := tx.q.exec(ctx, q); err != nil {
				return err
			}
		}
		community, err := tx.AddCommunity(ctx, "young", "UTC", 0)
		if err != nil {
			return err
		}
		young, err := tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "super", CommunityID: community.ID, Kind: "group", Connection: "test"})
		if err != nil {
			return err
		}
		if err := stuff(ctx, tx, column{table: "members"}, 0, community.ID); err != nil {
			return err
		}
		for _, c := range columns {
			if err := stuff(ctx, tx, c, young.ID, community.ID); err != nil {
				return err
			}
		}
		if _, err := tx.MigrateChat(ctx, w.chat, "super"); err != nil {
			return err
		}
		for _, c := range columns {
			var n, there int
			if err := tx.q.row(ctx, fmt.Sprintf("SELECT count(*) FILTER (WHERE %[1]s = ?1), count(*) FILTER (WHERE %[1]s = ?2) FROM %[2]s", c.name, c.table), young.ID, w.chat.ID).Scan(&n, &there); err != nil {
				return err
			}
			if n != 0 || there == 0 {
				t.Errorf("%s.%s: %d rows stay with the young row, %d are with the old one", c.table, c.name, n, there)
			}
		}
		for _, table := range []string{"questions", "feedback", "quiz_rounds", "quiz_practices", "polls", "signups", "draws", "invite_joins", "talk_lines", "announcements"} {
			var n int
			if err := tx.q.row(ctx, "SELECT count(*) FROM "+table+" WHERE community_id = ?", community.ID).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d rows stay with the community of the young row, %v", table, n, err)
			}
		}
		if _, err := tx.q.exec(ctx, "PRAGMA ignore_check_constraints = OFF"); err != nil {
			return err
		}
		return errTakenBack
	})
	if !errors.Is(err, errTakenBack) {
		t.Fatal(err)
	}
	wantClean(t, db)
}

// rowOf is the number that stands in for everything in the rows of stuff.
const rowOf = 7000

// stuff writes one row of a table, of a chat and a community, that means nothing.
func stuff(ctx context.Context, tx *Tx, c column, chatID, community int64) error {
	all, err := list(ctx, &tx.Reader, func(rows *sql.Rows, c *column) error { return rows.Scan(&c.name, &c.kind) }, "SELECT name, type FROM pragma_table_info(?)", c.table)
	if err != nil {
		return err
	}
	var names []string
	var values []any
	for _, one := range all {
		var v any = rowOf
		switch {
		case one.name == c.name:
			v = chatID
		case one.name == "community_id":
			v = community
		case one.kind == "TEXT":
			v = "[]"
		case strings.HasPrefix(one.name, "undo") || one.name == "anonymous":
			v = 0
		}
		names, values = append(names, one.name), append(values, v)
	}
	q := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", c.table, strings.Join(names, ", "), strings.Join(slices.Repeat([]string{"?"}, len(names)), ", "))
	if _, err := tx.q.exec(ctx, q, values...); err != nil {
		return fmt.Errorf("%s: %w", c.table, err)
	}
	return nil
}

// What runs under both ids at one time: one of the two goes on.
func TestAGroupAbsorbsWhatRunsUnderBothIDs(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		community, err := tx.AddCommunity(ctx, "young", "UTC", 0)
		if err != nil {
			return err
		}
		young, err := tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "super", CommunityID: community.ID, Kind: "group", Connection: "test"})
		if err != nil {
			return err
		}
		for _, c := range []struct {
			chat, community int64
		}{{w.chat.ID, w.community.ID}, {young.ID, community.ID}} {
			for _, q := range []string{
				"INSERT INTO questions (community_id, number, chat_id, account_id, text, created_at) VALUES (?2, 1, ?1, ?3, 'why', 1)",
				"INSERT INTO quiz_rounds (community_id, number, chat_id, person_id, state, seconds, rule, started_at) VALUES (?2, 1, ?1, ?3, 'running', 20, '{}', ?1)",
				"INSERT INTO prompts (chat_id, account_id, command, expires_at) VALUES (?1, ?3, '/draw ' || ?2, 9)",
			} {
				if _, err := tx.q.exec(ctx, q, c.chat, c.community, w.accounts[0].ID); err != nil {
					return err
				}
			}
		}
		_, err = tx.MigrateChat(ctx, w.chat, "super")
		return err
	})
	wantClean(t, db)
	for q, want := range map[string]int64{
		"SELECT count(*) FROM questions WHERE chat_id = ?1 AND community_id = (SELECT community_id FROM chats WHERE id = ?1) AND number IN (1, 2)": 2,
		"SELECT count(*) FROM timers WHERE chat_id = ?1 AND task = 'ask.show'":                                                                     1,
		"SELECT count(*) FROM quiz_rounds WHERE chat_id = ?1 AND state = 'running' AND number = 2":                                                 1,
		"SELECT count(*) FROM quiz_rounds WHERE chat_id = ?1 AND state = 'interrupted' AND ended_at > 0 AND number = 1":                            1,
		"SELECT count(*) FROM prompts WHERE chat_id = ?1":                                                                                          1,
	} {
		if n := number(t, db.readPool, q, w.chat.ID); n != want {
			t.Errorf("%s: %d, want %d", q, n, want)
		}
	}
}
