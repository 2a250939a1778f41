package wecomapp

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]bool{"repetitions as they were": false, "repetitions signed anew": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
				t.Helper()
				return subject(t, qyapitest.Options{FreshRetries: fresh})
			})
		})
	}
}

func subject(t *testing.T, so qyapitest.Options) *chattest.Subject {
	t.Helper()
	r := connect(t, qyapitest.NewServer(so), nil)
	const name = `阿宁 <b>*_"`
	r.s.Member(aning, name, openAning)
	ctx, cancel := context.WithCancel(context.Background())
	var pushes sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		pushes.Wait()
		if p := r.s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no program should do: %q", p)
		}
	})
	ref := func(id string) chat.Ref { return chat.Ref{Domain: Domain, ID: id} }
	newest := ""
	push := func(user, message string) {
		newest = message
		pushes.Go(func() { r.s.Deliver(ctx, user, message) })
	}
	faults := map[chattest.Failure]qyapitest.Fault{
		chattest.ServerError:  {Status: 502},
		chattest.DropBefore:   {Drop: qyapitest.BeforeEffect},
		chattest.DropAfter:    {Drop: qyapitest.AfterEffect},
		chattest.GarbledReply: {Garble: true},
		chattest.RefuseText:   {Code: 40058, Msg: "invalid request"},
	}
	return &chattest.Subject{
		Platform: r.App, Private: place(aning), Ann: chat.User{Ref: ref(aning), Name: name}, Bob: chat.User{Ref: ref(bob), Name: "Bob <b>"},
		Say: func(_ chat.Chat, who chat.User, text string) {
			push(who.Ref.ID, r.s.Message(who.Ref.ID, "text", map[string]string{"Content": text}))
		},
		Again: func() {
			again := newest
			pushes.Go(func() { r.s.Deliver(ctx, aning, again) })
		},
		Press: func(_ chat.Chat, who chat.User, label string) {
			synctest.Wait()
			message, ok := r.s.Pressed(who.Ref.ID, label)
			if !ok {
				t.Errorf("there is no button %q", label)
				return
			}
			push(who.Ref.ID, message)
		},
		Seen: func(_ chat.Chat, who chat.User) []chattest.Seen {
			synctest.Wait()
			var out []chattest.Seen
			for _, m := range r.s.Shown(who.Ref.ID) {
				one := chattest.Seen{Text: read(m.Plain()), Picture: m.Data}
				if m.Card != nil {
					for _, b := range m.Card.Buttons {
						one.Buttons = append(one.Buttons, b.Text)
					}
				}
				out = append(out, one)
			}
			return out
		},
		RefusePicture: func() bool {
			r.s.Fail(qyapitest.Fault{Path: qyapitest.PathUpload, Code: 40009})
			return true
		},
		Fail: func(_ chat.Chat, f chattest.Failure, _ time.Duration) bool {
			// The network never says how long to wait.
			fault, known := faults[f]
			if known {
				time.Sleep(5 * time.Second) // an open request would carry the answer past the fault
				fault.Path = qyapitest.PathSend
				r.s.Fail(fault)
			}
			return known
		},
		Secrets: []string{r.s.Secret(), r.s.Token(), r.s.AESKey(), "ever-be-logged"},
		Logs:    r.logs.String,
	}
}

var anchor = regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`)

// read is what a client shows of a text: links by their words, and the wide
// form that keeps names from being links looks like what it stands for.
func read(text string) string {
	return strings.ReplaceAll(anchor.ReplaceAllString(text, "$1"), "\uff1c", "<")
}
