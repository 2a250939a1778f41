package signup_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// script is a whole life of a list. After "|" stands who spoke: his event comes
// again.
var script = []string{
	"管理员: /signup 周六羽毛球 满 3 人 截止 20:00|管理员", "管理员: /confirm|管理员",
	"阿宁: /signup join 1|阿宁", "小满: /signup join 1 +1|小满", "老周: /signup join 1|老周", "小陈: /signup join 1 晚到|小陈", "@ 30s|",
	"阿宁: /signup leave 1|阿宁", "@ 30s|", "阿宁: /signup join 1|阿宁",
	"管理员: /signup set 1 满 5 人 截止 21:00|管理员", "管理员: /confirm|管理员", "@ 11-22 20:30|",
	"管理员: /signup close 1|管理员", "管理员: /undo 3|管理员", "小陈: /signup leave 1|小陈", "@ 11-22 21:05|", "@ 2m|", "@ 5m|", "@ 5m|",
}

// play runs the script; trouble comes after every step. It returns the list at
// the end, and how often it was said that it is final.
func play(t *testing.T, trouble func(s *commandtest.Stage, step int, again string)) (list string, finals int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{})
		defer s.Close() // verifies every place and every letter
		for i, line := range script {
			what, again, _ := strings.Cut(line, "|")
			shown := s.Line(what)
			if trouble != nil {
				trouble(s, i, again)
				shown = append(shown, s.Settle()...)
			}
			for _, m := range shown {
				if strings.Contains(chat.Plain(m.Content.Text), "接龙结束") {
					finals++
				}
			}
		}
		s.View(func(ctx context.Context, r *storage.Reader) error {
			l, err := r.Signup(ctx, 1)
			if err != nil {
				return err
			}
			entries, err := r.SignupEntries(ctx, 1)
			var b strings.Builder
			fmt.Fprint(&b, l.State, " ", l.Seats)
			for _, e := range entries {
				fmt.Fprintf(&b, " %s+%d %s %s;", e.Name, e.Extra, e.Note, e.State)
			}
			list = b.String()
			return err
		})
	})
	return list, finals
}

// Whatever is delivered twice, and wherever the program is started anew or
// killed: everybody stands on the list once, in the same order, and it is final
// once for each time it was closed.
func TestAListIsTheSameWhateverHappens(t *testing.T) {
	t.Parallel()
	want := "closed 5 小满+1  in; 老周+0  in; 阿宁+0  in;"
	if got, finals := play(t, nil); got != want || finals != 2 {
		t.Fatalf("%s, final %d times", got, finals)
	}
	twice := func(s *commandtest.Stage, who string) {
		if who != "" {
			s.Again(who)
		}
	}
	for name, trouble := range map[string]func(*commandtest.Stage, int, string){
		"everything twice":        func(s *commandtest.Stage, _ int, again string) { twice(s, again) },
		"a restart at every step": func(s *commandtest.Stage, _ int, _ string) { s.Trouble("restart") },
		"a kill at every step":    func(s *commandtest.Stage, _ int, _ string) { s.Crash(0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, finals := play(t, trouble)
			if got != want || finals != 2 {
				t.Errorf("%s, final %d times", got, finals)
			}
		})
	}
}

// The program dies in the moment in which the platform has accepted the final
// list: it is not said again, and everybody stands where he stood.
func TestTheFinalListIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Where nothing can be edited the final list is the only letter of that minute.
		s := commandtest.Open(t, family(), commandtest.Scene{Caps: &chat.Caps{Hears: true, Choices: true, Push: true}, Operators: []chat.Ref{{Domain: "test", ID: "管理员"}}})
		defer s.Close()
		finals := 0
		count := func(shown []chattest.Shown) {
			for _, m := range shown {
				if strings.Contains(chat.Plain(m.Content.Text), "接龙结束") {
					finals++
				}
			}
		}
		s.Line("管理员: /signup 周六羽毛球 满 1 人 截止 20:00")
		s.Line("管理员 [发布]")
		s.Line("阿宁 [接龙]")
		s.Line("小满 [接龙]\n@ 11-22 19:59")
		s.Arm()
		count(s.Line("@ 2m"))
		if !s.Died() {
			t.Fatal("the program lives")
		}
		s.Crash(0)
		count(s.Line("@ 10m"))
		if finals != 1 {
			t.Errorf("said %d times", finals)
		}
		s.View(func(ctx context.Context, r *storage.Reader) error {
			l, err := r.Signup(ctx, 1)
			if l.State != storage.SignupClosed || l.Lines != 1 || l.Waiting != 1 {
				t.Errorf("%+v", l)
			}
			return err
		})
	})
}

// Buttons, text and cards of other platforms write the same list.
func TestTheSameListInEveryWay(t *testing.T) {
	t.Parallel()
	ways := map[string][]string{
		"buttons": {"阿宁 [接龙]", "小满 [接龙]", "老周 [接龙]", "阿宁 [退出]"},
		"text":    {"阿宁: /signup join 1", "小满: /接龙 1", "老周: /signup 1", "阿宁: /signup leave 1"},
		"wecom":   {"阿宁: @bot 接龙 1", "小满 [接龙]", "老周: @bot 接龙 参加 1", "阿宁: @bot 接龙 退出 1"},
		"bare":    {"阿宁: /接龙 +0", "小满: /SIGNUP JOIN １", "老周: ／接龙　＃1", "阿宁: /报名 退出"},
	}
	var all []string
	for name, way := range ways {
		synctest.Test(t, func(t *testing.T) {
			scene := commandtest.Scene{}
			call := ""
			if name == "wecom" {
				scene.Caps = &chat.Caps{Choices: true, Push: true, Files: true, MaxText: 20480, Mentioned: true, Mention: "@小助手"}
				scene.Operators = []chat.Ref{{Domain: "test", ID: "管理员"}}
				call = "@bot "
			}
			s := commandtest.Open(t, family(), scene)
			defer s.Close()
			s.Line("管理员: " + call + "/signup 周六羽毛球 满 2 人")
			s.Line("管理员 [发布]")
			for _, line := range way {
				s.Line(line)
			}
			s.View(func(ctx context.Context, r *storage.Reader) error {
				entries, err := r.SignupEntries(ctx, 1)
				var got []string
				for _, e := range entries {
					got = append(got, e.Name+" "+e.State)
				}
				all = append(all, strings.Join(got, ", "))
				if all[len(all)-1] != "小满 in, 老周 in" {
					t.Errorf("%s: %s", name, got)
				}
				return err
			})
		})
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 1 {
		t.Error(all)
	}
}
