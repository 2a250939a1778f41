package storage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const dropTriggers = `DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; DROP TRIGGER ledger_points; DROP TRIGGER ledger_pending;
	DROP TRIGGER ledger_card; DROP TRIGGER checkins_no_delete; DROP TRIGGER checkins_count;`

// Each kind of damage, done by hand behind the program's back, and the line
// that has to name it.
func TestVerifyNamesEachKindOfDamage(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(db.Path())
	if err != nil {
		t.Fatal(err)
	}
	const entry = "INSERT INTO ledger (member_id, unit, amount, kind, cause, day, week, at, reverses) VALUES "
	for name, c := range map[string]struct {
		damage string
		what   string
		args   string // parts of the line
	}{
		"balance":          {"UPDATE members SET balance = balance + 1 WHERE id = 2", CheckBalance, "member:2 unit:points stored:25 computed:24"},
		"pending":          {"UPDATE members SET pending = 0 WHERE id = 1", CheckBalance, "member:1 unit:pending stored:0 computed:7"},
		"cards":            {"UPDATE members SET cards = 9 WHERE id = 1", CheckBalance, "unit:card stored:9 computed:2"},
		"entry changed":    {"UPDATE ledger SET amount = amount + 1 WHERE member_id = 2 AND day = '2026-11-02'", CheckBalance, "member:2 stored:24 computed:25"},
		"entry gone":       {"DELETE FROM ledger WHERE member_id = 4 AND day = '2026-11-02'", CheckBalance, "member:4 stored:32 computed:24"},
		"entry sneaked in": {entry + "(5, 'points', 99, 'adjust', 'sneaked', '2026-11-04', '2026-11-02', 0, 0)", CheckBalance, "member:5 stored:36 computed:135"},

		"day's sum":           {"UPDATE scores SET value = 1 WHERE member_id = 3 AND kind = 'points' AND period = '2026-11-03'", CheckScore, "member:3 kind:points period:2026-11-03 stored:1 computed:7"},
		"week's sum":          {"UPDATE scores SET value = 0 WHERE member_id = 3 AND kind = 'points' AND period = 'w2026-11-02'", CheckScore, "member:3 period:w2026-11-02 stored:0 computed:21"},
		"month's sum":         {"UPDATE scores SET value = value * 2 WHERE member_id = 3 AND kind = 'points' AND period = '2026-11'", CheckScore, "period:2026-11 stored:56 computed:28"},
		"sum gone":            {"DELETE FROM scores WHERE member_id = 3 AND kind = 'points' AND period = '2026-11'", CheckScore, "period:2026-11 stored:none computed:28 problem:missing"},
		"sum from nowhere":    {"INSERT INTO scores VALUES (1, 'points', '2031-01', 3, 5, 1)", CheckScore, "period:2031-01 stored:5 computed:0"},
		"check-ins of a week": {"UPDATE scores SET value = 6 WHERE member_id = 3 AND kind = 'checkin' AND period = 'w2026-11-02'", CheckScore, "kind:checkin stored:6 computed:3"},
		"check-ins gone":      {"DELETE FROM scores WHERE member_id = 3 AND kind = 'checkin' AND period = '2026-11'", CheckScore, "kind:checkin problem:missing"},
		"sum elsewhere":       {"INSERT INTO communities VALUES (9, 'x', '', 0); UPDATE scores SET community_id = 9 WHERE member_id = 3 AND period = '2026-11-03'", CheckScore, "member:3 community:9 problem:differs from its member"},
		"hidden in part":      {"UPDATE scores SET hidden = 0 WHERE member_id = 3 AND period = '2026-11'", CheckScore, "member:3 problem:differs from its member"},

		"check-in gone":       {"DELETE FROM checkins WHERE member_id = 2 AND day = '2026-11-02'", CheckCheckin, "member:2 day:2026-11-02 gained:none amount:6"},
		"gained changed":      {"UPDATE checkins SET gained = 60 WHERE member_id = 2 AND day = '2026-11-02'", CheckCheckin, "member:2 day:2026-11-02 gained:60 amount:6"},
		"gained from nowhere": {"UPDATE checkins SET gained = 5 WHERE member_id = 1 AND day = '2026-11-05'", CheckCheckin, "member:1 day:2026-11-05 gained:5 entry:0"},
		"entry without one":   {entry + "(5, 'points', 5, 'checkin', 'checkin:2026-11-09', '2026-11-09', '2026-11-09', 0, 0)", CheckCheckin, "member:5 day:2026-11-09 gained:none amount:5"},

		"streak":             {"UPDATE members SET streak = 40 WHERE id = 2", CheckStreak, "member:2 field:streak stored:40 computed:5"},
		"best streak":        {"UPDATE members SET best_streak = 3 WHERE id = 2", CheckStreak, "member:2 field:best_streak stored:3 computed:5"},
		"last day":           {"UPDATE members SET last_day = '2026-11-30' WHERE id = 2", CheckStreak, "member:2 field:last_day stored:2026-11-30 computed:2026-11-05"},
		"a hole in the days": {"DELETE FROM checkins WHERE member_id = 2 AND day = '2026-11-03'", CheckStreak, "member:2 field:streak stored:5 computed:2"},

		"day's count":          {"UPDATE community_days SET checkins = 77 WHERE day = '2026-11-03'", CheckDay, "community:1 day:2026-11-03 stored:77 computed:5"},
		"day's count gone":     {"DELETE FROM community_days WHERE day = '2026-11-03'", CheckDay, "day:2026-11-03 stored:0 computed:5"},
		"a count from nowhere": {"INSERT INTO community_days VALUES (1, '2026-12-24', 3)", CheckDay, "day:2026-12-24 stored:3 computed:0"},

		"orphan":                {"UPDATE members SET person_id = 4711 WHERE id = 2", CheckForeignKeys, "table:members row:2 parent:people"},
		"entry of nobody":       {entry + "(4711, 'points', 5, 'x', 'x', '2026-11-09', '2026-11-09', 0, 0)", CheckForeignKeys, "table:ledger parent:members"},
		"a value against rules": {"PRAGMA ignore_check_constraints = ON; UPDATE members SET hidden = 7 WHERE id = 2", CheckIntegrity, "message:sql: Scan error on column index 9, name \"hidden\""},
		"an index that lies": {`PRAGMA writable_schema = ON;
			UPDATE sqlite_master SET sql = 'CREATE INDEX ledger_member ON ledger(member_id, kind, id)' WHERE name = 'ledger_member'`, CheckIntegrity, "message:row 1 missing from index ledger_member"},

		"takes back nothing":     {entry + "(2, 'points', -5, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 4711)", CheckReversal, "reverses:4711 problem:missing"},
		"another's entry":        {entry + "(2, 'points', -5, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 1)", CheckReversal, "reverses:1 problem:another member"},
		"another unit":           {entry + "(1, 'card', -5, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 1)", CheckReversal, "reverses:1 problem:another unit"},
		"another amount":         {entry + "(1, 'points', -6, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 1)", CheckReversal, "reverses:1 problem:another amount"},
		"the same sign":          {entry + "(1, 'points', 5, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 1)", CheckReversal, "problem:another amount"},
		"twice":                  {entry + "(1, 'points', -30, 'undo', 'x', '2026-11-09', '2026-11-09', 0, 21)", CheckReversal, "reverses:21 problem:twice"},
		"itself":                 {"UPDATE ledger SET reverses = id WHERE id = 3", CheckReversal, "entry:3 problem:later entry"},
		"planned and settled":    {"UPDATE occurrences SET settled_at = 1 WHERE state = 'planned'", CheckOccurrence, "job:post state:planned problem:planned, yet begun"},
		"sending and settled":    {"UPDATE occurrences SET settled_at = 1 WHERE state = 'sending'", CheckOccurrence, "state:sending problem:being sent, yet settled"},
		"sending, never begun":   {"UPDATE occurrences SET started_at = 0 WHERE state = 'sending'", CheckOccurrence, "problem:being sent, yet never begun"},
		"sent, never settled":    {"UPDATE occurrences SET settled_at = 0 WHERE state = 'sent'", CheckOccurrence, "state:sent problem:has an outcome"},
		"sent, never begun":      {"UPDATE occurrences SET started_at = 0 WHERE state = 'sent'", CheckOccurrence, "state:sent problem:went out"},
		"one instant, two rows":  {twins, CheckOccurrence, "problem:has two rows"},
		"nobody to ask":          {"UPDATE outbox SET state = 'waiting' WHERE state = 'queued'", CheckLetter, "problem:waits for a confirmation nobody can ask for"},
		"waiting, yet settled":   {"UPDATE outbox SET state = 'waiting', external_id = 'm1', settled_at = 1 WHERE state = 'queued'", CheckLetter, "problem:waits, yet settled"},
		"no letter":              {"UPDATE occurrences SET job = 'post:1' WHERE state = 'sent'", CheckOccurrence, "job:post:1 state:sent problem:no letter carries it"},
		"a letter that is gone":  {"UPDATE occurrences SET letter_id = 4711 WHERE state = 'sending'", CheckOccurrence, "state:sending problem:its letter is gone"},
		"another end":            {"UPDATE occurrences SET letter_id = (SELECT min(id) FROM outbox WHERE state = 'queued') WHERE state = 'sent'", CheckOccurrence, "state:sent problem:its letter is queued"},
		"begun before the start": {"UPDATE occurrences SET started_at = started_at - 3600000 WHERE state = 'sending'", CheckOccurrence, "state:sending problem:without outcome"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "qunmate.db")
			if err := os.WriteFile(path, sound, 0o600); err != nil {
				t.Fatal(err)
			}
			pool := raw(t, path)
			must(t, pool, dropTriggers, c.damage)
			if err := pool.Close(); err != nil {
				t.Fatal(err)
			}
			damaged := openAt(t, path, Options{ReadOnly: true})
			_, wrong := lines(t, damaged, VerifyOptions{Started: noon.Add(-time.Minute)})
			named, closed := false, false
			for _, line := range wrong {
				if line.What == c.what {
					named = named || carries(line, c.args)
					closed = closed || line.Args["failed"] != ""
				}
			}
			if !named || !closed {
				t.Errorf("no line %s %s, or no end of it, in\n%s", c.what, c.args, show(wrong))
			}
		})
	}
}

