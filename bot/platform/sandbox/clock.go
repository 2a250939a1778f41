package sandbox

import (
	"context"
	"net/http"
	"time"
)

// farthest is the longest single step. The clock cannot go back, so a typing
// error in the year must not carry a rehearsal into the next century.
const farthest = 366 * 24 * time.Hour

// morning is the hour of "next morning".
const morning = 8

func (s *Sandbox) clockView() clockView {
	zone := s.opts.Zone()
	return clockView{Now: stamp(s.now(), zone), Zone: zone.String(), Movable: s.opts.Shift != nil}
}

func (s *Sandbox) serveClock(w http.ResponseWriter, r *http.Request) {
	var q clockRequest
	if p := readJSON(w, r, &q, maxBody); p != nil {
		refuse(w, p)
		return
	}
	if p := s.moveClock(r.Context(), q); p != nil {
		refuse(w, p)
		return
	}
	writeJSON(w, http.StatusOK, s.clockView())
}

func (s *Sandbox) moveClock(ctx context.Context, q clockRequest) *problem {
	if s.opts.Shift == nil {
		return clockFixed
	}
	now := s.now()
	to, p := target(q, now, s.opts.Zone())
	switch {
	case p != nil:
		return p
	case to.Before(now):
		return clockBack
	case to.After(now.Add(farthest)):
		return clockFar
	}
	err := s.opts.Shift(context.WithoutCancel(ctx), to)
	// Told in any case: it may have moved and only not been remembered.
	s.hub.publish(streamed{kind: "clock", data: encode(s.clockView())})
	if err != nil {
		s.log.WarnContext(ctx, "sandbox: clock not moved", "to", to, "error", err)
		if to.Before(s.now()) { // somebody else was faster
			return clockBack
		}
		return unavailable
	}
	return nil
}

// target computes where the clock shall go. Days and weeks are days of the
// calendar: the same time of day, whatever a change to summer time does.
func target(q clockRequest, now time.Time, zone *time.Location) (time.Time, *problem) {
	if (q.To == "") == (q.Step == "") {
		return time.Time{}, badClock
	}
	local := now.In(zone)
	switch q.Step {
	case "1h":
		return now.Add(time.Hour), nil
	case "+1d":
		return local.AddDate(0, 0, 1), nil
	case "next_week":
		return local.AddDate(0, 0, 7), nil
	case "next_morning":
		y, m, d := local.Date()
		next := time.Date(y, m, d, morning, 0, 0, 0, zone)
		if !next.After(now) {
			next = time.Date(y, m, d+1, morning, 0, 0, 0, zone)
		}
		return next, nil
	case "":
	default:
		return time.Time{}, badClock
	}
	if t, err := time.Parse(time.RFC3339, q.To); err == nil {
		return t, nil
	}
	// What a date field of a page gives: a time on the shown clock.
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, q.To, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, badClock
}
