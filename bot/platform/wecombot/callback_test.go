package wecombot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// answering is an engine that answers each event with a letter, after a pause.
func (r *rig) answering(k *sink, pause time.Duration, content chat.Content, errs chan<- error) chat.Deliver {
	return func(ctx context.Context, events []chat.Event) error {
		if err := k.deliver(ctx, events); err != nil {
			return err
		}
		for _, ev := range events {
			go func() {
				if pause > 0 {
					<-time.After(pause)
				}
				l := letter(ev, "")
				l.Content = content
				_, err := r.Send(context.WithoutCancel(ctx), l)
				errs <- err
			}()
		}
		return nil
	}
}

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

func TestTheAnswerIsInTheResponse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("\u7b7e", 33)+"<br>", 300)
	for name, c := range map[string]struct {
		content chat.Content
		want    []string // "command msgtype"
	}{
		"text":           {chat.Content{Text: "done", Private: true}, []string{"passive stream"}},
		"a card":         {chat.Content{Text: "Party?", Choices: votes(2)}, []string{"passive template_card"}},
		"text and card":  {chat.Content{Text: "Party?", Choices: votes(9)}, []string{"passive stream_with_template_card"}},
		"a long text":    {chat.Content{Text: long}, []string{"passive stream", "response_url markdown"}},
		"a picture":      {chat.Content{Text: "look", File: &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("png")}}, []string{"passive stream"}},
		"only a picture": {chat.Content{File: &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("png")}}, []string{"passive stream"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				k, errs := newSink(), make(chan error, 10)
				stop := r.start(r.answering(k, 0, c.content, errs))
				r.s.Tell(group, "lilei", "/x")
				if err := <-errs; err != nil {
					r.t.Fatal(err)
				}
				synctest.Wait()
				var got []string
				for _, m := range r.s.Sent() {
					got = append(got, m.Cmd+" "+m.MsgType)
				}
				if !slices.Equal(got, c.want) {
					r.t.Errorf("%v", got)
				}
				if m := r.s.Sent()[0]; c.content.Private && m.Text != "@lilei done" {
					r.t.Errorf("%q", m.Text)
				}
				if m := r.s.Sent()[0]; c.content.File != nil && (len(m.Stream.Items) != 1 || string(m.Stream.Items[0].Image.Base64) != "png") {
					r.t.Errorf("%+v", m.Stream)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestAnEntryAndAClickAreAnsweredInTheirOwnWays(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		content := chat.Content{Text: "<b>Hello</b>", Choices: votes(2)}
		stop := r.start(func(ctx context.Context, events []chat.Event) error {
			return r.answering(k, 0, content, errs)(ctx, events)
		})
		r.s.Enter("lilei")
		if err := <-errs; err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if m := r.last(); m.MsgType != "template_card" || m.Chat != "lilei" {
			r.t.Errorf("%+v", m)
		}
		// A click in a private chat, a click in a group for the clicker alone.
		content = chat.Content{Text: "voted", Private: true}
		for _, place := range []wecomtest.Chat{lilei, group} {
			if place.Group {
				content = chat.Content{Text: "Party?", Choices: votes(2)}
				r.s.Tell(group, "lilei", "/poll")
				if err := <-errs; err != nil {
					r.t.Fatal(err)
				}
				synctest.Wait()
				content = chat.Content{Text: "voted", Private: true}
			}
			if _, ok := r.s.Press(place, "lilei", "Option 2"); !ok {
				r.t.Fatal("no such button")
			}
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
			if m := r.last(); m.MsgType != "update_template_card" || m.Card.SubTitleText != "voted" || !slices.Equal(m.UserIDs, []string{"lilei"}) {
				r.t.Errorf("%+v", m)
			}
		}
		// What is for everybody, and what no card holds, goes to response_url.
		for _, c := range []chat.Content{{Text: "closed"}, {Text: strings.Repeat("x", 300), Private: true}} {
			content = c
			r.s.Press(group, "hanmei", "Option 2")
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
			if m := r.last(); m.Cmd != "response_url" || m.MsgType != "markdown" || m.Chat != group.ID {
				r.t.Errorf("%+v", m)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestALateAnswerGoesToResponseURLOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pause  time.Duration
		faults []wecomtest.Fault
		want   chat.Fault
	}{
		"after five seconds":  {pause: 5 * time.Second},
		"after half an hour":  {pause: 30 * time.Minute},
		"after an hour":       {pause: time.Hour, want: chat.Rejected},
		"refused":             {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: 40058}}, want: chat.Rejected},
		"too many":            {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: codeFrequency}}, want: chat.Throttled},
		"busy":                {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Code: codeBusy}}, want: chat.Retry},
		"lost before it":      {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Drop: wecomtest.BeforeEffect}}, want: chat.Unknown},
		"lost after it":       {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Drop: wecomtest.AfterEffect}}, want: chat.Unknown},
		"no answer in 15 s":   {pause: 5 * time.Second, faults: []wecomtest.Fault{{Cmd: "response_url", Delay: time.Minute}}, want: chat.Unknown},
		"the network is gone": {pause: 5 * time.Second, want: chat.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				k, errs := newSink(), make(chan error, 10)
				stop := r.start(r.answering(k, c.pause, chat.Content{Text: "done", Choices: votes(2)}, errs))
				for _, f := range c.faults {
					r.s.Fail(f)
				}
				if name == "the network is gone" {
					r.wire.down(true)
				}
				begin := time.Now()
				r.s.Tell(group, "lilei", "/x")
				ev := k.wait(r.t, 1)[0]
				err := <-errs
				if c.want == "" && err != nil {
					r.t.Fatal(err)
				} else if c.want != "" {
					wantFault(r.t, err, c.want)
				}
				if n := r.s.Calls("callback"); n != 1 {
					r.t.Errorf("%d callbacks", n)
				}
				if d := time.Since(begin); d < c.pause {
					r.t.Errorf("after %s", d)
				}
				if c.want == "" {
					// The text holds what a card would, for groups get none so.
					if m := r.last(); m.Cmd != "response_url" || !strings.Contains(m.Text, "`@helper /vote 9 B`") {
						r.t.Errorf("%+v", m)
					}
					_, err := r.Send(r.t.Context(), letter(ev, "one more"))
					wantFault(r.t, err, chat.Rejected)
				}
				if c.want == chat.Retry {
					r.wire.down(false)
					r.mustSend(letter(ev, "again"))
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestAfterARestartTheTokenStillFindsTheWay(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		r.s.Tell(lilei, "lilei", "/x")
		ev := k.wait(r.t, 1)[0]
		waitFor(r.t, 5*time.Second)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		again := connect(r.t, r.s, callbackMode)
		defer again.wire.close()
		again.mustSend(letter(ev, "done", votes(2)...))
		if m := r.last(); m.Cmd != "response_url" || m.MsgType != "template_card" {
			r.t.Errorf("%+v", m)
		}
	})
}

