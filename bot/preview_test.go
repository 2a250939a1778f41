package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

func actNothing(context.Context, *Request, json.RawMessage) (Reply, error) { return Reply{}, nil }

// planning is a command with a preview, the action behind it, and its undo.
func planning() setting {
	return func(w *world) {
		commands(Command{Name: "plan", Role: ChatAdmin, Run: func(ctx context.Context, req *Request) (Reply, error) {
			what := req.Args.String()
			return req.Preview(ctx, "plan "+firstOf(what), "plan "+what, what, "common.test_shown", what)
		}})(w)
		for _, name := range []string{"plan x", "plan y"} {
			actions(Action{Name: name, Role: ChatAdmin, Run: func(ctx context.Context, req *Request, data json.RawMessage) (Reply, error) {
				var what string
				if err := json.Unmarshal(data, &what); err != nil {
					return Reply{}, err
				}
				id, err := req.Audit(ctx, name, "nothing", what, "", !strings.Contains(what, "for ever"))
				if err != nil {
					return Reply{}, err
				}
				return Reply{Template: "common.test_echo", Data: fmt.Sprintf("did %s in %d, audit %d", what, req.Community, id)}, count(ctx, req.Tx, "plan")
			}, Undo: func(ctx context.Context, req *Request, row storage.Audited) (Reply, error) {
				return Reply{Template: "common.test_echo", Data: "undid " + row.After}, count(ctx, req.Tx, "undo")
			}})(w)
		}
	}
}

func firstOf(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}

func planner(t *testing.T) *world {
	t.Helper()
	w := begin(t, planning())
	w.net.SetAdmins(club.Ref, person("管理"), person("副手"))
	return w
}

func TestAPreviewDoesNothingUntilItIsConfirmedAndThenOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		w.say(club, "管理", "/plan x 1")
		w.heard("preview x 1")
		equal(t, "effects", w.counted("plan"), 0)
		button, ok := w.net.Button(club.Ref, person("管理").Ref, "确认")
		if !ok || button != "/confirm 1" {
			t.Fatalf("the button is %q", button)
		}
		w.restart()
		w.press(club, "管理", button)
		w.heard("did x 1")
		w.press(club, "管理", button)
		w.heard("没有重复执行")
		w.say(club, "管理", "/cancel 1")
		w.heard("已经确认过了")
		equal(t, "effects", w.counted("plan"), 1)
	})
}

func TestAPreviewLapsesAfterTenMinutes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		w.say(club, "管理", "/plan x")
		w.pass(previewLife)
		w.news()
		w.say(club, "管理", "/confirm 1")
		w.heard("已作废")
		w.say(club, "管理", "/confirm")
		w.heard("没有等你确认的事")
		equal(t, "effects", w.counted("plan"), 0)
	})
}

func TestNobodyElseConfirmsAPreview(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		w.say(club, "管理", "/plan x")
		w.news()
		w.press(club, "副手", "/confirm 1")
		w.heard("发起的人")
		w.press(club, "副手", "/cancel 1")
		w.heard("发起的人")
		w.say(group("羽毛球"), "管理", "/confirm 1")
		w.heard("没有待确认的 #1")
		w.say(club, "副手", "/confirm")
		w.heard("没有等你确认的事")
		w.say(club, "路人", "确认") // people say it to each other
		w.heard()
		w.say(club, "管理", "/confirm 7")
		w.heard("没有待确认的 #7")
		w.say(club, "管理", "/confirm x")
		w.heard("不是编号")
		w.say(club, "管理", "确认")
		w.heard("did x")
		equal(t, "effects", w.counted("plan"), 1)
	})
}

func TestACancelledPreviewStaysCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		w.say(club, "管理", "/plan x")
		w.news()
		w.say(club, "管理", "/cancel")
		w.heard("什么都没改")
		w.say(club, "管理", "/confirm 1")
		w.heard("已经取消")
		// A newer one of the same kind takes the place of the older.
		w.say(club, "管理", "/plan x old")
		w.say(club, "管理", "/plan x new")
		w.news()
		w.press(club, "管理", "/confirm 2")
		w.heard("被新的一条代替")
		w.say(club, "管理", "/confirm")
		w.heard("did x new")
		equal(t, "effects", w.counted("plan"), 1)
	})
}

