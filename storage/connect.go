package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver: pure Go, so that no C compiler is needed
)

// Readers at one time. Reports and the page are few; more would only cost memory.
const readers = 4

// What a connection is for.
type purpose int

const (
	forWriting purpose = iota
	forReading
	forCopying // reads, but may VACUUM INTO another file, which query_only forbids
)

// dsn of the modernc driver.
func (db *DB) dsn(p purpose) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(10000)")
	switch p {
	case forWriting:
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "foreign_keys(ON)")
		// One writer that commits up to 128 events at a time: a checkpoint every
		// 1000 pages would come with nearly every commit under load.
		q.Add("_pragma", "wal_autocheckpoint(4000)")
		// Without it INSERT OR REPLACE gets past the triggers that forbid deleting.
		q.Add("_pragma", "recursive_triggers(ON)")
		// What a savepoint would put back is kept in memory: each event opens two,
		// and writing it to a temporary file took a third of the time.
		q.Add("_pragma", "temp_store(MEMORY)")
		q.Set("_txlock", "immediate")
	case forReading:
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(ON)")
	case forCopying:
		q.Set("mode", "ro")
	}
	if db.still {
		q.Set("immutable", "1")
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(db.path)}).EscapedPath() + "?" + q.Encode()
}

func (db *DB) openWriter(ctx context.Context) error {
	pool, err := sql.Open("sqlite", db.dsn(forWriting))
	if err != nil {
		return fmt.Errorf("writer: %w", err)
	}
	pool.SetMaxOpenConns(1)
	db.writePool = pool
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("writer: %w", err)
	}
	db.conn = conn
	// Not in the DSN: a database of another program is not even turned to WAL.
	if err := ours(ctx, conn); err != nil && !errors.Is(err, errEmpty) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return fmt.Errorf("journal mode: %w", err)
	}
	if err := checkPragmas(ctx, conn); err != nil {
		return err
	}
	db.guard = &guard{conn: conn}
	db.stmts = newStmtCache(conn, db.guard)
	db.gormWrite, err = openGorm(db.guard)
	return err
}

func (db *DB) openReaders() error {
	pool, err := sql.Open("sqlite", db.dsn(forReading))
	if err != nil {
		return fmt.Errorf("readers: %w", err)
	}
	pool.SetMaxOpenConns(readers)
	pool.SetMaxIdleConns(2)
	db.readPool = pool
	db.gormRead, err = openGorm(pool)
	return err
}

// checkPragmas reads back what was asked for: a misspelt pragma is no
// error in SQLite, it is silence.
func checkPragmas(ctx context.Context, conn *sql.Conn) error {
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "recursive_triggers": "1", "temp_store": "2"} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return fmt.Errorf("pragma %s: %w", name, err)
		}
		if got != want {
			return fmt.Errorf("pragma %s is %q, want %q: %w", name, got, want, ErrReadOnly)
		}
	}
	return nil
}

func openGorm(pool gorm.ConnPool) (*gorm.DB, error) {
	g, err := gorm.Open(dialector{sqlite.Dialector{DriverName: "sqlite", Conn: pool}}, &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard, // values in SQL logs would be members' data
	})
	if err != nil {
		return nil, fmt.Errorf("gorm: %w", err)
	}
	return g, nil
}
