package remind_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// The program dies in the moment in which the platform has accepted a reminder:
// it is not said again, its row says that it may have gone out, and so are the
// administrators told.
func TestAReminderIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-11-22 09:00"})
		defer s.Close()
		said, told := 0, 0
		count := func(shown []chattest.Shown) {
			for _, m := range shown {
				switch text := chat.Plain(m.Content.Text); {
				case strings.HasPrefix(text, "⏰"):
					said++
				case strings.Contains(text, "可能已发出，没有重发"):
					told++
				}
			}
		}
		s.Line("管理员: /signup 周六羽毛球 截止 20:00 提醒 2h")
		s.Line("管理员 [发布]\n@ 11-22 17:59")
		s.Arm()
		count(s.Line("@ 2m"))
		if !s.Died() {
			t.Fatal("the program lives")
		}
		s.Crash(0)
		count(s.Line("@ 10m"))
		if said != 1 || told != 2 { // there are two administrators
			t.Errorf("said %d times, told %d times", said, told)
		}
		s.View(func(ctx context.Context, r *storage.Reader) error {
			rows, err := r.Occurrences(ctx, "remind:1")
			if len(rows) != 1 || rows[0].State != storage.Uncertain {
				t.Errorf("%+v", rows)
			}
			return err
		})
	})
}

// Whatever is restarted or killed in between, each instant is said once.
func TestRemindersComeOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	script := []string{
		"阿宁: 早", "管理员: /signup 周日徒步 截止 11-24 20:00 时间 11-25 09:00 提醒 2h", "管理员: /confirm",
		"管理员: /signup remind 1 每天 12:00", "管理员: /confirm", "@ 11-22 12:01", "@ 11-23 11:00", "@ 11-23 12:01",
		"管理员: /signup set 1 截止 11-24 21:00", "管理员: /confirm", "@ 11-24 12:01", "@ 11-24 18:01", "@ 11-24 19:01", "@ 11-24 21:05", "@ 11-25 07:01", "@ 11-25 12:01",
	}
	for name, trouble := range map[string]func(*commandtest.Stage){
		"calm": func(*commandtest.Stage) {}, "restarts": func(s *commandtest.Stage) { s.Trouble("restart") }, "kills": func(s *commandtest.Stage) { s.Crash(0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-11-22 09:00"})
				defer s.Close()
				said := 0
				for _, line := range script {
					shown := s.Line(line)
					trouble(s)
					for _, m := range append(shown, s.Settle()...) {
						if strings.HasPrefix(chat.Plain(m.Content.Text), "⏰") {
							said++
						}
					}
				}
				if said != 5 { // three at noon, one before it closed, one before it began
					t.Errorf("said %d times", said)
				}
			})
		})
	}
}