func TestALetterThatAnswersNothingTakesASpareResponseURL(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		stop := r.start(r.answering(k, 0, chat.Content{Text: "done"}, errs))
		_, err := r.Send(r.t.Context(), post(group, "news"))
		wantFault(r.t, err, chat.Rejected)
		for range 2 {
			r.s.Tell(group, "lilei", "/x")
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
		}
		r.mustSend(post(group, "news"))
		if m := r.last(); m.Cmd != "response_url" || m.Text != "news" {
			r.t.Errorf("%+v", m)
		}
		_, err = r.Send(r.t.Context(), post(group, "more news"))
		wantFault(r.t, err, chat.Rejected)
		// A fallback would have taken it.
		r.opts.Fallback = func(context.Context, chat.Letter) error { return nil }
		r.mustSend(post(group, "more news"))
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestWithoutAResponseURLABubbleWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"in time": 0, "late": 20 * time.Second, "never": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				r.opts.BaseURL, r.base.Host = "http://elsewhere.test", "elsewhere.test" // its response_urls are not trusted
				k := newSink()
				stop := r.start(k.deliver)
				r.s.Tell(group, "lilei", "/x")
				ev := k.wait(r.t, 1)[0]
				if strings.Contains(ev.Reply, "response_code") {
					r.t.Errorf("a foreign address was kept: %s", ev.Reply)
				}
				waitFor(r.t, pause)
				var err error
				for range 10 { // as the engine repeats
					if _, err = r.Send(r.t.Context(), letter(ev, "done")); err == nil {
						break
					}
					if fault(r.t, err).Fault != chat.Retry {
						break
					}
					waitFor(r.t, time.Second)
				}
				switch {
				case name == "never":
					wantFault(r.t, err, chat.Rejected)
					// The bubble was ended all the same.
					if m := r.last(); m.Text != thinking || !m.Stream.Finish {
						r.t.Errorf("%+v", m)
					}
				case err != nil:
					r.t.Fatal(err)
				default:
					synctest.Wait()
					if m := r.last(); m.Cmd != "passive" || m.Text != "done" {
						r.t.Errorf("%+v", m)
					}
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestNothingToSayIsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		for _, send := range []func() string{
			func() string { return r.s.Tell(group, "lilei", "/x") },
			func() string { return r.s.Enter("lilei") },
			func() string { return r.s.Click(group, "lilei", "foreign", "/x") },
			func() string { return r.s.Feedback(group, "lilei") },
			func() string { return r.s.Event(group, "lilei", map[string]any{"eventtype": "from_the_future"}) },
			func() string { return r.s.Say(group, "sys", "hello") },
		} {
			send()
			waitFor(r.t, 10*time.Second)
		}
		if n := r.s.Calls("callback"); n != 6 || len(r.s.Sent()) != 0 || len(k.all()) != 3 {
			r.t.Errorf("%d callbacks, %d messages, %d events", n, len(r.s.Sent()), len(k.all()))
		}
		if err := stop(); err != nil {
			r.t.Error(err)
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

func TestACallbackEndsWithRun(t *testing.T) {
	t.Parallel()
	for name, deliver := range map[string]chat.Deliver{
		"waiting for the answer": newSink().deliver,
		"a commit that fails":    func(context.Context, []chat.Event) error { return errNotNow },
		"a commit that hangs":    func(ctx context.Context, _ []chat.Event) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				stop := r.start(deliver)
				r.s.Tell(group, "lilei", "/x")
				synctest.Wait()
				begin := time.Now()
				if err := stop(); err != nil {
					r.t.Error(err)
				}
				if d := time.Since(begin); d > time.Second {
					r.t.Errorf("Run ended after %s", d)
				}
			})
		})
	}
}

