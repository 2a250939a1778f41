package schedule_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/commands/commandtest"
	"qunmate/commands/schedule"
	"qunmate/storage"
)

// The calendar is what then happens: every entry is posted at its instant, and
// what is marked as left out is not.
func TestTheCalendarIsWhatHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-09-21 12:00"})
		defer s.Close()
		for _, add := range []string{"早安 每天 07:30 早上好 跳过 休息日", "周报 每周五 18:00 一周过去了", "直播 10-02 20:00 来看直播"} {
			s.Say("管理员", "/schedule add "+add)
			s.Press("管理员", "启用")
		}
		var plan []schedule.Planned
		s.View(func(ctx context.Context, r *storage.Reader) (err error) {
			plan, err = schedule.Upcoming(ctx, r, s.Now(), s.Now().Add(14*24*time.Hour), 28)
			return err
		})
		var said []string
		for _, p := range plan {
			line := p.At.Format("01-02 15:04 ") + p.Name
			if p.Skip != "" {
				line += " " + strings.TrimSpace(p.Skip+" "+p.Key)
			}
			said = append(said, line)
			if n := len(s.MoveTo(p.At)); n != map[bool]int{true: 1}[p.Skip == ""] {
				t.Errorf("%s: %d posts", line, n)
			}
		}
		want := "09-22 07:30 早安, 09-23 07:30 早安, 09-24 07:30 早安, 09-25 07:30 早安 holiday mid_autumn, 09-25 18:00 周报, 09-26 07:30 早安 holiday mid_autumn, " +
			"09-27 07:30 早安 holiday mid_autumn, 09-28 07:30 早安, 09-29 07:30 早安, 09-30 07:30 早安, 10-01 07:30 早安 holiday national, 10-02 07:30 早安 holiday national, " +
			"10-02 18:00 周报, 10-02 20:00 直播, 10-03 07:30 早安 holiday national, 10-04 07:30 早安 holiday national, 10-05 07:30 早安 holiday national"
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("the calendar:\n%s, want\n%s", got, want)
		}
	})
}

// A post that waits for the end of quiet hours stands at that end, once, before
// it was put off and after; what is paused is not in the calendar.
func TestTheCalendarKnowsQuietHoursAndPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-09-21 12:00"})
		defer s.Close()
		for _, add := range []string{"晚安 每天 22:30 早点睡", "午安 每天 13:00 午安"} {
			s.Say("管理员", "/schedule add "+add)
			s.Press("管理员", "启用")
		}
		s.Say("管理员", "/schedule quiet 22:00-08:00")
		s.Press("管理员", "确认")
		s.Say("管理员", "/schedule pause 2")
		shows := func() string {
			var out []string
			s.View(func(ctx context.Context, r *storage.Reader) error {
				plan, err := schedule.Upcoming(ctx, r, s.Now(), s.Now().Add(40*time.Hour), 28)
				for _, p := range plan {
					line := p.At.In(s.Now().Location()).Format("01-02 15:04 ") + p.Name
					if p.Quiet {
						line += " quiet"
					}
					out = append(out, line)
				}
				return err
			})
			return strings.Join(out, ", ")
		}
		if got := shows(); got != "09-22 08:00 晚安 quiet" {
			t.Errorf("at noon: %s", got)
		}
		if n := len(s.MoveTo(s.Now().Add(11 * time.Hour))); n > 0 {
			t.Errorf("%d posts in the night", n)
		}
		if got := shows(); got != "09-22 08:00 晚安 quiet, 09-23 08:00 晚安 quiet" {
			t.Errorf("in the night: %s", got)
		}
		if n := len(s.MoveTo(s.Now().Add(9 * time.Hour))); n != 1 {
			t.Errorf("%d posts at the end of it", n)
		}
	})
}
