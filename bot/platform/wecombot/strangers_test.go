package wecombot

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		q := r.s.SealEcho("1616140317555161061")
		for range 2 { // it works before Run, and again
			status, text := r.s.Do(r.t.Context(), r, http.MethodGet, "?"+q.Encode(), nil)
			if status != http.StatusOK || string(text) != "1616140317555161061" {
				r.t.Errorf("%d %q", status, text)
			}
		}
		q.Set("msg_signature", strings.Repeat("0", 40))
		if status, text := r.s.Do(r.t.Context(), r, http.MethodGet, "?"+q.Encode(), nil); status != http.StatusForbidden || len(text) != 0 {
			r.t.Errorf("%d %q", status, text)
		}
		if status, _ := r.s.Do(r.t.Context(), r, http.MethodPut, "?"+q.Encode(), nil); status != http.StatusMethodNotAllowed {
			r.t.Errorf("PUT: %d", status)
		}
	})
}

func TestAFailedCommitIsNoSuccessAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		k.fail = func(int) error { return errNotNow }
		stop := r.start(k.deliver)
		_, body := r.s.Compose(group, "lilei", "@helper /x")
		sealed := r.s.Seal(body)
		if status, text := r.s.Post(r.t.Context(), r, sealed); status != http.StatusServiceUnavailable || len(text) != 0 {
			r.t.Errorf("%d %q", status, text)
		}
		if k.calls < 3 {
			r.t.Errorf("tried %d times", k.calls)
		}
		k.mu.Lock()
		k.fail = nil
		k.mu.Unlock()
		// The very same request is no replay then.
		if status, _ := r.s.Post(r.t.Context(), r, sealed); status != http.StatusOK || len(k.all()) != 1 {
			r.t.Errorf("%d, %d events", status, len(k.all()))
		}
		// Now it is.
		if status, _ := r.s.Post(r.t.Context(), r, sealed); status != http.StatusForbidden || len(k.all()) != 1 {
			r.t.Errorf("%d, %d events", status, len(k.all()))
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if status, _ := r.s.Post(r.t.Context(), r, r.s.Seal(body)); status != http.StatusServiceUnavailable {
			r.t.Errorf("after the stop: %d", status)
		}
	})
}

func TestARepeatedCallbackGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		seen := map[chat.Ref]bool{}
		stop := r.start(func(ctx context.Context, events []chat.Event) error {
			if err := k.deliver(ctx, events); err != nil || seen[events[0].ID] {
				return err // the engine knows it
			}
			seen[events[0].ID] = true
			return r.answering(newSink(), 0, chat.Content{Text: "done"}, errs)(ctx, events)
		})
		_, body := r.s.Compose(group, "lilei", "@helper /x")
		var first string
		for n := range 2 {
			sealed := r.s.Seal(body)
			status, answer := r.s.Post(r.t.Context(), r, sealed)
			plain, err := r.s.OpenAnswer(answer, sealed.Query.Get("nonce"))
			if status != http.StatusOK || err != nil || !strings.Contains(string(plain), "done") {
				r.t.Fatalf("%d %q %v", status, plain, err)
			}
			if n == 1 && string(plain) != first {
				r.t.Errorf("%s and %s", first, plain)
			}
			first = string(plain)
		}
		if err := <-errs; err != nil || len(errs) != 0 {
			r.t.Error(err)
		}
		if events := k.all(); len(events) != 2 || events[0].ID != events[1].ID {
			r.t.Errorf("%+v", events)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		_, body := r.s.Compose(group, "lilei", "@helper /x")
		good := func() wecomtest.Sealed { return r.s.Seal(body) }
		for name, c := range map[string]struct {
			spoil  func(*wecomtest.Sealed)
			status int
		}{
			"no query":          {func(c *wecomtest.Sealed) { c.Query = url.Values{} }, http.StatusForbidden},
			"another signature": {func(c *wecomtest.Sealed) { c.Query.Set("msg_signature", strings.Repeat("a", 40)) }, http.StatusForbidden},
			"another nonce":     {func(c *wecomtest.Sealed) { c.Query.Set("nonce", "1") }, http.StatusForbidden},
			"another time":      {func(c *wecomtest.Sealed) { c.Query.Set("timestamp", "1") }, http.StatusForbidden},
			"another body":      {func(c *wecomtest.Sealed) { c.Body = []byte(`{"encrypt":"AAAA"}`) }, http.StatusForbidden},
			"no body":           {func(c *wecomtest.Sealed) { c.Body = nil }, http.StatusForbidden},
			"no json":           {func(c *wecomtest.Sealed) { c.Body = []byte("<xml></xml>") }, http.StatusForbidden},
			"too large":         {func(c *wecomtest.Sealed) { c.Body = append(c.Body, make([]byte, maxBody)...) }, http.StatusRequestEntityTooLarge},
			"somebody else's":   {func(c *wecomtest.Sealed) { *c = strangerServer().Seal(body) }, http.StatusForbidden},
			"under other names": {func(c *wecomtest.Sealed) {
				c.Query.Set("msgsignature", c.Query.Get("msg_signature"))
				c.Query.Del("msg_signature")
			}, http.StatusOK},
			"signed but no json": {func(c *wecomtest.Sealed) { *c = r.s.Seal([]byte("hello")) }, http.StatusOK},
			"signed but a list":  {func(c *wecomtest.Sealed) { *c = r.s.Seal([]byte("[]")) }, http.StatusOK},
			"a foreign bubble":   {func(c *wecomtest.Sealed) { *c = r.s.Seal([]byte(`{"msgtype":"stream","stream":{"id":"x"}}`)) }, http.StatusOK},
		} {
			sealed := good()
			c.spoil(&sealed)
			status, text := r.s.Post(r.t.Context(), r, sealed)
			if status != c.status || len(text) != 0 {
				r.t.Errorf("%s: %d %q", name, status, text)
			}
		}
		if n := len(k.all()); n != 1 {
			r.t.Errorf("%d events", n)
		}
		// Stale: sealed now, sent later.
		sealed := good()
		waitFor(r.t, 6*time.Minute)
		if status, _ := r.s.Post(r.t.Context(), r, sealed); status != http.StatusForbidden {
			r.t.Errorf("stale: %d", status)
		}
		// The operator is told, the caller was not.
		f := r.Check(r.t.Context(), nil)
		if i := slices.IndexFunc(f, func(f chat.Finding) bool { return f.Code == checkRefused }); i < 0 || f[i].OK || f[i].Args["signature"] == "0" || f[i].Args["stale"] != "1" {
			r.t.Errorf("%+v", f)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// strangerServer knows the key but not the token.
func strangerServer() *wecomtest.Server {
	return wecomtest.NewServer(wecomtest.Options{Token: "somebodyElsesToken"})
}

func TestOnlyThePlatformsAddressesAreTrusted(t *testing.T) {
	t.Parallel()
	b, err := New(Options{Name: "a", BotID: "b", Secret: "c"})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := New(Options{Name: "a", BotID: "b", Secret: "c", BaseURL: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		b    *Bot
		url  string
		want bool
	}{
		{b, "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x", true},
		{b, "http://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x", false},
		{b, "https://qyapi.weixin.qq.com.evil.example/", false},
		{b, "https://qyapi.weixin.qq.com@evil.example/", false},
		{b, "https://evil@qyapi.weixin.qq.com/", false},
		{b, "https://qyapi.weixin.qq.com:8443/", false},
		{b, "https://evil.example/?qyapi.weixin.qq.com", false},
		{b, "file:///etc/passwd", false},
		{b, "//qyapi.weixin.qq.com/", false},
		{b, "", false},
		{b, "%zz", false},
		{plain, "http://127.0.0.1:8080/cgi-bin/aibot/response", true},
		{plain, "https://127.0.0.1:8080/cgi-bin/aibot/response", true},
		{plain, "http://127.0.0.1:9090/", false},
	} {
		if got := c.b.trusted(c.url) != ""; got != c.want {
			t.Errorf("%s: %v", c.url, got)
		}
	}
}

func TestTheLongConnectionHasNoHandler(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		if status, _ := r.s.Do(r.t.Context(), r, http.MethodGet, "", nil); status != http.StatusNotFound {
			r.t.Errorf("%d", status)
		}
	})
}