func TestFilesInCallbackMode(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		stop := r.start(r.answering(k, 0, chat.Content{File: &chat.File{Name: "a", MIME: "text/plain", Data: []byte("x")}}, errs))
		r.s.Tell(group, "lilei", "/x")
		wantFault(r.t, <-errs, chat.Rejected)
		ev := k.wait(r.t, 1)[0]
		waitFor(r.t, 10*time.Second)
		l := letter(ev, "")
		l.Content.File = &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("x")}
		_, err := r.Send(r.t.Context(), l) // the request is over
		wantFault(r.t, err, chat.Rejected)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTheLongConnectionHasNoHandler(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		if status, _ := r.s.Do(r.t.Context(), r, http.MethodGet, "", nil); status != http.StatusNotFound {
			r.t.Errorf("%d", status)
		}
	})
}

func TestOldRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	var o passives
	now := time.Unix(1700000000, 0)
	for i := range 100 {
		p := o.join(keyOf(chat.Ref{ID: string(rune('a' + i))}), now)
		if i%2 == 0 {
			p.keep(payload{})
		}
		o.leave(p)
	}
	o.join("x", now.Add(2*time.Minute))
	if n := len(o.m); n != 51 {
		t.Errorf("%d, those without an answer may still be asked for", n)
	}
	o.join("y", now.Add(10*time.Minute))
	if n := len(o.m); n != 2 {
		t.Errorf("%d", n)
	}
}

