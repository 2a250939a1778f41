package draw_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/draw/fair"
	"qunmate/storage/storagetest"
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
	var out []string
	for table, rows := range storagetest.Rows(t, file) {
		for _, row := range rows {
			if strings.Contains(row, text) {
				out = append(out, table+": "+row)
			}
		}
	}
	return out
}
