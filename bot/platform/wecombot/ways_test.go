package wecombot

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
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
	var lost string
	bubble(t, wecomtest.Options{NoGroupPush: true}, func(o *Options) {
		o.Fallbacks = map[string]Fallback{group.ID: {"news", func(_ context.Context, l chat.Letter) (chat.Sent, error) {
			got = append(got, l)
			return chat.Sent{Lost: lost}, answer
		}}}
	}, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		r.heard(k, group, "lilei", "hello")
		waitFor(r.t, 25*time.Hour)
		if sent := r.mustSend(post(group, "news")); sent.Shown || sent.Via != "news" {
			r.t.Errorf("a post is for everybody, and told by whom it went: %+v", sent)
		}
		answer = &chat.SendError{Fault: chat.Throttled, After: time.Minute, Err: errNotNow}
		_, err := r.Send(r.t.Context(), post(group, "more"))
		if se := fault(r.t, err); se.Fault != chat.Throttled || se.After != time.Minute {
			r.t.Error(se)
		}
		if len(got) != 2 || got[0].Content.Text != "news" || len(r.s.Sent()) != 0 {
			r.t.Errorf("%+v", got)
		}
		// It has the whole letter, and says itself whether its picture was taken.
		answer, lost = nil, "invalid image"
		pictured := post(group, "look")
		pictured.Content.Picture = &chat.Picture{MIME: "image/png", Data: chattest.Photo("a")}
		if sent := r.mustSend(pictured); sent.Lost != lost || sent.Via != "news" || got[2].Content.Picture == nil {
			r.t.Errorf("%+v", sent)
		}
		got, lost = got[:2], ""
		// That the other one is gone says nothing of this group.
		answer = &chat.SendError{Fault: chat.Gone, Err: errNotNow}
		_, err = r.Send(r.t.Context(), post(group, "even more"))
		wantFault(r.t, err, chat.Rejected)
		// What has buttons says how they are typed, and for whom it is.
		answer = nil
		asked := post(group, "<b>Sure?</b>")
		asked.To = chat.User{Ref: chat.Ref{Domain: Domain, ID: "lilei"}, Name: "Li <Lei>"}
		asked.Content.Private = true
		asked.Content.Choices = []chat.Choice{{Label: "Yes", Command: "/confirm 7"}, {Label: "Page", URL: "https://example.com"}, {Label: "Stored", Command: "!5"}}
		if sent := r.mustSend(asked); !sent.Shown || sent.Via != "news" {
			r.t.Errorf("%+v", sent)
		}
		want := "@Li &lt;Lei&gt; <b>Sure?</b><br>Yes: <code>@" + r.s.Mention() + " /confirm 7</code>"
		if c := got[3].Content; c.Text != want || c.Private || len(c.Choices) != 1 || c.Choices[0].URL == "" {
			r.t.Errorf("%+v", c)
		}
		got = got[:2]
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
