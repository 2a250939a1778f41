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
			if r.logs.Count("req_id="+id) != 1 {
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
		if r.logs.Count("level=WARN") != 1 || r.logs.Count("works again") != 1 {
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
