package commandtest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/commands/commandtest"
	"qunmate/commands/remind"
	"qunmate/storage"
)

// The calendar is what then happens: every entry is said at its instant, and
// what is marked as left out is not. A reminder that was switched on a moment
// ago stands in it, too.
func TestTheCalendarOfRemindersIsWhatHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, everything(), commandtest.Scene{Start: "2026-11-22 12:00"})
		defer s.Close()
		s.Line("管理员: /signup 羽毛球 截止 11-25 20:00 时间 11-28 14:00 提醒 2h")
		s.Press("管理员", "发布")
		s.Line("管理员: /poll 聚会吗 | 去 | 不去 --end 11-26 09:00")
		s.Press("管理员", "发布")
		s.Line("管理员: /poll remind 1 每天 23:30、12:30")
		s.Press("管理员", "启用")
		s.Line("管理员: /schedule quiet 22:00-08:00")
		s.Press("管理员", "确认")
		var plan []remind.Planned
		s.View(func(ctx context.Context, r *storage.Reader) (err error) {
			plan, err = remind.Upcoming(ctx, r, s.Now(), s.Now().Add(14*24*time.Hour), 28)
			return err
		})
		var said []string
		for _, p := range plan {
			line := strings.TrimSpace(p.At.Format("01-02 15:04 ") + p.Kind + " " + p.Skip)
			said = append(said, line)
			posts := 0
			for _, m := range s.MoveTo(p.At) {
				if strings.HasPrefix(m.Content.Text, "⏰") {
					posts++
				}
			}
			if posts != map[bool]int{true: 1}[p.Skip == ""] {
				t.Errorf("%s: %d posts", line, posts)
			}
		}
		want := "11-22 12:30 poll, 11-22 23:30 poll quiet, 11-23 12:30 poll, 11-23 23:30 poll quiet, 11-24 12:30 poll, 11-24 23:30 poll quiet, 11-25 12:30 poll, 11-25 18:00 signup, 11-25 23:30 poll quiet, 11-28 12:00 signup"
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("the calendar:\n%s, want\n%s", got, want)
		}
	})
}
