package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The sandbox rehearses a whole draw: five members enter, the clock jumps past
// the close, and the receipt comes out the same. Its clock runs ahead of
// drand's, so its rounds are its own, and are labelled.
func TestTheSandboxRehearsesADraw(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := launch(t, dir, nil)
	base := p.address()
	until(t, "the program is ready", func() bool { return ready(base) })
	shows := func(as, text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(bubbles(t, base, as), func(s string) bool { return strings.Contains(s, text) })
		}
	}
	speak := func(id, chat, as, text string) {
		t.Helper()
		if code := say(t, base, id, chat, as, text); code != http.StatusOK {
			t.Fatalf("%s: %d", text, code)
		}
	}
	speak("the-draw-1", "product", "admin", "/draw 保温杯×2@89元、咖啡券×1@20元 截止 2天后 领奖 48h 弃奖 顺延 主办 阿宁，微信 abc")
	until(t, "the preview", shows("admin", "齐了（15/15）"))
	speak("the-draw-2", "product", "admin", "/confirm")
	until(t, "the opening", shows("ann", "公平凭证：承诺"))
	for i, who := range []string{"ann", "man", "zhou", "chen", "qiang"} {
		speak("join-"+who, "product", who, "/join 1")
		until(t, who+"'s ticket", shows(who, "你的签号 "+itoa(i+1)))
	}
	// The close stands in the calendar, like those of a poll and a list; not that of
	// what is closed already.
	for i, text := range []string{"/poll 周五还是周六？ | 周五 | 周六 截止 3天后", "/signup 周末爬山 截止 4天后", "/poll 吃什么？ | 面 | 饭 截止 3天后"} {
		speak("the-plan-"+itoa(i), "product", "admin", text)
		until(t, "the preview of "+text, shows("admin", "预览"))
		speak("the-confirmation-"+itoa(i), "product", "admin", "/confirm")
	}
	until(t, "the second poll", shows("ann", "吃什么"))
	speak("the-close-of-2", "product", "admin", "/poll close 2")
	until(t, "its end", shows("ann", "已结束"))
	_, body := get(t, base+"/api/upcoming")
	for text, want := range map[string]int{`"text":"抽奖 #1 开奖","note":"保温杯×2、咖啡券×1"`: 1, `"text":"投票 #1 截止","note":"周五还是周六？"`: 1, `"text":"接龙 #1 截止","note":"周末爬山"`: 1, `#2`: 0} {
		if n := strings.Count(body, text); n != want {
			t.Errorf("%s stands %d times in the calendar, want %d: %s", text, n, want, body)
		}
	}
	resp, err := http.Post(base+"/api/clock", "application/json", strings.NewReader(`{"step":"next_week"}`))
	if err != nil {
		t.Fatal(err)
	}
	if code, body := answer(t, resp); code != http.StatusOK {
		t.Fatalf("the clock: %d %s", code, body)
	}
	until(t, "the result", shows("ann", "开奖（5 人参加）"))
	speak("verify-1", "product", "ann", "/verify 1")
	until(t, "the receipt", shows("ann", "✔ 重算结果相同"))
	p.stop()
	if o := call(t, dir, "verify"); o.code != 0 || !strings.Contains(o.out, "checked=1") {
		t.Errorf("%s", o)
	}
}
