package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The sandbox rehearses a morning greeting: the calendar shows fourteen days,
// the clock jumps to an entry of it, and the post that comes is the one that the
// preview showed. A reminder stands in it, too. A kill afterwards brings neither
// a second time.
func TestTheSandboxRehearsesAMorningGreeting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := launch(t, dir, nil)
	base := p.address()
	until(t, "the program is ready", func() bool { return ready(base) })
	act := func(path string, body map[string]string) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(base+path, "application/json", bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if code, said := answer(t, resp); code != 200 {
			t.Fatalf("%s: %d %s", path, code, said)
		}
	}
	count := func(text string) (n int) {
		for _, s := range bubbles(t, base, "admin") {
			n += strings.Count(s, text)
		}
		return n
	}
	if code := say(t, base, "schedule-1", "product", "admin", "/schedule add 早安 每天 07:30 早上好，产品群 跳过 休息日"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the preview", func() bool { return count("样例：「早上好，产品群」") == 1 })
	message, command := choice(t, base, "admin", "启用")
	act("/api/press", map[string]string{"id": "press-enable", "chat": "product", "as": "admin", "message": message, "choice": command})
	until(t, "the schedule", func() bool { return count("#1 早安 已启用") == 1 })

	var calendar []struct {
		At, Text string
		Chats    []string
		Skip     bool
	}
	_, body := get(t, base+"/api/upcoming")
	if err := json.Unmarshal([]byte(body), &calendar); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	first := -1
	for i, e := range calendar {
		if !slices.Equal(e.Chats, []string{"product"}) || e.Text != "早安 #1" {
			t.Errorf("in the calendar: %+v", e)
		}
		if first < 0 && !e.Skip {
			first = i
		}
	}
	if len(calendar) < 13 || len(calendar) > 14 || first < 0 {
		t.Fatalf("the calendar of fourteen days has %d entries: %s", len(calendar), body)
	}
	if code := say(t, base, "signup-1", "product", "admin", "/signup 羽毛球 截止 5天后 20:00 提醒 2h"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the preview of a list", func() bool { return count("预览：羽毛球") == 1 })
	message, command = choice(t, base, "admin", "发布")
	act("/api/press", map[string]string{"id": "press-list", "chat": "product", "as": "admin", "message": message, "choice": command})
	var reminder string
	until(t, "the reminder in the calendar", func() bool {
		_, body := get(t, base+"/api/upcoming")
		var all []struct {
			At, Kind, Text, Note string
			Chats                []string
		}
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		for _, e := range all {
			if e.Kind == "remind" && e.Text == "接龙提醒 #1" && e.Note == "羽毛球 · 截止前" && slices.Equal(e.Chats, []string{"product"}) {
				reminder = e.At
			}
		}
		return reminder != ""
	})
	act("/api/clock", map[string]string{"to": calendar[first].At})
	until(t, "the greeting", func() bool { return count("早上好，产品群") == 2 }) // the preview and the post
	act("/api/clock", map[string]string{"to": reminder})
	until(t, "the reminder", func() bool { return count("⏰ 接龙 #1 羽毛球") == 1 })
	greetings := count("早上好，产品群")
	p.kill()

	p = launch(t, dir, nil)
	base = p.address()
	until(t, "the program is ready again", func() bool { return ready(base) })
	if code := say(t, base, "schedule-2", "product", "admin", "/schedule log 1"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the log", func() bool { return count("#1 早安 近") == 1 })
	if n := count("⏰ 接龙 #1 羽毛球"); n != 1 {
		t.Errorf("after the kill the reminder stands there %d times", n)
	}
	if n := count("早上好，产品群"); n != greetings {
		t.Errorf("after the kill it stands there %d times", n)
	}
	p.stop()
}
