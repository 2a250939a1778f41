package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestRestoreBringsBackWhatWasSaved(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	dir := t.TempDir()
	backup, target := filepath.Join(dir, "backup.db"), filepath.Join(dir, "new.db")
	if err := db.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), backup, target); err != nil {
		t.Fatal(err)
	}
	wantErr(t, Restore(t.Context(), backup, target), ErrExists)
	back := openAt(t, target, Options{Now: func() time.Time { return noon }})
	write(t, back, func(ctx context.Context, tx *Tx) error { return checkIn(ctx, tx, w, 0, "2026-11-05", 3) })
	wantClean(t, back)
	if err := back.Close(); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"backup.db", "new.db"}) {
		t.Errorf("in the folder: %v", got)
	}
}

func TestRestoreReadsTheLogBesideACopiedFile(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} { // a copy by hand, after a kill
		text, err := os.ReadFile(db.Path() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "byhand.db"+suffix), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := filepath.Join(dir, "new.db")
	if err := Restore(t.Context(), filepath.Join(dir, "byhand.db"), target); err != nil {
		t.Fatal(err)
	}
	back := openAt(t, target, Options{ReadOnly: true})
	const q = "SELECT count(*) FROM ledger"
	if a, b := number(t, db.readPool, q), number(t, back.readPool, q); a != b || a == 0 {
		t.Errorf("%d entries, restored %d", a, b)
	}
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	if err := db.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	make1 := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	damaged := slices.Clone(whole)
	for i := len(damaged) / 2; i < len(damaged)/2+9000; i++ {
		damaged[i] ^= 0x5a
	}
	newer := make1("newer.db", whole)
	must(t, raw(t, newer), "INSERT INTO schema_migrations VALUES ('9999_future.sql', 'x', 0)")
	changed := make1("changed.db", whole)
	must(t, raw(t, changed), "UPDATE schema_migrations SET sum = 'x' WHERE name LIKE '0001%'")
	foreign := filepath.Join(dir, "foreign.db")
	must(t, raw(t, foreign), "CREATE TABLE photos (id INTEGER)")
	orphan := make1("orphan.db", whole)
	must(t, raw(t, orphan), "UPDATE accounts SET person_id = 4711 WHERE id = 1")

	for name, c := range map[string]struct {
		file string
		want error
	}{
		"missing":        {filepath.Join(dir, "no.db"), ErrNoFile},
		"a folder":       {dir, ErrCorrupt},
		"empty":          {make1("empty.db", nil), ErrCorrupt},
		"text":           {make1("text.db", []byte("this is not a database, however long it goes on and on")), ErrCorrupt},
		"cut off":        {make1("short.db", whole[:len(whole)/2]), ErrCorrupt},
		"damaged":        {make1("damaged.db", damaged), ErrCorrupt},
		"of tomorrow":    {newer, ErrNewer},
		"changed schema": {changed, ErrChanged},
		"of another":     {foreign, ErrForeign},
		"orphans":        {orphan, ErrCorrupt},
	} {
		target := filepath.Join(dir, "target.db")
		if err := Restore(t.Context(), c.file, target); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := CheckBackup(t.Context(), c.file, nil, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: check says %v, want %v", name, err, c.want)
		}
		if _, err := os.Stat(target); err == nil {
			t.Fatalf("%s: the target was made", name)
		}
	}
}

func TestCheckBackupFindsFiguresThatDisagree(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	must(t, raw(t, file), "UPDATE members SET balance = balance + 1 WHERE id = 2")
	asked := false
	p, err := CheckBackup(t.Context(), file, func(ctx context.Context, r *Reader) (VerifyOptions, error) {
		asked = true
		_, err := r.Clocks(ctx, 1)
		return VerifyOptions{}, err
	}, nil)
	wantErr(t, err, ErrCorrupt)
	if !asked || p.Wrong == 0 || p.Failed[0].What != CheckBalance || p.Failed[0].Args["member"] != "2" {
		t.Errorf("%+v", p)
	}
	// It is the best there is, so it can be brought back all the same.
	if err := Restore(t.Context(), file, filepath.Join(t.TempDir(), "new.db")); err != nil {
		t.Error(err)
	}
}

func TestABackupOnReadOnlyMediaCanBeChecked(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "copy.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	// As after a clean stop: the header says WAL, and no log is there.
	pool := raw(t, file)
	must(t, pool, "PRAGMA journal_mode = WAL")
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	before := files(t, dir)
	if _, err := CheckBackup(t.Context(), file, nil, nil); err != nil {
		t.Error(err)
	}
	if got := files(t, dir); !slices.Equal(got, before) {
		t.Errorf("the check left %v", got)
	}
}
