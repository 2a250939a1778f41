package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The sandbox rehearses an announcement that fails in one group: the bot is
// removed there between the preview and the confirmation, and comes back.
func TestTheSandboxRehearsesAnAnnouncementWithAFailedGroup(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), nil)
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
	shows := func(text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(bubbles(t, base, "admin"), func(s string) bool { return strings.Contains(s, text) })
		}
	}
	press := func(id, label string) {
		t.Helper()
		message, command := choice(t, base, "admin", label)
		act("/api/press", map[string]string{"id": id, "chat": "product", "as": "admin", "message": message, "choice": command})
	}
	if code := say(t, base, "announce-1", "product", "admin", "/announce 全部群 明晚 8 点直播\n[看直播](https://example.com/live)"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the preview", shows("目标 2 群"))
	act("/api/bot", map[string]string{"id": "remove-1", "chat": "books", "as": "admin", "action": "remove"})
	press("press-send", "发送")
	until(t, "the report", shows("公告 #1：已送达 1/2 · 失败 1（读书会：我被移出群）"))
	act("/api/bot", map[string]string{"id": "bring-back", "chat": "books", "as": "admin", "action": "add"})
	press("press-retry", "只重发失败的")
	until(t, "the report after the retry", shows("公告 #1：已送达 2/2 · 失败 0"))
	// One that waits for its time stands in the calendar.
	if code := say(t, base, "announce-2", "product", "admin", "/announce 全部群 明早例行维护"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "the second preview", shows("明早例行维护"))
	press("press-at", "定时 ")
	until(t, "the preview with its time", func() bool {
		_, body := get(t, base+"/api/state?as=admin")
		return strings.Contains(body, `"定在 `)
	})
	press("press-plan", "定在 ")
	until(t, "the plan", shows("公告 #2 定在"))
	_, body := get(t, base+"/api/upcoming")
	if strings.Count(body, `"kind":"announcement"`) != 1 || !strings.Contains(body, "明早例行维护") {
		t.Errorf("the calendar has %s", body)
	}
	p.stop()
}

// choice finds the newest button that a persona sees whose label begins so, with its
// message and its command.
func choice(t *testing.T, base, as, label string) (message, command string) {
	t.Helper()
	_, body := get(t, base+"/api/state?as="+as)
	var state struct {
		Messages []struct {
			ID      string
			Choices []struct{ Label, Command string }
		}
	}
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, m := range slices.Backward(state.Messages) {
		for _, c := range m.Choices {
			if strings.HasPrefix(c.Label, label) {
				return m.ID, c.Command
			}
		}
	}
	t.Fatalf("no button %q", label)
	return "", ""
}