const twins = `CREATE TABLE o AS SELECT * FROM occurrences; DROP TABLE occurrences;
	CREATE TABLE occurrences (id INTEGER PRIMARY KEY, job TEXT, chat_id INTEGER, due_at INTEGER, state TEXT, reason TEXT, started_at INTEGER, settled_at INTEGER, letter_id INTEGER, told_at INTEGER, moved_to INTEGER);
	INSERT INTO occurrences SELECT * FROM o; INSERT INTO occurrences SELECT id + 100, job, chat_id, due_at, state, reason, started_at, settled_at, letter_id, told_at, moved_to FROM o WHERE state = 'sent';
	DROP TABLE o`

// carries says whether a line has all parts, "name:value" each.
func carries(c Check, parts string) bool {
	var b strings.Builder
	for k, v := range c.Args {
		b.WriteString(" " + k + ":" + v + " ")
	}
	text := b.String()
	rest := parts
	for rest != "" {
		at := strings.LastIndex(rest, ":")
		start := strings.LastIndex(rest[:at], " ") + 1
		if !strings.Contains(text, " "+rest[start:]) {
			return false
		}
		rest = strings.TrimSpace(rest[:start])
	}
	return true
}

func show(all []Check) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "\t%s %v\n", c.What, c.Args)
	}
	return b.String()
}
