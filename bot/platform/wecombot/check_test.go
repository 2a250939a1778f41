package wecombot

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// codes are the findings in short, "!" before what is not well.
func codes(list []chat.Finding) string {
	var out []string
	for _, f := range list {
		mark := ""
		if !f.OK {
			mark = "!"
		}
		out = append(out, mark+f.Code)
	}
	return strings.Join(out, " ")
}

func TestCheckTellsHowTheConnectionStands(t *testing.T) {
	t.Parallel()
	chats := []chat.Chat{chatOfTest(group), chatOfTest(lilei), {Ref: chat.Ref{Domain: "telegram", ID: "1"}, Type: chat.Group}}
	bubble(t, wecomtest.Options{NoGroupPush: true}, nil, func(r *rig) {
		check := func(want string) []chat.Finding {
			r.t.Helper()
			list := r.Check(r.t.Context(), chats)
			if got := codes(list); got != want {
				r.t.Errorf("%s, want %s", got, want)
			}
			return list
		}
		// Not running: it is only looked whether somebody answers.
		f := check("wecombot.reachable wecombot.group")
		if f[0].Args["host"] != "wecom.test" || f[1].Args["id"] != group.ID {
			r.t.Errorf("%+v", f)
		}
		synctest.Wait()
		if r.s.Subscriptions() != 0 || r.wire.open.Load() != 0 {
			r.t.Error("it subscribed")
		}
		r.wire.down(true)
		if f := check("!wecombot.unreachable wecombot.group"); !strings.Contains(f[0].Args["error"], "unreachable") {
			r.t.Errorf("%+v", f[0])
		}
		k := newSink()
		stop := r.start(k.deliver)
		synctest.Wait()
		check("!wecombot.waiting wecombot.group")
		r.wire.down(false)
		if err := r.s.WaitSubscribed(r.t.Context(), 1); err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if f := check("wecombot.connected wecombot.group"); f[0].Args["heard"] != "" || f[0].Args["since"] == "" {
			r.t.Errorf("%+v", f[0])
		}
		r.heard(k, group, "lilei", "hello")
		if f := check("wecombot.connected wecombot.group"); f[0].Args["heard"] != time.Now().UTC().Format(time.RFC3339) {
			r.t.Errorf("%+v", f[0])
		}
		r.mustSend(post(group, "news")) // refused as a push, sent as an answer
		if f := check("wecombot.connected !wecombot.group_push"); f[1].Args["code"] != "600039" {
			r.t.Errorf("%+v", f[1])
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestCheckMaySubscribeWhenItIsAllowedTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Options)
		fault  *wecomtest.Fault
		want   string
	}{
		"right":        {func(*Options) {}, nil, "wecombot.accepted"},
		"wrong":        {func(o *Options) { o.Secret = "wrong" }, nil, "!wecombot.secret_bad"},
		"busy":         {func(*Options) {}, &wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Code: codeBusy}, "!wecombot.unreachable"},
		"silent":       {func(*Options) {}, &wecomtest.Fault{Cmd: wecomtest.CmdSubscribe, Swallow: true}, "!wecombot.unreachable"},
		"no mention":   {func(o *Options) { o.Mention = "" }, nil, "wecombot.accepted wecombot.no_mention"},
		"no such host": {func(o *Options) { o.Transport, o.WebSocketURL = newTransport(), "ws://127.0.0.1:1" }, nil, "!wecombot.unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, func(o *Options) {
				o.Probe = true
				c.change(o)
			}, func(r *rig) {
				if c.fault != nil {
					r.s.Fail(*c.fault)
				}
				if got := codes(r.Check(r.t.Context(), nil)); got != c.want {
					r.t.Errorf("%s, want %s", got, c.want)
				}
				synctest.Wait()
				if r.wire.open.Load() != 0 || r.live.Load() != nil {
					r.t.Error("the connection is open")
				}
			})
		})
	}
}

func TestCheckInCallbackMode(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		f := r.Check(r.t.Context(), []chat.Chat{chatOfTest(group)})
		if codes(f) != "wecombot.callback wecombot.group" || f[0].Args["path"] != "/wecom/helper" || f[0].Args["heard"] != "" {
			r.t.Errorf("%+v", f)
		}
		k := newSink()
		stop := r.start(k.deliver)
		r.s.Tell(group, "lilei", "/x")
		k.wait(r.t, 1)
		if f := r.Check(r.t.Context(), nil); f[0].Args["heard"] == "" {
			r.t.Errorf("%+v", f)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
