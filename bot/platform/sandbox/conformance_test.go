package sandbox

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	chattest.RunInBubble(t, subject)
}

// subject is the sandbox with the page's requests as its network. Like the
// page, it repeats a request that was not taken under the same id.
func subject(t *testing.T) *chattest.Subject {
	t.Helper()
	sb, err := New(Options{Assets: os.DirFS(page), Now: time.Now, Zone: func() *time.Location { return time.UTC }})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Sandbox: sb}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var again func()
	act := func(path string, body any) {
		text := string(encode(body))
		again = func() { r.request(http.MethodPost, path, text) }
		go func() {
			for ctx.Err() == nil && r.request(http.MethodPost, path, text).Code != http.StatusOK {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
			}
		}()
		synctest.Wait()
	}
	return &chattest.Subject{
		Platform: sb, Ann: sb.texts.user("ann", "en"), Bob: sb.texts.user("man", "en"),
		Mention: "@" + sb.texts.user(botID, "en").Username + " ",
		Group:   chat.Chat{Ref: ref("product"), Type: chat.Group},
		Private: chat.Chat{Ref: ref("ann"), Type: chat.Private},
		Say: func(c chat.Chat, who chat.User, text string) {
			act("/api/say", sayRequest{ID: newID(), Chat: c.Ref.ID, As: who.Ref.ID, Text: text, Lang: "en"})
		},
		Again: func() { again() },
		Press: func(c chat.Chat, who chat.User, label string) {
			for _, m := range r.state(t, who.Ref.ID).Messages {
				for _, b := range m.Choices {
					if m.Chat == c.Ref.ID && b.Label == label {
						act("/api/press", pressRequest{ID: newID(), Chat: c.Ref.ID, As: who.Ref.ID, Message: m.ID, Choice: b.Command, Lang: "en"})
						return
					}
				}
			}
			t.Errorf("there is no button %q", label)
		},
		Join: func(c chat.Chat, who chat.User) {
			act("/api/member", changeRequest{ID: newID(), Chat: c.Ref.ID, As: who.Ref.ID, Action: actionJoin, Lang: "en"})
		},
		Leave: func(c chat.Chat, who chat.User) {
			act("/api/member", changeRequest{ID: newID(), Chat: c.Ref.ID, As: who.Ref.ID, Action: actionLeave, Lang: "en"})
		},
		Seen: func(c chat.Chat, who chat.User) []chattest.Seen {
			var out []chattest.Seen
			for _, m := range r.state(t, who.Ref.ID).Messages {
				if m.Chat != c.Ref.ID || m.From != botID {
					continue
				}
				one := chattest.Seen{Edited: m.Edited}
				for _, s := range m.Spans {
					one.Text += s.Text
				}
				for _, b := range m.Choices {
					one.Buttons = append(one.Buttons, b.Label)
				}
				if m.File != nil {
					one.Picture = r.request(http.MethodGet, m.File.URL, "").Body.Bytes()
				}
				out = append(out, one)
			}
			return out
		},
		Fail: func(c chat.Chat, f chattest.Failure, after time.Duration) bool {
			faults := map[chattest.Failure]*chat.SendError{
				chattest.Throttle:    {Fault: chat.Throttled, After: after},
				chattest.ServerError: {Fault: chat.Retry},
				chattest.DropAfter:   {Fault: chat.Unknown},
				chattest.Kick:        nil,
			}
			fault, known := faults[f]
			switch {
			case f == chattest.Kick:
				act("/api/bot", changeRequest{ID: newID(), Chat: c.Ref.ID, As: "ann", Action: actionRemove})
			case known:
				fault.Err = errors.New("rehearsed")
				sb.FailSend(c.Ref, Failure{Err: fault, Times: 1, After: f == chattest.DropAfter})
			}
			return known
		},
	}
}
