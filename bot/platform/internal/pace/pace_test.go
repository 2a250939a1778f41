package pace

import (
	"strconv"
	"testing"
	"time"
)

const (
	perMinute = 30
	perHour   = 1000
)

func TestTheGuardKeepsMinuteAndHour(t *testing.T) {
	t.Parallel()
	g := Guard{PerMinute: perMinute, PerHour: perHour}
	now := time.Unix(1700000000, 0)
	for i := range perMinute {
		if wait := g.Take("a", 1, now); wait != 0 {
			t.Fatalf("%d: %s", i, wait)
		}
	}
	if wait := g.Take("a", 1, now); wait != time.Minute {
		t.Errorf("one more: %s", wait)
	}
	if wait := g.Take("b", 2, now); wait != 0 {
		t.Errorf("another chat: %s", wait)
	}
	g.Give("a", 1)
	if wait := g.Take("a", 2, now); wait == 0 {
		t.Error("two, although there is room for one")
	}
	if wait := g.Take("a", 1, now.Add(time.Second)); wait != 0 {
		t.Errorf("given back: %s", wait)
	}
	if wait := g.Take("a", 2, now.Add(30*time.Second)); wait != 30*time.Second {
		t.Errorf("two after half a minute: %s", wait)
	}

	// 1000 an hour, whatever the pace.
	sent, begin := 0, now
	var stamps []time.Time
	for sent < 3000 {
		if wait := g.Take("c", 1, now); wait > 0 {
			now = now.Add(wait)
			continue
		}
		sent++
		stamps = append(stamps, now)
		now = now.Add(2 * time.Second)
	}
	for i, j := 0, 0; i < len(stamps); i++ {
		for stamps[i].Sub(stamps[j]) >= time.Hour {
			j++
		}
		if n := i - j + 1; n > perHour {
			t.Fatalf("%d within an hour", n)
		}
	}
	// The guard's hour is up to a minute longer than the platform's.
	if d := now.Sub(begin); d < 2*time.Hour || d > 3*time.Hour {
		t.Errorf("3000 took %s", d)
	}
}

func TestTheGuardSurvivesAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	g := Guard{PerMinute: perMinute, PerHour: perHour}
	now := time.Unix(1700000000, 0)
	for range perMinute {
		g.Take("a", 1, now)
	}
	back := now.Add(-time.Hour)
	if wait := g.Take("a", 1, back); wait > time.Minute {
		t.Errorf("waits %s", wait)
	}
	if wait := g.Take("a", 1, back.Add(time.Minute)); wait != 0 {
		t.Errorf("a minute later %s", wait)
	}
}

func TestTheGuardForgetsQuietChats(t *testing.T) {
	t.Parallel()
	g := Guard{PerMinute: perMinute, PerHour: perHour}
	now := time.Unix(1700000000, 0)
	for i := range 5000 {
		g.Take(strconv.Itoa(i), 1, now.Add(time.Duration(i)*10*time.Second))
	}
	if n := len(g.chats); n > 2100 {
		t.Errorf("%d are remembered", n)
	}
	g.Give("unknown", 1)
}

func TestAGuardWithoutAnHour(t *testing.T) {
	t.Parallel()
	g := Guard{PerMinute: 20}
	now := time.Unix(1700000000, 0)
	for range 5000 {
		now = now.Add(g.Take("a", 1, now))
		now = now.Add(3 * time.Second)
	}
	if d := now.Sub(time.Unix(1700000000, 0)); d > 5*time.Hour {
		t.Errorf("5000 took %s", d)
	}
}