func TestSeveralOpenPreviewsAreListed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		w.say(club, "管理", "/plan x one")
		w.say(club, "管理", "/plan y two")
		w.news()
		w.say(club, "管理", "/confirm")
		w.heard("有 2 件事等你确认：\n#1 plan x one\n#2 plan y two")
		button, ok := w.net.Button(club.Ref, person("管理").Ref, "#2 plan y two")
		if !ok {
			t.Fatal("no button for the second")
		}
		w.press(club, "管理", button)
		w.heard("did y two")
		w.say(club, "管理", "/confirm")
		w.heard("did x one")
	})
}

func TestAnAdministratorsChangeIsUndoneOnceWithinADay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		for _, what := range []string{"x a", "x b", "x for ever"} {
			w.say(club, "管理", "/plan "+what)
			w.say(club, "管理", "/confirm")
		}
		w.news()
		w.say(club, "成员", "/undo 1")
		w.heard("只有本群管理员能做")
		w.say(club, "副手", "/undo #1") // another administrator may
		w.heard(`undid "x a"`)
		w.say(club, "管理", "/undo 1")
		w.heard("已经撤回过了")
		w.say(club, "管理", "/undo 3")
		w.heard("不能撤回")
		w.say(club, "管理", "/undo 4") // the undo itself
		w.heard("不能撤回")
		w.say(club, "管理", "/undo 99")
		w.heard("没有编号 #99")
		w.say(club, "管理", "/undo")
		w.heard("缺编号")
		w.say(group("羽毛球"), "管理", "/undo 2") // another community
		w.heard("没有编号 #2")
		w.pass(UndoLife)
		w.say(club, "管理", "/undo 2")
		w.heard("超过 24 小时")
		equal(t, "undone", w.counted("undo"), 1)
		w.view(func(ctx context.Context, r *storage.Reader) error {
			row, err := r.AuditRow(ctx, 1)
			equal(t, "undone by", row.UndoneBy, 4)
			if err != nil {
				return err
			}
			undo, err := r.AuditRow(ctx, row.UndoneBy)
			if err != nil {
				return err
			}
			for who, id := range map[string]int64{"管理": row.PersonID, "副手": undo.PersonID} {
				a, err := r.AccountByRef(ctx, chattest.Domain, who)
				if err != nil {
					return err
				}
				equal(t, "who did it", id, a.PersonID)
			}
			return nil
		})
	})
}

// In a private chat the community is chosen with /use: what was shown for one
// must not happen in another.
func TestAPreviewActsOnTheCommunityItWasShownFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, planning())
		other := group("羽毛球")
		for _, c := range []chat.Chat{club, other} {
			w.net.SetAdmins(c.Ref, person("管理"))
			w.say(c, "管理", "hello")
		}
		me := private("管理")
		w.say(me, "管理", "/use 1")
		w.say(me, "管理", "/plan x")
		w.say(me, "管理", "/use 2")
		w.news()
		w.press(me, "管理", "/confirm 1")
		w.heard(fmt.Sprintf("did x in %d", w.chat(club).CommunityID))
	})
}

// A long command goes through a short button.
func TestAButtonThatDoesNotFitThePlatformIsStoredAndSurvivesARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		short := "/echo " + strings.Repeat("x", maxCommandBytes-len("/echo "))
		long := "/echo " + strings.Repeat("签", 20)
		offer := Command{Name: "plan", Run: func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_shown", Data: "", Choices: []Choice{
				{Label: "common.test_label", Data: "short", Command: short}, {Label: "common.test_label", Data: "long", Command: long}, {Label: "common.test_label", Data: "link", URL: "https://example.org"},
			}}, nil
		}}
		w := begin(t, commands(echo, offer))
		w.say(club, "阿宁", "/plan")
		w.say(club, "小满", "/plan")
		w.news()
		w.restart()
		got, _ := w.net.Button(club.Ref, person("阿宁").Ref, "zh-CN short")
		equal(t, "a command that fits", got, short)
		got, _ = w.net.Button(club.Ref, person("阿宁").Ref, "zh-CN long")
		if len(got) > maxCommandBytes || !strings.HasPrefix(got, storedButton) {
			t.Errorf("a command that does not fit became %q", got)
		}
		same, _ := w.net.Button(club.Ref, person("小满").Ref, "zh-CN long")
		equal(t, "the same command has the same button", same, got)
		w.press(club, "阿宁", got)
		w.heard("zh-CN: " + strings.Repeat("签", 20))
		w.say(club, "阿宁", got) // typed, it is talk
		w.heard()
	})
}

