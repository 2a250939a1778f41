package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
	"qunmate/commands/draw/fair"
)

// drandServer is a drand server with a network of its own. While it is shut it
// answers as one that is overloaded.
func drandServer(t *testing.T) (config string, open *atomic.Bool) {
	t.Helper()
	net := fair.NewNetwork([]byte("kill test"))
	open = &atomic.Bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(r.URL.Path, "/")
		round, err := strconv.ParseInt(part[len(part)-1], 10, 64)
		if !open.Load() || err != nil || part[1] != net.Chain || time.Now().Before(fair.RoundTime(round)) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		signature, err := net.Sign(round)
		if err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"round": round, "signature": signature})
	}))
	t.Cleanup(s.Close)
	return fmt.Sprintf("draw: {urls: [%q], chain: %q, public_key: %q}\n", s.URL, net.Chain, net.Key), open
}

// TestADrawSurvivesAKillAtEveryStep kills the program as soon as each step of a
// draw is on disk, and lets Telegram tell everything again.
func TestADrawSurvivesAKillAtEveryStep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the program fifteen times")
	}
	s := telegram(t, tg.Options{})
	beacon, open := drandServer(t)
	dir, admin := t.TempDir(), person(900)
	configure(t, dir, s, fmt.Sprintf("admins: [\"telegram:%d\"]\n", admin.ID)+beacon)
	// step runs the program until a query counts so many rows, and kills it then.
	step := func(what, query string, want int, act func()) {
		t.Helper()
		p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
		p.says("connected") // its database is there
		if act != nil {
			act()
		}
		until(t, what, func() bool { return count(t, dir, query) == want })
		p.kill()
		wantClean(t, dir)
	}
	tells := func(who tg.User, text string) func() { return func() { s.Say(group(0), who, text) } }

	for i := range 4 {
		step("a check-in", allCheckins, i+1, tells(person(i), "/checkin"))
	}
	step("the draft", "SELECT count(*) FROM previews WHERE action = 'draw.publish'", 1,
		tells(admin, "/draw mug×1@89yuan, pen×1 until tomorrow 20:00 cost 5 claim 48h forfeit next host Ann, @ann"))
	step("the opening", "SELECT count(*) FROM draws WHERE state = 'open'", 1, tells(admin, "/confirm"))
	for i := range 4 {
		step("an entry", "SELECT count(*) FROM draw_entries WHERE state = 'in'", i+1, tells(person(i), "/join 1"))
	}
	step("a ticket given back", "SELECT count(*) FROM draw_entries WHERE state = 'left'", 1, tells(person(3), "/leave 1"))

	// The close is brought near, with its round.
	closes := time.Now().Truncate(time.Second)
	alter(t, dir, fmt.Sprintf("UPDATE draws SET closes_at = %d, round = %d", closes.UnixMilli(), fair.RoundAt(closes)),
		fmt.Sprintf("UPDATE timers SET due_at = %[1]d, payload = json_set(payload, '$.closes', %[1]d) WHERE task = 'draw.freeze'", closes.UnixMilli()))
	step("the frozen list", "SELECT count(*) FROM draws WHERE state = 'frozen'", 1, nil)
	open.Store(true)
	step("the drawing", "SELECT count(*) FROM draws WHERE state = 'drawn'", 1, nil)
	winner := person(count(t, dir, "SELECT ticket FROM draw_wins WHERE place = 1") - 1)
	step("the claim", "SELECT count(*) FROM draw_wins WHERE state = 'claimed'", 1, func() {
		s.Say(tg.Chat{ID: winner.ID}, winner, "/claim 1 Some Street 1")
	})

	// A second one is called off: what was paid comes back once.
	step("the second draft", "SELECT count(*) FROM previews WHERE action = 'draw.publish'", 2, tells(admin, "/draw cup×1 until tomorrow 20:00 cost 5"))
	step("the second opening", "SELECT count(*) FROM draws WHERE state = 'open'", 1, tells(admin, "/confirm"))
	step("an entry into it", "SELECT count(*) FROM draw_entries WHERE draw_id = 2", 1, tells(person(3), "/join 2"))
	step("the wish to cancel", "SELECT count(*) FROM previews WHERE action = 'draw.cancel'", 1, tells(admin, "/draw cancel 2 out of stock"))
	step("the cancellation", "SELECT count(*) FROM draws WHERE state = 'cancelled'", 1, tells(admin, "/confirm"))

	p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "every letter's outcome", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')") == 0
	})
	p.says("connected") // a signal needs somebody to hear it
	p.stop()
	for what, c := range map[string]struct {
		query string
		want  int
	}{
		"entries paid":      {"SELECT count(*) FROM ledger WHERE kind = 'draw'", 5},
		"entries paid back": {"SELECT count(*) FROM ledger WHERE kind = 'draw_back'", 2},
		"winners":           {"SELECT count(*) FROM draw_wins", 2},
		"points left":       {"SELECT sum(balance) FROM members", 5}, // four check-ins, three tickets that stayed in
	} {
		if n := count(t, dir, c.query); n != c.want {
			t.Errorf("%s: %d, want %d", what, n, c.want)
		}
	}
	// Each announcement went out once, or it is not known whether it did.
	for kind, text := range map[string]string{"draw.result": "#1 is drawn (", "draw.called_off": "#2 is cancelled", "draw.opened": "🎁 #"} {
		sent := 0
		for _, m := range s.SentTo(group(0).ID) {
			if strings.Contains(m.Text, text) && (kind != "draw.opened" || strings.Contains(m.Text, "Fairness")) {
				sent++
			}
		}
		least, want := 1, 1
		if kind == "draw.opened" { // one that had not left is overtaken by what the same message says later
			least, want = 0, 2
		}
		unsure := count(t, dir, "SELECT count(*) FROM outbox WHERE state = 'uncertain' AND kind = ?", kind)
		if sent > want || sent+unsure < least {
			t.Errorf("%s: sent %d times, uncertain %d, want %d", kind, sent, unsure, want)
		}
	}
	wantClean(t, dir)
}
