package wecombot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/internal/wxmark"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestTheSuiteOfEveryPlatformOverTheLongConnection(t *testing.T) {
	t.Parallel()
	chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
		t.Helper()
		return subject(t, nil)
	})
}

func TestTheSuiteOfEveryPlatformByCallbacks(t *testing.T) {
	t.Parallel()
	chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
		t.Helper()
		if strings.HasSuffix(t.Name(), "a_long_text_loses_nothing") {
			t.Skip("there are two messages at most, see passiveBody")
		}
		return subject(t, callbackMode)
	})
}

func subject(t *testing.T, change func(*Options)) *chattest.Subject {
	t.Helper()
	s := wecomtest.NewServer(wecomtest.Options{})
	r := connect(t, s, change)
	if change != nil {
		s.CallBack(r)
	}
	// Pushes go only where somebody has written once.
	s.Compose(group, "ann", "long ago")
	s.Compose(wecomtest.Private("ann"), "ann", "long ago")
	t.Cleanup(func() {
		r.wire.close()
		s.Close()
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no bot should do: %v", p)
		}
	})
	ref := func(id string) chat.Ref { return chat.Ref{Domain: Domain, ID: id} }
	place := func(c chat.Chat) wecomtest.Chat { return wecomtest.Chat{ID: c.Ref.ID, Group: c.Type == chat.Group} }
	// Nobody has a name here.
	ann, bob := chat.User{Ref: ref("ann")}, chat.User{Ref: ref("Bob_1")}
	newest := ""
	return &chattest.Subject{
		Platform: connected{r.Bot}, Ann: ann, Bob: bob, Mention: "@" + s.Mention() + " ",
		Group: chatOfTest(group), Private: chat.Chat{Ref: ann.Ref, Type: chat.Private},
		Say: func(c chat.Chat, who chat.User, text string) {
			synctest.Wait() // what is written to a connection that is just being lost is lost
			newest = s.Say(place(c), who.Ref.ID, text)
		},
		Again: func() { s.Redeliver(newest) },
		Press: func(c chat.Chat, who chat.User, label string) {
			synctest.Wait() // an answer is in the network when its callback has ended
			if _, ok := s.Press(place(c), who.Ref.ID, label); !ok {
				t.Errorf("there is no button %q", label)
			}
		},
		Seen: func(c chat.Chat, who chat.User) []chattest.Seen { return seen(s, c.Ref.ID, who.Ref.ID) },
		RefusePicture: func() bool {
			if r.opts.Mode == Callback {
				return false // it is a part of the response
			}
			s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdInit, Code: wecomtest.CodeInvalid})
			s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdInit, Code: wecomtest.CodeInvalid})
			return true
		},
		Fail: func(c chat.Chat, f chattest.Failure, _ time.Duration) bool {
			if r.opts.Mode == Callback {
				return false // the answer is the response itself
			}
			faults := map[chattest.Failure]wecomtest.Fault{
				chattest.ServerError:  {Code: codeBusy},
				chattest.DropBefore:   {Drop: wecomtest.BeforeEffect},
				chattest.DropAfter:    {Drop: wecomtest.AfterEffect},
				chattest.GarbledReply: {Garble: true},
				chattest.RefuseText:   {Code: wecomtest.CodeInvalid},
			}
			// The network never says how long to wait, and it has no word of its
			// own for a bot that was removed.
			fault, known := faults[f]
			if known {
				fault.Cmd = wecomtest.CmdRespond
				s.Fail(fault)
			}
			return known
		},
		Secrets: []string{s.Secret(), s.Token(), s.AESKey(), "response_code"},
		Logs:    r.logs.String,
	}
}

// connected waits for the connection before the first letter: without one a
// letter is only put off.
type connected struct{ *Bot }

func (c connected) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	for c.opts.Mode == WebSocket && c.live.Load() == nil {
		<-time.After(time.Millisecond)
	}
	return c.Bot.Send(ctx, l)
}

// seen is what a member reads: styles are not text, and the wide forms that
// keep names from being markup look like what they stand for.
func seen(s *wecomtest.Server, place, who string) []chattest.Seen {
	synctest.Wait()
	var out []chattest.Seen
	for _, m := range s.SentTo(place) {
		if m.UserIDs != nil && !slices.Contains(m.UserIDs, who) {
			continue
		}
		one := chattest.Seen{Text: strings.TrimPrefix(read(m.Plain()), "@ann ")}
		if m.Card != nil {
			for _, b := range m.Card.Buttons {
				one.Buttons = append(one.Buttons, b.Text)
			}
		}
		if m.File != nil {
			one.Picture = m.File.Data
		}
		if m.Stream != nil && len(m.Stream.Items) > 0 {
			one.Picture = m.Stream.Items[0].Image.Base64
		}
		out = append(out, one)
	}
	return out
}

// read takes our own markup away: nothing else can be markup.
func read(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "[")
		label, after, labelled := strings.Cut(rest, "](")
		_, after, closed := strings.Cut(after, ")")
		if !ok || !labelled || !closed {
			break
		}
		text = before + label + after
	}
	text = strings.NewReplacer("*", "", "`", "").Replace(text)
	for ascii, form := range wxmark.Wide {
		text = strings.ReplaceAll(text, string(form), string(ascii))
	}
	return strings.NewReplacer("\uFF3F", "_", "\uFF06", "&", "\uFF03", "#", "\uFF1E", ">").Replace(text)
}
