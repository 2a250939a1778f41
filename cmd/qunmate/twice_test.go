package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

const copies = 100

// atOnce runs f in as many goroutines, which all begin at the same time.
func atOnce(n int, f func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	all.Wait()
}

func TestAHundredCopiesOfACheckinOverPollingAreOne(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{})
	dir := t.TempDir()
	configure(t, dir, s, "")
	s.AddChat(group(1))
	// One update again and again, all in one page; then a member who sends the
	// command again and again.
	same := string(tg.MessageJSON(400_000_000, 1, time.Now().Unix(), group(1), person(1), "/checkin"))
	atOnce(copies, func(int) { s.Raw(same) })
	p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	atOnce(copies, func(int) { s.Say(group(1), person(2), "/checkin") })
	if _, err := s.WaitSent(soon(t), 1+copies); err != nil {
		t.Fatal(err)
	}
	p.stop()
	wantCheckins(t, dir, 2)

	// The update once more, in another process that has never seen it.
	s.Raw(same)
	p = launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	p.stop()
	wantCheckins(t, dir, 2)
	if n := count(t, dir, "SELECT count(*) FROM outbox WHERE verb = 'send'"); n != 1+copies {
		t.Errorf("%d answers, want one for each message: %d", n, 1+copies)
	}
}

func TestAHundredCopiesOfACheckinOverWebhookAreOne(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{WebhookByHand: true})
	dir := t.TempDir()
	port := freePort(t)
	// Telegram reaches the bot through a proxy that speaks TLS; here that is us.
	more := fmt.Sprintf("http: {listen: \"127.0.0.1:%d\", public_url: \"https://bot.example.test\"}\n", port) +
		fmt.Sprintf("telegram:\n  - {name: main, token: %q, base_url: %q, mode: webhook}\n", s.Token(), s.URL())
	configure(t, dir, nil, more)
	launch := func() (p *running, hook string, secret string) {
		calls := s.Calls("setWebhook")
		p = launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
		if err := s.WaitCalls(soon(t), "setWebhook", calls+1); err != nil {
			t.Fatal(err)
		}
		var url string
		until(t, "the webhook", func() bool { url, secret = s.Hook(); return url != "" })
		if url != "https://bot.example.test/telegram/main" || len(secret) < 32 {
			t.Errorf("the webhook is %s with a secret of %d characters", url, len(secret))
		}
		return p, fmt.Sprintf("http://127.0.0.1:%d/telegram/main", port), secret
	}
	p, hook, secret := launch()
	s.AddChat(group(1))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: copies}}
	defer client.CloseIdleConnections()
	deliver := func(secret string, body []byte) int {
		req, err := http.NewRequest(http.MethodPost, hook, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		resp, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	now := time.Now().Unix()
	update := func(id int64, who int) []byte {
		return tg.MessageJSON(id, id, now, group(1), person(who), "/checkin")
	}
	if code := deliver("wrong", update(1, 3)); code != http.StatusUnauthorized {
		t.Errorf("a wrong secret is answered %d", code)
	}
	atOnce(copies, func(i int) {
		if code := deliver(secret, update(700_000_000, 1)); code != http.StatusOK {
			t.Errorf("a copy is answered %d", code)
		}
		if code := deliver(secret, update(700_000_001+int64(i), 2)); code != http.StatusOK {
			t.Errorf("a repetition is answered %d", code)
		}
	})
	// 200 means committed: kill -9 at once, and everything is there.
	p.kill()
	wantCheckins(t, dir, 2)
	p, _, again := launch()
	if again != secret {
		t.Error("the generated secret is another one after the restart")
	}
	if code := deliver(secret, update(700_000_000, 1)); code != http.StatusOK {
		t.Errorf("a copy after the restart is answered %d", code)
	}
	p.stop()
	wantCheckins(t, dir, 2)
}

func TestAHundredCopiesOfACheckinInTheSandboxAreOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configure(t, dir, nil, "")
	p := launch(t, dir, nil)
	base := p.address()
	atOnce(copies, func(i int) {
		if code := say(t, base, "the-very-same", "product", "ann", "/checkin"); code != http.StatusOK {
			t.Errorf("a copy is answered %d", code)
		}
		if code := say(t, base, fmt.Sprintf("repetition-%d", i), "product", "man", "/checkin"); code != http.StatusOK {
			t.Errorf("a repetition is answered %d", code)
		}
	})
	p.kill()
	wantCheckins(t, dir, 2)
	p = launch(t, dir, nil)
	if code := say(t, p.address(), "the-very-same", "product", "ann", "/checkin"); code != http.StatusOK {
		t.Errorf("a copy after the restart is answered %d", code)
	}
	p.stop()
	wantCheckins(t, dir, 2)
}
