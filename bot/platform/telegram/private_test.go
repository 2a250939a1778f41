package telegram

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

var menu = []chat.Menu{
	{Command: "checkin", Description: "Check in"},
	{Command: "me", Description: "What is known about me"},
	{Command: "settings", Description: "Settings", Admin: true},
}

// private is a private answer to aning in the group.
func private(text, reply string) chat.Letter {
	l := letter(text)
	l.Content.Private, l.Reply = true, reply
	return l
}

// press lets aning press a button and gives the event's reply token.
func (r *rig) press(k *sink) (query, token string) {
	r.t.Helper()
	n := len(k.all())
	query = r.s.Press(group, aning, 1, "/why")
	return query, k.wait(r.t, n+1)[n].Reply
}

func TestTheProbeTellsWhetherPrivateAnswersAreKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options tgtest.Options
		want    bool
	}{
		"Bot API 10.2": {tgtest.Options{}, true},
		"older":        {tgtest.Options{Old: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, c.options, nil, func(r *rig) {
				if r.Caps(chatOfTest(group)).Whispers {
					r.t.Error("promised before the probe")
				}
				if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
					r.t.Fatal(err)
				}
				if got := r.Caps(chatOfTest(group)).Whispers; got != c.want {
					r.t.Errorf("Whispers = %v", got)
				}
				if r.Caps(chatOfTest(aning.Direct())).Whispers {
					r.t.Error("a private chat needs no whispers")
				}
				if got := strings.Join(r.s.CommandScopes(), " "); got != "all_chat_administrators/ all_group_chats/ default/" {
					r.t.Errorf("the probe left its traces: %s", got)
				}
				if got := strings.Join(r.s.Commands("all_group_chats", ""), " "); got != "checkin me" {
					r.t.Errorf("the menu is %s", got)
				}
				if n := r.s.Total(); n != 0 {
					r.t.Errorf("the probe sent %d messages", n)
				}
			})
		})
	}
}

func TestAPrivateAnswerIsSeenByOneMember(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		asked := r.s.Say(group, aning, "/me")
		r.s.Say(group, bob, "hello")
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		l := private("Balance <b>10</b>", replyToken{Message: int(asked.MessageID)}.String())
		l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || sent.Shown || sent.ID != "e:1:5123456789" {
			r.t.Fatalf("%+v %v", sent, err)
		}
		if seen := r.s.Shown(group.ID, bob.ID); len(seen) != 0 {
			r.t.Errorf("Bob sees %+v", seen)
		}
		l.Edit, l.Content.Text = sent.ID, "Balance <b>11</b>"
		if again, err := r.Send(r.t.Context(), l); err != nil || again.Shown || again.ID != sent.ID {
			r.t.Errorf("%+v %v", again, err)
		}
		if seen := r.s.Shown(group.ID, aning.ID); len(seen) != 1 || seen[0].Text != "Balance 11" || len(seen[0].Buttons) != 1 {
			r.t.Errorf("Aning sees %+v", seen)
		}
		if err := r.Delete(r.t.Context(), l.Chat, sent.ID); err != nil {
			r.t.Error(err)
		}
		if seen := r.s.Shown(group.ID, aning.ID); len(seen) != 0 {
			r.t.Errorf("Aning sees %+v", seen)
		}
		if err := r.Delete(r.t.Context(), l.Chat, sent.ID); err != nil {
			r.t.Errorf("deleting what is gone: %v", err)
		}
	})
}

func TestAfterAPressThePrivateAnswerCarriesItsQuery(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Say(group, aning, "/me")
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		k := newSink()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)
		query, token := r.press(k)
		if _, err := r.Send(r.t.Context(), private("one", token)); err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if p := r.s.PressOf(query); p.Answered != 1 || p.Text != "" {
			r.t.Errorf("the press was not ended: %+v", p)
		}
		waitFor(r.t, 20*time.Second)
		if _, err := r.Send(r.t.Context(), private("two", token)); err != nil {
			r.t.Fatal(err)
		}
		list := r.s.Sent()
		if list[0].Query != query || list[1].Query != "" || list[0].Receiver != aning.ID || list[1].Receiver != aning.ID {
			r.t.Errorf("%+v", list)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestOneMessageThatWasShownEndsTheirUseForGood(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Unproven: true}, nil, func(r *rig) {
		asked := r.s.Say(group, aning, "/me")
		token := replyToken{Message: int(asked.MessageID)}.String()
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		if !r.Caps(chatOfTest(group)).Whispers {
			r.t.Fatal("the probe should have been deceived")
		}
		sent, err := r.Send(r.t.Context(), private("Balance 10", token))
		if err != nil || !sent.Shown || sent.ID != "m:2" {
			r.t.Errorf("%+v %v", sent, err)
		}
		if r.Caps(chatOfTest(group)).Whispers {
			r.t.Error("still promised")
		}
		for range 3 {
			if sent, err := r.Send(r.t.Context(), private("Balance 10", token)); err != nil || !sent.Shown {
				r.t.Errorf("%+v %v", sent, err)
			}
		}
		if err := r.SetMenu(r.t.Context(), "en", menu); err != nil || r.Caps(chatOfTest(group)).Whispers {
			r.t.Errorf("a new probe brought them back, %v", err)
		}
		if n := r.logs.Count("short replies from now on"); n != 1 {
			r.t.Errorf("said %d times:\n%s", n, r.logs)
		}
	})
}

