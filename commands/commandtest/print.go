package commandtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// print writes what the bot said since the last step, one "<" line per line of
// text, with who can see it in front and the buttons behind.
func (r *run) print() {
	for _, m := range r.net.Take() {
		head := r.audience(m)
		text := chat.Plain(m.Content.Text)
		if m.Deleted {
			text, m.Content.Choices = "", nil
		}
		lines := strings.Split(text, "\n")
		for _, c := range m.Content.Choices {
			lines[len(lines)-1] += " [" + c.Label + "]"
		}
		if m.Content.File != nil {
			lines[len(lines)-1] += " (" + m.Content.File.Name + ")"
		}
		for i, l := range lines {
			if i == 0 {
				fmt.Fprintf(&r.out, "< %s: %s\n", head, l)
				continue
			}
			fmt.Fprintf(&r.out, "<   %s\n", l)
		}
	}
}

// audience says who sees a message.
func (r *run) audience(m chattest.Shown) string {
	head := "群" //nolint:gosmopolitan // transcripts are Chinese first
	switch {
	case m.To.Name != "":
		head = "仅" + m.To.Name + "可见" //nolint:gosmopolitan // as above
	case !strings.HasPrefix(m.Chat.ID, "group:"):
		head = "私聊" + m.Chat.ID //nolint:gosmopolitan // as above
	case m.Chat != groupRef(defaultGroup):
		head = strings.TrimPrefix(m.Chat.ID, "group:")
	}
	switch {
	case m.Deleted:
		head += "(删除)" //nolint:gosmopolitan // as above
	case m.Edited:
		head += "(更新)" //nolint:gosmopolitan // as above
	}
	return head
}

// verify re-computes everything the conversation left in the database.
func (r *run) verify() {
	ctx := context.Background()
	db, err := storage.Open(ctx, r.path, storage.Options{ReadOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.View(ctx, func(ctx context.Context, v *storage.Reader) error {
		return v.Verify(ctx, storage.VerifyOptions{Prev: bot.PrevDay(ctx, v)}, func(c storage.Check) {
			if !c.OK {
				r.t.Errorf("verify: %s %v", c.What, c.Args)
			}
		})
	})
	if err != nil {
		r.t.Error(err)
	}
}

// testWriter sends the engine's log to the test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s %s", time.Now().Format("01-02 15:04:05"), strings.TrimSpace(string(p)))
	return len(p), nil
}

// diff shows the first lines that differ, with what was wanted and what came.
func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := 0; i < max(len(w), len(g)) && b.Len() < 4000; i++ {
		a, c := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			c = g[i]
		}
		if a == c {
			fmt.Fprintf(&b, "  %s\n", a)
			continue
		}
		fmt.Fprintf(&b, "- %s\n+ %s\n", a, c)
		if b.Len() > 1500 {
			break
		}
	}
	return b.String()
}
