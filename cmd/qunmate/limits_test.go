package main_test

import (
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

func TestARushIsAnsweredWithinTheLimits(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a group's limit is counted by the minute")
	}
	x := newTrial(t, "")
	// More than 20 a minute in each of three groups, and more than 30 a second
	// in all: private chats besides.
	for i := range 75 {
		x.checkin(group(i % 3))
	}
	for i := 1; i <= 75; i++ {
		x.s.Say(person(i).Direct(), person(i), "/me")
	}
	until(t, "an answer to everybody", func() bool {
		told := map[int64]bool{}
		for _, m := range x.s.Sent() {
			for i := 1; i <= 75; i++ {
				if m.ReplyTo != 0 && m.Chat < 0 && m.Receiver == person(i).ID || strings.Contains(m.Text, person(i).First+" +5") {
					told[person(i).ID] = true
				}
			}
		}
		return len(told) == 75
	})
	until(t, "the private answers", func() bool {
		n := 0
		for _, m := range x.s.Sent() {
			if m.Chat > 0 && strings.Contains(m.Text, "balance 5") {
				n++
			}
		}
		return n == 75
	})
	x.end(75)
}

func TestTwoProcessesWithOneTokenSaySoOnce(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{})
	var both [2]*running
	for i := range both {
		dir := t.TempDir()
		configure(t, dir, s, "")
		both[i] = launch(t, dir, nil)
	}
	said := "another process is polling with the same token"
	until(t, "both to notice", func() bool { return both[0].log.count(said) > 0 && both[1].log.count(said) > 0 })
	calls := s.Calls("getUpdates")
	ctx := soon(t)
	if err := s.WaitCalls(ctx, "getUpdates", calls+4); err != nil {
		t.Fatal(err)
	}
	for i, p := range both {
		if n := p.log.count(said); n != 1 {
			t.Errorf("process %d says it %d times", i, n)
		}
	}
	// The one that stays takes everything.
	both[0].stop()
	s.Say(group(1), person(1), "/checkin")
	began := time.Now()
	if _, err := s.WaitSent(ctx, 1); err != nil {
		t.Fatal(err)
	}
	t.Logf("answered %v after the other one had ended", time.Since(began).Round(time.Millisecond))
	both[1].stop()
}
