package storage

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// plan asks SQLite how it would run a statement.
func plan(tb testing.TB, db *DB, query string) string {
	tb.Helper()
	args := make([]any, 20) // unbound parameters are NULL; too many are not minded
	rows, err := db.conn.QueryContext(tb.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			tb.Fatal(err)
		}
		out = append(out, detail)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return strings.Join(out, "; ")
}

// TestHotQueriesUseTheirIndexes runs each call, notes the statements it needs
// and asks for their plans. A table that is walked from end to end, or rows
// that are sorted for a question about few, is a failure.
func TestHotQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	m, a := w.members[1], w.accounts[1]
	rankings := map[string]Ranking{
		"points all":   {Community: 1, Kind: ScorePoints},
		"points day":   {Community: 1, Kind: ScorePoints, Period: "2026-11-01"},
		"points week":  {Community: 1, Kind: ScorePoints, Period: "w2026-10-26"},
		"points month": {Community: 1, Kind: ScorePoints, Period: "2026-11"},
		"checkin week": {Community: 1, Kind: ScoreCheckin, Period: "w2026-10-26"},
		"invite month": {Community: 1, Kind: ScoreInvite, Period: "2026-11"},
		"quiz day":     {Community: 1, Kind: ScoreQuiz, Period: "2026-11-01"},
		"streak":       {Community: 1, Kind: "streak", AliveFrom: "2026-11-01"},
	}
	calls := map[string]func(context.Context, *Tx) error{
		"dedupe":  func(ctx context.Context, tx *Tx) error { _, err := tx.SeenBefore(ctx, "test", "1"); return err },
		"account": func(ctx context.Context, tx *Tx) error { _, err := tx.AccountByRef(ctx, "test", "u1-1"); return err },
		"username": func(ctx context.Context, tx *Tx) error {
			_, err := tx.AccountByUsername(ctx, "test", "no")
			return ignore(err)
		},
		"display name": func(ctx context.Context, tx *Tx) error { _, err := tx.AccountsNamed(ctx, 1, "x"); return err },
		"chat":         func(ctx context.Context, tx *Tx) error { _, err := tx.ChatByRef(ctx, "test", "group-1"); return err },
		"member":       func(ctx context.Context, tx *Tx) error { _, err := tx.Member(ctx, 1, a.PersonID); return err },
		"memberships":  func(ctx context.Context, tx *Tx) error { _, err := tx.MembershipsOf(ctx, 1); return err },
		"communities":  func(ctx context.Context, tx *Tx) error { _, err := tx.CommunitiesOf(ctx, 1); return err },
		"chats of":     func(ctx context.Context, tx *Tx) error { _, err := tx.ChatsOf(ctx, 1); return err },
		"roles":        func(ctx context.Context, tx *Tx) error { _, err := tx.RolesOf(ctx, 1, 1); return err },
		"admin":        func(ctx context.Context, tx *Tx) error { _, err := tx.AdminAnywhere(ctx, 1, 1); return err },
		"operators":    func(ctx context.Context, tx *Tx) error { _, err := tx.Operators(ctx); return err },
		"presence":     func(ctx context.Context, tx *Tx) error { _, err := tx.Presence(ctx, 1, a.ID); return err },
		"check-in":     func(ctx context.Context, tx *Tx) error { return checkIn(ctx, tx, w, 1, "2026-11-05", 5) },
		"check-ins": func(ctx context.Context, tx *Tx) error {
			_, err := tx.CheckinsUpTo(ctx, m.ID, "2026-11-05", 40)
			return err
		},
		"last week": func(ctx context.Context, tx *Tx) error {
			_, err := tx.CheckinsBetween(ctx, 1, "2026-11-01", "2026-11-07")
			return err
		},
		"hide":    func(ctx context.Context, tx *Tx) error { return tx.SetHidden(ctx, m.ID, false) },
		"entries": func(ctx context.Context, tx *Tx) error { _, err := tx.Entries(ctx, m.ID, Points, 0, 10); return err },
		"entry":   func(ctx context.Context, tx *Tx) error { _, err := tx.Entry(ctx, 1); return err },
		"cause": func(ctx context.Context, tx *Tx) error {
			_, err := tx.EntryByCause(ctx, m.ID, Points, "checkin:2026-11-01")
			return err
		},
		"talked": func(ctx context.Context, tx *Tx) error { _, err := tx.Talked(ctx, m.ID, "2026-11-01"); return err },
		"letters": func(ctx context.Context, tx *Tx) error {
			_, err := tx.OpenLetters(ctx, "test", LaneAnswer, 0, 10)
			return err
		},
		"enqueue": func(ctx context.Context, tx *Tx) error {
			_, err := tx.Enqueue(ctx, Letter{ChatID: 1, Connection: "test", Slot: "digest", Content: "{}"})
			return err
		},
		"slot":        func(ctx context.Context, tx *Tx) error { _, err := tx.SlotMessage(ctx, 1, "digest"); return err },
		"claim":       func(ctx context.Context, tx *Tx) error { return tx.Claim(ctx, 1) },
		"settle":      func(ctx context.Context, tx *Tx) error { return tx.Settle(ctx, Outcome{ID: 1, State: LetterSent}) },
		"kill":        func(ctx context.Context, tx *Tx) error { return tx.KillLetters(ctx, 1, "gone") },
		"rescue":      func(ctx context.Context, tx *Tx) error { _, err := tx.Rescue(ctx); return err },
		"budgets":     func(ctx context.Context, tx *Tx) error { _, err := tx.RecentSends(ctx, "test", noon); return err },
		"metrics":     func(ctx context.Context, tx *Tx) error { _, _, _, err := tx.CountLetters(ctx); return err },
		"timers":      func(ctx context.Context, tx *Tx) error { _, err := tx.DueTimers(ctx, noon, 10); return err },
		"next timer":  func(ctx context.Context, tx *Tx) error { _, err := tx.NextTimer(ctx); return ignore(err) },
		"waiting":     func(ctx context.Context, tx *Tx) error { _, err := tx.DueWaiting(ctx, noon, 10); return err },
		"next wait":   func(ctx context.Context, tx *Tx) error { _, err := tx.NextWaiting(ctx); return ignore(err) },
		"occurrences": func(ctx context.Context, tx *Tx) error { _, err := tx.OpenOccurrences(ctx, "backup"); return err },
		"last": func(ctx context.Context, tx *Tx) error {
			_, err := tx.LastOccurrence(ctx, "backup")
			return ignore(err)
		},
		"last seen": func(ctx context.Context, tx *Tx) error { _, err := tx.LastSeen(ctx); return ignore(err) },
		"again": func(ctx context.Context, tx *Tx) error {
			_, err := tx.ComingAgain(ctx, "backup", noon, noon)
			return err
		},
		"all of one": func(ctx context.Context, tx *Tx) error { _, err := tx.Occurrences(ctx, "backup"); return err },
		"previews":   func(ctx context.Context, tx *Tx) error { _, err := tx.OpenPreviews(ctx, 1, 1, noon); return err },
		"rule": func(ctx context.Context, tx *Tx) error {
			_, err := tx.RuleAt(ctx, 1, "checkin", noon)
			return ignore(err)
		},
		"clocks": func(ctx context.Context, tx *Tx) error { _, err := tx.Clocks(ctx, 1); return err },
		"refusal": func(ctx context.Context, tx *Tx) error {
			_, err := tx.Refuse(ctx, 1, 1, AboutRole, noon.Add(time.Hour))
			return err
		},
	}
	calls["confirmed"] = func(ctx context.Context, tx *Tx) error {
		_, err := tx.SettleWaiting(ctx, 1, "m1", LetterSent, "")
		return err
	}
	calls["to confirm"] = func(ctx context.Context, tx *Tx) error { _, err := tx.WaitingLetters(ctx, "test"); return err }
	calls["posts"] = func(ctx context.Context, tx *Tx) error { _, err := tx.CountPosts(ctx, 1, noon); return err }
	for name, k := range rankings {
		calls["top "+name] = func(ctx context.Context, tx *Tx) error { _, err := tx.Top(ctx, k, 5); return err }
		calls["place "+name] = func(ctx context.Context, tx *Tx) error {
			_, err := tx.PlaceOf(ctx, k, Member{ID: m.ID, Balance: 1, Streak: 1, LastDay: "2026-11-04"})
			return ignore(err)
		}
	}
	// Walks a partial index that holds what is open, and nothing else.
	short := map[string]string{
		"kill":       "USING INDEX outbox_queued|USING INDEX outbox_waiting",
		"to confirm": "USING INDEX outbox_waiting|USE TEMP B-TREE FOR ORDER BY",
		"rescue":     "USING INDEX outbox_sending",
		"metrics":    "USING COVERING INDEX outbox_",
		"operators":  "people_operators|USE TEMP B-TREE FOR ORDER BY",
		"username":   "USE TEMP B-TREE FOR ORDER BY",
		"waiting":    "USE TEMP B-TREE FOR ORDER BY", // few, and in the order they came
		"last week":  "USE TEMP B-TREE FOR ORDER BY", // a report's rows
		// Who has the name is found first, and put in order then.
		"display name": "USE TEMP B-TREE FOR ORDER BY", "communities": "USE TEMP B-TREE", "roles": "USE TEMP B-TREE",
	}
	for name, call := range calls {
		queries := record(t, db, call)
		if len(queries) == 0 {
			t.Errorf("%s: nothing ran", name)
		}
		for _, q := range queries {
			p := plan(t, db, q)
			for step := range strings.SplitSeq(p, "; ") {
				if (strings.HasPrefix(step, "SCAN") && step != "SCAN CONSTANT ROW") || strings.HasPrefix(step, "USE TEMP") {
					fine := func(part string) bool { return part != "" && strings.Contains(step, part) }
					if !slices.ContainsFunc(strings.Split(short[name], "|"), fine) {
						t.Errorf("%s: %s\n\t%s", name, p, oneLine(q))
					}
				}
			}
		}
	}
}

func ignore(err error) error {
	if err == nil || strings.Contains(err.Error(), ErrNotFound.Error()) {
		return nil
	}
	return err
}
