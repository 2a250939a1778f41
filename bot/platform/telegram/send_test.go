package telegram

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

// letter is an answer in the group.
func letter(text string) chat.Letter {
	return chat.Letter{ID: 1, Chat: chatOfTest(group), To: userOfTest(aning), Content: chat.Content{Text: text}}
}

func TestAnAnswerGoesWhereItBelongs(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		asked := r.s.Say(forum, aning, "/me", func(m map[string]any) {
			m["message_thread_id"], m["is_topic_message"] = 42, true
		})
		l := letter("<b>Hello</b> &lt;3")
		l.Chat = chatOfTest(forum)
		l.Chat.Thread = "42"
		l.Reply = replyToken{Message: int(asked.MessageID)}.String()
		l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}, {Label: "Site", URL: "https://example.org/"}}
		sent, err := r.Send(r.t.Context(), l)
		if err != nil {
			r.t.Fatal(err)
		}
		m := r.s.Sent()[0]
		if m.Text != "Hello <3" || m.Thread != 42 || m.ReplyTo != asked.MessageID || len(m.Buttons) != 1 || sent.Shown || m.Preview {
			r.t.Errorf("%+v, %+v", m, sent)
		}
		if b := m.Buttons[0]; b[0].Data != "/why" || b[1].URL != "https://example.org/" {
			r.t.Errorf("buttons %+v", b)
		}
		// The message that was answered may be gone by now.
		l.Reply = replyToken{Message: 4711}.String()
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Error(err)
		}
	})
}

func TestALongTextComesInOrderASecondApart(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Limits: tgtest.Strict()}, nil, func(r *rig) {
		r.s.AddChat(group)
		l := letter(strings.TrimSuffix(strings.Repeat("line<br>", 2000), "<br>"))
		l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || sent.ID != "m:1,m:2,m:3" {
			r.t.Fatalf("%+v %v", sent, err)
		}
		list := r.s.Sent()
		var whole []string
		for i, m := range list {
			whole = append(whole, m.Text)
			if (len(m.Buttons) > 0) != (i == 2) {
				r.t.Errorf("part %d has buttons %v", i, m.Buttons)
			}
			if i > 0 && m.At.Sub(list[i-1].At) < time.Second {
				r.t.Errorf("part %d came after %s", i, m.At.Sub(list[i-1].At))
			}
		}
		if got := strings.Join(whole, "\n"); got != strings.TrimSuffix(strings.Repeat("line\n", 2000), "\n") {
			r.t.Errorf("the text came out with %d letters", len(got))
		}
		if err := r.Delete(r.t.Context(), l.Chat, sent.ID); err != nil || len(r.s.Deleted()) != 3 {
			r.t.Errorf("deleted %v, %v", r.s.Deleted(), err)
		}
		if err := r.Delete(r.t.Context(), l.Chat, sent.ID); err != nil {
			r.t.Errorf("deleting what is gone: %v", err)
		}
	})
}

func TestHalfALongTextIsNeverSentAgainOnItsOwn(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]tgtest.Fault{
		"500":    {Status: http.StatusInternalServerError},
		"long":   {Status: http.StatusTooManyRequests, RetryAfter: 40},
		"kicked": {Status: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, nil, func(r *rig) {
				r.s.AddChat(group)
				ctx, cancel := context.WithCancel(r.t.Context())
				defer cancel()
				go func() {
					if r.s.WaitCalls(ctx, "sendMessage", 1) == nil {
						second.Method = "sendMessage"
						r.s.Fail(second)
					}
				}()
				sent, err := r.Send(ctx, letter(strings.Repeat("word ", 1500)))
				if se := fault(r.t, err); se.Fault != chat.Unknown || !strings.Contains(se.Error(), "1 of 2") || sent.ID != "m:1" {
					r.t.Errorf("%+v %v", sent, err)
				}
			})
		})
	}
}

func TestAShortThrottleInTheMiddleIsWaitedOut(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		go func() {
			if r.s.WaitCalls(r.t.Context(), "sendMessage", 1) == nil {
				r.s.Fail(tgtest.Fault{Method: "sendMessage", Status: 429, RetryAfter: 3})
			}
		}()
		sent, err := r.Send(r.t.Context(), letter(strings.Repeat("word ", 1500)))
		if err != nil || sent.ID != "m:1,m:2" {
			r.t.Errorf("%+v %v", sent, err)
		}
	})
}

