package wechatmp

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wechatmp/wechattest"
)

// passiveWait is how long the platform waits for the answer to a request.
const passiveWait = 5 * time.Second

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]wechattest.Options{"in plain text": {}, "sealed": sealedMode} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
				t.Helper()
				return subject(t, so)
			})
		})
	}
}

// subject is an account with one follower.
func subject(t *testing.T, so wechattest.Options) *chattest.Subject {
	t.Helper()
	if strings.HasSuffix(t.Name(), "a_long_text_loses_nothing") {
		t.Skip("a person's message allows a handful of answers (45047)")
	}
	so.RetryPause = 2 * time.Second
	s := wechattest.NewServer(so)
	r := connect(t, s, nil)
	t.Cleanup(func() {
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no program should do: %q", p)
		}
		r.noSecrets(r.logs.String())
	})
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	ann := chat.User{Ref: chat.Ref{Domain: r.Domain(), ID: aning}}
	return &chattest.Subject{
		Platform: r.Account, Private: r.chat(aning), Ann: ann,
		Say: func(_ chat.Chat, who chat.User, text string) {
			go s.Say(ctx, who.Ref.ID, text)
			synctest.Wait()
		},
		Seen: func(_ chat.Chat, who chat.User) []chattest.Seen {
			synctest.Wait()
			var out []chattest.Seen
			for _, m := range s.Shown(who.Ref.ID) {
				if !m.Trouble {
					out = append(out, chattest.Seen{Text: read(m.Text), Picture: m.Picture})
				}
			}
			return out
		},
		RefusePicture: func() bool {
			s.Fail(wechattest.Fault{Path: wechattest.PathUpload, Code: 40009})
			return true
		},
		Fail: func(_ chat.Chat, f chattest.Failure, _ time.Duration) bool {
			fault, known := map[chattest.Failure]wechattest.Fault{
				chattest.ServerError: {Code: -1},
				chattest.DropBefore:  {Drop: wechattest.BeforeEffect},
				chattest.DropAfter:   {Drop: wechattest.AfterEffect},
			}[f]
			fault.Path = "/cgi-bin/message/custom/send"
			if known {
				// The request has been answered by then: what fails is a customer
				// service message.
				<-time.After(2 * passiveWait)
				s.Fail(fault)
			}
			return known
		},
		Secrets: []string{s.AppSecret(), s.Token(), wechattest.DefaultAESKey}, Logs: r.logs.String,
	}
}

// read takes our links away, and what keeps other texts from being links.
func read(text string) string {
	text = regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`).ReplaceAllString(text, "$1")
	return strings.ReplaceAll(text, "\uFF1C", "<")
}
