package wecomcontact

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomcontact/contacttest"
)

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]contacttest.Options{"with versions": {}, "old callbacks": {OldShape: true}, "no versions": {NoVersions: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
				t.Helper()
				return subject(t, so)
			})
		})
	}
}

// subject is a group whose owner confirms whatever waits as soon as anybody
// looks.
func subject(t *testing.T, so contacttest.Options) *chattest.Subject {
	t.Helper()
	switch {
	case strings.HasSuffix(t.Name(), "a_long_text_loses_nothing"):
		t.Skip("one broadcast is one message: a longer text is refused, see Send")
	case strings.HasSuffix(t.Name(), "a_private_answer_is_for_one_alone_or_said_to_be_shown"):
		t.Skip("nobody can be answered in a customer group")
	case strings.HasSuffix(t.Name(), "a_chat_the_bot_was_removed_from_is_told_for_what_it_is"):
		t.Skip("a dissolved group is told by an event, and Send knows it then")
	}
	so.Unlimited = true
	r := newRig(t, so, nil)
	ann := chat.User{Ref: chat.Ref{Domain: Domain, ID: ann}, Name: "阿宁 <b>&"}
	// Nobody is named when he goes: he is not on the list any more.
	bob := chat.User{Ref: chat.Ref{Domain: Domain, ID: bob}}
	g := r.s.AddGroup("读书会", "zhangsan")
	for _, u := range []chat.User{ann, bob} {
		r.s.Come(g, u.Ref.ID, u.Name, contacttest.Arrival{})
	}
	// The suite runs the platform itself; what it sends needs a group that is
	// known.
	if _, err := r.readOnce(t.Context(), g, 0); err != nil {
		t.Fatal(err)
	}
	r.shelf.queue = nil
	t.Cleanup(r.clean)
	return &chattest.Subject{
		Platform: r.Contact, Group: chat.Chat{Ref: groupRef(g), Type: chat.Group, Title: "读书会"}, Ann: ann, Bob: bob,
		Join: func(_ chat.Chat, who chat.User) {
			synctest.Wait()
			r.s.Join(t.Context(), g, who.Ref.ID, who.Name, contacttest.Arrival{})
		},
		Leave: func(_ chat.Chat, who chat.User) {
			synctest.Wait()
			r.s.Leave(t.Context(), g, who.Ref.ID, false)
		},
		Seen: func(chat.Chat, chat.User) []chattest.Seen {
			synctest.Wait()
			r.s.Tap("zhangsan")
			var out []chattest.Seen
			for _, text := range r.s.Shown(g) {
				out = append(out, chattest.Seen{Text: text})
			}
			for _, data := range r.s.Pictures(g) {
				out = append(out, chattest.Seen{Picture: data})
			}
			return out
		},
		RefusePicture: func() bool {
			r.s.Fail(contacttest.Fault{Path: contacttest.PathUpload, Code: 40009})
			return true
		},
		Fail: func(_ chat.Chat, f chattest.Failure, _ time.Duration) bool {
			fault, known := map[chattest.Failure]contacttest.Fault{
				chattest.ServerError:  {Code: -1},
				chattest.DropBefore:   {Drop: contacttest.BeforeEffect},
				chattest.DropAfter:    {Drop: contacttest.AfterEffect},
				chattest.GarbledReply: {Garble: true},
				chattest.RefuseText:   {Code: 40058},
			}[f]
			fault.Path = contacttest.PathAddTask
			if known {
				r.s.Fail(fault)
			}
			return known
		},
		Secrets: []string{contacttest.Secret}, Logs: r.logs.String,
	}
}
