package telegram

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

const testSecret = "s3cret_-OF-the-hook"

func webhookMode(o *Options) {
	o.Mode, o.WebhookSecret, o.PublicURL = Webhook, testSecret, "https://bot.example/"
}

// call makes one request to the handler and gives the status.
func (r *rig) call(method, secret, body string) int {
	req := httptest.NewRequestWithContext(r.t.Context(), method, "http://bot.example"+r.Path(), strings.NewReader(body))
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Body.Len() > 0 {
		r.t.Errorf("the answer has a body, which Telegram would execute: %q", w.Body)
	}
	return w.Code
}

const hello = `{"update_id":9,"message":{"message_id":1,"date":1,"chat":{"id":-1,"type":"supergroup"},"from":{"id":5,"first_name":"A"},"text":"hello"}}`

func TestTheWebhookAnswersWhatItShould(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, webhookMode, func(r *rig) {
		if r.Path() != "/telegram/main" {
			r.t.Errorf("path %s", r.Path())
		}
		if code := r.call(http.MethodPost, testSecret, hello); code != http.StatusServiceUnavailable {
			r.t.Errorf("before Run: %d", code)
		}
		k := newSink()
		k.fail = func(call int) error {
			if call == 1 {
				return errNotNow
			}
			return nil
		}
		stop := r.start(k.deliver)
		waitFor(r.t, time.Second)
		for _, c := range []struct {
			name, method, secret, body string
			want                       int
		}{
			{"GET", http.MethodGet, testSecret, "", http.StatusMethodNotAllowed},
			{"no secret", http.MethodPost, "", hello, http.StatusUnauthorized},
			{"bad secret", http.MethodPost, testSecret + "x", hello, http.StatusUnauthorized},
			{"bad secret and a huge body", http.MethodPost, "x", strings.Repeat(" ", 2<<20), http.StatusUnauthorized},
			{"huge", http.MethodPost, testSecret, `{"update_id":1,"x":"` + strings.Repeat("y", 1<<20) + `"}`, http.StatusRequestEntityTooLarge},
			{"no JSON", http.MethodPost, testSecret, "hello", http.StatusBadRequest},
			{"no update", http.MethodPost, testSecret, `{"ok":true}`, http.StatusBadRequest},
			{"nothing", http.MethodPost, testSecret, "", http.StatusBadRequest},
			{"commit fails", http.MethodPost, testSecret, hello, http.StatusServiceUnavailable},
			{"commit", http.MethodPost, testSecret, hello, http.StatusOK},
			{"no event in it", http.MethodPost, testSecret, `{"update_id":10,"poll":{"id":"1","question":"?","options":[],"is_anonymous":true}}`, http.StatusOK},
			{"poison", http.MethodPost, testSecret, `{"update_id":11,"message":["a private sentence"]}`, http.StatusOK},
		} {
			if got := r.call(c.method, c.secret, c.body); got != c.want {
				r.t.Errorf("%s: %d, want %d", c.name, got, c.want)
			}
		}
		if e := k.all(); len(e) != 1 || e[0].Text != "hello" {
			r.t.Errorf("delivered %+v", e)
		}
		if r.logs.Count("update_id=11") != 1 || r.logs.Count("private sentence") != 0 {
			r.t.Errorf("log:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if code := r.call(http.MethodPost, testSecret, hello); code != http.StatusServiceUnavailable {
			r.t.Errorf("after Run: %d", code)
		}
	})
}

func TestTheWebhookIsRegisteredWithItsSecretAndKinds(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, webhookMode, func(r *rig) {
		r.s.Fail(tgtest.Fault{Method: "setWebhook", Status: 429, RetryAfter: 1})
		r.s.Fail(tgtest.Fault{Method: "setWebhook", Status: 400, Description: "Bad Request: bad webhook: Failed to resolve host"})
		stop := r.start(newSink().deliver)
		waitFor(r.t, 10*time.Second)
		url, secret := r.s.Hook()
		if url != "https://bot.example/telegram/main" || secret != testSecret {
			r.t.Errorf("registered %s with %q", url, secret)
		}
		r.s.MemberChanged(group, bob, tgtest.Member{User: bob, Status: "member"}, "")
		if r.s.Pending() != 1 {
			r.t.Error("chat_member was not asked for")
		}
		if r.s.Calls("getUpdates") != 0 {
			r.t.Error("polled in webhook mode")
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTheWebhookAnswersOnlyAfterTheCommit(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, webhookMode, func(r *rig) {
		commit := make(chan struct{})
		stop := r.start(func(context.Context, []chat.Event) error { <-commit; return nil })
		waitFor(r.t, time.Second)
		answered := make(chan int, 1)
		go func() { answered <- r.call(http.MethodPost, testSecret, hello) }()
		synctest.Wait()
		select {
		case code := <-answered:
			r.t.Errorf("answered %d before the commit", code)
		default:
		}
		close(commit)
		if code := <-answered; code != http.StatusOK {
			r.t.Errorf("status %d", code)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestStoppingEndsWebhookCallsUnderWay(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, webhookMode, func(r *rig) {
		stop := r.start(func(ctx context.Context, _ []chat.Event) error { <-ctx.Done(); return ctx.Err() })
		waitFor(r.t, time.Second)
		answered := make(chan int, 1)
		go func() { answered <- r.call(http.MethodPost, testSecret, hello) }()
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if code := <-answered; code != http.StatusServiceUnavailable || time.Since(begin) > time.Second {
			r.t.Errorf("status %d after %s", code, time.Since(begin))
		}
	})
}

func TestTelegramRepeatsWhatWasNotCommitted(t *testing.T) {
	t.Parallel()
	s := tgtest.New(t, tgtest.Options{WebhookRetry: func(int) time.Duration { return time.Millisecond }})
	srv := httptest.NewUnstartedServer(nil)
	r := connect(t, s, func(o *Options) {
		o.Mode, o.WebhookSecret, o.PublicURL = Webhook, testSecret, "http://"+srv.Listener.Addr().String()
	})
	srv.Config.Handler = r
	srv.Start()
	t.Cleanup(srv.Close)
	k := newSink()
	k.fail = func(call int) error {
		if call%3 != 0 {
			return errNotNow
		}
		return nil
	}
	stop := r.start(k.deliver)
	for range 30 {
		s.Say(group, aning, "hello")
		s.Say(forum, bob, "hello")
	}
	if err := s.WaitConfirmed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(k.all()); n != 60 {
		t.Errorf("%d events", n)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if s.HookCalls() < 180 {
		t.Errorf("%d calls for 60 updates that fail twice each", s.HookCalls())
	}
}

func TestAHundredParallelCallsAreAllTaken(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, webhookMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		waitFor(r.t, time.Second)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if code := r.call(http.MethodPost, testSecret, hello); code != http.StatusOK {
					r.t.Errorf("status %d", code)
				}
			})
		}
		wg.Wait()
		for _, e := range k.all() {
			if e.ID.ID != "7000000001:9" {
				r.t.Errorf("event %s", e.ID)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAPollingConnectionHasNoHandler(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		if r.Path() != "" {
			r.t.Errorf("path %q", r.Path())
		}
		if code := r.call(http.MethodPost, "", hello); code != http.StatusNotFound {
			r.t.Errorf("status %d", code)
		}
	})
}
