package draw_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/commands/draw/fair"
)

// script is a whole life of two draws: one that is drawn and passed on, one
// that is called off. After "|" stands who spoke: his event comes again.
var script = []string{
	"阿宁: 签到|阿宁", "小满: 签到|小满", "老周: 签到|老周",
	"管理员: /draw 书×1@30元、笔×1@3元 截止 今晚8点 消耗 5分 领奖 1小时 弃奖 顺延 主办 小店，微信 abc|管理员",
	"管理员: /confirm|管理员",
	"阿宁: /join 1|阿宁", "小满: /join 1|小满", "老周: /join 1|老周", "老周: /leave 1|老周", "老周: /join 1|老周",
	"管理员: /draw extend 1 21:00|管理员", "管理员: /confirm|管理员",
	"@ 11-22 21:00|", "! beacon|", "! beacon|",
	"@ 61m|", "@ 61m|",
	"阿宁@私聊: /claim 1 某路 1 号|阿宁", "小满@私聊: /claim 1 某路 2 号|小满", "老周@私聊: /claim 1 某路 3 号|老周",
	"管理员: /draw 杯×1 截止 明天20:00 消耗 5分|管理员", "管理员: /confirm|管理员",
	"@ 11-23 09:00|", "阿宁: 签到|阿宁", "阿宁: /join 2|阿宁",
	"管理员: /draw cancel 2 缺货|管理员", "管理员: /confirm|管理员",
	"阿宁: /me|阿宁", "小满: /me|小满", "老周: /me|老周",
}

// play runs the script; trouble comes after every step. It returns what was
// posted in the group, and what everybody was told at the end.
func play(t *testing.T, trouble func(s *commandtest.Stage, step int, again string)) []string {
	t.Helper()
	var posts []string
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, families(options(fair.Drand)), commandtest.Scene{})
		defer s.Close() // verifies every sum, every ticket and every receipt
		for i, line := range script {
			what, again, _ := strings.Cut(line, "|")
			shown := s.Line(what)
			if trouble != nil {
				trouble(s, i, again)
				shown = append(shown, s.Settle()...)
			}
			for _, m := range shown {
				text := chat.Plain(m.Content.Text)
				if strings.HasPrefix(m.Chat.ID, "group:") && m.To.Name == "" && !m.Edited || i >= len(script)-3 {
					posts = append(posts, text)
				}
			}
		}
	})
	return posts
}

// Whatever is delivered twice, and wherever the program is started anew: it is
// drawn once, charged once, refunded once and announced once.
func TestADrawHappensOnce(t *testing.T) {
	t.Parallel()
	calm := play(t, nil)
	for text, want := range map[string]int{"开奖（": 1, "🎁 #1": 1, "🎁 #2": 1, "#2 已取消": 1, "截止延到": 1, "过期未领": 2} {
		n := 0
		for _, p := range calm {
			if strings.Contains(p, text) {
				n++
			}
		}
		if n != want {
			t.Errorf("%q was posted %d times, want %d:\n%s", text, n, want, strings.Join(calm, "\n"))
		}
	}
	for name, trouble := range map[string]func(*commandtest.Stage, int, string){
		"everything twice":        func(s *commandtest.Stage, _ int, again string) { twice(s, again) },
		"a restart at every step": func(s *commandtest.Stage, _ int, _ string) { s.Trouble("restart") },
		"both": func(s *commandtest.Stage, _ int, again string) {
			s.Trouble("restart")
			twice(s, again)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := play(t, trouble); !slices.Equal(got, calm) {
				t.Errorf("it went differently:\n%s\n--- calm:\n%s", strings.Join(got, "\n"), strings.Join(calm, "\n"))
			}
		})
	}
}

// The program dies in the very moment in which the network has taken an
// announcement: it stands there, and is not said again.
func TestAKillBetweenALetterAndItsReceiptAnnouncesNothingTwice(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"开奖（", "#2 已取消", "截止延到", "过期未领"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			died := false
			posts := play(t, func(s *commandtest.Stage, _ int, _ string) {
				if s.Died() {
					died = true
					s.Crash(0)
				}
				if !died {
					s.ArmFor(text)
				}
			})
			n := 0
			for _, p := range posts {
				if strings.Contains(p, text) {
					n++
				}
			}
			want := 1
			if text == "过期未领" { // once for each of the two times
				want = 2
			}
			if !died || n != want {
				t.Errorf("died: %v, posted %d times, want %d:\n%s", died, n, want, strings.Join(posts, "\n"))
			}
		})
	}
}

func twice(s *commandtest.Stage, who string) {
	if who != "" {
		s.Again(who)
	}
}
