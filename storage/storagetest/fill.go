// Package storagetest makes large databases fast, for benchmarks and for tests
// that need more rows than anybody would write one by one.
package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // a connection of its own, beside the one under test
)

// Options say how much to make.
type Options struct {
	Members int
	Days    int
	// Rows of the ledger in all, rounded down to a multiple of Members. Every
	// member has an entry on the last day, so that a ranking of that day has the
	// same number of rivals however many rows there are.
	Rows      int
	LastDay   string // 2006-01-02; "" is 2026-11-22. Zone UTC, days start at 00:00
	Community int64  // 0 makes one, with a group of its own
	Domain    string // of the accounts; "" is "fill"
}

// Filled says what was made.
type Filled struct {
	Community   int64
	Chat        int64 // the group that was made, 0 with Options.Community
	ChatID      string
	FirstMember int64 // the others follow: FirstMember+1 …
	FirstPerson int64
	Rows        int
	LastDay     string
}

// ExternalID is the platform id of the i-th member's account, from 0.
func (f Filled) ExternalID(i int) string { return fmt.Sprintf("fill-%d", f.FirstPerson+int64(i)) }

// Fill adds a community's members with a history of check-ins and talk. What
// comes out is consistent: Verify finds nothing. Nobody else may be writing.
func Fill(ctx context.Context, db interface{ Path() string }, o Options) (Filled, error) {
	if o.LastDay == "" {
		o.LastDay = "2026-11-22"
	}
	if o.Domain == "" {
		o.Domain = "fill"
	}
	f := Filled{LastDay: o.LastDay}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(db.Path())}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)&_pragma=cache_size(-200000)&_txlock=immediate")
	if err != nil {
		return f, fmt.Errorf("fill: %w", err)
	}
	defer func() { _ = pool.Close() }()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return f, fmt.Errorf("fill: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := (&filler{tx, o, &f}).all(ctx); err != nil {
		return f, fmt.Errorf("fill: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return f, fmt.Errorf("fill: %w", err)
	}
	return f, nil
}

type filler struct {
	tx *sql.Tx
	o  Options
	f  *Filled
}

func (l *filler) all(ctx context.Context) error {
	if l.o.Members < 1 || l.o.Days < 1 || l.o.Rows < l.o.Members {
		return errors.New("at least one member, one day, and one row per member")
	}
	// The triggers would make a million rows one by one.
	triggers, err := l.triggers(ctx)
	if err != nil {
		return err
	}
	for name := range triggers {
		if err := l.run(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	if err := l.place(ctx); err != nil {
		return err
	}
	for _, q := range statements {
		if err := l.run(ctx, q); err != nil {
			return err
		}
	}
	for _, text := range triggers {
		if err := l.run(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (l *filler) triggers(ctx context.Context) (map[string]string, error) {
	rows, err := l.tx.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, rows.Err()
}

// place finds free ids and makes the community.
func (l *filler) place(ctx context.Context) error {
	f := l.f
	per := l.o.Rows / l.o.Members
	f.Rows = per * l.o.Members
	f.Community = l.o.Community
	if f.Community == 0 {
		err := l.tx.QueryRowContext(ctx, "INSERT INTO communities (name, created_at) VALUES ('fill', 0) RETURNING id").Scan(&f.Community)
		if err != nil {
			return err
		}
		f.ChatID = fmt.Sprintf("fill-group-%d", f.Community)
		if err := l.run(ctx, "INSERT INTO community_clocks VALUES (:community, 0, 'UTC', 0)"); err != nil {
			return err
		}
		err = l.tx.QueryRowContext(ctx, `INSERT INTO chats (domain, external_id, community_id, kind, title, connection, created_at)
			VALUES (?, ?, ?, 'group', 'fill', 'fill', 0) RETURNING id`, l.o.Domain, f.ChatID, f.Community).Scan(&f.Chat)
		if err != nil {
			return err
		}
	}
	return l.tx.QueryRowContext(ctx, "SELECT (SELECT coalesce(max(id), 0) + 1 FROM people), (SELECT coalesce(max(id), 0) + 1 FROM members)").
		Scan(&f.FirstPerson, &f.FirstMember)
}

// run gives a statement the values it names.
func (l *filler) run(ctx context.Context, query string) error {
	values := map[string]any{
		"community": l.f.Community, "chat": l.f.Chat, "domain": l.o.Domain, "last": l.o.LastDay,
		"person": l.f.FirstPerson, "member": l.f.FirstMember,
		"members": l.o.Members, "days": l.o.Days, "per": l.o.Rows / l.o.Members,
	}
	var args []any
	for name, v := range values {
		if strings.Contains(query, ":"+name) {
			args = append(args, sql.Named(name, v))
		}
	}
	if _, err := l.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}
