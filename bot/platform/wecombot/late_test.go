package wecombot

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestALateAnswerGoesToResponseURLOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pause  time.Duration
		faults []wecomtest.Fault
		want   chat.Fault
	}{
		"after five seconds":  {pause: 5 * time.Second},
		"after half an hour":  {pause: 30 * time.Minute},
		"after an hour":       {pause: time.Hour, want: chat.Rejected},
		"refused":             {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: 40058}}, want: chat.Rejected},
		"too many":            {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: codeFrequency}}, want: chat.Throttled},
		"busy":                {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: codeBusy}}, want: chat.Retry},
		"lost before it":      {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Drop: wecomtest.BeforeEffect}}, want: chat.Unknown},
		"lost after it":       {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Drop: wecomtest.AfterEffect}}, want: chat.Unknown},
		"no answer in 15 s":   {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Delay: time.Minute}}, want: chat.Unknown},
		"the network is gone": {pause: 5 * time.Second, want: chat.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				k, errs := newSink(), make(chan error, 10)
				stop := r.start(r.answering(k, c.pause, chat.Content{Text: "done", Choices: votes(2)}, errs))
				for _, f := range c.faults {
					r.s.Fail(f)
				}
				if name == "the network is gone" {
					r.wire.down(true)
				}
				begin := time.Now()
				r.s.Tell(group, "lilei", "/x")
				ev := k.wait(r.t, 1)[0]
				err := <-errs
				if c.want == "" && err != nil {
					r.t.Fatal(err)
				} else if c.want != "" {
					wantFault(r.t, err, c.want)
				}
				if n := r.s.Calls("callback"); n != 1 {
					r.t.Errorf("%d callbacks", n)
				}
				if d := time.Since(begin); d < c.pause {
					r.t.Errorf("after %s", d)
				}
				if c.want == "" {
					// The text holds what a card would, for groups get none so.
					if m := r.last(); m.Cmd != "response_url" || !strings.Contains(m.Text, "`@helper /vote 9 B`") {
						r.t.Errorf("%+v", m)
					}
					_, err := r.Send(r.t.Context(), letter(ev, "one more"))
					wantFault(r.t, err, chat.Rejected)
				}
				if c.want == chat.Retry {
					r.wire.down(false)
					r.mustSend(letter(ev, "again"))
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestAfterARestartTheTokenStillFindsTheWay(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		r.s.Tell(lilei, "lilei", "/x")
		ev := k.wait(r.t, 1)[0]
		waitFor(r.t, 5*time.Second)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		again := connect(r.t, r.s, callbackMode)
		defer again.wire.close()
		again.mustSend(letter(ev, "done", votes(2)...))
		if m := r.last(); m.Cmd != "response_url" || m.MsgType != "template_card" {
			r.t.Errorf("%+v", m)
		}
	})
}

func TestALetterThatAnswersNothingTakesASpareResponseURL(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		stop := r.start(r.answering(k, 0, chat.Content{Text: "done"}, errs))
		_, err := r.Send(r.t.Context(), post(group, "news"))
		wantFault(r.t, err, chat.Rejected)
		for range 2 {
			r.s.Tell(group, "lilei", "/x")
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
		}
		r.mustSend(post(group, "news"))
		if m := r.last(); m.Cmd != "response_url" || m.Text != "news" {
			r.t.Errorf("%+v", m)
		}
		_, err = r.Send(r.t.Context(), post(group, "more news"))
		wantFault(r.t, err, chat.Rejected)
		// A fallback would have taken it.
		if r.Caps(chatOfTest(group)).Push {
			r.t.Error("callback mode cannot write first")
		}
		r.opts.Fallbacks = map[string]Fallback{group.ID: {"news", func(context.Context, chat.Letter) (chat.Sent, error) { return chat.Sent{}, nil }}}
		if sent := r.mustSend(post(group, "more news")); sent.Via != "news" || !r.Caps(chatOfTest(group)).Push {
			r.t.Errorf("%+v", sent)
		}
		l := post(group, "a picture")
		l.Content.File = &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("png")}
		if sent := r.mustSend(l); sent.Via != "news" {
			r.t.Errorf("%+v", sent)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestWithoutAResponseURLABubbleWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"in time": 0, "late": 20 * time.Second, "never": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				r.opts.BaseURL, r.base.Host = "http://elsewhere.test", "elsewhere.test" // its response_urls are not trusted
				k := newSink()
				stop := r.start(k.deliver)
				r.s.Tell(group, "lilei", "/x")
				ev := k.wait(r.t, 1)[0]
				if strings.Contains(ev.Reply, "response_code") {
					r.t.Errorf("a foreign address was kept: %s", ev.Reply)
				}
				waitFor(r.t, pause)
				var err error
				for range 10 { // as the engine repeats
					if _, err = r.Send(r.t.Context(), letter(ev, "done")); err == nil {
						break
					}
					if fault(r.t, err).Fault != chat.Retry {
						break
					}
					waitFor(r.t, time.Second)
				}
				switch {
				case name == "never":
					wantFault(r.t, err, chat.Rejected)
					// The bubble was ended all the same.
					if m := r.last(); m.Text != thinking || !m.Stream.Finish {
						r.t.Errorf("%+v", m)
					}
				case err != nil:
					r.t.Fatal(err)
				default:
					synctest.Wait()
					if m := r.last(); m.Cmd != "passive" || m.Text != "done" {
						r.t.Errorf("%+v", m)
					}
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestFilesInCallbackMode(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		stop := r.start(r.answering(k, 0, chat.Content{File: &chat.File{Name: "a", MIME: "text/plain", Data: []byte("x")}}, errs))
		r.s.Tell(group, "lilei", "/x")
		wantFault(r.t, <-errs, chat.Rejected)
		ev := k.wait(r.t, 1)[0]
		waitFor(r.t, 10*time.Second)
		l := letter(ev, "")
		l.Content.File = &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("x")}
		_, err := r.Send(r.t.Context(), l) // the request is over
		wantFault(r.t, err, chat.Rejected)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestOldRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	var o passives
	now := time.Unix(1700000000, 0)
	for i := range 100 {
		p := o.join(keyOf(chat.Ref{ID: string(rune('a' + i))}), now)
		if i%2 == 0 {
			p.keep(payload{})
		}
		o.leave(p)
	}
	o.join("x", now.Add(2*time.Minute))
	if n := len(o.m); n != 51 {
		t.Errorf("%d, those without an answer may still be asked for", n)
	}
	o.join("y", now.Add(10*time.Minute))
	if n := len(o.m); n != 2 {
		t.Errorf("%d", n)
	}
}

func TestASpentAddressIsForgottenWhenItIsDead(t *testing.T) {
	t.Parallel()
	var s spent
	now := time.Unix(1700000000, 0)
	if !s.take("a", now) || s.take("a", now.Add(30*time.Minute)) {
		t.Error("not once")
	}
	s.give("a")
	if !s.take("a", now.Add(31*time.Minute)) {
		t.Error("given back")
	}
	for i := range 100 {
		s.take("b"+string(rune('a'+i)), now.Add(time.Duration(i)*time.Hour))
	}
	if n := len(s.now) + len(s.before); n > 3 {
		t.Errorf("%d are remembered", n)
	}
}
