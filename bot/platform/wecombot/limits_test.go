package wecombot

import (
	"strconv"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestTheGuardKeepsMinuteAndHour(t *testing.T) {
	t.Parallel()
	var g guard
	now := time.Unix(1700000000, 0)
	for i := range perMinute {
		if wait := g.take("a", 1, now); wait != 0 {
			t.Fatalf("%d: %s", i, wait)
		}
	}
	if wait := g.take("a", 1, now); wait != time.Minute {
		t.Errorf("one more: %s", wait)
	}
	if wait := g.take("b", 2, now); wait != 0 {
		t.Errorf("another chat: %s", wait)
	}
	g.give("a", 1)
	if wait := g.take("a", 2, now); wait == 0 {
		t.Error("two, although there is room for one")
	}
	if wait := g.take("a", 1, now.Add(time.Second)); wait != 0 {
		t.Errorf("given back: %s", wait)
	}
	if wait := g.take("a", 2, now.Add(30*time.Second)); wait != 30*time.Second {
		t.Errorf("two after half a minute: %s", wait)
	}

	// 1000 an hour, whatever the pace.
	sent, begin := 0, now
	var stamps []time.Time
	for sent < 3000 {
		if wait := g.take("c", 1, now); wait > 0 {
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
	var g guard
	now := time.Unix(1700000000, 0)
	for range perMinute {
		g.take("a", 1, now)
	}
	back := now.Add(-time.Hour)
	if wait := g.take("a", 1, back); wait > time.Minute {
		t.Errorf("waits %s", wait)
	}
	if wait := g.take("a", 1, back.Add(time.Minute)); wait != 0 {
		t.Errorf("a minute later %s", wait)
	}
}

func TestTheGuardForgetsQuietChats(t *testing.T) {
	t.Parallel()
	var g guard
	now := time.Unix(1700000000, 0)
	for i := range 5000 {
		g.take(strconv.Itoa(i), 1, now.Add(time.Duration(i)*10*time.Second))
	}
	if n := len(g.chats); n > 2100 {
		t.Errorf("%d are remembered", n)
	}
	g.give("unknown", 1)
}

func TestARushIsThrottledBeforeThePlatformMinds(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{Limits: wecomtest.Documented()}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/poll")
		sent := 0
		begin := time.Now()
		for sent < 600 { // text and card: 1200 messages
			_, err := r.Send(r.t.Context(), letter(ev, "Party?", votes(9)...))
			if err == nil {
				sent++
				continue
			}
			se := fault(r.t, err)
			if se.Fault != chat.Throttled || se.After <= 0 {
				r.t.Fatal(se)
			}
			waitFor(r.t, se.After)
		}
		if d := time.Since(begin); d < time.Hour || d > 90*time.Minute {
			r.t.Errorf("1200 messages took %s", d)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
