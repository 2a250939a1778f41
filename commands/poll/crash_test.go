package poll_test

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

// The program dies whenever the network has just taken a letter and nobody has
// written that down: every vote counts once, the result stands there once at
// most.
func TestAKillAtEveryLetterOfAPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := commandtest.Open(t, family(), commandtest.Scene{})
		results, died := 0, 0
		see := func(shown []chattest.Shown) {
			for _, m := range shown {
				if strings.Contains(chat.Plain(m.Content.Text), "#1 结果") {
					results++
				}
			}
		}
		for _, line := range []string{
			"管理员: /poll 聚会吗 | 去 | 不去 --end 20:00", "管理员: /confirm", "阿宁: /vote 1 A", "小满: /vote 1 B", "@ 1m", "阿宁: /vote 1 B", "老周: /vote 1 A",
			"老周: /vote 1 撤回", "@ 11-22 20:00", "@ 2m", "阿宁: /vote 1 A", "@ 2m",
		} {
			if strings.HasPrefix(line, "@") {
				stage.ArmFor("#1 结果")
			} else {
				stage.Arm()
			}
			see(stage.Line(line))
			if stage.Died() {
				died++
			}
			stage.Crash(0)
			see(stage.Settle())
		}
		if died < 6 || results != 1 {
			t.Errorf("it died %d times, the result was posted %d times", died, results)
		}
		stage.View(func(ctx context.Context, r *storage.Reader) error {
			p, err := r.Poll(ctx, 1)
			if err != nil || p.State != storage.PollClosed || p.Voters != 2 || p.Options[0].Votes != 0 || p.Options[1].Votes != 2 {
				t.Errorf("%+v %v", p, err)
			}
			return nil
		})
		stage.Close()
	})
}
