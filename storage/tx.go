package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Reader offers everything that only reads. A Tx is one too.
type Reader struct {
	g *gorm.DB
	q querier
}

// querier is the statement runner under a Reader.
type querier interface {
	exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	row(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is an open write transaction. It is handed to commands; they can neither
// begin, nest nor outlive one.
type Tx struct {
	Reader
	Now time.Time // fixed for the whole transaction, UTC
	// Touched says which queues got a row, for whoever wakes their workers.
	Touched Queue
	// after holds what to do once the commit is on disk.
	after []func()
	depth int
	guard *guard
}

// Queue is a set of the tables that workers wait for.
type Queue uint8

// The queues.
const (
	TouchedTimers Queue = 1 << iota
	TouchedInbox
	TouchedOutbox
	TouchedPictures
)

type txKey struct{}

// Write runs fn in one transaction on the only writer and commits with an
// fsync. fn's context is not cancelled when ctx is: a cancelled statement was
// seen to roll back more than itself. A Write inside a Write is ErrNested.
func (db *DB) Write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if ctx.Value(txKey{}) != nil {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	select {
	case db.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("write: %w", ctx.Err())
	}
	defer func() { <-db.turn }()
	switch {
	case db.closed:
		return fmt.Errorf("write: %w", sql.ErrConnDone)
	case db.stmts == nil:
		return fmt.Errorf("write: %w", ErrReadOnly)
	}
	ctx = context.WithValue(context.WithoutCancel(ctx), txKey{}, true)
	tx := &Tx{Reader: Reader{g: db.gormWrite, q: db.stmts}, Now: db.now().UTC(), guard: db.guard}
	db.guard.lost = false
	if _, err := db.stmts.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", classify(err))
	}
	err := runTx(ctx, tx, fn)
	if err == nil && db.guard.lost {
		err = ErrTxLost // fn did not look
	}
	if err != nil {
		db.rollback(ctx)
		return classify(err)
	}
	if _, err := db.stmts.exec(ctx, "COMMIT"); err != nil {
		db.rollback(ctx)
		return fmt.Errorf("commit: %w", classify(err))
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// runTx turns a panic of fn into an error, so that the transaction never stays
// open and the writer never stays locked.
func runTx(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return fn(ctx, tx)
}

// rollback ends the transaction if the database has not done so itself.
func (db *DB) rollback(ctx context.Context) {
	db.guard.lost = false
	if _, err := db.stmts.exec(ctx, "ROLLBACK"); err != nil {
		db.log.Debug("rollback", "err", err)
	}
}

// Savepoint runs fn so that its writes alone are undone when it fails; fn's
// error is returned. When the database has given up the whole transaction the
// error is ErrTxLost: the caller must drop everything and begin again, and
// until it does nothing more is written.
func (tx *Tx) Savepoint(ctx context.Context, fn func(context.Context) error) (err error) {
	tx.depth++
	defer func() { tx.depth-- }()
	mark := len(tx.after)
	name := savepointNames[min(tx.depth, len(savepointNames)-1)]
	if _, err := tx.q.exec(ctx, name.begin); err != nil {
		return tx.lose(err)
	}
	err = fn(ctx)
	if err == nil {
		if _, err := tx.q.exec(ctx, name.release); err != nil {
			return tx.lose(err)
		}
		return nil
	}
	tx.after = tx.after[:mark]
	if tx.guard.lost || breaksTx(err) {
		// Even where the savepoint still stands: a full disk will fail the commit
		// as well, and must not be taken for a bad command.
		return tx.lose(err)
	}
	if _, back := tx.q.exec(ctx, name.back); back != nil {
		return tx.lose(err)
	}
	if _, rel := tx.q.exec(ctx, name.release); rel != nil {
		return tx.lose(err)
	}
	return err
}

func (tx *Tx) lose(err error) error {
	tx.guard.lost = true
	if errors.Is(err, ErrTxLost) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrTxLost, err)
}

type savepoint struct{ begin, back, release string }

var savepointNames = func() []savepoint {
	var out []savepoint
	for i := range 6 {
		n := fmt.Sprintf("s%d", i)
		out = append(out, savepoint{"SAVEPOINT " + n, "ROLLBACK TO " + n, "RELEASE " + n})
	}
	return out
}()

// AfterCommit runs f once the transaction is on disk; it is dropped when the
// transaction, or the savepoint it was called in, is undone. The writer is
// still held then, so that what f does comes in the order of the commits: it
// must not write or wait for somebody who does.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// View runs fn on a snapshot of the committed state, beside the writer.
//
// The end of ctx interrupts its queries, but not the transaction: database/sql
// would close the connection at any moment, also while a statement of it is
// being closed here, and the driver does not survive that.
func (db *DB) View(ctx context.Context, fn func(context.Context, *Reader) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	tx, err := db.readPool.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("view: %w", classify(err))
	}
	defer func() { _ = tx.Rollback() }()
	stmts := newStmtCache(tx, nil)
	defer stmts.close()
	g := db.gormRead.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = tx
	return classify(fn(ctx, &Reader{g: g, q: stmts}))
}

// list runs a query and scans every row.
func list[T any](ctx context.Context, r *Reader, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := r.q.query(ctx, query, args...)
	if err != nil {
		return nil, classify(err)
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, classify(err)
		}
		out = append(out, v)
	}
	return out, classify(rows.Err())
}
