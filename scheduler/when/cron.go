// Package when says when something repeated happens next: it guards and
// computes cron expressions in a zone. It is pure and a leaf.
package when

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Errors of Parse.
var (
	ErrFields = errors.New("want five fields: minute hour day month weekday")
	ErrNever  = errors.New("this never happens")
)

// Schedule is a repeated local time in a zone.
type Schedule struct {
	expr string
	cron cron.Schedule
	zone *time.Location
}

// Parse reads a five-field cron expression. Descriptors, zones inside the
// expression and seconds are refused: the library panics on some of them
// ("TZ=0") and accepts others that mean something else than they say.
func Parse(expr string, zone *time.Location) (Schedule, error) {
	fields := strings.Fields(expr)
	if len(fields) != 5 || strings.ContainsAny(expr, "@=") {
		return Schedule{}, fmt.Errorf("%q: %w", expr, ErrFields)
	}
	c, err := cron.ParseStandard(strings.Join(fields, " "))
	if err != nil {
		return Schedule{}, fmt.Errorf("%q: %w", expr, err)
	}
	// The library gives up after five years and returns the zero time.
	if c.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("%q: %w", expr, ErrNever)
	}
	return Schedule{expr: expr, cron: c, zone: zone}, nil
}

// String is the expression.
func (s Schedule) String() string { return s.expr }

// Next is the first instant after t, in the schedule's zone. The expression is
// computed on the wall clock and then put into the zone: a time in the hour
// that is skipped in spring happens at the first instant after the gap, a time
// in the hour that comes twice in autumn happens once, the first time.
func (s Schedule) Next(t time.Time) time.Time {
	wall := wallClock(t.In(s.zone))
	for range 1000 {
		wall = s.cron.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := Instant(wall, s.zone); at.After(t) {
			return at
		}
	}
	return time.Time{}
}

// wallClock is what a clock on the wall shows at t, written as if in UTC.
func wallClock(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// Instant is the first instant at which the wall clock of a zone shows wall or
// later. time.Date does not promise which of two it picks.
func Instant(wall time.Time, zone *time.Location) time.Time {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	for _, offset := range []int{before, after} {
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if wallClock(at).Equal(wall) {
			return at
		}
	}
	from, _ := wall.Add(-time.Duration(before) * time.Second).In(zone).ZoneBounds()
	return from
}