func TestEditsReplaceTextAndButtons(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		l := letter("one")
		l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
		first, err := r.Send(r.t.Context(), l)
		if err != nil {
			r.t.Fatal(err)
		}
		l.Edit = first.ID
		edit := func(text string, choices []chat.Choice) chat.Sent {
			r.t.Helper()
			l.Content.Text, l.Content.Choices = text, choices
			sent, err := r.Send(r.t.Context(), l)
			if err != nil {
				r.t.Fatal(err)
			}
			return sent
		}
		if s := edit("two", l.Content.Choices); s.ID != first.ID {
			r.t.Errorf("id %s became %s", first.ID, s.ID)
		}
		if shown := r.s.Shown(group.ID, aning.ID); len(shown) != 1 || shown[0].Text != "two" || len(shown[0].Buttons) != 1 {
			r.t.Errorf("shown %+v", shown)
		}
		edit("two", l.Content.Choices) // the same again: not modified, no error
		edit("two", nil)               // only the buttons go
		shown := r.s.Shown(group.ID, aning.ID)
		if len(shown) != 1 || shown[0].Text != "two" || len(shown[0].Buttons) != 0 {
			r.t.Errorf("shown %+v", shown)
		}
		grown := edit(strings.Repeat("word ", 1500), nil)
		if grown.ID != "m:1,m:2" {
			r.t.Errorf("grown to %s", grown.ID)
		}
		l.Edit = grown.ID
		if s := edit("short again", nil); s.ID != "m:1" {
			r.t.Errorf("shrunk to %s", s.ID)
		}
		if shown := r.s.Shown(group.ID, aning.ID); len(shown) != 1 || shown[0].Text != "short again" {
			r.t.Errorf("shown %+v", shown)
		}
		l.Edit = "m:99"
		if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("editing what is gone: %v", err)
		}
	})
}

func TestFilesGoWithTheirText(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Say(aning.Direct(), aning, "/start")
		l := chat.Letter{Chat: chatOfTest(aning.Direct()), To: userOfTest(aning), Reply: "m:1", Content: chat.Content{
			Text: "Your <b>data</b>", Private: true, File: &chat.File{Name: "me.json", MIME: "application/json", Data: bytes.Repeat([]byte("x"), 3<<20)},
		}}
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Fatal(err)
		}
		m := r.s.Sent()[0]
		if m.File != "me.json" || m.FileSize != 3<<20 || m.Text != "Your data" || m.ReplyTo != 1 {
			r.t.Errorf("%+v", m)
		}
		l.Content.Text = strings.Repeat("word ", 300) // too long for a caption
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || sent.ID != "m:3,m:4" {
			r.t.Errorf("%+v %v", sent, err)
		}
		l.Content.Text, l.Content.File.Data = "", []byte("y")
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Error(err)
		}
		l.Edit = "m:3"
		if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("editing into a file: %v", err)
		}
	})
}

func TestLettersThatCannotBeAreRejectedWithoutACall(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		for name, change := range map[string]func(*chat.Letter){
			"another platform": func(l *chat.Letter) { l.Chat.Ref = chat.Ref{Domain: "wecom", ID: "5"} },
			"no number":        func(l *chat.Letter) { l.Chat.Ref.ID = "abc" },
			"no topic":         func(l *chat.Letter) { l.Chat.Thread = "general" },
			"no text":          func(l *chat.Letter) { l.Content.Text = " <br> " },
			"long command": func(l *chat.Letter) {
				l.Content.Choices = []chat.Choice{{Label: "x", Command: strings.Repeat("y", 65)}}
			},
			"foreign id": func(l *chat.Letter) { l.Edit = "stream-7" },
		} {
			l := letter("hello")
			change(&l)
			if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if err := r.Delete(r.t.Context(), chat.Chat{Ref: chat.Ref{Domain: "wecom", ID: "5"}}, "m:1"); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("delete elsewhere: %v", err)
		}
		if err := r.Delete(r.t.Context(), chatOfTest(group), ""); err != nil {
			r.t.Errorf("delete of a pop-up: %v", err)
		}
		if n := r.s.Calls("sendMessage") + r.s.Calls("editMessageText") + r.s.Calls("deleteMessage"); n != 0 {
			r.t.Errorf("%d calls", n)
		}
	})
}
