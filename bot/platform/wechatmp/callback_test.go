package wechatmp

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

func TestTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		if r.Path() != "/wechat/oa" {
			r.t.Errorf("path %s", r.Path())
		}
		// Before Run, too: the operator enters the address when it suits him.
		for range 2 {
			if code, body, err := r.s.Verify(r.t.Context(), "5619837195138451087"); err != nil || code != http.StatusOK || body != "5619837195138451087" {
				r.t.Errorf("%d %q %v", code, body, err)
			}
		}
		for _, echo := range []string{"", "<script>alert(1)</script>", strings.Repeat("1", 257), "a b&c"} {
			if code, body, err := r.s.Verify(r.t.Context(), echo); err != nil || code != http.StatusForbidden || body != "" {
				r.t.Errorf("%q: %d %q %v", echo, code, body, err)
			}
		}
	})
}

// request is a call of the handler as it is.
func (r *rig) request(method string, query url.Values, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(r.t.Context(), method, "http://bot.test"+r.Path()+"?"+query.Encode(), strings.NewReader(body))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func TestBadRequestsGetAStatusAndNoDetail(t *testing.T) {
	t.Parallel()
	text := map[string]string{"Content": "a private sentence"}
	modes(t, func(r *rig) {
		r.start()
		for name, c := range map[string]struct {
			want  int
			spoil func(*wechattest.Push)
		}{
			"no signature":      {403, func(p *wechattest.Push) { p.Query.Del("signature"); p.Query.Del("msg_signature") }},
			"nothing":           {403, func(p *wechattest.Push) { p.Query = url.Values{} }},
			"another signature": {403, func(p *wechattest.Push) { p.Query.Set("signature", strings.Repeat("0", 40)) }},
			"another nonce":     {403, func(p *wechattest.Push) { p.Query.Set("nonce", "1") }},
			"another time":      {403, func(p *wechattest.Push) { p.Query.Set("timestamp", "1") }},
			"huge":              {413, func(p *wechattest.Push) { p.Body = strings.Repeat("x", maxBody+1) }},
			"huge, not signed":  {403, func(p *wechattest.Push) { p.Query.Del("signature"); p.Body = strings.Repeat("x", maxBody+1) }},
		} {
			p := r.s.Frame(aning, "text", text)
			c.spoil(&p)
			w := r.request(http.MethodPost, p.Query, p.Body)
			if w.Code != c.want || w.Body.Len() > 0 {
				r.t.Errorf("%s: %d %q, want %d", name, w.Code, w.Body, c.want)
			}
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodHead, "TRACE"} {
			if w := r.request(method, nil, ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" || w.Body.Len() > 0 {
				r.t.Errorf("%s: %d", method, w.Code)
			}
		}
		for name, body := range map[string]string{"no xml": "hello", "no message": "<xml></xml>", "empty": "", "json": "{}"} {
			p := r.s.Sign(body)
			if w := r.request(http.MethodPost, p.Query, p.Body); w.Code != http.StatusBadRequest || w.Body.Len() > 0 {
				r.t.Errorf("%s: %d %q", name, w.Code, w.Body)
			}
		}
		if n := len(r.all()); n != 0 {
			r.t.Errorf("%d events", n)
		}
		if r.logs.Count("wrong signature") != 1 {
			r.t.Errorf("the operator is told once:\n%s", r.logs)
		}
		if r.logs.Count("private sentence") > 0 {
			r.t.Error("a person is quoted in the log")
		}
	})
}

func TestOldAndFutureRequestsAreRefused(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.start()
		for _, c := range []struct {
			age  time.Duration
			want int
		}{{0, 200}, {5 * time.Minute, 200}, {5*time.Minute + time.Second, 403}, {time.Hour, 403}} {
			p := r.s.FrameEvent(aning, "VIEW", nil)
			r.pass(c.age)
			if w := r.request(http.MethodPost, p.Query, p.Body); w.Code != c.want {
				r.t.Errorf("%s old: %d", c.age, w.Code)
			}
		}
	})
	// A clock that is late sees requests from the future.
	for _, late := range []time.Duration{4 * time.Minute, 6 * time.Minute} {
		bubble(t, sealedMode, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(-late) } }, func(r *rig) {
			r.start()
			p := r.s.FrameEvent(aning, "VIEW", nil)
			if w := r.request(http.MethodPost, p.Query, p.Body); (w.Code == http.StatusOK) != (late < 5*time.Minute) {
				r.t.Errorf("%s late: %d", late, w.Code)
			}
		})
	}
}

// Who has seen one signed address can use it for nothing else.
func TestAUsedSignatureCarriesNoOtherMessage(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.start()
		seen := r.s.FrameEvent(aning, "VIEW", nil)
		if w := r.request(http.MethodPost, seen.Query, seen.Body); w.Code != http.StatusOK {
			r.t.Fatal(w.Code)
		}
		forged := r.s.FrameEvent(aning, "CLICK", map[string]string{"EventKey": "/mydata delete"})
		if w := r.request(http.MethodPost, seen.Query, forged.Body); w.Code != http.StatusForbidden {
			r.t.Errorf("another body: %d", w.Code)
		}
		seen.Query.Set("more", "1")
		if w := r.request(http.MethodPost, seen.Query, seen.Body); w.Code != http.StatusForbidden {
			r.t.Errorf("another query: %d", w.Code)
		}
		if n := len(r.all()); n != 0 {
			r.t.Errorf("%d events", n)
		}
	})
}

