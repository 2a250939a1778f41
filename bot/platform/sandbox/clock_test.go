package sandbox

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestClockTargets(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("no zone data:", err)
	}
	const layout = "2006-01-02 15:04"
	for _, tt := range []struct {
		name      string
		q         clockRequest
		now, want string // in New York
	}{
		{"an hour", clockRequest{Step: "1h"}, "2026-11-20 23:30", "2026-11-21 00:30"},
		{"a day", clockRequest{Step: "+1d"}, "2026-11-20 23:30", "2026-11-21 23:30"},
		{"a day over the end of summer time", clockRequest{Step: "+1d"}, "2026-10-31 12:00", "2026-11-01 12:00"},
		{"a week over the start of summer time", clockRequest{Step: "next_week"}, "2026-03-05 12:00", "2026-03-12 12:00"},
		{"next morning in the evening", clockRequest{Step: "next_morning"}, "2026-11-20 20:00", "2026-11-21 08:00"},
		{"next morning at night", clockRequest{Step: "next_morning"}, "2026-11-20 03:59", "2026-11-20 08:00"},
		{"next morning at eight", clockRequest{Step: "next_morning"}, "2026-11-20 08:00", "2026-11-21 08:00"},
		{"next morning at the end of a year", clockRequest{Step: "next_morning"}, "2026-12-31 20:00", "2027-01-01 08:00"},
		{"RFC 3339", clockRequest{To: "2026-11-21T00:00:00+08:00"}, "2026-11-20 08:00", "2026-11-20 11:00"},
		{"a date field", clockRequest{To: "2026-11-21T03:59"}, "2026-11-20 08:00", "2026-11-21 03:59"},
		{"a date field with seconds", clockRequest{To: "2026-11-21T03:59:00"}, "2026-11-20 08:00", "2026-11-21 03:59"},
	} {
		now, err := time.ParseInLocation(layout, tt.now, newYork)
		if err != nil {
			t.Fatal(err)
		}
		got, p := target(tt.q, now.UTC(), newYork)
		if p != nil || got.In(newYork).Format(layout) != tt.want {
			t.Errorf("%s: %s %v, want %s", tt.name, got.In(newYork).Format(layout), p, tt.want)
		}
	}
}

func TestClockThatCannotMove(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Shift = nil })
	r.post(t, "/api/clock", clockRequest{Step: "1h"}, 409)
	if r.state(t, "").Clock.Movable {
		t.Error("the page offers what cannot be")
	}
	r = newRig(t, func(o *Options) {
		o.Shift = func(context.Context, time.Time) error { return errors.New("not the only connection") }
	})
	r.post(t, "/api/clock", clockRequest{Step: "1h"}, 503)

	// Somebody else moves the clock between our look and our move.
	var c *testClock
	r = newRig(t, func(o *Options) {
		o.Shift = func(context.Context, time.Time) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.now = c.now.Add(48 * time.Hour)
			return errors.New("backwards")
		}
	})
	c = r.clock
	r.post(t, "/api/clock", clockRequest{Step: "1h"}, 409)
}

func TestClockMovesEverythingThatIsSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.post(t, "/api/clock", clockRequest{Step: "next_week"}, 200)
	r.speak(t, "ann", "product", "a week later")
	v := r.state(t, "")
	if want := "2026-11-27T08:02:11.000+08:00"; v.Messages[0].At != want || v.Clock.Now != want {
		t.Errorf("said at %s by the clock %s, want %s", v.Messages[0].At, v.Clock.Now, want)
	}
	if !r.engine.last(t).At.Equal(r.clock.now) {
		t.Error("the event has another time:", r.engine.last(t).At)
	}
}
