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
// preview showed. A kill afterwards does not bring it a second time.
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
	act("/api/clock", map[string]string{"to": calendar[first].At})
	until(t, "the greeting", func() bool { return count("早上好，产品群") == 2 }) // the preview and the post
	p.kill()

	p = launch(t, dir, nil)
	base = p.address()
	until(t, "the program is ready again", func() bool { return ready(base) })
	if code := say(t, base, "schedule-2", "product", "admin", "/schedule log 1"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the log", func() bool { return count("#1 早安 近") == 1 })
	if n := count("早上好，产品群"); n != 2 {
		t.Errorf("after the kill it stands there %d times", n)
	}
	p.stop()
}
