// Package chatday says which chat day an instant belongs to. It is pure: zones
// and instants in, days out.
//
// A chat day begins at a local time of day (04:00 by default) and is named by
// the local date on which it began. Days never run backwards: not on the
// nights when clocks are changed, not when a community moves to another zone.
package chatday

import (
	"fmt"
	"sort"
	"time"
)

// layout of a day's name.
const layout = "2006-01-02"

// Version is a zone and a start of the day, in force from an instant on.
type Version struct {
	From  time.Time // the zero time: since ever
	Zone  *time.Location
	Start int // minutes after local midnight, 0–1439
}

// Calendar knows a community's days over all versions of its clock.
type Calendar struct{ versions []Version }

// New makes a calendar; versions may come in any order, at least one is needed.
func New(versions ...Version) Calendar {
	v := append([]Version(nil), versions...)
	sort.SliceStable(v, func(i, j int) bool { return v[i].From.Before(v[j].From) })
	return Calendar{v}
}

// index of the version in force at t.
func (c Calendar) index(t time.Time) int {
	i := sort.Search(len(c.versions), func(i int) bool { return c.versions[i].From.After(t) })
	return max(i-1, 0)
}

// Zone is the zone in force at t.
func (c Calendar) Zone(t time.Time) *time.Location { return c.versions[c.index(t)].Zone }

// Start is the start of the day in force at t, in minutes after midnight.
func (c Calendar) Start(t time.Time) int { return c.versions[c.index(t)].Start }

// Day names the chat day of an instant.
func (c Calendar) Day(t time.Time) string {
	i := c.index(t)
	day := c.versions[i].day(t)
	if i > 0 {
		// After a move to the west the new zone would name a day that is over.
		if last := c.Day(c.versions[i].From.Add(-1)); last > day {
			return last
		}
	}
	return day
}

// Begin is the first instant of a day; false if no instant bears its name.
func (c Calendar) Begin(day string) (time.Time, bool) {
	date, err := time.Parse(layout, day)
	if err != nil {
		return time.Time{}, false
	}
	for i, v := range c.versions {
		at := begin(v.Zone, date, v.Start)
		if i > 0 && at.Before(v.From) {
			at = v.From
		}
		if i+1 < len(c.versions) && !at.Before(c.versions[i+1].From) {
			continue
		}
		if c.Day(at) == day {
			return at.In(v.Zone), true
		}
	}
	return time.Time{}, false
}

// Next is the first instant of the day after t's day.
func (c Calendar) Next(t time.Time) time.Time {
	day := c.Day(t)
	for range 4 {
		day = shift(day, 1)
		if at, ok := c.Begin(day); ok && at.After(t) {
			return at
		}
	}
	return t.Add(24 * time.Hour).In(c.Zone(t)) // not reached: a move skips two names at most
}

// Prev names the day before a day. It is the date before, except where a move
// to the east left a date without a day.
func (c Calendar) Prev(day string) string {
	before := shift(day, -1)
	for d, n := before, 0; n < 3; n++ {
		if _, ok := c.Begin(d); ok {
			return d
		}
		d = shift(d, -1)
	}
	return before
}

// Back names the day n days before a day.
func (c Calendar) Back(day string, n int) string {
	for range n {
		day = c.Prev(day)
	}
	return day
}

// day names t's day by one version alone.
func (v Version) day(t time.Time) string {
	y, m, d := t.In(v.Zone).Date()
	// Where clocks go back over midnight a date can come again after the next
	// one has begun, so the search begins at tomorrow.
	for n := 1; ; n-- {
		date := time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC)
		if n < 0 || !begin(v.Zone, date, v.Start).After(t) {
			return date.Format(layout)
		}
	}
}

// begin is the first instant of a local date at or after a local time of day.
// A time in a gap begins when the gap ends; a time that comes twice begins the
// first time. time.Date promises neither.
func begin(zone *time.Location, date time.Time, minutes int) time.Time {
	y, m, d := date.Date()
	wall := time.Date(y, m, d, 0, minutes, 0, 0, time.UTC)
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if sameWall(first.In(zone), wall) {
		return first
	}
	second := wall.Add(-time.Duration(after) * time.Second)
	if sameWall(second.In(zone), wall) {
		return second
	}
	from, _ := first.In(zone).ZoneBounds()
	return from.UTC()
}

func sameWall(t, wall time.Time) bool {
	return t.Format("2006-01-02T15:04") == wall.Format("2006-01-02T15:04")
}

func shift(day string, n int) string {
	t, err := time.Parse(layout, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(layout)
}

// Week names the week of a day by its Monday.
func Week(day string) string {
	t, err := time.Parse(layout, day)
	if err != nil {
		return day
	}
	return shift(day, -(int(t.Weekday())+6)%7)
}

// Month names the month of a day: 2006-01.
func Month(day string) string { return day[:min(7, len(day))] }

// Parse reads a day's name; the error is for days that do not exist.
func Parse(day string) (string, error) {
	t, err := time.Parse(layout, day)
	if err != nil {
		return "", fmt.Errorf("day: %w", err)
	}
	return t.Format(layout), nil
}
