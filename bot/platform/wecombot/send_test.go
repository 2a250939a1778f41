package wecombot

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// post is a letter that answers nobody.
func post(c wecomtest.Chat, text string) chat.Letter {
	return chat.Letter{ID: 8, Chat: chatOfTest(c), Content: chat.Content{Text: text}}
}

func TestALetterGoesTheFirstWayThatIsOpen(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, c := range map[string]struct {
		server wecomtest.Options
		age    time.Duration // of the message that is answered
		newer  bool          // somebody has written since
		faults []wecomtest.Fault
		letter func(chat.Event) chat.Letter
		want   []string // the commands tried
		fault  chat.Fault
	}{
		"a fresh message is answered": {want: []string{wecomtest.CmdRespond}},
		"even after 23 hours":         {age: 23 * hour, want: []string{wecomtest.CmdRespond}},
		"after 24 hours it is pushed": {age: 24 * hour, want: []string{wecomtest.CmdPush}},
		"an answer refused as too old is pushed": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: codeReqExpired}}, want: []string{wecomtest.CmdRespond, wecomtest.CmdPush},
		},
		"an answer refused as invalid is pushed": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: codeReqInvalid}}, want: []string{wecomtest.CmdRespond, wecomtest.CmdPush},
		},
		"a post is pushed": {letter: func(chat.Event) chat.Letter { return post(group, "news") }, want: []string{wecomtest.CmdPush}},
		"a push refused by the device answers the newest message": {
			server: wecomtest.Options{NoGroupPush: true}, letter: func(chat.Event) chat.Letter { return post(group, "news") },
			want: []string{wecomtest.CmdPush, wecomtest.CmdRespond},
		},
		"a push refused by the chat id answers the newest message": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdPush, Code: codeChat}}, letter: func(chat.Event) chat.Letter { return post(group, "news") },
			want: []string{wecomtest.CmdPush, wecomtest.CmdRespond},
		},
		"a day after the last message no way is left": {
			server: wecomtest.Options{NoGroupPush: true}, age: 25 * hour, letter: func(chat.Event) chat.Letter { return post(group, "news") },
			want: []string{wecomtest.CmdPush}, fault: chat.Rejected,
		},
		"an old message, a push refused, a newer message": {
			server: wecomtest.Options{NoGroupPush: true}, age: 25 * hour, newer: true,
			want: []string{wecomtest.CmdPush, wecomtest.CmdRespond},
		},
		"everything refused": {
			server: wecomtest.Options{NoGroupPush: true}, newer: true,
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: codeReqInvalid, Times: 2}},
			want:   []string{wecomtest.CmdRespond, wecomtest.CmdPush, wecomtest.CmdRespond}, fault: chat.Rejected,
		},
		"another code ends it": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: 40058}}, want: []string{wecomtest.CmdRespond}, fault: chat.Rejected,
		},
		"too many": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: codeFrequency}}, want: []string{wecomtest.CmdRespond}, fault: chat.Throttled,
		},
		"busy": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Code: codeBusy}}, want: []string{wecomtest.CmdRespond}, fault: chat.Retry,
		},
		"a lost acknowledgement is uncertain": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, LostAck: true}}, want: []string{wecomtest.CmdRespond}, fault: chat.Unknown,
		},
		"silence is uncertain": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Swallow: true}}, want: []string{wecomtest.CmdRespond}, fault: chat.Unknown,
		},
		"a connection lost after it": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Drop: wecomtest.AfterEffect}}, want: []string{wecomtest.CmdRespond}, fault: chat.Unknown,
		},
		"a connection lost before it": {
			faults: []wecomtest.Fault{{Cmd: wecomtest.CmdRespond, Drop: wecomtest.BeforeEffect}}, want: []string{wecomtest.CmdRespond}, fault: chat.Unknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, c.server, nil, func(r *rig) {
				k := newSink()
				stop := r.up(k.deliver)
				ev := r.heard(k, group, "lilei", "/checkin")
				waitFor(r.t, c.age)
				if c.newer {
					r.heard(k, group, "hanmei", "/checkin")
				}
				for _, f := range c.faults {
					r.s.Fail(f)
				}
				l := letter(ev, "done")
				if c.letter != nil {
					l = c.letter(ev)
				}
				respond, push := r.s.Calls(wecomtest.CmdRespond), r.s.Calls(wecomtest.CmdPush)
				_, err := r.Send(r.t.Context(), l)
				if c.fault != "" {
					wantFault(r.t, err, c.fault)
				} else if err != nil {
					r.t.Fatal(err)
				}
				respond, push = r.s.Calls(wecomtest.CmdRespond)-respond, r.s.Calls(wecomtest.CmdPush)-push
				if want := strings.Join(c.want, " "); respond != strings.Count(want, wecomtest.CmdRespond) || push != strings.Count(want, wecomtest.CmdPush) {
					r.t.Errorf("%d answers and %d pushes were tried, want %s", respond, push, want)
				}
				if c.fault == "" && r.last().Cmd != c.want[len(c.want)-1] {
					r.t.Errorf("sent by %s", r.last().Cmd)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestTheLastResortIsTheFallback(t *testing.T) {
	t.Parallel()
	var got []chat.Letter
	var answer error
	bubble(t, wecomtest.Options{NoGroupPush: true}, func(o *Options) {
		o.Fallback = func(_ context.Context, l chat.Letter) error {
			got = append(got, l)
			return answer
		}
	}, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		r.heard(k, group, "lilei", "hello")
		waitFor(r.t, 25*time.Hour)
		if sent := r.mustSend(post(group, "news")); sent.Shown {
			r.t.Error("a post is for everybody")
		}
		answer = &chat.SendError{Fault: chat.Throttled, After: time.Minute, Err: errNotNow}
		_, err := r.Send(r.t.Context(), post(group, "more"))
		if se := fault(r.t, err); se.Fault != chat.Throttled || se.After != time.Minute {
			r.t.Error(se)
		}
		if len(got) != 2 || got[0].Content.Text != "news" || len(r.s.Sent()) != 0 {
			r.t.Errorf("%+v", got)
		}
		// A private file is never shown in a group, not even so.
		l := post(group, "")
		l.Content = chat.Content{Private: true, File: &chat.File{Name: "mine.json", MIME: "application/json", Data: []byte("secret")}}
		l.To = chat.User{Ref: chat.Ref{Domain: Domain, ID: "lilei"}}
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdPush, Code: codeChat})
		_, err = r.Send(r.t.Context(), l)
		wantFault(r.t, err, chat.Rejected)
		if len(got) != 2 {
			r.t.Error("a private file went to the fallback")
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestNothingIsSentWithoutAConnection(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		_, err := r.Send(r.t.Context(), post(group, "x"))
		wantFault(r.t, err, chat.Retry)
		// Not before the subscription is accepted, either.
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Delay: 3 * time.Second})
		stop := r.start(newSink().deliver)
		waitFor(r.t, time.Second)
		_, err = r.Send(r.t.Context(), post(group, "x"))
		wantFault(r.t, err, chat.Retry)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestOneFrameIsInFlightPerMessageAnswered(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/checkin")
		// The server calls a second frame in flight a problem.
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Delay: 2 * time.Second, Times: 3})
		errs := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := r.Send(r.t.Context(), letter(ev, "answer"))
				errs <- err
			}()
		}
		for range 3 {
			if err := <-errs; err != nil {
				r.t.Error(err)
			}
		}
		// Whoever waits for his turn has sent nothing.
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Delay: 4 * time.Second})
		go func() {
			_, err := r.Send(r.t.Context(), letter(ev, "first"))
			errs <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		defer cancel()
		_, err := r.Send(ctx, letter(ev, "second"))
		wantFault(r.t, err, chat.Retry)
		if err := <-errs; err != nil {
			r.t.Error(err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// A late acknowledgement must not be taken for that of the next frame.
func TestAfterAMissedAcknowledgementAnotherWayIsTaken(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/checkin")
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Delay: 7 * time.Second})
		begin := time.Now()
		_, err := r.Send(r.t.Context(), letter(ev, "one"))
		wantFault(r.t, err, chat.Unknown)
		if d := time.Since(begin); d != 5*time.Second {
			r.t.Errorf("waited %s", d)
		}
		r.mustSend(letter(ev, "two"))
		waitFor(r.t, 10*time.Second)
		r.mustSend(letter(ev, "three"))
		var said []string
		for _, m := range r.s.Sent() {
			said = append(said, m.Cmd+" "+m.Text)
		}
		want := "aibot_send_msg two, aibot_respond_msg one, aibot_send_msg three"
		if got := strings.Join(said, ", "); got != want {
			r.t.Errorf("%s, want %s", got, want)
		}
		// A new connection knows nothing of it.
		r.s.Drop()
		waitFor(r.t, 10*time.Second)
		r.mustSend(letter(ev, "four"))
		if m := r.last(); m.Cmd != wecomtest.CmdRespond || m.Text != "four" {
			r.t.Errorf("%+v", m)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestLongTextsAreSentInPartsAndHalfOfOneIsUncertain(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/rank")
		long := strings.Repeat(strings.Repeat("\u7b7e", 33)+"<br>", 500)
		r.mustSend(letter(ev, long))
		if n := len(r.s.Sent()); n != 3 {
			r.t.Errorf("%d parts", n)
		}
		for name, f := range map[string]wecomtest.Fault{
			"refused": {Cmd: wecomtest.CmdRespond, Code: codeFrequency},
			"lost":    {Cmd: wecomtest.CmdRespond, LostAck: true},
		} {
			ev := r.heard(k, group, "lilei", "/rank")
			hold := make(chan struct{})
			r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Hold: hold})
			r.s.Fail(f)
			close(hold)
			_, err := r.Send(r.t.Context(), letter(ev, long))
			if se := fault(r.t, err); se.Fault != chat.Unknown || !strings.Contains(se.Error(), "1 of 3") {
				r.t.Errorf("%s: %v", name, se)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestACardThatFailsAfterItsTextIsNoFailure(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/poll")
		hold := make(chan struct{})
		close(hold)
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Hold: hold})
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Code: 40058})
		r.mustSend(letter(ev, "Party?", votes(9)...))
		if all := r.s.Sent(); len(all) != 1 || !strings.Contains(all[0].Text, "Option 9: `@helper /vote 9 I`") {
			r.t.Errorf("%+v", all)
		}
		if r.logs.count("a card was not sent, its text was") != 1 {
			r.t.Errorf("%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestFilesAreUploadedInChunks(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 2*chunkBytes/10+100)
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, lilei, "lilei", "/mydata export")
		l := letter(ev, "here it is")
		l.Content.File = &chat.File{Name: "data.json", MIME: "application/json", Data: data}
		r.mustSend(l)
		if n := r.s.Calls(wecomtest.CmdChunk); n != 3 {
			r.t.Errorf("%d chunks", n)
		}
		all := r.s.Sent()
		if len(all) != 2 || all[0].Text != "here it is" || all[1].MsgType != "file" || all[1].File.Name != "data.json" || !bytes.Equal(all[1].File.Data, data) {
			r.t.Errorf("%d messages", len(all))
		}
		l.Content = chat.Content{File: &chat.File{Name: "rank.png", MIME: "image/png", Data: data}}
		r.mustSend(l)
		if m := r.last(); m.MsgType != "image" || m.Cmd != wecomtest.CmdRespond {
			r.t.Errorf("%+v", m)
		}
		for name, c := range map[string]struct {
			fault wecomtest.Fault
			want  chat.Fault
		}{
			"the beginning is lost": {wecomtest.Fault{Cmd: wecomtest.CmdInit, LostAck: true}, chat.Retry},
			"a chunk is lost":       {wecomtest.Fault{Cmd: wecomtest.CmdChunk, LostAck: true}, chat.Retry},
			"the end is lost":       {wecomtest.Fault{Cmd: wecomtest.CmdFinish, Swallow: true}, chat.Retry},
			"a chunk is refused":    {wecomtest.Fault{Cmd: wecomtest.CmdChunk, Code: 40058}, chat.Rejected},
			"too many":              {wecomtest.Fault{Cmd: wecomtest.CmdInit, Code: codeFrequency}, chat.Throttled},
			"the message is lost":   {wecomtest.Fault{Cmd: wecomtest.CmdRespond, LostAck: true}, chat.Unknown},
		} {
			n := len(r.s.Sent())
			r.s.Fail(c.fault)
			ev := r.heard(k, lilei, "lilei", "/mydata export")
			l := letter(ev, "")
			l.Content.File = &chat.File{Name: "a", MIME: "text/plain", Data: data}
			_, err := r.Send(r.t.Context(), l)
			if se := fault(r.t, err); se.Fault != c.want {
				r.t.Errorf("%s: %v", name, se)
			}
			if shown := len(r.s.Sent()) - n; shown != 0 && c.want != chat.Unknown {
				r.t.Errorf("%s: something was shown", name)
			}
		}
		l.Content.File.Data = make([]byte, maxFile+1)
		_, err := r.Send(r.t.Context(), l)
		wantFault(r.t, err, chat.Rejected)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAPrivateFileGoesToItsOwner(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		r.heard(k, lilei, "lilei", "hello")
		ev := r.heard(k, group, "lilei", "/mydata export")
		l := letter(ev, "your data")
		l.Content.Private = true
		l.Content.File = &chat.File{Name: "data.json", MIME: "application/json", Data: []byte("{}1234")}
		if sent := r.mustSend(l); sent.Shown {
			r.t.Error("shown")
		}
		for _, m := range r.s.Sent() {
			if m.Chat != "lilei" || m.Cmd != wecomtest.CmdPush || strings.Contains(m.Text, "@") {
				r.t.Errorf("%+v", m)
			}
		}
		// Nobody who is not reachable gets it, and the group neither.
		l.To.Ref.ID = "hanmei"
		r.careless = true // she is unknown there
		_, err := r.Send(r.t.Context(), l)
		wantFault(r.t, err, chat.Rejected)
		l.To = chat.User{}
		_, err = r.Send(r.t.Context(), l)
		wantFault(r.t, err, chat.Rejected)
		if n := len(r.s.SentTo(group.ID)); n != 0 {
			r.t.Errorf("%d messages in the group", n)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestEnteringIsAnsweredWithAWelcome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content chat.Content
		late    bool
		known   bool // he has written before
		fault   *wecomtest.Fault
		want    string
		text    string
		err     chat.Fault
	}{
		"text":              {content: chat.Content{Text: "<b>Hello</b> there<br>send <code>/help</code>"}, want: wecomtest.CmdWelcome, text: "Hello there\nsend /help"},
		"a card":            {content: chat.Content{Text: "Hello", Choices: votes(2)}, want: wecomtest.CmdWelcome},
		"too many for one":  {content: chat.Content{Text: "Hello", Choices: votes(7)}, want: wecomtest.CmdWelcome, text: "Hello\nOption 1: /vote 9 A\nOption 2: /vote 9 B\nOption 3: /vote 9 C\nOption 4: /vote 9 D\nOption 5: /vote 9 E\nOption 6: /vote 9 F\nOption 7: /vote 9 G"},
		"a link":            {content: chat.Content{Text: `<a href="https://example.com">docs</a>`}, want: wecomtest.CmdWelcome, text: "docs https://example.com"},
		"late, and unknown": {content: chat.Content{Text: "Hello"}, late: true, err: chat.Rejected},
		"late, but known":   {content: chat.Content{Text: "Hello"}, late: true, known: true, want: wecomtest.CmdPush, text: "Hello"},
		"long, but known":   {content: chat.Content{Text: strings.Repeat("x", maxWelcome+1)}, known: true, want: wecomtest.CmdPush, text: strings.Repeat("x", maxWelcome+1)},
		"refused, known":    {content: chat.Content{Text: "Hello"}, known: true, fault: &wecomtest.Fault{Cmd: wecomtest.CmdWelcome, Code: codeReqExpired}, want: wecomtest.CmdPush, text: "Hello"},
		"lost":              {content: chat.Content{Text: "Hello"}, known: true, fault: &wecomtest.Fault{Cmd: wecomtest.CmdWelcome, LostAck: true}, err: chat.Unknown},
		"a file":            {content: chat.Content{File: &chat.File{Name: "a", MIME: "text/plain", Data: []byte("123456")}}, known: true, want: wecomtest.CmdPush},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, nil, func(r *rig) {
				k := newSink()
				stop := r.up(k.deliver)
				if c.known {
					r.heard(k, lilei, "lilei", "hello")
				}
				if !r.Caps(chatOfTest(lilei)).Push {
					r.t.Error("no push")
				}
				n := len(k.all())
				r.s.Enter("lilei")
				ev := k.wait(r.t, n+1)[n]
				if push := r.Caps(ev.Chat).Push; push != c.known {
					r.t.Errorf("Caps.Push is %v", push)
				}
				if c.late {
					waitFor(r.t, 5*time.Second)
				}
				if c.fault != nil {
					r.s.Fail(*c.fault)
				}
				l := letter(ev, "")
				l.Content = c.content
				_, err := r.Send(r.t.Context(), l)
				if c.err != "" {
					wantFault(r.t, err, c.err)
				} else if err != nil {
					r.t.Fatal(err)
				} else if m := r.last(); m.Cmd != c.want || m.Text != c.text {
					r.t.Errorf("%s %q", m.Cmd, m.Text)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestLettersThatCannotBe(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		for name, l := range map[string]chat.Letter{
			"another platform": {Chat: chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}}, Content: chat.Content{Text: "x"}},
			"no chat":          {Chat: chat.Chat{Ref: chat.Ref{Domain: Domain}}, Content: chat.Content{Text: "x"}},
			"an edit":          {Chat: chatOfTest(group), Edit: "1", Content: chat.Content{Text: "x"}},
			"nothing":          {Chat: chatOfTest(group)},
			"blanks":           {Chat: chatOfTest(group), Content: chat.Content{Text: " <br>&nbsp;"}},
			"no label":         {Chat: chatOfTest(group), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: " ", Command: "/x"}}}},
			"no command":       {Chat: chatOfTest(group), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: "x"}}}},
			"a book":           {Chat: chatOfTest(group), Content: chat.Content{Text: strings.Repeat("a", 31*maxText)}},
			"an empty file":    {Chat: chatOfTest(group), Content: chat.Content{File: &chat.File{Name: "x"}}},
		} {
			_, err := r.Send(r.t.Context(), l)
			if se := fault(r.t, err); se.Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, se)
			}
		}
		if r.s.Total() != 0 || r.s.Calls(wecomtest.CmdPush) != 0 {
			r.t.Error("something was sent")
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestCapsAreTheTruth(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		want := chat.Caps{Choices: true, Push: true, Files: true, MaxText: 20480, PerMinute: 30}
		if got := r.Caps(chatOfTest(group)); got != want {
			r.t.Errorf("a group: %+v", got)
		}
		want.Hears = true
		if got := r.Caps(chatOfTest(lilei)); got != want {
			r.t.Errorf("a private chat: %+v", got)
		}
		if got := r.Caps(chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}}); got != (chat.Caps{}) {
			r.t.Errorf("another platform: %+v", got)
		}
		c := connect(r.t, r.s, callbackMode)
		want = chat.Caps{Choices: true, MaxText: 20480, PerMinute: 30}
		if got := c.Caps(chatOfTest(group)); got != want {
			r.t.Errorf("callback mode: %+v", got)
		}
		if r.Name() != "helper" || r.Domain() != "wecom" || r.Path() != "" || c.Path() != "/wecom/helper" {
			r.t.Error("names")
		}
	})
}

