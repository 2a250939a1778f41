package storagetest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Rows reads the file of a database whole: by table, each row as
// "column=value column=value ".
func Rows(tb testing.TB, file string) map[string][]string {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file)+"?mode=ro")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[string][]string{}
	for _, table := range query(tb, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		name := strings.TrimSuffix(strings.TrimPrefix(table, "name="), " ")
		out[name] = query(tb, db, "SELECT * FROM "+name)
	}
	return out
}

func query(tb testing.TB, db *sql.DB, q string) (out []string) {
	tb.Helper()
	rows, err := db.Query(q)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			fmt.Fprintf(&b, "%s=%v ", names[i], v)
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}
