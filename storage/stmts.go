package storage

import (
	"context"
	"database/sql"
	"fmt"
)

// stmtCache keeps one prepared statement per SQL text: on the writer for
// good, on a snapshot for as long as that is open. A statement cannot run a
// second time while its rows are still being read.
type stmtCache struct {
	conn  preparer
	guard *guard // on the writer
	all   map[string]*sql.Stmt
}

// preparer is a *sql.Conn or a *sql.Tx.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func newStmtCache(conn preparer, g *guard) *stmtCache {
	return &stmtCache{conn: conn, guard: g, all: map[string]*sql.Stmt{}}
}

func (c *stmtCache) get(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := c.guard.closed(); err != nil {
		return nil, err
	}
	if s, ok := c.all[query]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		c.guard.note(err)
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	c.all[query] = s
	return s, nil
}

func (c *stmtCache) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.get(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args...)
	c.guard.note(err)
	return res, err
}

func (c *stmtCache) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.get(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	c.guard.note(err)
	return rows, err
}

func (c *stmtCache) row(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := c.get(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		// A row carries its error until Scan. Running it unprepared gives the same
		// one; on a lost transaction it must not run.
		if c.guard.closed() != nil {
			return c.guard.closedRow(ctx)
		}
		return c.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

func (c *stmtCache) close() {
	for _, s := range c.all {
		_ = s.Close()
	}
}

// guard stands before the writer's connection. When SQLite has rolled back a
// transaction by itself, every later statement would be a transaction of its
// own: half a batch would be kept. So nothing more runs until Write has ended.
type guard struct {
	conn *sql.Conn
	lost bool
}

// closed is the error of a statement that must not run any more.
func (g *guard) closed() error {
	if g != nil && g.lost {
		return ErrTxLost
	}
	return nil
}

// closedRow is a row whose Scan fails.
func (g *guard) closedRow(ctx context.Context) *sql.Row {
	return g.conn.QueryRowContext(ctx, "SELECT transaction_was_lost()") // no such function
}

// note closes the way after an error that may have ended the transaction.
func (g *guard) note(err error) {
	if err != nil && g != nil && breaksTx(err) {
		g.lost = true
	}
}

// The methods of gorm.ConnPool: gorm goes through the guard as well.

func (g *guard) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := g.closed(); err != nil {
		return nil, err
	}
	s, err := g.conn.PrepareContext(ctx, query)
	g.note(err)
	return s, err
}

func (g *guard) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := g.closed(); err != nil {
		return nil, err
	}
	res, err := g.conn.ExecContext(ctx, query, args...)
	g.note(err)
	return res, err
}

func (g *guard) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := g.closed(); err != nil {
		return nil, err
	}
	rows, err := g.conn.QueryContext(ctx, query, args...)
	g.note(err)
	return rows, err
}

func (g *guard) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if g.closed() != nil {
		return g.closedRow(ctx)
	}
	return g.conn.QueryRowContext(ctx, query, args...)
}