func TestASealedAccountTakesNothingPlain(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		bare := wechattest.NewServer(wechattest.Options{}) // the same token, no key
		p := bare.FrameEvent(aning, "CLICK", map[string]string{"EventKey": "/checkin"})
		for name, change := range map[string]func(){
			"plain":               func() {},
			"plain that says aes": func() { p.Query.Set("encrypt_type", "aes"); p.Query.Set("msg_signature", p.Query.Get("signature")) },
			"says something else": func() { p.Query.Set("encrypt_type", "raw") },
			"sealed, not said":    func() { p = r.s.FrameEvent(aning, "CLICK", nil); p.Query.Del("encrypt_type") },
			"signed for nobody": func() {
				p = wechattest.NewServer(wechattest.Options{EncodingAESKey: wechattest.DefaultAESKey, AppID: "wx0"}).FrameEvent(aning, "VIEW", nil)
			},
			"sealed by another": func() {
				p = wechattest.NewServer(wechattest.Options{EncodingAESKey: strings.Repeat("b", 43)}).FrameEvent(aning, "VIEW", nil)
			},
			"another inner message": func() {
				p = r.s.FrameEvent(aning, "VIEW", nil)
				p.Body = r.s.FrameEvent(aning, "CLICK", nil).Body
			},
		} {
			p = bare.FrameEvent(aning, "CLICK", map[string]string{"EventKey": "/checkin"})
			change()
			if w := r.request(http.MethodPost, p.Query, p.Body); w.Code != http.StatusForbidden || w.Body.Len() > 0 {
				r.t.Errorf("%s: %d %q", name, w.Code, w.Body)
			}
		}
		if n := len(r.all()); n != 0 {
			r.t.Errorf("%d events", n)
		}
	})
}

// The console can send both forms at once ("compatible mode").
func TestOfBothFormsTheSealedOneCounts(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.answer = echo
		r.start()
		p := r.s.Frame(aning, "text", map[string]string{"Content": "sealed"})
		p.Body = strings.Replace(p.Body, "<Encrypt>", "<MsgType>text</MsgType><Content>plain</Content><Encrypt>", 1)
		if a := r.s.Post(r.t.Context(), aning, p); a.Text != "you said sealed" {
			r.t.Errorf("%+v", a)
		}
	})
}

// The console only says that the address does not work.
func TestTheOperatorIsToldWhyRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		so     wechattest.Options
		change func(*Options)
	}{
		"token differs":       {wechattest.Options{}, func(o *Options) { o.Token = "another" }},
		"is the clock right":  {sealedMode, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Hour) } }},
		"encoding_aes_key or": {sealedMode, func(o *Options) { o.AppID = "wx0" }},
		"seals its messages":  {sealedMode, func(o *Options) { o.EncodingAESKey = "" }},
	} {
		bubble(t, c.so, c.change, func(r *rig) {
			for range 3 {
				if a := r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "text", nil)); a.Status < 400 {
					r.t.Errorf("%+v", a)
				}
			}
			if r.logs.Count(want) != 1 || r.logs.Count("level=WARN") != 1 {
				r.t.Errorf("want %q:\n%s", want, r.logs)
			}
		})
	}
}

func TestAHundredPeopleWriteAtOnce(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.answer, r.delay = echo, time.Second
		r.start()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				who, text := "o"+strconv.Itoa(i), "I am "+strconv.Itoa(i)
				if a := r.s.Say(r.t.Context(), who, text); a.Text != "you said "+text || a.Attempts != 1 {
					r.t.Errorf("%+v", a)
				}
			})
		}
		all.Wait()
	})
}

func TestMessagesOfTwoPeopleWithOneIDAreTwo(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		r.answer = echo
		r.start()
		for _, who := range []string{aning, bob} {
			p := r.s.Sign(strings.Replace(push("text", "<Content>x</Content><MsgId>7</MsgId>"), aning, who, 1))
			if a := r.s.Post(r.t.Context(), who, p); a.Text != "you said x" {
				r.t.Errorf("%+v", a)
			}
		}
	})
}

// Over a real socket: what the recorder forgives, a server may not.
func TestOverARealSocket(t *testing.T) {
	t.Parallel()
	for _, so := range []wechattest.Options{{}, sealedMode} {
		s := wechattest.New(t, so)
		r := connect(t, s, func(o *Options) { o.Transport = nil })
		srv := httptest.NewServer(r)
		t.Cleanup(srv.Close)
		s.ConnectURL(srv.URL + r.Path())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- r.Run(ctx, func(_ context.Context, events []chat.Event) error {
				for _, ev := range events {
					go func() {
						_, err := r.Send(ctx, chat.Letter{Chat: ev.Chat, Reply: ev.Reply, Content: chat.Content{Text: "hello " + ev.Text}})
						if err != nil {
							t.Error(err)
						}
					}()
				}
				return nil
			})
		}()
		if code, body, err := s.Verify(ctx, "123"); err != nil || code != http.StatusOK || body != "123" {
			t.Errorf("%d %q %v", code, body, err)
		}
		// Run may not have opened the door yet: the request waits for it.
		a := s.Click(ctx, aning, "/checkin")
		if a.Text != "hello /checkin" {
			t.Errorf("%+v", a)
		}
		resp, err := http.Get(srv.URL + r.Path())
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden || len(body) > 0 {
			t.Errorf("%d %q", resp.StatusCode, body)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("%q", p)
		}
	}
}
