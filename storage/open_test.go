package storage

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Members and their ledger are in them.
func TestTheDatabaseAndItsCopiesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a file has other rights there")
	}
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "qunmate.db"), filepath.Join(dir, "backup.db")
	db, err := open(t.Context(), path, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal", copied} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestThePragmasAreWhatTheDesignSays(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "temp_store": "2", "recursive_triggers": "1", "wal_autocheckpoint": "4000",
	} {
		var got string
		if err := db.conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
			t.Errorf("writer: %s = %q, %v; want %q", name, got, err, want)
		}
	}
	var only string
	if err := db.readPool.QueryRowContext(t.Context(), "PRAGMA query_only").Scan(&only); err != nil || only != "1" {
		t.Errorf("readers: query_only = %q, %v", only, err)
	}
	if _, err := db.readPool.ExecContext(t.Context(), "INSERT INTO settings VALUES ('a', 'b')"); err == nil {
		t.Error("a reader can write")
	}
}

func TestAMisspeltPragmaStopsTheStart(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	if _, err := db.conn.ExecContext(t.Context(), "PRAGMA synchronous = NORMAL"); err != nil {
		t.Fatal(err)
	}
	if err := checkPragmas(t.Context(), db.conn); err == nil || !strings.Contains(err.Error(), "synchronous") {
		t.Error(err)
	}
}

func TestPathsWithOddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "#1.db", "\u7fa4\u4f34.db", "a&mode=ro.db", "a+b.db", "a%20b.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := openAt(t, path, Options{})
		write(t, db, func(ctx context.Context, tx *Tx) error { return tx.SetSetting(ctx, "a", "b") })
		if err := db.Backup(t.Context(), path+".copy"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := files(t, filepath.Dir(path)); !slices.Equal(got, []string{name, name + ".copy"}) {
			t.Errorf("%s: in the folder are %v", name, got)
		}
	}
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	must(t, raw(t, foreign), "CREATE TABLE settings (id INTEGER)")
	for name, c := range map[string]struct {
		path      string
		want      error
		untouched bool
	}{
		"a folder":             {dir, ErrCorrupt, false},
		"text":                 {file("text.db", strings.Repeat("no database ", 400)), ErrCorrupt, true},
		"another's":            {foreign, ErrForeign, true},
		"no folder":            {filepath.Join(dir, "no", "qunmate.db"), os.ErrNotExist, false},
		"in a file":            {filepath.Join(foreign, "qunmate.db"), nil, false},
		"a header and no more": {file("header.db", "SQLite format 3\x00"+strings.Repeat("\x00", 50)), ErrCorrupt, true},
	} {
		before, _ := os.ReadFile(c.path)
		db, err := Open(t.Context(), c.path, Options{})
		if err == nil {
			_ = db.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if n := strings.Count(err.Error(), "\n"); n > 0 {
			t.Errorf("%s: %d lines: %v", name, n+1, err)
		}
		if after, _ := os.ReadFile(c.path); c.untouched && string(after) != string(before) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	for name, path := range map[string]string{"missing": filepath.Join(dir, "no.db"), "text": filepath.Join(dir, "text.db"), "another's": foreign, "a folder": dir} {
		if db, err := Open(t.Context(), path, Options{ReadOnly: true}); err == nil {
			_ = db.Close()
			t.Errorf("%s: opened for reading", name)
		}
	}
	_, err := Open(t.Context(), filepath.Join(dir, "no.db"), Options{ReadOnly: true})
	wantErr(t, err, ErrNoFile)
}

func TestADamagedFileIsCalledDamaged(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	path := db.Path()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < 4096; i++ { // the first page holds the schema
		text[i] ^= 0x5a
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, Options{})
	wantErr(t, err, ErrCorrupt)
}

func TestAReadOnlyFolderIsOneClearLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		_ = f.Close()
		t.Skip("this user may write into read-only folders (root): cannot be provoked here")
	}
	_, err := Open(t.Context(), filepath.Join(dir, "qunmate.db"), Options{})
	wantErr(t, err, ErrReadOnly)
	_, err = Lock(filepath.Join(dir, "qunmate.db"))
	wantErr(t, err, ErrReadOnly)
}

func TestAReaderCannotWrite(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	reader := openAt(t, db.Path(), Options{ReadOnly: true})
	wantErr(t, reader.Write(t.Context(), func(context.Context, *Tx) error { return nil }), ErrReadOnly)
	wantClean(t, reader)
}

func TestClosingFoldsTheLogIntoTheFile(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, filepath.Dir(db.Path())); !slices.Equal(got, []string{"qunmate.db"}) {
		t.Errorf("left: %v", got)
	}
	wantErr(t, db.Write(t.Context(), func(context.Context, *Tx) error { return nil }), sql.ErrConnDone)
	if err := db.View(t.Context(), func(context.Context, *Reader) error { return nil }); err == nil {
		t.Error("a closed database can be read")
	}
}

func TestSQLiteVersion(t *testing.T) {
	t.Parallel()
	if v, err := SQLiteVersion(t.Context()); err != nil || !strings.HasPrefix(v, "3.") {
		t.Error(v, err)
	}
}

func TestInstantsAreMillisecondsUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 0, 0, 123456789, time.FixedZone("east", 8*3600))
	if got := FromMillis(millis(at)); !got.Equal(at.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Error(got)
	}
	if millis(time.Time{}) != 0 || !FromMillis(0).IsZero() {
		t.Error("the zero time is not 0")
	}
}
