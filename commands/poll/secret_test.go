package poll_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	_ "qunmate/storage" // for its driver
)

// No row of any table holds both who voted in an anonymous poll and what he
// chose, whatever way the vote came: neither the votes nor what was answered.
func TestNoRowTiesAPersonToASecretChoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := commandtest.Open(t, family(), commandtest.Scene{})
		stage.Line("阿宁: 早\n小满: 早\n老周: 早")
		stage.Line("管理员: /poll 选哪队？ | 红队 | 蓝队 --anon --end 20:00\n管理员 [发布]")
		stage.Line("阿宁 [红队]\n小满: /vote 1 B\n老周@private: /vote 1 蓝队\n阿宁 [蓝队]\n@ 2m")
		stage.Close()
		look(t, stage.Path())
	})
}

func look(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	voters := 0
	for _, table := range tables(t, db) {
		for _, row := range rowsOf(t, db, table) {
			person := false
			for _, name := range []string{"阿宁", "小满", "老周"} {
				person = person || strings.Contains(row, name)
			}
			// Rows that point to a person or account by number.
			for _, id := range []string{"account_id=", "person_id="} {
				person = person || strings.Contains(row, id) && !strings.Contains(row, id+"0 ")
			}
			if table == "poll_votes" {
				voters++
			}
			if !person || table == "previews" || table == "audit" || strings.Contains(row, "poll.preview") {
				continue // the author's own, who wrote the options
			}
			for _, choice := range []string{"红队", "蓝队", "/vote 1 A", "/vote 1 B", "place=1 ", "place=2 "} {
				if strings.Contains(row, choice) {
					t.Errorf("%s: %s", table, row)
				}
			}
		}
	}
	if voters != 3 {
		t.Errorf("%d voters", voters)
	}
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil || len(out) < 20 {
		t.Fatal(out, err)
	}
	return out
}

// rowsOf writes each row as "column=value column=value ".
func rowsOf(t *testing.T, db *sql.DB, table string) []string {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			fmt.Fprintf(&b, "%s=%v ", names[i], v)
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