func TestARefusedConfirmationLeavesThePreviewOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tries := 0
		w := begin(t, commands(Command{Name: "plan", Run: func(ctx context.Context, req *Request) (Reply, error) {
			return req.Preview(ctx, "later", "later", 1, "common.test_shown", "later")
		}}), actions(Action{Name: "later", Run: func(context.Context, *Request, json.RawMessage) (Reply, error) {
			if tries++; tries == 1 {
				return Reply{}, Refuse("common.test_echo", "not yet")
			}
			return Reply{Template: "common.test_echo", Data: "now"}, nil
		}}))
		w.say(club, "阿宁", "/plan")
		w.say(club, "阿宁", "/confirm")
		w.pass(time.Minute)
		w.say(club, "阿宁", "/confirm")
		w.heard("preview later", "not yet", "now")
	})
}

// buttons counts those that are to be seen.
func (w *world) buttons() int {
	n := 0
	for _, s := range w.net.All() {
		if !s.Deleted {
			n += len(s.Content.Choices)
		}
	}
	return n
}

func TestThePreviewLosesItsButtonsWithTheDecision(t *testing.T) {
	for name, do := range map[string]func(*world){
		"confirmed": func(w *world) { w.press(club, "管理", "/confirm 1") },
		"typed":     func(w *world) { w.say(club, "管理", "/confirm") },
		"cancelled": func(w *world) { w.press(club, "管理", "/cancel 1") },
		"expired": func(w *world) {
			w.pass(previewLife)
			equal(w.t, "buttons before the tap", w.buttons(), 2)
			w.press(club, "管理", "/confirm 1")
		},
		"replaced": func(w *world) {
			w.say(club, "管理", "/plan x 2")
			w.press(club, "管理", "/cancel 2")
			w.press(club, "管理", "/confirm 1")
		},
		"after a restart": func(w *world) { w.restart(); w.press(club, "管理", "/confirm 1") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := planner(t)
				w.say(club, "管理", "/plan x 1")
				equal(t, "buttons", w.buttons(), 2)
				do(w)
				w.pass(time.Minute)
				equal(t, "buttons", w.buttons(), 0)
				all := w.net.All()
				if !strings.Contains(chat.Plain(all[0].Content.Text), "preview x 1") {
					t.Errorf("the preview says %q", all[0].Content.Text)
				}
			})
		})
	}
}

func TestButtonsThatCannotGoStayAndNothingIsSaidTwice(t *testing.T) {
	for name, change := range map[string]func(*chat.Caps){
		"no editing":   func(c *chat.Caps) { c.Edit = false },
		"taken back":   func(c *chat.Caps) { c.Whispers = false },
		"never edited": func(*chat.Caps) {},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, planning(), with(newLine("main", change)))
				w.net.SetAdmins(club.Ref, person("管理"))
				w.say(club, "管理", "/plan x 1")
				w.heard("preview x 1")
				if name == "taken back" {
					w.pass(time.Minute) // shown to all, it was deleted
					w.news()
				}
				if name == "never edited" {
					w.net.onSend(func(_ context.Context, l chat.Letter) error {
						if l.Edit != "" {
							return &chat.SendError{Fault: chat.Rejected, Err: errNothingToRetouch}
						}
						return nil
					})
				}
				w.say(club, "管理", "/confirm 1")
				w.heard("did x 1")
				w.pass(10 * time.Second)
				w.heard()
			})
		})
	}
}
