package wechatmp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

func TestNewNamesWhatIsWrongAndNoSecret(t *testing.T) {
	t.Parallel()
	good := Options{Name: "oa", AppID: "wx1", AppSecret: "hunter2-secret", Token: "hunter2token", EncodingAESKey: wechattest.DefaultAESKey}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"name":             func(o *Options) { o.Name = "a/b" },
		"no name":          func(o *Options) { o.Name = "" },
		"app_id":           func(o *Options) { o.AppID = "" },
		"app_id ":          func(o *Options) { o.AppID = "wx 1" },
		"app_secret":       func(o *Options) { o.AppSecret = " " },
		"token":            func(o *Options) { o.Token = "hunter2 token" },
		"no token":         func(o *Options) { o.Token = "" },
		"encoding_aes_key": func(o *Options) { o.EncodingAESKey = "hunter2" },
		"base_url":         func(o *Options) { o.BaseURL = "hunter2.example" },
	} {
		o := good
		change(&o)
		a, err := New(o)
		if err == nil || a != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesAndDomains(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{AppID: "wx9"}, nil, func(r *rig) {
		if r.Name() != "oa" || r.Domain() != "wechat:wx9" {
			r.t.Errorf("%s %s", r.Name(), r.Domain())
		}
		ref, err := chat.ParseRef("wechat:wx9:" + aning)
		if err != nil || ref != r.chat(aning).Ref {
			r.t.Errorf("%v %v", ref, err)
		}
	})
}

func TestWrongCredentialsEndRun(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"secret": func(o *Options) { o.AppSecret = "another-secret" },
		"app_id": func(o *Options) { o.AppID = "wx0" },
	} {
		bubble(t, wechattest.Options{}, change, func(r *rig) {
			err := r.Run(r.t.Context(), r.deliver)
			if !errors.Is(err, ErrCredentials) || strings.Contains(err.Error(), "another-secret") {
				r.t.Errorf("%s: %v", name, err)
			}
			// The letters stay good, and the trouble is said once.
			for range 3 {
				if se := fault(r.t, r.letter(aning, "x")); se.Fault != chat.Retry {
					r.t.Error(se)
				}
			}
			if r.logs.Count("app secret is not accepted") != 1 {
				r.t.Errorf("%s", r.logs)
			}
		})
	}
}

func TestTroubleIsWaitedOutAndSaidOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault wechattest.Fault
		said  string
	}{
		"gateway":    {wechattest.Fault{Status: 502}, "level=WARN"},
		"dropped":    {wechattest.Fault{Drop: wechattest.BeforeEffect}, "level=WARN"},
		"busy":       {wechattest.Fault{Code: -1, Msg: "system error"}, "level=WARN"},
		"white list": {wechattest.Fault{Code: 40164, Msg: "invalid ip 203.0.113.7, not in whitelist"}, "level=ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, sealedMode, nil, func(r *rig) {
				c.fault.Path, c.fault.Times = wechattest.PathStableToken, 5
				r.s.Fail(c.fault)
				r.answer = echo
				stop := r.start()
				// Answers need no access token.
				if a := r.s.Say(r.t.Context(), aning, "hello"); a.Text != "you said hello" {
					r.t.Errorf("%+v", a)
				}
				time.Sleep(time.Minute)
				if r.logs.Count(c.said) != 1 || r.logs.Count("works again") != 1 || r.s.Calls(wechattest.PathStableToken) != 6 {
					r.t.Errorf("%s", r.logs)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestCancelEndsRunAtOnce(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]wechattest.Fault{
		"quiet": {Path: "nowhere"}, "waiting": {Status: 502, Times: -1}, "calling": {Delay: time.Hour, Times: -1},
	} {
		bubble(t, sealedMode, nil, func(r *rig) {
			r.s.Fail(f)
			stop := r.start()
			time.Sleep(5 * time.Second)
			begin := time.Now()
			if err := stop(); err != nil || time.Since(begin) > time.Second {
				r.t.Errorf("%s: %v after %s", name, err, time.Since(begin))
			}
		})
	}
}

func TestParametricCodesLeadToStart(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		for _, life := range []time.Duration{0, time.Hour, maxQRLife} {
			image, err := r.QR(r.t.Context(), "K7Q2", life)
			code, ok := r.s.CodeAt(image)
			if err != nil || !ok || code.Scene != "K7Q2" || code.Expires != life {
				r.t.Errorf("%s: %+v %v", image, code, err)
			}
		}
		r.answer = echo
		if a := r.s.Follow(r.t.Context(), aning, "K7Q2"); a.Text != "you said /start K7Q2" {
			r.t.Errorf("%+v", a)
		}
		if a := r.s.Scan(r.t.Context(), aning, "K7Q2"); a.Text != "you said /start K7Q2" {
			r.t.Errorf("%+v", a)
		}
		for _, c := range []struct {
			scene string
			life  time.Duration
		}{{"", 0}, {"a b", 0}, {strings.Repeat("a", 65), 0}, {"x", -1}, {"x", time.Millisecond}, {"x", maxQRLife + 1}, {"\u7b7e", 0}} {
			if image, err := r.QR(r.t.Context(), c.scene, c.life); image != "" || fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%q: %v", c.scene, err)
			}
		}
		r.s.Fail(wechattest.Fault{Path: wechattest.PathQRCreate, Code: 45009})
		if _, err := r.QR(r.t.Context(), "x", 0); fault(r.t, err).Fault != chat.Throttled {
			r.t.Error(err)
		}
	})
}

