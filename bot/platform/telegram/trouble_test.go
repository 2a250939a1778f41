package telegram

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestTwoProcessesAreToldOnceAndBackOff(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		const words = "another process is polling"
		r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: http.StatusConflict, Times: 12})
		begin := time.Now()
		stop := r.start(newSink().deliver)
		if err := r.s.WaitCalls(r.t.Context(), "getUpdates", 13); err != nil {
			r.t.Fatal(err)
		}
		// 0.5 1 2 4 8 16 32 60 60 60 60 60, each a tenth longer.
		if d := time.Since(begin); d != 399850*time.Millisecond {
			r.t.Errorf("12 conflicts took %s", d)
		}
		if r.logs.Count(words) != 1 || r.logs.Count("level=WARN") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		// One good poll between two conflicts is no recovery…
		r.s.Say(group, aning, "hello")
		synctest.Wait()
		r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: http.StatusConflict})
		r.s.Say(group, aning, "hello again")
		waitFor(r.t, time.Minute)
		if r.logs.Count(words) != 1 {
			r.t.Errorf("said again too early:\n%s", r.logs)
		}
		// …some minutes without one are.
		waitFor(r.t, 10*time.Minute)
		r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: http.StatusConflict})
		waitFor(r.t, 2*time.Minute)
		if r.logs.Count(words) != 2 || r.logs.Count("no other process is polling any more") != 1 {
			r.t.Errorf("not said again after a recovery:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// waitFor lets the bubble's clock run.
func waitFor(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
	synctest.Wait()
}

func TestARealSecondPollerDisplacesUs(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		other := connect(r.t, r.s, func(o *Options) { o.Transport = r.s.Transport() })
		waitFor(r.t, time.Second)
		stopOther := other.start(newSink().deliver)
		waitFor(r.t, 5*time.Minute)
		if r.logs.Count("another process") != 1 || other.logs.Count("another process") != 1 {
			r.t.Errorf("first:\n%s\nsecond:\n%s", r.logs, other.logs)
		}
		if err := errors.Join(stopOther(), stop()); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAForgottenWebhookIsRemovedWhenPolling(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true}, nil, func(r *rig) {
		r.s.SetHook("https://elsewhere.example/hook")
		r.s.Say(group, aning, "/checkin")
		k := newSink()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)
		if url, _ := r.s.Hook(); url != "" {
			r.t.Errorf("webhook %s is still set", url)
		}
		if r.logs.Count("has been removed") != 1 {
			r.t.Errorf("not said:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestPollingObeysRetryAfterAndBacksOffFromTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault tgtest.Fault
		wait  time.Duration
	}{
		"429":         {tgtest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 17, Times: 2}, 34 * time.Second},
		"500":         {tgtest.Fault{Status: http.StatusInternalServerError, Times: 3}, 3850 * time.Millisecond},
		"proxy":       {tgtest.Fault{Status: http.StatusBadGateway, Proxy: true, Times: 2}, 1650 * time.Millisecond},
		"dropped":     {tgtest.Fault{Drop: tgtest.BeforeEffect, Times: 2}, 1650 * time.Millisecond},
		"many errors": {tgtest.Fault{Status: http.StatusInternalServerError, Times: 9}, (31500 + 3*30000) * time.Millisecond * 11 / 10},
		"never comes": {tgtest.Fault{Delay: time.Hour}, 65*time.Second + 550*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, nil, func(r *rig) {
				c.fault.Method = "getUpdates"
				r.s.Fail(c.fault)
				r.s.Say(group, aning, "hello")
				k := newSink()
				begin := time.Now()
				stop := r.start(k.deliver)
				k.wait(r.t, 1)
				if d := time.Since(begin); d != c.wait {
					r.t.Errorf("came after %s, want %s", d, c.wait)
				}
				if r.logs.Count("level=WARN") != 1 || r.logs.Count("works again") != 1 {
					r.t.Errorf("not said once:\n%s", r.logs)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestAWrongTokenEndsRun(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{"unknown": "7000000001:wrong", "revoked later": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, func(o *Options) {
				if token != "" {
					o.Token = token
				}
			}, func(r *rig) {
				if token == "" {
					r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: http.StatusUnauthorized, Description: "Unauthorized"})
				}
				err := r.Run(r.t.Context(), newSink().deliver)
				if !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "wrong:") {
					r.t.Errorf("Run: %v", err)
				}
				if strings.Contains(r.logs.String(), "level=WARN") || strings.Contains(r.logs.String(), "level=ERROR") {
					r.t.Errorf("the error is enough, and it is said by whoever gets it:\n%s", r.logs)
				}
			})
		})
	}
}

func TestTheStartWaitsForTelegram(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Fail(tgtest.Fault{Method: "getMe", Drop: tgtest.BeforeEffect, Times: 3})
		r.s.Say(group, aning, "/checkin@qunmate_bot")
		k := newSink()
		stop := r.start(k.deliver)
		if e := k.wait(r.t, 1)[0]; e.Text != "/checkin" {
			r.t.Errorf("decoded before our name was known: %q", e.Text)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestRunEndsAtOnceWhateverItIsDoing(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*rig) chat.Deliver{
		"polling": func(*rig) chat.Deliver { return newSink().deliver },
		"asking who we are": func(r *rig) chat.Deliver {
			r.s.Fail(tgtest.Fault{Method: "getMe", Delay: time.Hour})
			return newSink().deliver
		},
		"backing off": func(r *rig) chat.Deliver {
			r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: 500, Times: -1})
			return newSink().deliver
		},
		"throttled": func(r *rig) chat.Deliver {
			r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: 429, RetryAfter: 900, Times: -1})
			return newSink().deliver
		},
		"a commit that fails": func(r *rig) chat.Deliver {
			r.s.Say(group, aning, "hello")
			return func(context.Context, []chat.Event) error { return errNotNow }
		},
		"a commit that hangs": func(r *rig) chat.Deliver {
			r.s.Say(group, aning, "hello")
			return func(ctx context.Context, _ []chat.Event) error { <-ctx.Done(); return ctx.Err() }
		},
		"an open press": func(r *rig) chat.Deliver { r.s.Press(group, aning, 1, "/why"); return newSink().deliver },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, nil, func(r *rig) {
				stop := r.start(prepare(r))
				waitFor(r.t, time.Second)
				begin := time.Now()
				if err := stop(); err != nil {
					r.t.Errorf("Run: %v", err)
				}
				if d := time.Since(begin); d > time.Second {
					r.t.Errorf("Run ended after %s", d)
				}
			})
		})
	}
}
