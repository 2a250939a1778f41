package when

import (
	"errors"
	"strings"
	"time"
)

// Moment is a point in time that somebody named.
type Moment struct {
	At time.Time // in the zone it was read for
	// DayOnly: a day without a time. At is then 23:59, what a deadline means;
	// On gives another.
	DayOnly bool
}

// On is the moment's day at another time of the wall clock.
func (m Moment) On(hour, minute int) time.Time {
	y, mon, d := m.At.Date()
	return Instant(time.Date(y, mon, d, hour, minute, 0, 0, time.UTC), m.At.Location())
}

// Stamp is how a moment is written so that every reader of moments understands
// it: the text of a button.
func Stamp(at time.Time) string { return at.Format("2006-01-02 15:04") }

// ImpossibleError names a time that no clock or calendar shows: 25:00,
// February 30.
type ImpossibleError struct{ Text string }

// Error implements error.
func (e *ImpossibleError) Error() string { return "there is no " + e.Text }

// PastError says that what was named is over.
type PastError struct{ At time.Time }

// Error implements error.
func (e *PastError) Error() string { return Stamp(e.At) + " is over" }

// UnclearError says that more than one instant may be meant. At eight o'clock of today
// it is too late; is it tonight or tomorrow? Choices are all still to come,
// earliest first; there is at least one.
type UnclearError struct {
	Past    time.Time // what it would have been today; zero if that is not why
	Choices []time.Time
}

// Error implements error.
func (e *UnclearError) Error() string { return "more than one time may be meant" }

// ParseMoment reads a text that is a point in time and nothing else: "今晚8点",
// "明天20:00", "2h", "周五 10:00", "11-23 20:00", "friday 8pm". The instant lies
// after now. Errors: ErrNoTime, *ImpossibleError, *PastError, *UnclearError.
func ParseMoment(text string, now time.Time, loc *time.Location) (Moment, error) {
	m, rest, err := MomentHead(text, now, loc)
	var no *ImpossibleError
	if errors.As(err, &no) {
		return Moment{}, err
	}
	if rest != "" && strings.Trim(rest, ".。") != "" {
		return Moment{}, ErrNoTime
	}
	return m, err
}

// MomentHead reads a point in time at the beginning of a text and returns what
// follows it, also with an error other than ErrNoTime.
func MomentHead(text string, now time.Time, loc *time.Location) (Moment, string, error) {
	c := newScan(text)
	m, err := c.moment(now.In(loc), true)
	if errors.Is(err, ErrNoTime) {
		return Moment{}, text, err
	}
	_, rest := cut(text, c.i)
	return m, rest, err
}

// tailMost bounds how many runes at the end of a text are looked at.
const tailMost = 48

// MomentTail reads a point in time at the end of a text and returns what stands
// before it, also with an error other than ErrNoTime. A length counts only when
// it says so: "in 2 hours", "30分钟后".
func MomentTail(text string, now time.Time, loc *time.Location) (Moment, string, error) {
	c := newScan(text)
	end := len(c.s)
	for end > 0 && (c.s[end-1] == ' ' || c.s[end-1] == '.') {
		end--
	}
	for start := max(0, end-tailMost); start < end; start++ {
		c.i = start
		if c.s[start] == ' ' || !c.bounded() {
			continue
		}
		m, err := c.moment(now.In(loc), false)
		if !errors.Is(err, ErrNoTime) && c.i >= end {
			head, _ := cut(text, start)
			return m, head, err
		}
	}
	return Moment{}, text, ErrNoTime
}

// moment reads the longest point in time from here. bare allows "2h" without
// "in".
func (c *scan) moment(now time.Time, bare bool) (Moment, error) {
	start := c.i
	if m, err := c.relative(now, bare); !errors.Is(err, ErrNoTime) {
		return m, err
	}
	c.i = start
	f := fix{now: now, today: midnight(now)}
	if err := f.read(c); err != nil {
		return Moment{}, err
	}
	if !c.bounded() {
		return Moment{}, ErrNoTime
	}
	return f.resolve()
}

// midnight is the date of t, as if in UTC.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// relative reads "2h", "in 2 hours", "30分钟后", "3天后 20:00".
func (c *scan) relative(now time.Time, bare bool) (Moment, error) {
	start := c.i
	in := c.has("in")
	c.blanks()
	l, ok := c.length()
	if !ok || !c.bounded() {
		return Moment{}, ErrNoTime
	}
	after := c.has("after")
	if !after && c.has("before") {
		return Moment{}, &PastError{At: now.Add(-l.days24())}
	}
	if !in && !after && !bare {
		return Moment{}, ErrNoTime
	}
	if d := l.days24(); d <= 0 || d > mostDays*24*time.Hour {
		return Moment{}, &ImpossibleError{Text: strings.TrimSpace(string(c.s[start:c.i]))}
	}
	if l.whole() && after { // a day, and maybe a time on it
		f := fix{now: now, today: midnight(now), day: addMonths(midnight(now), l.months).AddDate(0, 0, l.days), hasDay: true}
		end := c.i
		if err := f.read(c); err == nil && f.hasClock && c.bounded() {
			return f.resolve()
		} else if err != nil && !errors.Is(err, ErrNoTime) {
			return Moment{}, err
		}
		c.i = end
	}
	return Moment{At: l.after(now, now.Location())}, nil
}
