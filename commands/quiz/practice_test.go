package quiz_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// Which option is right leaves the program only in the platform's own form of a
// practice question. Before the end no text, button, poll or file tells it, and
// a round never goes out in that form, whatever the platform can.
func TestTheRightAnswerIsToldToNobodyElse(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]bool{"own form": true, "buttons": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				caps := chattest.Full()
				caps.Polls, caps.Quizzes = true, own
				stage := commandtest.Open(t, families(), commandtest.Scene{Caps: &caps})
				stage.Line("管理员: /quiz import 先做什么? | 点开 | 核实* | 转发\n管理员 [确认]")
				stage.Line("阿宁: 早\n小满: 早")
				told := stage.Line("管理员: /quiz ask")
				if len(told) != 1 {
					t.Fatalf("%+v", told)
				}
				quiet(t, told, own)
				if p := told[0].Content.Poll; own && (p == nil || p.Right != 1 || told[0].Poll == "") {
					t.Errorf("%+v", p)
				}
				stage.Line("@ 10m")
				quiet(t, stage.Line("管理员: /quiz start 1题"), false)
				quiet(t, stage.Line("@ 21s"), false)
				quiet(t, stage.Line("阿宁: /答题 A\n小满: /答题 B"), false)
				stage.Close()
			})
		})
	}
}

// quiet fails when something that was shown tells the right option.
func quiet(t *testing.T, shown []chattest.Shown, own bool) {
	t.Helper()
	for _, m := range shown {
		if m.Content.Poll != nil && !own {
			t.Errorf("a poll goes out: %+v", m.Content.Poll)
		}
		m.Content.Poll = nil
		text, err := json.Marshal(m.Content)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"right", "answer", "✔", "答案", "正确"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%q in %s", word, text)
			}
		}
	}
}

// When many answer at once they are confirmed in one message for everybody, and
// that names no choice.
func TestAMessageForManyNamesNoChoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caps := chattest.Full()
		caps.PerMinute = 6
		stage := commandtest.Open(t, families(), commandtest.Scene{Caps: &caps})
		stage.Line("管理员: /quiz import 先做什么? | 点开 | 核实* | 转发\n管理员 [确认]\n@ 5m\n管理员: /quiz start 1题 每题60秒\n@ 21s")
		folded := 0
		for _, m := range slices.Concat(stage.Trouble("crowd 12 /答题 B"), stage.Line("@ 50s")) {
			text := chat.Plain(m.Content.Text)
			if strings.Count(text, "成员") < 2 {
				continue
			}
			if folded++; strings.Contains(text, "B") || !m.To.Ref.IsZero() {
				t.Errorf("for %q: %s", m.To.Name, text)
			}
		}
		if folded == 0 {
			t.Error("nothing was folded")
		}
		stage.Close()
	})
}

// What people answer in the platform's own form is the record, once each.
func TestOwnFormIsTheRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caps := chattest.Full()
		caps.Polls, caps.Quizzes = true, true
		stage := commandtest.Open(t, families(), commandtest.Scene{Caps: &caps})
		stage.Line("管理员: /quiz import 先做什么? | 点开 | 核实* | 转发\n管理员 [确认]\n管理员: /quiz ask")
		stage.Line("! ballot 阿宁 0\n! duplicate 阿宁\n! ballot 阿宁 1\n! ballot 小满 1\n! ballot 老周 0 lost\n! ballot 小李 7\n! ballot 小王")
		stage.Line("小明: 早\n! leave 小明\n! ballot 小明 0\n! restart\n@ 10m\n! ballot 小红 0")
		stage.View(func(ctx context.Context, r *storage.Reader) error {
			n, right, err := r.PracticeResult(ctx, 1)
			if n != 3 || right != 2 {
				t.Errorf("%d answers, %d right", n, right)
			}
			return err
		})
		stage.Close()
	})
}
