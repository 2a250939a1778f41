package wxhttp

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"qunmate/bot/chat"

	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/officialaccount/menu"
	"github.com/silenceper/wechat/v2/util"
)

const (
	appSecret  = "APPSECRET-0123456789abcdef"
	firstToken = "TOKEN-first-a+b/c="
	nextToken  = "TOKEN-next"
	robotKey   = "ROBOTKEY-693axxx6-7aoc"
)

func TestACallOfTheLibraryGoesWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL + "/proxy/", WeCom: v.URL})
	if err := a.say(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.robot(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.then(jsonAnswer(map[string]any{"ticket": "gQH47joAAA==", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"}))
	if ticket, err := a.qr(t.Context()); err != nil || ticket.Ticket != "gQH47joAAA==" {
		t.Errorf("%+v, %v", ticket, err)
	}
	want := []string{
		`POST /proxy/cgi-bin/stable_token {"appid":"wx1","force_refresh":false,"grant_type":"client_credential","secret":"` + appSecret + `"}`,
		`POST /proxy/cgi-bin/message/custom/send?access_token=TOKEN-first-a%2Bb%2Fc%3D {"touser":"openid","msgtype":"text","text":{"content":"hello"}}`,
		`POST /cgi-bin/webhook/send?key=` + robotKey + ` {"msgtype":"text"}`,
		`POST /proxy/cgi-bin/qrcode/create?access_token=TOKEN-first-a%2Bb%2Fc%3D {"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"x"}}}`,
	}
	for i, s := range v.calls("") {
		if i >= len(want) || strings.TrimSpace(s) != want[i] {
			t.Errorf("%d: %s", i, s)
		}
	}
}

func TestTheVendorsErrcodeArrivesHoweverTheLibraryTreatsIt(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(account, context.Context) error{
		"flattened to text": account.say,
		"flattened twice":   func(a account, ctx context.Context) error { _, err := a.qr(ctx); return err },
		"swallowed":         account.robot,
		"kept": func(a account, ctx context.Context) error {
			return a.Do(ctx, "menu/create", a.tokens, func(t Ticket) error { return menu.NewMenu(oa(t)).SetMenu(nil) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t)
			a := newAccount(t, Options{WeChat: v.URL, WeCom: v.URL})
			v.then(errcode(45015, "response out of time limit access_token="+firstToken))
			err := call(a, t.Context())
			var vendors *Error
			var common *util.CommonError
			if !errors.As(err, &vendors) || vendors.Code != 45015 || !errors.As(err, &common) || common.ErrCode != 45015 || Code(err) != 45015 {
				t.Fatalf("%T %v", err, err)
			}
			if !strings.Contains(err.Error(), "response out of time limit") || strings.Contains(err.Error(), firstToken) {
				t.Errorf("%v", err)
			}
			if se := SendError(err); se.Fault != chat.Rejected {
				t.Errorf("%v", se)
			}
		})
	}
}

func TestAnExpiredTokenIsFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		v := newVendor(t)
		a := newAccount(t, Options{WeChat: v.URL})
		v.then(errcode(0, "ok"), errcode(code, "expired"))
		for range 2 {
			if err := a.say(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sends := v.calls("custom/send")
		if len(sends) != 3 || !strings.Contains(sends[2], nextToken) || len(v.calls("stable_token")) != 2 {
			t.Errorf("%d: %q", code, v.calls(""))
		}
		// Twice in a row is no coincidence any more.
		v.then(errcode(code, "expired"), errcode(code, "expired again"), errcode(0, "ok"))
		if err := a.say(t.Context()); Code(err) != int64(code) || SendError(err).Fault != chat.Retry {
			t.Errorf("%d: %v", code, err)
		}
		if n := len(v.calls("custom/send")); n != 5 {
			t.Errorf("%d: %d sends", code, n)
		}
	}
	// The key of a robot cannot be renewed.
	v := newVendor(t)
	a := newAccount(t, Options{WeCom: v.URL})
	v.then(errcode(40014, "?"))
	if err := a.robot(t.Context()); Code(err) != 40014 || len(v.calls("webhook")) != 1 {
		t.Errorf("%v %q", err, v.calls(""))
	}
}

func TestManyCallsFetchOneToken(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL})
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if err := a.say(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(v.calls("stable_token")); n != 1 {
		t.Errorf("%d tokens were fetched", n)
	}
}

func TestConnectionsDoNotMeet(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 8 {
		v := newVendor(t)
		a := newAccount(t, Options{WeChat: v.URL})
		all.Go(func() {
			for range 10 {
				if err := a.say(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if n := len(v.calls("custom/send")); n != 10 {
				t.Errorf("%d calls", n)
			}
		})
	}
	all.Wait()
}

func TestAppsOfOneCorporationHaveTheirOwnTokens(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c, err := New(Options{WeCom: v.URL})
	if err != nil {
		t.Fatal(err)
	}
	cache := NewCache(nil)
	if _, err := c.WeComTokens("ww1", appSecret, "", cache); err == nil {
		t.Error("no agent id, no error")
	}
	for i, agent := range []string{"1", "2", "1"} {
		tokens, err := c.WeComTokens("ww1", appSecret, agent, cache)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tokens.Get(t.Context())
		if want := [...]string{firstToken, nextToken, firstToken}[i]; err != nil || got != want {
			t.Errorf("%s: %q, %v", agent, got, err)
		}
	}
	if calls := v.calls("gettoken"); len(calls) != 2 || !strings.Contains(calls[0], "corpid=ww1") || !strings.Contains(calls[0], "corpsecret="+appSecret) {
		t.Errorf("%q", calls)
	}
}

func TestTheLibraryIsRefusedOutsideOfDo(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL, WeCom: v.URL})
	if _, err := util.HTTPGet(v.URL + "/?access_token=ticket-zzzzzz"); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if _, err := util.PostJSON("https://"+HostWeChat+"/x", 1); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if _, err := credential.GetTokenFromServerContext(t.Context(), v.URL); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	for _, address := range []string{v.URL + "/x", "https://evil.example/x", "http://" + HostWeChat + "/x", "https://" + HostWeChat + ":8443/x"} {
		err := a.Do(t.Context(), "x", a.tokens, func(t Ticket) error {
			_, err := util.HTTPGet(address + "?access_token=" + string(t))
			return err
		})
		if se := SendError(err); se.Fault != chat.Rejected || !strings.Contains(err.Error(), "refused to call") {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A ticket ends with its call.
	var kept Ticket
	_ = a.Do(t.Context(), "x", a.tokens, func(t Ticket) error { kept = t; return nil })
	if _, err := util.HTTPGet("https://" + HostWeChat + "/x?access_token=" + string(kept)); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if n := len(v.calls("/x")); n != 0 {
		t.Errorf("%d calls got through", n)
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"api.weixin.qq.com", "ftp://x", "http://", "http://user:hunter2@x", "http://x/?secret=hunter2", "http://%zz"} {
		if _, err := New(Options{WeChat: base}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", base, err)
		}
	}
}