func TestASpentAddressIsForgottenWhenItIsDead(t *testing.T) {
	t.Parallel()
	var s spent
	now := time.Unix(1700000000, 0)
	if !s.take("a", now) || s.take("a", now.Add(30*time.Minute)) {
		t.Error("not once")
	}
	s.give("a")
	if !s.take("a", now.Add(31*time.Minute)) {
		t.Error("given back")
	}
	for i := range 100 {
		s.take("b"+string(rune('a'+i)), now.Add(time.Duration(i)*time.Hour))
	}
	if n := len(s.now) + len(s.before); n > 3 {
		t.Errorf("%d are remembered", n)
	}
}

// FuzzCallback gives anything to the handler: any query and body from
// strangers, and any body from somebody who can sign.
func FuzzCallback(f *testing.F) {
	var rows []struct{ Body json.RawMessage }
	readTable(f, "decode.json", &rows)
	for _, row := range rows {
		f.Add("", []byte(row.Body))
	}
	f.Add("msg_signature=a&timestamp=1&nonce=2&echostr=AAAA", []byte(`{"encrypt":"AAAA"}`))
	f.Add("%zz", []byte(`<xml><Encrypt>AAAA</Encrypt></xml>`))
	f.Add("", []byte(`{"msgtype":"stream","stream":{"id":"0123456789abcdef01234567"}}`))
	s := wecomtest.NewServer(wecomtest.Options{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		b, err := New(Options{
			Name: "helper", Mode: Callback, Token: s.Token(), EncodingAESKey: s.AESKey(), BaseURL: s.BaseURL(),
			Times: Times{Passive: time.Nanosecond}, Transport: s.Transport(),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.hook.set(&link{bind: context.WithCancel, deliver: func(_ context.Context, events []chat.Event) error {
			for _, ev := range events {
				if !ours(ev.Chat.Ref) || !ours(ev.ID) || ev.Sender.Ref.ID == "" || ev.At.IsZero() {
					t.Errorf("%+v", ev)
				}
			}
			return nil
		}})
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, text := s.Do(t.Context(), b, method, "?"+url.QueryEscape(query), body); status == http.StatusOK || len(text) > 0 {
				t.Errorf("%s by a stranger: %d %q", method, status, text)
			}
		}
		sealed := s.Seal(body)
		if status, text := s.Post(t.Context(), b, sealed); status != http.StatusOK {
			t.Errorf("%d %q", status, text)
		}
	})
}

// FuzzFrame gives anything to the reader of the long connection.
func FuzzFrame(f *testing.F) {
	var rows []struct{ Body json.RawMessage }
	readTable(f, "decode.json", &rows)
	for _, row := range rows {
		f.Add([]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":` + string(row.Body) + `}`))
	}
	f.Add([]byte(`{"headers":{"req_id":"r"},"errcode":0,"errmsg":"ok"}`))
	f.Add([]byte("{\"headers\":{\"req_id\":7},\"errmsg\":\"a\x01b\"}"))
	f.Add([]byte(`"req_id":"poison"`))
	d := testDecoder("helper")
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := parseFrame(data)
		if err != nil {
			if len(fr.Headers.ReqID) > 128 {
				t.Errorf("%q", fr.Headers.ReqID)
			}
			return
		}
		b, err := parseBody(fr.Body)
		if err != nil {
			return
		}
		ev, ok := d.read(b, replyToken{Req: string(fr.Headers.ReqID)}, "fallback")
		if !ok {
			return
		}
		if !ours(ev.Chat.Ref) || !ours(ev.ID) || ev.Sender.Ref.ID == "" || ev.At.IsZero() || parseReply(ev.Reply).Kind == "" {
			t.Errorf("%+v", ev)
		}
		if ev.Kind == chat.Press && ev.Text == "" {
			t.Error("a press of nothing")
		}
	})
}