func TestAServerThatRefusesPrivateMessagesGetsShortReplies(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		asked := r.s.Say(group, aning, "/me")
		token := replyToken{Message: int(asked.MessageID)}.String()
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		for i := range 5 {
			if i < maxRefusals {
				r.s.Fail(tgtest.Fault{Method: "sendMessage", Status: 400, Description: "Bad Request: EPHEMERAL_NOT_ALLOWED"})
			}
			if sent, err := r.Send(r.t.Context(), private("Balance 10", token)); err != nil || !sent.Shown {
				r.t.Errorf("%d: %+v %v", i, sent, err)
			}
		}
		if n := r.s.Calls("sendMessage"); n != 5+maxRefusals {
			r.t.Errorf("%d calls", n)
		}
		if r.Caps(chatOfTest(group)).Whispers {
			r.t.Error("still promised")
		}
	})
}

func TestAPrivateLetterOutOfTheBlueGoesDirectly(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Old: true}, nil, func(r *rig) {
		r.s.Say(aning.Direct(), aning, "/start")
		r.s.Say(group, aning, "hello")
		r.s.Say(group, bob, "hello")
		sent, err := r.Send(r.t.Context(), private("You won", ""))
		if err != nil || sent.Shown || sent.ID != "d:5123456789:2" {
			r.t.Fatalf("%+v %v", sent, err)
		}
		l := private("You won a cup", "")
		l.Edit = sent.ID
		if again, err := r.Send(r.t.Context(), l); err != nil || again.Shown || again.ID != sent.ID {
			r.t.Errorf("%+v %v", again, err)
		}
		if seen := r.s.Shown(aning.ID, aning.ID); len(seen) != 1 || seen[0].Text != "You won a cup" {
			r.t.Errorf("%+v", seen)
		}
		if err := r.Delete(r.t.Context(), l.Chat, sent.ID); err != nil {
			r.t.Error(err)
		}
		if seen := r.s.Shown(aning.ID, aning.ID); len(seen) != 0 {
			r.t.Errorf("%+v", seen)
		}
		// Bob never started the bot, an anonymous administrator has no address.
		for _, to := range []chat.User{userOfTest(bob), {Ref: chatRef(group.ID), Anonymous: true}, {}} {
			l := private("You won", "")
			l.To = to
			if sent, err := r.Send(r.t.Context(), l); err != nil || !sent.Shown || !strings.HasPrefix(sent.ID, "m:") {
				r.t.Errorf("%+v %v", sent, err)
			}
		}
		if n := len(r.s.SentTo(group.ID)); n != 3 {
			r.t.Errorf("%d letters in the group", n)
		}
	})
}

func TestAPrivateFileIsNeverShownInAGroup(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		asked := r.s.Say(group, aning, "/mydata export")
		r.s.Say(group, bob, "/mydata export")
		token := replyToken{Message: int(asked.MessageID)}.String()
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		l := private("Your data", token)
		l.Content.File = &chat.File{Name: "me.json", Data: []byte("{}")}
		// He has not started the bot, and no ephemeral message has proved itself yet.
		if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected || r.s.Total() != 0 {
			r.t.Errorf("%v, %d sent", err, r.s.Total())
		}
		if _, err := r.Send(r.t.Context(), private("hello", token)); err != nil {
			r.t.Fatal(err)
		}
		if sent, err := r.Send(r.t.Context(), l); err != nil || sent.Shown || sent.ID != "e:2:5123456789" {
			r.t.Errorf("%+v %v", sent, err)
		}
		r.s.Say(aning.Direct(), aning, "/start")
		if sent, err := r.Send(r.t.Context(), l); err != nil || sent.Shown || sent.ID != "d:5123456789:2" {
			r.t.Errorf("%+v %v", sent, err)
		}
		l.To = chat.User{}
		if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("%v", err)
		}
		if seen := r.s.Shown(group.ID, bob.ID); len(seen) != 0 {
			r.t.Errorf("Bob sees %+v", seen)
		}
	})
}

func TestPrivateAnswersTellFaultsOfTheGroupFromThoseOfTheWay(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		asked := r.s.Say(group, aning, "/me")
		token := replyToken{Message: int(asked.MessageID)}.String()
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Fatal(err)
		}
		for _, c := range []struct {
			fault tgtest.Fault
			want  chat.Fault
		}{
			{tgtest.Fault{Status: 429, RetryAfter: 5}, chat.Throttled},
			{tgtest.Fault{Status: 500}, chat.Retry},
			{tgtest.Fault{Drop: tgtest.AfterEffect}, chat.Unknown},
			{tgtest.Fault{Status: 400, MigrateTo: -1005}, chat.Moved},
			{tgtest.Fault{Status: 403, Times: 2}, chat.Gone},
		} {
			c.fault.Method = "sendMessage"
			r.s.Fail(c.fault)
			if _, err := r.Send(r.t.Context(), private("Balance 10", token)); fault(r.t, err).Fault != c.want {
				r.t.Errorf("%+v: %v", c.fault, err)
			}
		}
	})
}
