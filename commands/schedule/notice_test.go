package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
)

// Posts that fail one after the other, a few seconds apart, are one message to
// the administrator.
func TestWhatGoesWrongTogetherIsToldTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-11-22 08:02"})
		defer s.Close()
		s.Whisper("管理员", "/schedule")
		for n := range 4 {
			s.Say("管理员", fmt.Sprintf("/schedule add 早安%d 每天 09:00 早上好", n))
			s.Press("管理员", "启用")
		}
		tried := map[int64]bool{}
		s.OnSend(func(l chat.Letter) error {
			if chat.Plain(l.Content.Text) != "早上好" {
				return nil
			}
			if !tried[l.ID] { // what follows in the chat waits as well
				tried[l.ID] = true
				return &chat.SendError{Fault: chat.Throttled, After: 2 * time.Second, Err: errors.New("not so fast")}
			}
			return &chat.SendError{Fault: chat.Rejected, Err: errors.New("no")}
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		told := s.Settle()
		if len(told) != 1 || !strings.Contains(told[0].Content.Text, "早安0 #1") || !strings.Contains(told[0].Content.Text, "早安3 #4") {
			t.Errorf("told %+v", told)
		}
	})
}
