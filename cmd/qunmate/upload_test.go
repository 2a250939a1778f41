package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestCodesComeAsAFileOfTheSandbox: what the page attaches is read by the
// command that asked for it.
func TestCodesComeAsAFileOfTheSandbox(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), nil)
	base := p.address()
	until(t, "the program is ready", func() bool { return ready(base) })
	shows := func(text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(bubbles(t, base, "admin"), func(s string) bool { return strings.Contains(s, text) })
		}
	}
	say(t, base, "upload-1", "product", "admin", "/draw 咖啡券×2@20元 截止 明天20:00")
	until(t, "the draft", shows("预览 #1"))
	say(t, base, "upload-use", "admin", "admin", "/use")
	until(t, "which group is meant", shows("看哪一个"))
	message, command := choice(t, base, "admin", "产品群")
	press, err := json.Marshal(map[string]string{"id": "press-group", "chat": "admin", "as": "admin", "message": message, "choice": command})
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := http.Post(base+"/api/press", "application/json", bytes.NewReader(press))
	if err != nil {
		t.Fatal(err)
	}
	if code, said := answer(t, chosen); code != 200 {
		t.Fatalf("%d %s", code, said)
	}
	say(t, base, "upload-2", "admin", "admin", "/draw codes 1")
	until(t, "what to send", shows("发 CSV 或 TXT 文件"))
	body, err := json.Marshal(map[string]any{"id": "upload-3", "chat": "admin", "as": "admin", "file": map[string]any{"name": "codes.csv", "data": []byte("code\r\nAAA\r\nBBB\r\nAAA\r\n")}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(base+"/api/say", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if code, said := answer(t, resp); code != 200 {
		t.Fatalf("%d %s", code, said)
	}
	until(t, "what the file holds", shows("将加 2 个码"))
	p.stop()
}
