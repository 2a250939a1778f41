package wecombot

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

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
		if r.logs.Count("a card was not sent, its text was") != 1 {
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