// check prints findings as "+code args" and "-code args".
func (r *rig) check() string {
	var out []string
	for _, f := range r.Check(r.t.Context(), nil) {
		sign := "-"
		if f.OK {
			sign = "+"
		}
		out = append(out, strings.TrimPrefix(fmt.Sprint(sign, strings.TrimPrefix(f.Code, "wechatmp."), f.Args), " "))
	}
	text := strings.ReplaceAll(strings.Join(out, " "), "map[]", "")
	r.noSecrets(text)
	return text
}

func TestCheckTellsWhatTheAccountCan(t *testing.T) {
	t.Parallel()
	expect := func(r *rig, want string) {
		if got := r.check(); got != want {
			r.t.Errorf("%s\nwant %s", got, want)
		}
	}
	const me = "+readymap[app_id:wx5823bf96d3bd56c7]"
	bubble(t, wechattest.Options{}, grouped, func(r *rig) {
		expect(r, me+" +plainmap[path:/wechat/oa] +menu_none +codes")
		if err := r.SetMenu(r.t.Context(), "", entries); err != nil {
			r.t.Error(err)
		}
		expect(r, me+" +plainmap[path:/wechat/oa] +menu_ours +codes")
		r.s.SetMenu(wechattest.Button{Type: "view", Name: "Shop", URL: "https://shop.example"})
		r.s.Fail(wechattest.Fault{Path: wechattest.PathQRCreate, Code: 48001, Msg: "api unauthorized"})
		expect(r, me+" +plainmap[path:/wechat/oa] +menu_foreign +no_codes")
		r.s.Fail(wechattest.Fault{Path: wechattest.PathSelfMenu, Code: 48001, Msg: "api unauthorized"})
		r.s.Fail(wechattest.Fault{Path: wechattest.PathQRCreate, Status: 502})
		if got := r.check(); !strings.Contains(got, "-menu_denied") || !strings.Contains(got, "-unreachable") {
			r.t.Error(got)
		}
	})
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		p := r.s.Frame(aning, "text", nil)
		p.Query.Set("signature", "x")
		r.s.Post(r.t.Context(), aning, p)
		expect(r, me+" +sealedmap[path:/wechat/oa] -refusedmap[replayed:0 signature:1 stale:0 unreadable:0] +menu_none +codes")
	})
	for want, f := range map[string]wechattest.Fault{
		"-secret_badmap[app_id:wx5823bf96d3bd56c7]": {Code: 40125, Msg: "invalid appsecret"},
		"-address_badmap[ip:203.0.113.7]":           {Code: 40164, Msg: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"},
	} {
		bubble(t, wechattest.Options{}, nil, func(r *rig) {
			f.Path = wechattest.PathStableToken
			r.s.Fail(f)
			expect(r, want)
		})
	}
}

// Whatever goes wrong, no secret is in an error, a finding or a log.
func TestNoFailureShowsASecret(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", wechattest.PathStableToken} {
		for _, f := range []wechattest.Fault{
			{Status: 500},
			{Status: 302},
			{Status: 413},
			{Drop: wechattest.BeforeEffect},
			{Drop: wechattest.AfterEffect},
			{Delay: time.Minute},
			{Code: 40001, Msg: "invalid credential, access_token=76_access-token-1-must-never-be-logged is invalid, secret=" + wechattest.DefaultAppSecret},
			{Code: 40013},
			{Code: 45009},
			{Code: 99999, Msg: wechattest.DefaultAppSecret},
		} {
			bubble(t, sealedMode, grouped, func(r *rig) {
				f.Path, f.Times = path, -1
				if path == "" {
					if err := r.api.ready(r.t.Context()); err != nil {
						r.t.Fatal(err)
					}
				}
				r.s.Fail(f)
				ctx, cancel := context.WithTimeout(r.t.Context(), 3*time.Minute)
				defer cancel()
				_, qr := r.QR(ctx, "x", 0)
				menu := r.SetMenu(ctx, "", entries)
				run := r.Run(ctx, r.deliver)
				for _, err := range []error{r.letter(aning, "x"), qr, menu, run} {
					r.noSecrets(fmt.Sprintf("%v %+v %#v", err, err, err))
				}
				r.check()
			})
		}
	}
}

func TestPeopleAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(time.Now)
		for i := range 100 {
			p.note(strconv.Itoa(i), wrote, "x")
		}
		time.Sleep(48 * time.Hour)
		p.note("new", acted, "x")
		if len(p.seen) != 1 {
			t.Errorf("%d people", len(p.seen))
		}
	})
}
