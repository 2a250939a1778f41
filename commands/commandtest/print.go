package commandtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/draw"
	"qunmate/storage"
)

// print writes what the bot said since the last step, one "<" line per line of
// text, with who can see it in front and the buttons behind.
func (r *run) print() {
	shown := r.take()
	// Chats are written to side by side: only the order within one is steady.
	slices.SortStableFunc(shown, func(a, b chattest.Shown) int { return strings.Compare(a.Chat.ID, b.Chat.ID) })
	for _, m := range shown {
		head := r.audience(m)
		text := chat.Plain(m.Content.Text)
		if m.Deleted {
			text, m.Content.Choices = "", nil
		}
		if p := m.Content.Poll; m.Poll != "" && p != nil { // the network's own form shows its own words
			text = r.heads().poll + p.Question
			m.Content.Choices = nil
			for _, o := range p.Options {
				m.Content.Choices = append(m.Content.Choices, chat.Choice{Label: o.Text})
			}
		}
		lines := strings.Split(text, "\n")
		for _, c := range m.Content.Choices {
			lines[len(lines)-1] += " [" + c.Label + "]"
		}
		if m.Content.Picture != nil && !m.Deleted {
			lines[len(lines)-1] += " " + pictureMark
		}
		if m.Content.File != nil {
			lines[len(lines)-1] += " (" + m.Content.File.Name + ")"
		}
		for i, l := range lines {
			switch {
			case i > 0:
				fmt.Fprintf(&r.out, "<   %s\n", l)
			case l == "": // taken back
				fmt.Fprintf(&r.out, "< %s\n", head)
			default:
				fmt.Fprintf(&r.out, "< %s: %s\n", head, l)
			}
		}
	}
}

// heads are the words in front of the bot's lines.
type heads struct{ group, only, told, private, edited, deleted, poll, pinned, unpinned string }

func (r *run) heads() heads {
	if r.language == "en" {
		return heads{group: "group", only: "only %s", told: "group, to %s", private: "private %s", edited: " (edited)", deleted: " (deleted)", poll: "(poll) ", pinned: " (pinned)", unpinned: " (not pinned any more)"}
	}
	return heads{group: "群", only: "仅%s可见", told: "群,给%s", private: "私聊%s", edited: "(更新)", deleted: "(删除)", poll: "(原生投票)", pinned: "(置顶)", unpinned: "(不再置顶)"}
}

// audience says who sees a message. Where the platform cannot whisper, the
// whole group sees what is said to one.
func (r *run) audience(m chattest.Shown) string {
	words := r.heads()
	head := words.group
	switch {
	case m.Chat.Domain != r.domain:
		head = r.foreign(m)
	case m.To.Name != "" && r.caps.Whispers:
		head = fmt.Sprintf(words.only, m.To.Name)
	case m.To.Name != "":
		head = fmt.Sprintf(words.told, m.To.Name)
	case !strings.HasPrefix(m.Chat.ID, "group:"):
		head = fmt.Sprintf(words.private, m.Chat.ID)
	case m.Chat != r.groupRef(r.group()):
		head = strings.TrimPrefix(m.Chat.ID, "group:")
	}
	switch {
	case m.Deleted:
		head += words.deleted
	case m.Edited:
		head += words.edited
	}
	switch m.Content.Pin {
	case chat.Pin:
		head += words.pinned
	case chat.Unpin:
		head += words.unpinned
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
		say := func(c storage.Check) {
			if !c.OK {
				r.t.Errorf("verify: %s %v", c.What, c.Args)
			}
		}
		if err := v.Verify(ctx, storage.VerifyOptions{Prev: bot.PrevDay(ctx, v)}, say); err != nil {
			return err
		}
		return draw.Verify(ctx, v, say)
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
