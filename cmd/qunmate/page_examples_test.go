package main_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// What the sandbox's page offers an administrator to begin with leads to a
// preview, in both languages.
func TestTheExamplesOfThePageWork(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), nil)
	base := p.address()
	until(t, "the program is ready", func() bool { return ready(base) })
	// previews counts what only the administrator sees and may press.
	previews := func() int {
		_, body := get(t, base+"/api/state?as=admin")
		var state struct {
			Messages []struct {
				To      string
				Choices []struct{ Command string }
			}
		}
		if err := json.Unmarshal([]byte(body), &state); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		n := 0
		for _, m := range state.Messages {
			if m.To == "admin" && len(m.Choices) > 1 {
				n++
			}
		}
		return n
	}
	for _, lang := range []string{"zh-CN", "en"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "templates", "sandbox", "strings."+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]string
		if err := json.Unmarshal(data, &words); err != nil {
			t.Fatal(err)
		}
		for i, key := range []string{"quick.poll_text", "quick.draw_text", "quick.announce_text", "calendar.example"} {
			before := previews()
			if code := say(t, base, "example-"+lang+"-"+itoa(i), "product", "admin", words[key]); code != http.StatusOK {
				t.Fatalf("%s: %d", words[key], code)
			}
			until(t, "a preview of "+words[key], func() bool { return previews() > before })
		}
	}
	p.stop()
}
