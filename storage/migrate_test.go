package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func embedded(tb testing.TB) []migration {
	tb.Helper()
	all, err := migrations()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func extra(name, text string) migration { return migration{name, text, "sum of " + text} }

func TestNamesOfMigrations(t *testing.T) {
	t.Parallel()
	last := 0
	for _, m := range embedded(t) {
		// Numbers are given out before the files are written: a gap is filled later.
		var n int
		if _, err := fmt.Sscanf(m.name, "%04d_", &n); err != nil || n <= last || m.name[4] != '_' || len(m.sum) != 64 {
			t.Errorf("%s: want a number of four digits above %d", m.name, last)
		}
		last = n
		if endsItself.MatchString(m.text) {
			t.Errorf("%s ends its own transaction", m.name)
		}
	}
}

var endsItself = regexp.MustCompile(`(?i)\bCOMMIT\b`)

// Every step runs alone, on a file that the steps before it have made and
// somebody has used; what was there stays.
func TestEachMigrationAlone(t *testing.T) {
	t.Parallel()
	all := embedded(t)
	path := filepath.Join(t.TempDir(), "qunmate.db")
	for i := range all {
		db, err := open(t.Context(), path, Options{}, all[:i+1])
		if err != nil {
			t.Fatalf("%s: %v", all[i].name, err)
		}
		if n := number(t, db.readPool, "SELECT count(*) FROM schema_migrations"); n != int64(i+1) {
			t.Errorf("%s: %d steps are noted", all[i].name, n)
		}
		if n := number(t, db.readPool, "SELECT count(*) FROM settings"); n != int64(i) {
			t.Errorf("%s: %d settings, want %d", all[i].name, n, i)
		}
		if i > 0 {
			copied := openBefore(t, path, all[i].name)
			if n := number(t, copied.readPool, "SELECT count(*) FROM schema_migrations"); n != int64(i) {
				t.Errorf("the copy before %s has %d steps", all[i].name, n)
			}
		}
		write(t, db, func(ctx context.Context, tx *Tx) error { return tx.SetSetting(ctx, all[i].name, "used") })
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db := openAt(t, path, Options{}) // nothing is left to do
	newTown(t, db, 1)
	wantClean(t, db)
	if got := files(t, filepath.Dir(path)); slices.Contains(got, "qunmate.db.before-0001") {
		t.Error("an empty file was copied")
	}
}

func openBefore(tb testing.TB, path, name string) *DB {
	tb.Helper()
	number, _, _ := strings.Cut(name, "_")
	db, err := openStill(tb.Context(), path+".before-"+number)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// Ids of letters are never used again, not even when the table is made anew.
func TestARebuiltOutboxGoesOnWithItsIds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "qunmate.db")
	all := embedded(t)
	before := slices.IndexFunc(all, func(m migration) bool { return m.name == "0005_waiting.sql" })
	db, err := open(t.Context(), path, Options{}, all[:before])
	if err != nil {
		t.Fatal(err)
	}
	letter := Letter{Connection: "test", Content: "{}"}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		c, err := tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "1", Kind: "private"})
		letter.ChatID = c.ID
		for range 3 {
			// By a statement of its time: the program's own knows later columns.
			if _, e := tx.q.exec(ctx, `INSERT INTO outbox (chat_id, connection, lane, once, verb, state, content, next_at, created_at)
				VALUES (?, 'test', 0, 0, 'send', 'queued', '{}', 1, 1)`, c.ID); e != nil {
				return e
			}
		}
		_, e := tx.q.exec(ctx, "DELETE FROM outbox WHERE id > 1")
		return errors.Join(err, e)
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openAt(t, path, Options{})
	write(t, db, func(ctx context.Context, tx *Tx) error {
		id, err := tx.Enqueue(ctx, letter)
		if id != 4 {
			t.Errorf("the next letter is %d", id)
		}
		l, err2 := tx.Letter(ctx, 1)
		if l.State != LetterQueued || l.ChatID != letter.ChatID {
			t.Errorf("%+v", l)
		}
		return errors.Join(err, err2)
	})
}

func TestAnOlderProgramRefusesANewerFile(t *testing.T) {
	t.Parallel()
	all := embedded(t)
	path := filepath.Join(t.TempDir(), "qunmate.db")
	next := append(slices.Clone(all), extra("0099_next.sql", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT"))
	db, err := open(t.Context(), path, Options{}, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {ReadOnly: true}} {
		_, err = Open(t.Context(), path, o)
		wantErr(t, err, ErrNewer)
	}
	other := append(slices.Clone(all), extra("0098_other.sql", "CREATE TABLE elsewhere (id INTEGER PRIMARY KEY) STRICT"))
	_, err = open(t.Context(), path, Options{}, other)
	wantErr(t, err, ErrNewer)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Error("the file was changed", err)
	}
}

func TestAnAppliedMigrationThatChangedIsRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	path := db.Path()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(embedded(t))
	all[1].sum = "another"
	_, err := open(t.Context(), path, Options{}, all)
	wantErr(t, err, ErrChanged)
	if !strings.Contains(fmt.Sprint(err), all[1].name) {
		t.Errorf("%v does not name the file", err)
	}
}

func TestAReaderDoesNotMigrate(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	next := append(slices.Clone(embedded(t)), extra("0099_next.sql", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT"))
	_, err := open(t.Context(), db.Path(), Options{ReadOnly: true}, next)
	wantErr(t, err, ErrOlder)
	if n := number(t, db.readPool, "SELECT count(*) FROM sqlite_master WHERE name = 'later'"); n != 0 {
		t.Error("it did")
	}
}

func TestAMigrationHappensWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a mistake in the middle": "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1)",
		"orphans":                 "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT; UPDATE accounts SET person_id = 4711",
	} {
		db, _ := lived(t)
		path := db.Path()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		next := append(slices.Clone(embedded(t)), extra("0099_next.sql", text))
		if _, err := open(t.Context(), path, Options{}, next); err == nil || !strings.Contains(err.Error(), "0099_next.sql") {
			t.Errorf("%s: %v", name, err)
		}
		back := openAt(t, path, Options{}) // the program of before still can
		if n := number(t, back.readPool, "SELECT count(*) FROM sqlite_master WHERE name = 'later'"); n != 0 {
			t.Errorf("%s: half of it happened", name)
		}
		wantClean(t, back)
		wantClean(t, openBefore(t, path, "0099_next.sql"))
	}
}

func TestAMigrationMayRebuildATable(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	path := db.Path()
	entries := number(t, db.readPool, "SELECT count(*) FROM ledger")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// SQLite's own way of changing a table: with foreign keys on, dropping the
	// old one would take or orphan its children.
	rebuild := extra("0099_people.sql", `CREATE TABLE people_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL, home INTEGER NOT NULL,
			operator INTEGER NOT NULL, erased_at INTEGER NOT NULL, merged_into INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;
		INSERT INTO people_new SELECT id, name, language, home, operator, erased_at, merged_into, created_at FROM people;
		DROP TABLE people;
		ALTER TABLE people_new RENAME TO people;`)
	next, err := open(t.Context(), path, Options{}, append(slices.Clone(embedded(t)), rebuild))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Close() }()
	if n := number(t, next.readPool, "SELECT count(*) FROM ledger"); n != entries {
		t.Errorf("%d entries, before %d", n, entries)
	}
	var on int
	if err := next.conn.QueryRowContext(t.Context(), "PRAGMA foreign_keys").Scan(&on); err != nil || on != 1 {
		t.Error("foreign keys stayed off", err)
	}
	wantClean(t, next)
}
