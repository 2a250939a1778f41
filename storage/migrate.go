package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

type migration struct {
	name string // 0001_core.sql
	text string
	sum  string // hex sha256 of text
}

func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	out := make([]migration, 0, len(names))
	for _, n := range names {
		text, err := migrationFiles.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
		sum := sha256.Sum256(text)
		out = append(out, migration{strings.TrimPrefix(n, "migrations/"), string(text), hex.EncodeToString(sum[:])})
	}
	return out, nil
}

const migrationTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name TEXT NOT NULL PRIMARY KEY, sum TEXT NOT NULL, at INTEGER NOT NULL
) STRICT`

// migrate applies the pending migrations, each in a transaction of its own.
// Applied ones must be known and unchanged.
func (db *DB) migrate(ctx context.Context, all []migration) error {
	if _, err := db.conn.ExecContext(ctx, migrationTable); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	applied, err := appliedTo(ctx, db.conn)
	if err != nil {
		return err
	}
	pending, err := compare(all, applied)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return nil
	}
	if len(applied) > 0 {
		if err := db.backupBefore(ctx, pending[0].name); err != nil {
			return err
		}
	}
	for _, m := range pending {
		if err := db.apply(ctx, m); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

// errEmpty is what ours says of a database without anything in it.
var errEmpty = fmt.Errorf("%w: it is empty", ErrForeign)

// ours refuses a database of another program, before anything is written to it.
func ours(ctx context.Context, conn sqlQuerier) error {
	var tables, known int
	err := conn.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE name = 'schema_migrations') FROM sqlite_master WHERE type = 'table'").Scan(&tables, &known)
	switch {
	case err != nil:
		return fmt.Errorf("schema: %w", err)
	case tables == 0:
		return errEmpty
	case known == 0:
		return ErrForeign
	}
	return nil
}

func appliedTo(ctx context.Context, conn sqlQuerier) ([][2]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT name, sum FROM schema_migrations ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out [][2]string
	for rows.Next() {
		var v [2]string
		if err := rows.Scan(&v[0], &v[1]); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return out, nil
}

// compare returns what is still to be applied.
func compare(all []migration, applied [][2]string) ([]migration, error) {
	if len(applied) > len(all) {
		return nil, fmt.Errorf("%w (%s)", ErrNewer, applied[len(applied)-1][0])
	}
	for i, a := range applied {
		if a[0] != all[i].name {
			return nil, fmt.Errorf("%w (%s)", ErrNewer, a[0])
		}
		if a[1] != all[i].sum {
			return nil, fmt.Errorf("%w (%s)", ErrChanged, a[0])
		}
	}
	return all[len(applied):], nil
}

// apply follows SQLite's own procedure for schema changes: foreign keys off
// for the step, checked before the commit, on again after it.
func (db *DB) apply(ctx context.Context, m migration) (err error) {
	run := func(q string, args ...any) {
		if err == nil {
			_, err = db.conn.ExecContext(ctx, q, args...)
		}
	}
	run("PRAGMA foreign_keys=OFF")
	run("BEGIN IMMEDIATE")
	run(m.text)
	if err == nil {
		err = db.foreignKeyCheck(ctx)
	}
	run("INSERT INTO schema_migrations (name, sum, at) VALUES (?, ?, ?)", m.name, m.sum, millis(db.now()))
	run("COMMIT")
	if err != nil {
		_, _ = db.conn.ExecContext(ctx, "ROLLBACK")
	}
	if _, on := db.conn.ExecContext(ctx, "PRAGMA foreign_keys=ON"); err == nil {
		err = on
	}
	return err
}

func (db *DB) foreignKeyCheck(ctx context.Context) error {
	rows, err := db.conn.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("foreign keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		return errors.New("foreign keys: a row points to nothing")
	}
	return rows.Err()
}

// backupBefore copies the file beside itself before it is changed, so that
// going back to the former version of the program is a copy. A copy that is
// there is from a start that failed, and of the same state.
func (db *DB) backupBefore(ctx context.Context, name string) error {
	number, _, _ := strings.Cut(name, "_")
	target := db.path + ".before-" + number
	for _, suffix := range companions {
		if err := os.Remove(target + suffix); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("backup before migration: %w", err)
		}
	}
	if err := db.copyTo(ctx, target); err != nil {
		return fmt.Errorf("backup before migration: %w", err)
	}
	return nil
}

// pending is the read-only form of migrate: nothing is changed. It returns the
// name of the last step applied and what this program would apply on top.
func (db *DB) pending(ctx context.Context, all []migration) (last string, next []migration, err error) {
	if err := ours(ctx, db.readPool); err != nil {
		return "", nil, err
	}
	applied, err := appliedTo(ctx, db.readPool)
	if err != nil {
		return "", nil, err
	}
	if len(applied) > 0 {
		last = applied[len(applied)-1][0]
	}
	next, err = compare(all, applied)
	return last, next, err
}

// checkVersion refuses a database that this program can read only in part.
func (db *DB) checkVersion(ctx context.Context, all []migration) error {
	_, next, err := db.pending(ctx, all)
	if err != nil {
		return err
	}
	if len(next) > 0 {
		return fmt.Errorf("%w (next is %s)", ErrOlder, next[0].name)
	}
	return nil
}

type sqlQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
