package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// lived makes a database with some life in it and a log beside it.
func lived(tb testing.TB) (*DB, town) {
	tb.Helper()
	db := newDB(tb)
	w := newTown(tb, db, 5)
	for d := range 4 {
		write(tb, db, func(ctx context.Context, tx *Tx) error {
			for i := range w.members {
				if err := checkIn(ctx, tx, w, i, addDays("2026-11-01", d), int64(5+i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return db, w
}

func files(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestABackupIsTheCommittedStateInOneFile(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	target := filepath.Join(dir, "copy.db")
	if err := db.Backup(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"copy.db"}) {
		t.Errorf("in the folder: %v", got)
	}
	p, err := CheckBackup(t.Context(), target, nil, nil)
	if err != nil || p.Older || p.Wrong != 0 || p.Schema == "" {
		t.Errorf("%+v, %v", p, err)
	}
	copied := openAt(t, target, Options{ReadOnly: true})
	for _, table := range []string{"ledger", "checkins", "scores", "members", "people"} {
		q := "SELECT count(*) FROM " + table
		if a, b := number(t, db.readPool, q), number(t, copied.readPool, q); a != b || a == 0 {
			t.Errorf("%s: %d rows, in the copy %d", table, a, b)
		}
	}
}

func TestABackupCanBeTakenByAProgramThatOnlyReads(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	reader := openAt(t, db.Path(), Options{ReadOnly: true})
	target := filepath.Join(t.TempDir(), "copy.db")
	if err := reader.Backup(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	wantClean(t, openAt(t, target, Options{ReadOnly: true}))
}

func TestBackupsWhileTheBotWritesAreConsistent(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for d := 4; ; d++ {
			select {
			case <-stop:
				return
			default:
			}
			err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				for i := range w.members {
					if err := checkIn(ctx, tx, w, i, addDays("2026-11-01", d), 7); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	dir := t.TempDir()
	for i := range 4 {
		target := filepath.Join(dir, BackupName(noon.Add(time.Duration(i)*time.Second)))
		if err := db.Backup(t.Context(), target); err != nil {
			t.Error(err)
			continue
		}
		if p, err := CheckBackup(t.Context(), target, nil, nil); err != nil {
			t.Errorf("%+v, %v", p, err)
		}
	}
	close(stop)
	writer.Wait()
}

func TestABackupNeverOverwrites(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	for _, there := range []string{"a.db", "b.db-wal", "c.db-journal"} {
		if err := os.WriteFile(filepath.Join(dir, there), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "c.db"), db.Path()} {
		wantErr(t, db.Backup(t.Context(), target), ErrExists)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a.db")); err != nil || string(text) != "mine" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "no", "a.db")); err == nil || errors.Is(err, ErrExists) {
		t.Error("a folder that is not there:", err)
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "a.db", "b.db")); err == nil {
		t.Error("a file as folder is no error")
	}
	if got := files(t, dir); len(got) != 3 {
		t.Errorf("left behind: %v", got)
	}
}

func TestTwoBackupsToOneNameMakeOne(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	target := filepath.Join(dir, "copy.db")
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = db.Backup(t.Context(), target) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			wantErr(t, err, ErrExists)
		}
	}
	if made != 1 || len(files(t, dir)) != 1 {
		t.Errorf("%d made, %v", made, files(t, dir))
	}
}

func TestPublishNeverReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	temp, target := filepath.Join(dir, "temp"), filepath.Join(dir, "target")
	for _, path := range []string{temp, target} {
		if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, publish(temp, target), ErrExists)
	if text, err := os.ReadFile(target); err != nil || string(text) != target {
		t.Errorf("%q, %v", text, err)
	}
	wantErr(t, publish(filepath.Join(dir, "none"), filepath.Join(dir, "new")), os.ErrNotExist)
	if err := publish(temp, filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
}

func TestACancelledBackupLeavesNothing(t *testing.T) {
	t.Parallel()
	db, _ := lived(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, db.Backup(ctx, filepath.Join(dir, "copy.db")), context.Canceled)
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestPruneKeepsTheNewestBackupsAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names []string
	for i := range 5 {
		names = append(names, BackupName(time.Date(2026, 11, 18+i, 12, 0, 0, 0, time.FixedZone("east", 8*3600))))
	}
	if names[0] != "qunmate-20261118-040000.db" {
		t.Error("name:", names[0])
	}
	others := []string{"qunmate-before-update.db", "qunmate-20261118.db", "photos.zip", "friends-20261101-040000.db", "." + names[4] + ".1.tmp"}
	halves := []string{"." + names[1] + ".123.tmp", "." + names[1] + ".123.tmp-journal"}
	for _, n := range slices.Concat(names, others, halves) {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := PruneBackups(dir, 2); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(slices.Concat(names[3:], others)))
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	if err := PruneBackups(dir, 0); err == nil {
		t.Error("keeping none is no error")
	}
	if err := PruneBackups(filepath.Join(dir, "no"), 2); err == nil {
		t.Error("a folder that is not there is no error")
	}
}
