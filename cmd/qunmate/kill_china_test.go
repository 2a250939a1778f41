package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

const (
	chinaKills  = 15
	wecomGroups = 40 // so many that no conversation meets its limit of 30 a minute
)

const queuedLetters = "SELECT count(*) FROM outbox WHERE verb = 'send' AND state = 'queued'"

func killDice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("QUNMATE_KILL_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed: QUNMATE_KILL_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// letPass waits for a random time: where a kill hits must not depend on what
// can be seen.
func letPass(dice *rand.Rand, most time.Duration) {
	timer := time.NewTimer(time.Duration(dice.Int64N(int64(most))))
	defer timer.Stop()
	<-timer.C
}

// wantOneEach expects one check-in for each of n people, whatever happened.
func wantOneEach(t *testing.T, dir string, n int) {
	t.Helper()
	wantCheckins(t, dir, n)
	if got := count(t, dir, "SELECT count(*) FROM members WHERE balance = 5 AND streak = 1"); got != n {
		t.Errorf("%d members have their 5 points and a streak of a day, want %d", got, n)
	}
	if got := count(t, dir, queuedLetters); got > 0 {
		t.Errorf("%d letters are left", got)
	}
}

// The long connection acknowledges no messages, so one that was read and not
// committed is gone; its author gets no answer and asks again, as people do.
// Who was answered has his check-in, and nobody has two.
func TestKillsOnTheLongConnectionLoseNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	dice := killDice(t)
	s := wc.New(t, wc.Options{})
	dir := t.TempDir()
	configure(t, dir, nil, fmt.Sprintf("wecom:\n  base_url: %q\n  aibots: [{name: helper, mention: %s, websocket_url: %q, bot_id: %q, secret: %q}]\n",
		s.BaseURL(), s.Mention(), s.URL(), s.BotID(), s.Secret()))
	start := func() *running { return launch(t, dir, []string{"QUNMATE_UNLIMITED=1"}) }
	name := func(i int) string { return fmt.Sprintf("member%04d", i) }
	ask := func(i int) {
		s.Tell(wc.Chat{ID: fmt.Sprintf("wrGroup%d", i%wecomGroups), Group: true}, name(i), "/checkin")
	}
	answered := func() map[string]bool {
		out := map[string]bool{}
		for _, m := range s.Sent() {
			who, said, _ := strings.Cut(strings.TrimPrefix(m.Plain(), "@"), " ")
			if strings.Contains(said, "+5") {
				out[who] = true
			}
		}
		return out
	}
	people, subscriptions := 0, 0
	for i := range chinaKills {
		p := start()
		subscriptions++
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		if dice.IntN(4) > 0 { // else it is killed at the start
			_ = s.WaitSubscribed(ctx, subscriptions)
		}
		cancel()
		for range 5 + dice.IntN(25) {
			ask(people)
			people++
		}
		letPass(dice, 150*time.Millisecond)
		p.kill()
		subscriptions = s.Subscriptions()
		if i%5 == 4 && exists(dir, "qunmate.db") { // a busy machine may not have come so far
			wantClean(t, dir)
			told := len(answered())
			if n := count(t, dir, allCheckins); n < told {
				t.Errorf("%d were answered, only %d have a check-in", told, n)
			}
		}
	}
	p := start()
	if err := s.WaitSubscribed(soon(t), subscriptions+1); err != nil {
		t.Fatal(err)
	}
	told := answered()
	for i := range people {
		if !told[name(i)] {
			ask(i)
		}
	}
	until(t, "everybody's answer", func() bool { return settled(answered(), s, people) })
	until(t, "the last outcome", func() bool { return count(t, dir, queuedLetters) == 0 })
	p.stop()
	complain(t, s.Problems())
	wantOneEach(t, dir, people)
	t.Logf("%d members, %d messages", people, s.Total())
}

func sentText(s *wc.Server) string {
	var b strings.Builder
	for _, m := range s.Sent() {
		b.WriteString(m.Plain() + "\n")
	}
	return b.String()
}

// settled: everybody was told his points, or that he has checked in already.
func settled(told map[string]bool, s *wc.Server, people int) bool {
	for line := range strings.Lines(sentText(s)) {
		who, said, _ := strings.Cut(strings.TrimPrefix(line, "@"), " ")
		if strings.Contains(said, "lready") {
			told[who] = true
		}
	}
	return len(told) == people
}

// A push that was not answered is repeated by WeChat, three times; then the
// person reads that the account is out of order, and asks again.
func TestKillsOfAnOfficialAccountLoseNoCheckinAndDoubleNone(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	dice := killDice(t)
	s := wx.New(t, wx.Options{EncodingAESKey: wx.DefaultAESKey})
	dir, port := t.TempDir(), freePort(t)
	s.ConnectURL(fmt.Sprintf("http://127.0.0.1:%d/wechat/oa", port))
	configure(t, dir, nil, fmt.Sprintf("http: {listen: \"127.0.0.1:%d\"}\nadmins: [\"wechat:%s:oBoss\"]\nwechat:\n  base_url: %q\n"+
		"  official_accounts: [{name: oa, app_id: %q, app_secret: %q, token: %q, encoding_aes_key: %q, community: Members}]\n",
		port, s.AppID(), s.URL(), s.AppID(), s.AppSecret(), s.Token(), s.EncodingAESKey()))
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	start := func() *running {
		p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
		until(t, "the program is ready", func() bool { return ready(base) })
		return p
	}
	p := start()
	hears(t, s, "oBoss", "/community create Members", "Members")
	people := 0
	for range chinaKills {
		var all sync.WaitGroup
		for range 5 + dice.IntN(15) {
			who := fmt.Sprintf("oMember%04d", people)
			people++
			all.Go(func() { s.Say(context.Background(), who, "/checkin") })
		}
		letPass(dice, 120*time.Millisecond)
		p.kill()
		p = start()
		all.Wait()
	}
	wantClean(t, dir)
	for i := range people {
		who := fmt.Sprintf("oMember%04d", i)
		if !strings.Contains(hasRead(s, who), "+5") {
			hears(t, s, who, "/checkin", "+5")
		}
	}
	// A signal needs somebody to hear it: the last program is there.
	hears(t, s, fmt.Sprintf("oMember%04d", people), "/checkin", "+5")
	people++
	p.stop()
	complain(t, withoutOutage(s.Problems()))
	wantOneEach(t, dir, people)
	t.Logf("%d members", people)
}

// hasRead is what a person has read from the account.
func hasRead(s *wx.Server, who string) string {
	var b strings.Builder
	for _, m := range s.Shown(who) {
		b.WriteString(m.Text + "\n")
	}
	return b.String()
}

// hears says something to an account and waits for what is to be read then: a
// slow machine may miss the five seconds of the platform, and answers by a
// customer service message.
func hears(t *testing.T, s *wx.Server, who, text, want string) {
	t.Helper()
	a := s.Say(soon(t), who, text)
	until(t, fmt.Sprintf("%q after %q from %s (%+v)", want, text, who, a), func() bool { return strings.Contains(hasRead(s, who), want) })
}

// withoutOutage leaves out what a program that was killed cannot help.
func withoutOutage(problems []string) []string {
	var out []string
	for _, p := range problems {
		if !strings.Contains(p, "out of order") && !strings.Contains(p, "refused") && !strings.Contains(p, "EOF") && !strings.Contains(p, "reset") {
			out = append(out, p)
		}
	}
	return out
}

// ready reports whether a program takes requests at an address.
func ready(base string) bool {
	resp, err := http.Get(base + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
