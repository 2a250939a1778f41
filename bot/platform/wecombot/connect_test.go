package wecombot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestAMessageIsHeardAndAnswered(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/checkin")
		if ev.Text != "/checkin" || !ev.ToBot || ev.Chat.Ref != (chat.Ref{Domain: Domain, ID: group.ID}) || ev.Sender.Ref.ID != "lilei" {
			r.t.Errorf("%+v", ev)
		}
		l := letter(ev, "done <b>+10</b>")
		l.Content.Private = true
		if sent := r.mustSend(l); !sent.Shown || sent.ID != "" {
			r.t.Errorf("%+v", sent)
		}
		if m := r.last(); m.Cmd != wecomtest.CmdRespond || m.Text != "@lilei done **+10**" || m.Chat != group.ID {
			r.t.Errorf("%+v", m)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if n := r.wire.open.Load(); n != 0 {
			r.t.Errorf("%d connections are open", n)
		}
	})
}

func TestPingsGoOutAndADeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		waitFor(r.t, 10*time.Minute+time.Second)
		if n := r.s.Calls(wecomtest.CmdPing); n != 20 {
			r.t.Errorf("%d pings in ten minutes", n)
		}
		r.s.Deafen(true)
		begin := time.Now()
		if err := r.s.WaitDialled(r.t.Context(), 2); err != nil {
			r.t.Fatal(err)
		}
		// Two pings are missed, the third instant finds it dead; then the first
		// pause of the back-off.
		if d := time.Since(begin); d < 60*time.Second || d > 92*time.Second {
			r.t.Errorf("replaced after %s", d)
		}
		r.s.Deafen(false)
		if err := r.s.WaitSubscribed(r.t.Context(), 2); err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if n := r.wire.most.Load(); n != 1 {
			r.t.Errorf("%d connections were open at once", n)
		}
		if r.logs.count("trying again") != 1 || r.logs.count("works again") != 1 || r.logs.count("level=WARN") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		r.heard(k, lilei, "lilei", "hello")
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestADroppedConnectionIsDialledAgainWithGrowingPauses(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		r.wire.down(true)
		r.s.Drop()
		begin := time.Now()
		waitFor(r.t, time.Second)
		r.s.Tell(group, "lilei", "said while we were away")
		waitFor(r.t, 104*time.Second) // 1 2 4 8 16 30 30, each a tenth longer, would be 100.1 s
		r.wire.down(false)
		k.wait(r.t, 1)
		if d := time.Since(begin); d != 133100*time.Millisecond {
			r.t.Errorf("back after %s", d)
		}
		if r.logs.count("trying again") != 8 || r.logs.count("level=WARN") != 1 || r.logs.count("works again") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		// A connection that breaks at once is not dialled every second.
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Drop: wecomtest.AfterEffect, Times: 3})
		r.s.Drop()
		begin = time.Now()
		if err := r.s.WaitSubscribed(r.t.Context(), 6); err != nil {
			r.t.Fatal(err)
		}
		if d := time.Since(begin); d < 30*time.Second {
			r.t.Errorf("four times within %s", d)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAQuietHourForgetsOldTrouble(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		for n := range 5 {
			waitFor(r.t, time.Hour)
			r.s.Drop()
			begin := time.Now()
			if err := r.s.WaitSubscribed(r.t.Context(), n+2); err != nil {
				r.t.Fatal(err)
			}
			if d := time.Since(begin); d > 2*time.Second {
				r.t.Errorf("back after %s", d)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestWrongCredentialsEndRun(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*rig){
		"from the start": func(r *rig) { r.opts.Secret = "wrong-secret" },
		"taken back later": func(r *rig) {
			r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Drop: wecomtest.BeforeEffect})
			r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Code: codeCredentials, Msg: "secret wrong-secret is invalid"})
			r.opts.Secret = "wrong-secret"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, nil, func(r *rig) {
				prepare(r)
				err := r.Run(r.t.Context(), newSink().deliver)
				if !errors.Is(err, ErrCredentials) || strings.Contains(err.Error(), "wrong-secret") {
					r.t.Errorf("Run: %v", err)
				}
				if r.logs.count("not accepted") != 0 {
					r.t.Errorf("the error is enough, and it is said by whoever gets it:\n%s", r.logs)
				}
				synctest.Wait()
				if n := r.wire.open.Load(); n != 0 {
					r.t.Errorf("%d connections are open", n)
				}
			})
		})
	}
}

