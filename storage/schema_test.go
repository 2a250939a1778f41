package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// schemaOf is the schema in the order in which it was made, tables first.
func schemaOf(tb testing.TB, db *DB) string {
	tb.Helper()
	rows, err := db.readPool.QueryContext(tb.Context(), `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
		ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name`)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var b strings.Builder
	b.WriteString("-- What the migrations add up to. Written by `go test ./storage -update`; never run.\n")
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&b, "\n%s;\n", text)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func golden(tb testing.TB, path, got string) {
	tb.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			tb.Fatalf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", path, i+1, a[i], b[i])
		}
	}
	tb.Fatalf("%s: %d lines, want %d (-update rewrites it)", path, len(a), len(b))
}

func TestTheSchemaIsTheGoldenFile(t *testing.T) {
	t.Parallel()
	golden(t, "schema.sql", schemaOf(t, newDB(t)))
}

// A dump of every released version is opened, counted and verified. Until the
// first release there is one, of the schema as it is; -update rewrites it.
func TestDumpsOfEveryVersionOpen(t *testing.T) {
	t.Parallel()
	if *update {
		db, _ := lived(t)
		if err := os.WriteFile("testdata/unreleased.sql", []byte(dump(t, db)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dumps, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(dumps) == 0 {
		t.Fatal("no dumps", err)
	}
	for _, file := range dumps {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "qunmate.db")
		pool := raw(t, path)
		must(t, pool, string(text))
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), path, Options{})
		if errors.Is(err, ErrChanged) {
			t.Fatalf("%s: %v. Before the first release: go test ./storage -update. After it: put the old migration back and add a new one", file, err)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for table, want := range map[string]int64{"members": 5, "ledger": 20, "checkins": 20} {
			if n := number(t, db.readPool, "SELECT count(*) FROM "+table); n != want {
				t.Errorf("%s: %s has %d rows, want %d", file, table, n, want)
			}
		}
		wantClean(t, db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// dump writes a database as the statements that make it: tables, rows, and
// then what would react to rows.
func dump(tb testing.TB, db *DB) string {
	tb.Helper()
	var b strings.Builder
	ask := func(query string) (out []string) {
		rows, err := db.readPool.QueryContext(tb.Context(), query)
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				tb.Fatal(err)
			}
			out = append(out, s)
		}
		if err := rows.Err(); err != nil {
			tb.Fatal(err)
		}
		return out
	}
	for _, text := range ask("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid") {
		fmt.Fprintf(&b, "%s;\n", text)
	}
	for _, table := range ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid") {
		columns := ask("SELECT name FROM pragma_table_info('" + table + "')")
		for i, c := range columns {
			columns[i] = "quote(" + c + ")"
		}
		for _, row := range ask("SELECT " + strings.Join(columns, " || ', ' || ") + " FROM " + table) {
			fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", table, row)
		}
	}
	for _, text := range ask("SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY type, rowid") {
		fmt.Fprintf(&b, "%s;\n", text)
	}
	return b.String()
}
