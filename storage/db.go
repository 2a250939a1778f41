// Package storage is the only place that knows SQL. It opens the SQLite file,
// keeps one writer, and offers each entity in a file of its own.
//
// It imports nothing of ours. Instants are stored as milliseconds UTC; zones
// and chat days are given by the caller.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"
)

// Errors that callers tell apart with errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrDuplicate = errors.New("exists already")
	ErrNested    = errors.New("a write inside a write")
	ErrTxLost    = errors.New("the transaction was rolled back by the database")
	ErrNewer     = errors.New("the database was written by a newer version")
	ErrOlder     = errors.New("the database is older than this program: start the bot once to bring it up to date")
	ErrChanged   = errors.New("an applied migration differs from the one in this program")
	ErrCorrupt   = errors.New("the file is damaged or not a database")
	ErrReadOnly  = errors.New("the database cannot be written")
	ErrFull      = errors.New("the disk is full")
	ErrLocked    = errors.New("another process uses this database")
	ErrNoFile    = errors.New("there is no database file")
	ErrExists    = errors.New("the file exists already and is not overwritten")
	ErrForeign   = errors.New("the file is a database, but not one of this program")
)

// Options of Open.
type Options struct {
	Now      func() time.Time // the program's clock; nil is the machine's
	Log      *slog.Logger     // nil is silent
	ReadOnly bool             // no writer, no migration: for verify, backup, export
}

// DB is an open database: one writer connection and a pool of readers.
type DB struct {
	path string
	now  func() time.Time
	log  *slog.Logger
	// still says that nobody writes to the file: it is read without locks and
	// without files beside it, so that a backup may lie on read-only media.
	still bool

	writePool *sql.DB
	conn      *sql.Conn
	gormWrite *gorm.DB
	stmts     *stmtCache
	guard     *guard
	// turn holds a token during a write. Unlike a mutex it can be given up, and
	// whoever waits for it is seen to wait by a test that moves the clock.
	turn   chan struct{}
	closed bool

	readPool *sql.DB
	gormRead *gorm.DB
}

// Open opens or creates the database at path, checks that it is ours, and
// brings its schema up to date (a copy of the file is written before the first
// pending step). Errors are ErrNewer, ErrCorrupt, ErrReadOnly, ErrFull,
// ErrForeign, ErrChanged, ErrNoFile and ErrOlder (ReadOnly only) or a fault of the file
// system.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	all, err := migrations()
	if err != nil {
		return nil, err
	}
	return open(ctx, path, o, all)
}

// open takes the migrations as a value, so that tests can play older and
// newer programs.
func open(ctx context.Context, path string, o Options, all []migration) (*DB, error) {
	db := &DB{path: path, now: o.Now, log: o.Log, turn: make(chan struct{}, 1)}
	if db.now == nil {
		db.now = time.Now //nolint:forbidigo // for programs without a sandbox whose clock could be moved
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err := db.open(ctx, o.ReadOnly, all); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open %s: %w", path, classify(err))
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, readOnly bool, all []migration) error {
	info, err := os.Stat(db.path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%w: it is a folder", ErrCorrupt)
	case err != nil && readOnly:
		return fmt.Errorf("%w: %w", ErrNoFile, err)
	}
	if readOnly {
		if err := db.openReaders(); err != nil {
			return err
		}
		return db.checkVersion(ctx, all)
	}
	if err := probeFolder(filepath.Dir(db.path)); err != nil {
		return err
	}
	if err := makePrivate(db.path); err != nil {
		return err
	}
	if err := db.openWriter(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx, all); err != nil {
		return err
	}
	return db.openReaders()
}

// makePrivate makes a database that only its owner can read: members and their
// ledger are in it. SQLite gives the files beside it the same rights.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("new database: %w", err)
	}
	return f.Close()
}

// probeFolder finds out early, with a plain error, that nothing can be written.
// SQLite itself would open the file and fail at the first write.
func probeFolder(dir string) error {
	f, err := os.CreateTemp(dir, ".qunmate-*")
	if err != nil {
		if errors.Is(err, os.ErrPermission) || errors.Is(err, errReadOnlyFS) {
			return fmt.Errorf("%w: %w", ErrReadOnly, err)
		}
		return fmt.Errorf("folder of the database: %w", err)
	}
	name := f.Name()
	return errors.Join(f.Close(), os.Remove(name))
}

// Path is the path of the database file.
func (db *DB) Path() string { return db.path }

// Close waits for the write under way and ends all connections. The
// write-ahead log is folded into the file. A second Close does nothing.
func (db *DB) Close() error {
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	if db.closed {
		return nil
	}
	db.closed = true
	var errs []error
	if db.readPool != nil {
		errs = append(errs, db.readPool.Close())
	}
	if db.stmts != nil {
		db.stmts.close()
	}
	if db.conn != nil {
		errs = append(errs, db.conn.Close())
	}
	if db.writePool != nil {
		errs = append(errs, db.writePool.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", db.path, err)
	}
	return nil
}

// SQLiteVersion is the version of the SQLite library in this program.
func SQLiteVersion(ctx context.Context) (string, error) {
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", fmt.Errorf("sqlite version: %w", err)
	}
	defer func() { _ = pool.Close() }()
	var v string
	if err := pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v); err != nil {
		return "", fmt.Errorf("sqlite version: %w", err)
	}
	return v, nil
}

// millis is how instants are stored.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis reads a stored instant, in UTC; 0 is the zero time.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