func TestAnotherProcessIsNotFought(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{KickClose: 313 * time.Second}, nil, func(r *rig) {
		const said = "another process has connected with the same bot_id"
		k := newSink()
		stop := r.up(k.deliver)
		pauses := []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute}
		for n, pause := range pauses {
			r.s.Displace()
			synctest.Wait()
			if r.wire.open.Load() != 0 {
				r.t.Fatal("the old connection was kept open")
			}
			if f := r.Check(r.t.Context(), nil)[0]; f.OK || f.Code != checkDisplaced || f.Args["next"] == "" {
				r.t.Errorf("Check: %+v", f)
			}
			_, err := r.Send(r.t.Context(), chat.Letter{Chat: chatOfTest(group), Content: chat.Content{Text: "x"}})
			wantFault(r.t, err, chat.Retry)
			begin := time.Now()
			if err := r.s.WaitSubscribed(r.t.Context(), n+2); err != nil {
				r.t.Fatal(err)
			}
			if d := time.Since(begin); d != pause {
				r.t.Errorf("tried again after %s, want %s", d, pause)
			}
			waitFor(r.t, time.Minute) // it holds for a while, but not for good
		}
		r.s.Displace()
		waitFor(r.t, 24*time.Hour)
		if n := r.s.Subscriptions(); n != 5 {
			r.t.Errorf("%d subscriptions", n)
		}
		if f := r.Check(r.t.Context(), nil)[0]; f.OK || f.Code != checkDisplaced || f.Args["next"] != "" || f.Args["tries"] != "4" {
			r.t.Errorf("Check: %+v", f)
		}
		if r.logs.count("level=ERROR") != 1 || r.logs.count(said) != 1 || r.logs.count("gives up") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAfterALongTimeAloneTheOtherProcessIsForgotten(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		for n := range 6 { // more often than it would be fought
			r.s.Displace()
			begin := time.Now()
			if err := r.s.WaitSubscribed(r.t.Context(), n+2); err != nil {
				r.t.Fatal(err)
			}
			if d := time.Since(begin); d != 2*time.Minute {
				r.t.Errorf("tried again after %s", d)
			}
			waitFor(r.t, 31*time.Minute)
		}
		if r.logs.count("no other process") != 6 || r.logs.count("level=ERROR") != 6 {
			r.t.Errorf("%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTwoOfUsDoNotKickEachOtherForEver(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		other := connect(r.t, r.s, nil)
		defer other.wire.close()
		stopOther := other.start(newSink().deliver)
		waitFor(r.t, 12*time.Hour)
		if n := r.s.Subscriptions(); n > 12 {
			r.t.Errorf("%d subscriptions in half a day", n)
		}
		if err := errors.Join(stopOther(), stop()); err != nil {
			r.t.Error(err)
		}
	})
}

func TestFramesAreReadOneByOne(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		for _, raw := range []string{
			`not json, "req_id":"req-poison"`,
			`{"cmd":"aibot_msg_callback","headers":{"req_id":"req-list"},"body":["a"]}`,
			`{"cmd":"aibot_msg_callback","headers":{"req_id":"req-none"}}`,
			`{"cmd":"from_the_future","headers":{"req_id":"req-new"},"body":{}}`,
			`{"headers":{"req_id":"nobody-asked"},"errcode":0,"errmsg":"ok"}`,
			`[]`, ``, `null`, `{}`,
			"{\"cmd\":\"aibot_msg_callback\",\"headers\":{\"req_id\":\"req-1\"},\"body\":{\"msgid\":\"m1\",\"chattype\":\"single\",\"from\":{\"userid\":\"lilei\"},\"msgtype\":\"text\",\"text\":{\"content\":\"with\x01 a control\x0b character\"}}}",
		} {
			r.s.Raw([]byte(raw))
		}
		ev := k.wait(r.t, 1)[0]
		if ev.Text != "with a control character" || ev.ID.ID != "aibot:"+wecomtest.DefaultBotID+":m1" {
			r.t.Errorf("%+v", ev)
		}
		if r.s.Subscriptions() != 1 {
			r.t.Error("the connection did not survive")
		}
		for _, id := range []string{"req-poison", "req-list", "req-none"} {
			if r.logs.count("req_id="+id) != 1 {
				r.t.Errorf("%s is not named:\n%s", id, r.logs)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestALargeFrameIsRead(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		text := strings.Repeat("a", 1<<20)
		if ev := r.heard(k, lilei, "lilei", text); ev.Text != text {
			r.t.Errorf("%d bytes", len(ev.Text))
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestARepeatedMessageHasTheSameID(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		id := r.s.Tell(group, "lilei", "/checkin")
		r.s.Redeliver(id)
		r.s.Redeliver(id)
		events := k.wait(r.t, 3)
		for _, ev := range events {
			if ev.ID != events[0].ID {
				r.t.Errorf("%s and %s", ev.ID, events[0].ID)
			}
		}
		// The newest req_id is the one that is remembered.
		if got := r.talks.newest(group.ID, time.Now()).Req; got != parseReply(events[2].Reply).Req {
			r.t.Errorf("remembered %s", got)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestNothingIsSkippedWhenACommitFails(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		k.fail = func(call int) error {
			if call < 4 {
				return errNotNow
			}
			return nil
		}
		stop := r.up(k.deliver)
		for _, text := range []string{"one", "two", "three"} {
			r.s.Tell(lilei, "lilei", text)
		}
		events := k.wait(r.t, 3)
		for i, want := range []string{"one", "two", "three"} {
			if events[i].Text != want {
				r.t.Errorf("%d: %q", i, events[i].Text)
			}
		}
		if r.logs.count("level=WARN") != 1 || r.logs.count("works again") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		// Acknowledgements arrive although commits are failing.
		k.mu.Lock()
		k.fail = func(int) error { return errNotNow }
		k.mu.Unlock()
		r.s.Tell(lilei, "lilei", "four")
		waitFor(r.t, time.Minute)
		r.mustSend(chat.Letter{Chat: chatOfTest(lilei), Content: chat.Content{Text: "still here"}})
		k.mu.Lock()
		k.fail = nil
		k.mu.Unlock()
		k.wait(r.t, 4)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTheReaderStopsBeforeItLosesSomething(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{Lean: true}, nil, func(r *rig) {
		k := newSink()
		open := make(chan struct{})
		stop := r.up(func(ctx context.Context, events []chat.Event) error {
			select {
			case <-open:
				return k.deliver(ctx, events)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		const n = maxWaiting + 300
		for range n {
			r.s.Tell(lilei, "lilei", "x")
		}
		waitFor(r.t, 10*time.Second)
		r.inbox.mu.Lock()
		waiting := len(r.inbox.list)
		r.inbox.mu.Unlock()
		if waiting != maxWaiting {
			r.t.Errorf("%d wait", waiting)
		}
		close(open)
		k.wait(r.t, n)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestRunEndsAtOnceWhateverItIsDoing(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*rig) chat.Deliver{
		"connected": func(*rig) chat.Deliver { return newSink().deliver },
		"dialling": func(r *rig) chat.Deliver {
			r.wire.down(true)
			return newSink().deliver
		},
		"subscribing": func(r *rig) chat.Deliver {
			r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Swallow: true, Times: -1})
			return newSink().deliver
		},
		"displaced": func(r *rig) chat.Deliver {
			return func(context.Context, []chat.Event) error { r.s.Displace(); return nil }
		},
		"a commit that fails": func(*rig) chat.Deliver {
			return func(context.Context, []chat.Event) error { return errNotNow }
		},
		"a commit that hangs": func(*rig) chat.Deliver {
			return func(ctx context.Context, _ []chat.Event) error { <-ctx.Done(); return ctx.Err() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, nil, func(r *rig) {
				deliver := prepare(r)
				r.s.Tell(lilei, "lilei", "hello")
				stop := r.start(deliver)
				waitFor(r.t, 3*time.Second)
				begin := time.Now()
				if err := stop(); err != nil {
					r.t.Errorf("Run: %v", err)
				}
				if d := time.Since(begin); d > time.Second {
					r.t.Errorf("Run ended after %s", d)
				}
				if r.wire.open.Load() != 0 {
					r.t.Error("a connection is open")
				}
			})
		})
	}
}

func TestAtTheStopWhatWasReadIsTakenInAndWhatWasSentIsHeardOf(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		slow := make(chan struct{})
		stop := r.up(func(ctx context.Context, events []chat.Event) error {
			if len(k.all()) == 1 {
				<-slow // the disk is slow
			}
			return k.deliver(ctx, events)
		})
		ev := r.heard(k, lilei, "lilei", "one")
		r.s.Tell(lilei, "lilei", "two")
		synctest.Wait()
		r.s.Tell(lilei, "lilei", "three")
		synctest.Wait()
		r.s.Fail(wecomtest.Fault{Cmd: wecomtest.CmdRespond, Delay: 300 * time.Millisecond})
		sent := make(chan error, 1)
		go func() {
			_, err := r.Send(r.t.Context(), letter(ev, "answer"))
			sent <- err
		}()
		synctest.Wait()
		go func() {
			waitFor(r.t, 100*time.Millisecond)
			close(slow)
		}()
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if err := <-sent; err != nil {
			r.t.Errorf("the answer under way: %v", err)
		}
		if n := len(k.all()); n != 3 {
			r.t.Errorf("%d of 3 messages were taken in", n)
		}
		_, err := r.Send(r.t.Context(), letter(ev, "later"))
		wantFault(r.t, err, chat.Retry)
	})
}

// chatOfTest is how the adapter describes a chat of the server.
func chatOfTest(c wecomtest.Chat) chat.Chat {
	out := chat.Chat{Ref: chat.Ref{Domain: Domain, ID: c.ID}, Type: chat.Private}
	if c.Group {
		out.Type = chat.Group
	}
	return out
}
