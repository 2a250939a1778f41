package wechatmp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

func TestThe48HoursAreACapability(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		r.start()
		want := chat.Caps{Hears: true, Joins: true, OneToOne: true, PushFor: 48 * time.Hour, MaxText: 2048, Pictures: true, MaxPicture: 10 << 20}
		if caps := r.Caps(r.chat(aning)); caps != want {
			r.t.Errorf("%+v", caps)
		}
		// Nobody has written: the platform refuses, and that is final.
		if se := fault(r.t, r.letter(aning, "hello")); se.Fault != chat.Rejected {
			r.t.Error(se)
		}
		r.s.Say(r.t.Context(), aning, "hello")
		if !r.mayPush(aning) || r.mayPush(bob) {
			r.t.Error("a message gives the right to write, to its sender")
		}
		// Five messages, and not one more.
		for i := range 5 {
			if err := r.letter(aning, "news"); err != nil || r.mayPush(aning) != (i < 4) {
				r.t.Errorf("%d: %v, %v", i, err, r.mayPush(aning))
			}
		}
		if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Rejected || !strings.Contains(se.Error(), "45047") {
			r.t.Error(se)
		}
		// The next message gives five more, for 48 hours.
		r.s.Say(r.t.Context(), aning, "again")
		time.Sleep(48*time.Hour - 5*time.Second)
		if err := r.letter(aning, "news"); err != nil || !r.mayPush(aning) {
			r.t.Errorf("%v", err)
		}
		time.Sleep(5 * time.Second)
		if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Rejected || !strings.Contains(se.Error(), "48 hours") || r.mayPush(aning) {
			r.t.Error(se)
		}
	})
}

func TestAFollowAClickAndAScanAllowThreeMessagesInAMinute(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		for i, do := range []func(){
			func() { r.s.Follow(r.t.Context(), aning, "K7Q2") },
			func() { r.s.Click(r.t.Context(), aning, "/me") },
			func() { r.s.Scan(r.t.Context(), aning, "7") },
		} {
			do()
			for n := range 3 {
				if err := r.letter(aning, "news"); err != nil || r.mayPush(aning) != (n < 2) {
					r.t.Errorf("%d.%d: %v, %v", i, n, err, r.mayPush(aning))
				}
			}
			if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Rejected {
				r.t.Error(se)
			}
			do()
			time.Sleep(time.Minute)
			if r.mayPush(aning) {
				r.t.Error("a minute has passed")
			}
			if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Rejected {
				r.t.Error(se)
			}
		}
		// Who goes takes his rights along.
		r.s.Say(r.t.Context(), aning, "bye")
		r.s.Unfollow(r.t.Context(), aning)
		if r.mayPush(aning) {
			r.t.Error("he does not follow any more")
		}
		if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Rejected {
			r.t.Error(se)
		}
	})
}

func TestARepeatedPushGivesNoSecondRight(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		r.start()
		p := r.s.Frame(aning, "text", map[string]string{"Content": "x"})
		r.s.Post(r.t.Context(), aning, p)
		r.people.sent(aning)
		r.s.Post(r.t.Context(), aning, p)
		if left := r.people.seen[aning].message.left; left != messageMost-1 {
			r.t.Errorf("%d left", left)
		}
	})
}

func TestAnUnverifiedAccountAnswersButDoesNotPush(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{Unverified: true}, nil, func(r *rig) {
		r.answer = func(chat.Event) []string { return []string{"one", "two"} }
		r.start()
		r.s.Say(r.t.Context(), aning, "hello")
		time.Sleep(time.Second)
		r.reads(aning, "<one")
		errs := r.outcomes()
		if len(errs) != 2 || errs[0] != nil || fault(r.t, errs[1]).Fault != chat.Rejected {
			r.t.Errorf("%v", errs)
		}
		if r.mayPush(aning) || r.logs.Count("may not send customer service messages") != 1 {
			r.t.Errorf("log:\n%s", r.logs)
		}
	})
}

func TestATokenThatExpiresIsFetchedAnew(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		r.s.Say(r.t.Context(), aning, "hello")
		for i, spoil := range []func(){
			func() {},
			r.s.RevokeTokens,                     // 40001
			func() { time.Sleep(3 * time.Hour) }, // its time is over
			func() {
				r.s.Fail(wechattest.Fault{Path: wechattest.PathCustomSend, Code: 42001, Msg: "access_token expired"})
			},
		} {
			spoil()
			if err := r.letter(aning, "news"); err != nil {
				r.t.Errorf("%d: %v", i, err)
			}
		}
		if n := r.s.Calls(wechattest.PathStableToken); n != 4 {
			r.t.Errorf("%d tokens", n)
		}
		r.s.Fail(wechattest.Fault{Path: wechattest.PathCustomSend, Code: 42001, Msg: "access_token expired", Times: 2})
		if se := fault(r.t, r.letter(aning, "news")); se.Fault != chat.Retry {
			r.t.Error(se)
		}
		r.reads(aning, "+news +news +news +news")
	})
}

func TestFailuresSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault wechattest.Fault
		want  chat.Fault
		shown string
	}{
		"busy":              {wechattest.Fault{Code: -1}, chat.Retry, ""},
		"quota of the day":  {wechattest.Fault{Code: 45009}, chat.Throttled, ""},
		"not a follower":    {wechattest.Fault{Code: 43004}, chat.Gone, ""},
		"forbidden content": {wechattest.Fault{Code: 87014}, chat.Rejected, ""},
		"gateway":           {wechattest.Fault{Status: 502}, chat.Unknown, ""},
		"a captive portal":  {wechattest.Fault{Status: 302}, chat.Retry, ""},
		"dropped before":    {wechattest.Fault{Drop: wechattest.BeforeEffect}, chat.Unknown, ""},
		"dropped after":     {wechattest.Fault{Drop: wechattest.AfterEffect}, chat.Unknown, "+news"},
		"too slow":          {wechattest.Fault{Delay: 11 * time.Second}, chat.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, sealedMode, nil, func(r *rig) {
				r.start()
				r.s.Say(r.t.Context(), aning, "hello")
				c.fault.Path = wechattest.PathCustomSend
				r.s.Fail(c.fault)
				err := r.letter(aning, "news")
				se := fault(r.t, err)
				if se.Fault != c.want || (c.want == chat.Throttled) != (se.After > 0) {
					r.t.Error(se)
				}
				r.noSecrets(err.Error())
				r.reads(aning, c.shown)
			})
		})
	}
}

// The first part was read: sending the letter again would repeat it.
func TestHalfALetterIsNotSentAgain(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.answer = func(chat.Event) []string { return []string{strings.Repeat("a ", 1500)} }
		r.start()
		r.s.Fail(wechattest.Fault{Path: wechattest.PathCustomSend, Code: 45009})
		r.s.Say(r.t.Context(), aning, "hello")
		time.Sleep(time.Second)
		errs := r.outcomes()
		if len(errs) != 1 || fault(r.t, errs[0]).Fault != chat.Unknown || !strings.Contains(errs[0].Error(), "1 of 2 parts") {
			r.t.Errorf("%v", errs)
		}
	})
}

func TestLettersThatCannotBeSent(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		for name, l := range map[string]chat.Letter{
			"another platform": {Chat: chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}}, Content: chat.Content{Text: "x"}},
			"another account":  {Chat: chat.Chat{Ref: chat.Ref{Domain: "wechat:wx9", ID: aning}}, Content: chat.Content{Text: "x"}},
			"nobody":           {Chat: r.chat(""), Content: chat.Content{Text: "x"}},
			"no openid":        {Chat: r.chat("a b"), Content: chat.Content{Text: "x"}},
			"no text":          {Chat: r.chat(aning), Content: chat.Content{Text: " <br> "}},
			"a file":           {Chat: r.chat(aning), Content: chat.Content{Text: "x", File: &chat.File{Name: "a.zip"}}},
			"an empty choice":  {Chat: r.chat(aning), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: "y"}}}},
		} {
			if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if n := r.s.Calls(wechattest.PathCustomSend); n != 0 {
			r.t.Errorf("%d calls", n)
		}
		// A letter that was never tried is not lost.
		r.start()
		r.answer = echo
		r.s.Say(r.t.Context(), aning, "hello")
		ctx, cancel := context.WithCancel(r.t.Context())
		cancel()
		_, err := r.Send(ctx, chat.Letter{Chat: r.chat(aning), Content: chat.Content{Text: "x"}})
		if se := fault(r.t, err); se.Fault != chat.Retry || !errors.Is(err, context.Canceled) {
			r.t.Error(err)
		}
	})
}

func TestChoicesAreTypedByNumberOrByName(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		ask := func(ev chat.Event, c ...chat.Choice) {
			time.Sleep(time.Second)
			_, err := r.Send(r.t.Context(), chat.Letter{Chat: ev.Chat, Reply: ev.Reply, Content: chat.Content{Text: "Sure?", Choices: c}})
			if err != nil {
				r.t.Error(err)
			}
		}
		go func() {
			time.Sleep(time.Second)
			ask(r.all()[0], chat.Choice{Label: "Yes", Command: "/confirm"}, chat.Choice{Label: "Rules", URL: "https://x.example/r"}, chat.Choice{Label: "No", Command: "!17"})
		}()
		a := r.s.Say(r.t.Context(), aning, "/delete")
		if want := "Sure?\n\n1. Yes /confirm\n2. Rules https://x.example/r\n3. No !17"; a.Text != want {
			r.t.Errorf("%q", a.Text)
		}
		synctest.Wait()
		last := func() chat.Event { all := r.all(); return all[len(all)-1] }
		for text, want := range map[string]string{"1": "/confirm", "3": "!17", "3.": "!17", "!17": "!17"} {
			r.s.Say(r.t.Context(), aning, text)
			if ev := last(); ev.Kind != chat.Press || ev.Text != want {
				r.t.Errorf("%s: %s %q", text, ev.Kind, ev.Text)
			}
		}
		for _, text := range []string{"2", "4", "0", "-1", "+1", "1 2", "\uff11", "99999999999999999999"} {
			r.s.Say(r.t.Context(), aning, text)
			if ev := last(); ev.Kind != chat.Message || ev.Text != text {
				r.t.Errorf("%s: %s %q", text, ev.Kind, ev.Text)
			}
		}
		r.s.Say(r.t.Context(), bob, "1")
		if ev := last(); ev.Kind != chat.Message {
			r.t.Errorf("bob was offered nothing: %+v", ev)
		}
		// The number means the newest message, and not for ever.
		if err := r.letter(aning, "news"); err != nil {
			r.t.Error(err)
		}
		r.s.Say(r.t.Context(), aning, "1")
		if ev := last(); ev.Kind != chat.Message {
			r.t.Errorf("%+v", ev)
		}
		go ask(last(), chat.Choice{Label: "Yes", Command: "/confirm"})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		time.Sleep(choiceLife)
		r.s.Say(r.t.Context(), aning, "1")
		if ev := last(); ev.Kind != chat.Message {
			r.t.Errorf("%+v", ev)
		}
	})
}