func TestTheRealServerIsTheDefault(t *testing.T) {
	t.Parallel()
	b, err := New(Options{Name: "a", BotID: "b", Secret: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if b.opts.WebSocketURL != DefaultWebSocketURL || b.opts.BaseURL != DefaultBaseURL || b.opts.Mode != WebSocket || b.opts.Words.Submit == "" {
		t.Errorf("%+v", b.opts)
	}
}

func TestOptionsAreCheckedWithoutShowingSecrets(t *testing.T) {
	t.Parallel()
	good := Options{Name: "a", BotID: "b", Secret: "hidden-secret", Token: "hidden-token", EncodingAESKey: wecomtest.DefaultAESKey}
	for name, change := range map[string]func(*Options){
		"name":           func(o *Options) { o.Name = "a b" },
		"mode":           func(o *Options) { o.Mode = "polling" },
		"no bot id":      func(o *Options) { o.BotID = "" },
		"no secret":      func(o *Options) { o.Secret = "" },
		"websocket url":  func(o *Options) { o.WebSocketURL = "https://example.com" },
		"base url":       func(o *Options) { o.BaseURL = "ftp://example.com" },
		"base url empty": func(o *Options) { o.BaseURL = "https://" },
		"no token":       func(o *Options) { o.Mode, o.Token = Callback, "" },
		"no key":         func(o *Options) { o.Mode, o.EncodingAESKey = Callback, "" },
		"a wrong key":    func(o *Options) { o.Mode, o.EncodingAESKey = Callback, "hidden-key" },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestErrorsKeepTheirCauses(t *testing.T) {
	t.Parallel()
	b := &Bot{}
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		err  error
		want chat.Fault
	}{
		"unsent":       {&unsentError{cause}, chat.Retry},
		"lost":         {&lostError{cause}, chat.Unknown},
		"anything":     {cause, chat.Unknown},
		"a send error": {&chat.SendError{Fault: chat.Gone, Err: cause}, chat.Gone},
	} {
		se := b.sendError(c.err)
		if se.Fault != c.want || !errors.Is(se, cause) || se.Error() == "" {
			t.Errorf("%s: %v", name, se)
		}
	}
	for code, want := range map[int64]chat.Fault{
		-1: chat.Retry, 45009: chat.Throttled, 45033: chat.Throttled, 45011: chat.Throttled, 40008: chat.Rejected, 93006: chat.Rejected, 600039: chat.Rejected, 1: chat.Rejected,
	} {
		se := b.sendError(&ackError{Cmd: "x", Code: code, Msg: "y"})
		if se.Fault != want || (want == chat.Throttled) != (se.After > 0) || !strings.Contains(se.Error(), "y") {
			t.Errorf("%d: %v", code, se)
		}
	}
	if b.sendError(nil) != nil {
		t.Error("no error is an error")
	}
}
