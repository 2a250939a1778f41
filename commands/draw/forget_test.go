package draw_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/draw/fair"
)

// What a winner wrote for the delivery is gone from every table after 30 days:
// from his prize, from what he typed and from the letters that repeated it.
func TestNoRowKeepsADeliveryAfterItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, families(options(fair.None)), commandtest.Scene{})
		s.Line("管理员: /draw 书×1@30元 截止 今晚8点 领奖 48小时 弃奖 顺延 主办 小店，微信 abc\n管理员: /confirm")
		s.Line("阿宁: /join 1\n@ 11-22 20:00\n阿宁@私聊: /claim 1 某路 1 号\n管理员@私聊: /draw winners 1")
		if n := len(holding(t, s.Path(), "某路 1 号")); n == 0 {
			t.Error("the delivery is nowhere: this test finds nothing")
		}
		s.Line("@ 720h\n@ 24h")
		for _, row := range holding(t, s.Path(), "某路 1 号") {
			t.Errorf("still there: %s", row)
		}
		s.Close()
	})
}

// holding lists the rows of all tables that hold a text.
func holding(t *testing.T, file, text string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var out []string
	for _, table := range query(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		for _, row := range query(t, db, "SELECT * FROM "+table) {
			if strings.Contains(row, text) {
				out = append(out, table+": "+row)
			}
		}
	}
	return out
}

func query(t *testing.T, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.Query(q)
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
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, v := range values {
			cells = append(cells, fmt.Sprintf("%s", v))
		}
		out = append(out, strings.Join(cells, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
