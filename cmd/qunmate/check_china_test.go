package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

func TestCheckTellsHowWeComAndWeChatStand(t *testing.T) {
	t.Parallel()
	w, a := wc.New(t, wc.Options{}), wx.New(t, wx.Options{})
	dir, port := t.TempDir(), freePort(t)
	write := func(secret, community string) {
		configure(t, dir, nil, fmt.Sprintf("http: {listen: \"127.0.0.1:%d\"}\n", port)+
			aibotConfig(w, fmt.Sprintf("websocket_url: %q, bot_id: %q, secret: %q", w.URL(), w.BotID(), secret))+accountConfig(a, community))
	}
	wants := func(code int, says ...string) {
		t.Helper()
		o := call(t, dir, "check", "-online")
		if o.code != code {
			t.Errorf("exit code %d, want %d", o.code, code)
		}
		for _, want := range says {
			if !strings.Contains(o.out+o.errs, want) {
				t.Errorf("it does not say %q: %s", want, o)
			}
		}
	}
	// Before the first start: nobody is cut off by logging in.
	write("wrong", "")
	wants(1, "✘ helper: WeCom does not accept bot_id or secret")
	write(w.Secret(), "")
	wants(0, "✔ helper: Logged in at ", "✔ oa: Connected to the official account "+a.AppID(), "✔ oa: Messages come in plain text", "/wechat/oa", "There is no menu yet", "QR codes with a parameter can be made")
	a.Fail(wx.Fault{Path: wx.PathStableToken, Code: 40164, Msg: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"})
	wants(1, "✘ oa: This machine's IP 203.0.113.7 is not on the account's white list")

	p := launch(t, dir, nil)
	before := w.Subscriptions()
	if err := w.WaitSubscribed(soon(t), before+1); err != nil {
		t.Fatal(err)
	}
	w.Tell(wecomGroup, ann, "/checkin")
	until(t, "an answer", func() bool { return len(saidTo(w, ann)) == 1 })
	until(t, "the menu", func() bool { return len(a.Menu()) == 3 })
	// Now logging in would take the connection away from the bot.
	wants(0, "✔ helper: 127.0.0.1", "The bot is running", "✔ helper: Group "+wecomGroup.ID+" (“Group ", "): hears only what mentions me", "✔ oa: I keep the menu")
	if n := w.Subscriptions(); n != before+1 {
		t.Errorf("%d subscriptions: the check took the connection", n-before)
	}
	p.stop()

	write(w.Secret(), "Members")
	wants(1, "✘ oa: There is no community called “Members”")
	alter(t, dir, "UPDATE communities SET name = 'Members' WHERE id = 1")
	wants(0, "✔ oa: 1:1 chats act in the community “Members” (#1)")
	alter(t, dir, "INSERT INTO communities (id, name, created_at) VALUES (7, 'Members', 1)")
	wants(0, "(#1)") // the other one has no group
	var names []string
	for _, b := range a.Menu() {
		names = append(names, b.Name)
	}
	if got := strings.Join(names, " "); got != "Check in Mine More" {
		t.Errorf("the menu: %q", got)
	}
	complain(t, w.Problems())
}

func TestCallbacksHaveADoorOfTheirOwn(t *testing.T) {
	t.Parallel()
	w, a := wc.New(t, wc.Options{}), wx.New(t, wx.Options{EncodingAESKey: wx.DefaultAESKey})
	dir, inner, outer := t.TempDir(), freePort(t), freePort(t)
	configure(t, dir, nil, fmt.Sprintf("http: {listen: \"127.0.0.1:%d\", public_listen: \"127.0.0.1:%d\", public_url: \"https://bot.example.test\"}\nsandbox: {enabled: true}\n", inner, outer)+
		aibotConfig(w, fmt.Sprintf("mode: callback, token: %q, encoding_aes_key: %q", w.Token(), w.AESKey()))+accountConfig(a, ""))
	p := launch(t, dir, nil)
	inside, outside := fmt.Sprintf("http://127.0.0.1:%d", inner), fmt.Sprintf("http://127.0.0.1:%d", outer)
	until(t, "the program is ready", func() bool { return ready(inside) })
	for path, want := range map[string][2]int{
		"/wecom/helper": {http.StatusNotFound, http.StatusForbidden}, "/wechat/oa": {http.StatusNotFound, http.StatusForbidden},
		"/": {http.StatusOK, http.StatusNotFound}, "/metrics": {http.StatusOK, http.StatusNotFound}, "/api/state": {http.StatusOK, http.StatusNotFound},
	} {
		in, _ := get(t, inside+path)
		out, text := get(t, outside+path)
		if in != want[0] || out != want[1] {
			t.Errorf("%s: %d inside and %d outside, want %v", path, in, out, want)
		}
		if out == http.StatusForbidden && text != "" {
			t.Errorf("%s answers with detail: %q", path, text)
		}
	}
	a.ConnectURL(outside + "/wechat/oa")
	if status, echo, err := a.Verify(soon(t), "4711"); err != nil || status != http.StatusOK || echo != "4711" {
		t.Errorf("the console's question: %d %q %v", status, echo, err)
	}
	w.CallBack(forward(t, outside))
	w.Tell(wecomGroup, ann, "/checkin")
	until(t, "an answer", func() bool { return len(saidTo(w, ann)) == 1 })
	p.stop()
	wantCheckins(t, dir, 1)
	complain(t, w.Problems())
	complain(t, a.Problems())
}

// Names are unique within a network, so two networks may use the same.
func TestConnectionsOfTwoNetworksMayHaveOneName(t *testing.T) {
	t.Parallel()
	w, a := wc.New(t, wc.Options{}), wx.New(t, wx.Options{})
	dir, port := t.TempDir(), freePort(t)
	both := strings.ReplaceAll(aibotConfig(w, "")+accountConfig(a, "#1"), "name: helper", "name: main")
	configure(t, dir, nil, fmt.Sprintf("http: {listen: \"127.0.0.1:%d\"}\n", port)+strings.ReplaceAll(both, "name: oa", "name: main"))
	a.ConnectURL(fmt.Sprintf("http://127.0.0.1:%d/wechat/main", port))
	p := launch(t, dir, nil)
	if err := w.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	w.Tell(wecomGroup, ann, "/checkin")
	until(t, "an answer", func() bool { return len(saidTo(w, ann)) == 1 })
	hears(t, a, "oAnn", "/checkin", "+5")
	_, metrics := get(t, fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	for _, route := range []string{"wecom/main", "wechat:" + a.AppID() + "/main"} {
		if !strings.Contains(metrics, fmt.Sprintf("qunmate_connection_last_event_timestamp_seconds{connection=%q} ", route)) {
			t.Errorf("nothing tells when %s was heard:\n%s", route, metrics)
		}
	}
	p.stop()
	wantCheckins(t, dir, 2)
}
