package telegram

import (
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]tgtest.Options{
		"with ephemeral messages":        {PrivacyOff: true},
		"a server before ephemeral ones": {PrivacyOff: true, Old: true},
		"with privacy mode":              {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
				t.Helper()
				return subject(t, so)
			})
		})
	}
}

func subject(t *testing.T, so tgtest.Options) *chattest.Subject {
	t.Helper()
	s := tgtest.NewServer(so)
	r := connect(t, s, func(o *Options) { o.Transport = s.Transport() })
	t.Cleanup(func() {
		s.Close()
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no bot should do: %v", p)
		}
	})
	small := tgtest.Chat{ID: -4001, Type: "group", Title: group.Title}
	for _, u := range []tgtest.User{aning, bob} {
		s.SetMember(small, tgtest.Member{User: u, Status: "member"})
		s.Say(u.Direct(), u, "/start") // private answers may go there too
	}
	if so.PrivacyOff {
		s.MemberChanged(small, aning, tgtest.Member{User: s.Bot(), Status: "administrator", Rights: tgtest.FullRights()}, "")
	}
	users := map[string]tgtest.User{chatRef(aning.ID).ID: aning, chatRef(bob.ID).ID: bob}
	place := func(c chat.Chat) tgtest.Chat {
		if c.Type == chat.Group {
			return small
		}
		return users[c.Ref.ID].Direct()
	}
	return &chattest.Subject{
		Platform: r.Telegram, Group: chatOfTest(small), Private: chatOfTest(aning.Direct()),
		Ann: userOfTest(aning), Bob: userOfTest(bob), Mention: "@" + s.Bot().Handle + " ",
		Say: func(c chat.Chat, who chat.User, text string) {
			s.Say(place(c), users[who.Ref.ID], text)
		},
		Press: func(c chat.Chat, who chat.User, label string) {
			synctest.Wait()
			for _, m := range s.Shown(place(c).ID, users[who.Ref.ID].ID) {
				for _, row := range m.Buttons {
					for _, b := range row {
						if b.Text == label {
							s.Press(place(c), users[who.Ref.ID], m.MessageID, b.Data)
							return
						}
					}
				}
			}
			t.Errorf("there is no button %q", label)
		},
		Join: func(c chat.Chat, who chat.User) {
			u := users[who.Ref.ID]
			s.MemberChanged(place(c), u, tgtest.Member{User: u, Status: "member"}, "")
		},
		Leave: func(c chat.Chat, who chat.User) {
			u := users[who.Ref.ID]
			s.MemberChanged(place(c), u, tgtest.Member{User: u, Status: "left"}, "")
		},
		Seen: func(c chat.Chat, who chat.User) []chattest.Seen {
			synctest.Wait()
			var out []chattest.Seen
			for _, m := range s.Shown(place(c).ID, users[who.Ref.ID].ID) {
				one := chattest.Seen{Text: m.Text, Picture: m.Picture}
				for _, row := range m.Buttons {
					for _, b := range row {
						one.Buttons = append(one.Buttons, b.Text)
					}
				}
				out = append(out, one)
			}
			return out
		},
		RefusePicture: func() bool {
			s.Fail(tgtest.Fault{Method: "sendPhoto", Status: 400, Description: "Bad Request: PHOTO_INVALID_DIMENSIONS"})
			return true
		},
		Fail: func(c chat.Chat, f chattest.Failure, after time.Duration) bool {
			if f == chattest.Kick {
				s.Kick(small)
				return true
			}
			if f == chattest.Move {
				s.Migrate(small, group)
				return true
			}
			fault, known := map[chattest.Failure]tgtest.Fault{
				chattest.Throttle:    {Status: 429, RetryAfter: int(after / time.Second)},
				chattest.ServerError: {Status: 500},
				chattest.DropBefore:  {Drop: tgtest.BeforeEffect},
				chattest.DropAfter:   {Drop: tgtest.AfterEffect},
				chattest.RefuseText:  {Status: 400, Description: "Bad Request: can't parse entities"},
			}[f]
			fault.Chat = place(c).ID
			if known {
				s.Fail(fault)
			}
			return known
		},
		MovedTo: chatRef(group.ID),
		Secrets: []string{secretOf(s)}, Logs: r.logs.String,
	}
}
