package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

const (
	kills      = 50
	killGroups = 12
)

// crowd makes check-ins, each by somebody new, and remembers them.
type crowd struct {
	s      *tg.Server
	dice   *rand.Rand
	people int
	where  []tg.Chat     // of each member's first check-in
	asked  map[place]int // and the message, → the member
}

// place is a message in a chat.
type place struct{ chat, message int64 }

// wave lets some new members check in, and some old ones once more.
func (c *crowd) wave() {
	for range 5 + c.dice.IntN(40) {
		who, where := person(c.people), group(c.dice.IntN(killGroups))
		in := c.s.Say(where, who, "/checkin")
		c.where = append(c.where, where)
		c.asked[place{where.ID, in.MessageID}] = c.people
		c.people++
	}
	for range c.dice.IntN(5) {
		i := c.dice.IntN(c.people)
		c.s.Say(c.where[i], person(i), "/checkin")
	}
}

// answered counts the members who got their points told, in reply to their
// first check-in.
func (c *crowd) answered() int {
	told := map[int]bool{}
	for _, m := range c.s.Sent() {
		if who, ok := c.asked[place{m.Chat, m.ReplyTo}]; ok && strings.Contains(m.Text, "+5") {
			told[who] = true
		}
	}
	return len(told)
}

func TestFiftyKillsLoseNoCheckinAndDoubleNone(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("QUNMATE_KILL_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed: QUNMATE_KILL_SEED=%d", seed)
	s := telegram(t, tg.Options{})
	c := &crowd{s: s, dice: rand.New(rand.NewPCG(seed, 1)), asked: map[place]int{}}
	dir := t.TempDir()
	configure(t, dir, s, "")
	start := func() *running { return launch(t, dir, []string{"QUNMATE_UNLIMITED=1"}) }

	how := map[string]int{}
	for i := range kills {
		c.wave()
		p := start()
		how[killSomewhere(t, c, p)]++
		if i%10 == 0 && i > 0 {
			wantClean(t, dir) // as the kill left it
		}
	}
	p := start()
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "everybody's answer", func() bool { return c.answered() == c.people })
	p.says("connected") // a signal needs somebody to hear it
	p.stop()
	wantCheckins(t, dir, c.people)
	if n := count(t, dir, "SELECT count(*) FROM (SELECT 1 FROM accounts a JOIN members m ON m.person_id = a.person_id WHERE m.balance = 5 AND m.streak = 1)"); n != c.people {
		t.Errorf("%d members have their 5 points and a streak of a day, want %d", n, c.people)
	}
	for _, q := range []string{"state = 'queued' AND verb = 'send'", "state = 'dead'"} {
		if n := count(t, dir, "SELECT count(*) FROM outbox WHERE "+q); n > 0 {
			t.Errorf("%d letters are left with %s", n, q)
		}
	}
	t.Logf("%d members; kills: %v; %d messages, %d of them a second time", c.people, how, s.Total(),
		s.Total()-count(t, dir, "SELECT count(*) FROM outbox WHERE verb = 'send'"))
}

// killSomewhere kills the program at a random point and says of what kind it
// was.
func killSomewhere(t *testing.T, c *crowd, p *running) string {
	t.Helper()
	// What is waited for need not happen any more; then it is killed idle.
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	kind := "in the middle of the load"
	switch c.dice.IntN(4) {
	case 0:
		kind = "at the start"
		c.pause(120 * time.Millisecond)
	case 1:
		kind = "after some sends"
		_, _ = c.s.WaitSent(ctx, c.s.Total()+1+c.dice.IntN(30))
	case 2:
		kind = "after a confirmation"
		_ = c.s.WaitCalls(ctx, "getUpdates", c.s.Calls("getUpdates")+1+c.dice.IntN(2))
		c.pause(10 * time.Millisecond)
	default:
		_ = c.s.WaitCalls(ctx, "getUpdates", c.s.Calls("getUpdates")+1)
		c.wave()
		c.pause(200 * time.Millisecond)
	}
	if p.ended() {
		t.Fatalf("the program ended by itself: %s", fmt.Sprint(p.cmd.ProcessState))
	}
	p.kill()
	return kind
}

// pause lets a random time pass: where a kill hits must not depend on what we
// can see.
func (c *crowd) pause(most time.Duration) {
	timer := time.NewTimer(time.Duration(c.dice.Int64N(int64(most))))
	defer timer.Stop()
	<-timer.C
}
