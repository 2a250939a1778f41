package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Backup writes a copy of the committed state to target while the bot goes on.
// The copy is one file, complete and checked before it gets its name: a file
// called target is never half a backup. The folder has to exist; a target that
// exists is ErrExists.
func (db *DB) Backup(ctx context.Context, target string) error {
	if err := db.copyTo(ctx, target); err != nil {
		return fmt.Errorf("backup to %s: %w", target, classify(err))
	}
	return nil
}

// Restore makes target out of a backup, after checking that it is whole and
// of a version this program knows. A target that exists, or has left a log
// beside it, is ErrExists. The caller holds Lock(target).
func Restore(ctx context.Context, backup, target string) error {
	if err := restore(ctx, backup, target); err != nil {
		return fmt.Errorf("restore %s: %w", backup, classify(err))
	}
	return nil
}

func restore(ctx context.Context, backup, target string) error {
	if err := vacant(target); err != nil {
		return err
	}
	db, err := openStill(ctx, backup)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	p := Report{}
	if err := db.structure(ctx, &p, p.note); err != nil {
		return err
	}
	// Sums are not asked for: a backup whose figures disagree is still the best
	// there is, and `restore -check` says so.
	if err := p.fault(); err != nil {
		return err
	}
	return db.copyTo(ctx, target)
}

// openStill opens a file that no bot is using, for reading. With a log beside
// it (a copy of a running or killed bot's files) the log is read too.
func openStill(ctx context.Context, file string) (*DB, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoFile, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: not a regular file", ErrCorrupt)
	case info.Size() == 0:
		return nil, fmt.Errorf("%w: the file is empty", ErrCorrupt) // SQLite takes it for a new database
	}
	db := &DB{path: file, turn: make(chan struct{}, 1)}
	if log, err := os.Stat(file + "-wal"); err != nil || log.Size() == 0 {
		db.still = true
	}
	if err := db.openReaders(); err != nil {
		_ = db.Close()
		return nil, err
	}
	var n int
	if err := db.readPool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&n); err != nil {
		_ = db.Close()
		return nil, classify(err)
	}
	return db, nil
}

// companions are the files of a database: itself, and what SQLite puts beside.
var companions = []string{"", "-wal", "-shm", "-journal"}

// vacant refuses a target that is there, or whose log or journal is: SQLite
// would take what it finds under that name for the new file's own.
func vacant(target string) error {
	for _, suffix := range companions {
		if _, err := os.Lstat(target + suffix); err == nil {
			return fmt.Errorf("%w: %s", ErrExists, target+suffix)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("target: %w", err)
		}
	}
	dir := filepath.Dir(target)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("folder of the target: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("folder of the target: %s is not a folder", dir)
	}
	return nil
}

// copyTo writes a compact copy beside target, makes sure it is on disk and
// whole, and then gives it its name.
func (db *DB) copyTo(ctx context.Context, target string) (err error) {
	if err := vacant(target); err != nil {
		return err
	}
	// VACUUM INTO takes an empty file; made this way it is nobody else's and
	// unreadable to others.
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	temp := f.Name()
	defer func() {
		_ = f.Close()
		for _, suffix := range []string{"", "-journal"} {
			_ = os.Remove(temp + suffix) // gone already when all went well
		}
	}()
	if err := db.vacuumInto(ctx, temp); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := quickCheck(ctx, temp); err != nil {
		return err
	}
	if err := f.Close(); err != nil { // Windows renames no open file
		return fmt.Errorf("close: %w", err)
	}
	return publish(temp, target)
}

func (db *DB) vacuumInto(ctx context.Context, file string) error {
	pool, err := sql.Open("sqlite", db.dsn(forCopying))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

func quickCheck(ctx context.Context, file string) error {
	db, err := openStill(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var answer string
	if err := db.readPool.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return fmt.Errorf("check of the copy: %w", err)
	}
	if answer != "ok" {
		return fmt.Errorf("check of the copy: %w: %s", ErrCorrupt, answer)
	}
	return nil
}

// publish gives a finished file its name without ever replacing another: a
// link fails where a rename would overwrite.
func publish(temp, target string) error {
	err := os.Link(temp, target)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s", ErrExists, target)
	default: // a file system without links
		if err := vacant(target); err != nil {
			return err
		}
		if err := os.Rename(temp, target); err != nil {
			return fmt.Errorf("rename: %w", err)
		}
	}
	return syncFolder(filepath.Dir(target))
}

// syncFolder makes a new name survive a power cut. Windows cannot and need not.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	// Some network file systems do not sync folders; the file itself is safe.
	_ = d.Sync()
	return d.Close()
}

const backupLayout = "qunmate-20060102-150405.db"

// BackupName is the file name of the daily backup made at t.
func BackupName(t time.Time) string { return t.UTC().Format(backupLayout) }

// PruneBackups removes the oldest files named by BackupName from dir until
// keep are left, and what killed backups older than those have left behind.
// Other files are none of its business. keep below 1 is an error: it would
// remove the backup that was just made.
func PruneBackups(dir string, keep int) error {
	if keep < 1 {
		return fmt.Errorf("prune backups: cannot keep %d", keep)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("prune backups: %w", err)
	}
	var names, halves []string
	for _, e := range entries {
		n := e.Name()
		switch {
		case !e.Type().IsRegular():
		case isBackupName(n):
			names = append(names, n)
		case strings.HasPrefix(n, ".") && len(n) > len(backupLayout) && isBackupName(n[1:1+len(backupLayout)]):
			halves = append(halves, n) // see copyTo
		}
	}
	slices.Sort(names) // by name is by time
	gone := names[:max(0, len(names)-keep)]
	for _, n := range halves {
		if len(names) > 0 && n[1:1+len(backupLayout)] < names[len(names)-1] {
			gone = append(gone, n)
		}
	}
	var errs []error
	for _, n := range gone {
		errs = append(errs, os.Remove(filepath.Join(dir, n)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("prune backups: %w", err)
	}
	return nil
}

func isBackupName(name string) bool {
	_, err := time.Parse(backupLayout, name)
	return err == nil
}
