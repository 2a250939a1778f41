package wecombot

import (
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
		if r.logs.Count("trying again") != 1 || r.logs.Count("works again") != 1 || r.logs.Count("level=WARN") != 1 {
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
		synctest.Wait() // the first message can be faster than the line of the log
		if r.logs.Count("trying again") != 8 || r.logs.Count("level=WARN") != 1 || r.logs.Count("works again") != 1 {
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
				if r.logs.Count("not accepted") != 0 {
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

// chatOfTest is how the adapter describes a chat of the server.
func chatOfTest(c wecomtest.Chat) chat.Chat {
	out := chat.Chat{Ref: chat.Ref{Domain: Domain, ID: c.ID}, Type: chat.Private}
	if c.Group {
		out.Type = chat.Group
	}
	return out
}
