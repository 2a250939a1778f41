package when

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrNoTime says that a text names no time, or something besides.
var ErrNoTime = errors.New("no time in this text")

// ErrNoLength says that a text names no length of time, or something besides.
var ErrNoLength = errors.New("no length of time in this text")

// mostDays bounds what somebody may wait for: ten years.
const mostDays = 3660

// length is what "2天3小时" says. Days and months are those of the calendar, so
// that the clock shows the same time after them.
type length struct {
	months, days int
	clock        time.Duration
}

func (l *length) whole() bool { return l.clock == 0 }

func (l *length) days24() time.Duration {
	return time.Duration(l.months*30+l.days)*24*time.Hour + l.clock
}

// after is the instant that far from now, days by the calendar of a zone.
func (l *length) after(now time.Time, loc *time.Location) time.Time {
	if l.months == 0 && l.days == 0 {
		return now.Add(l.clock)
	}
	wall := addMonths(wallClock(now.In(loc)), l.months).AddDate(0, 0, l.days)
	return Instant(wall, loc).Add(l.clock)
}

// addMonths keeps to the end of a month that is shorter: a month after
// January 31 is the last of February.
func addMonths(t time.Time, n int) time.Time {
	out := t.AddDate(0, n, 0)
	for out.Day() < t.Day() && out.Day() < 4 {
		out = out.AddDate(0, 0, -1)
	}
	return out
}

// Length reads a length of time: "48h", "2天", "一个半小时", "1d12h". A day is 24
// hours, a month 30 days. ErrNoLength when the text is anything else, an
// *ImpossibleError when it is zero or more than ten years.
func Length(text string) (time.Duration, error) {
	d, rest, err := LengthHead(text)
	if err == nil && strings.TrimSpace(rest) != "" {
		return 0, ErrNoLength
	}
	return d, err
}

// LengthHead reads a length at the beginning of a text and returns what
// follows.
func LengthHead(text string) (time.Duration, string, error) {
	c := newScan(text)
	c.blanks()
	l, ok := c.length()
	if !ok || !c.bounded() {
		return 0, text, ErrNoLength
	}
	said, rest := cut(text, c.i)
	d := l.days24()
	if d <= 0 || d > mostDays*24*time.Hour {
		return 0, text, &ImpossibleError{Text: said}
	}
	return d, rest, nil
}

// cut splits a text after n runes; both parts are trimmed.
func cut(text string, n int) (head, rest string) {
	r := []rune(text)
	return strings.TrimSpace(string(r[:n])), strings.TrimSpace(string(r[n:]))
}

// length reads one or several amounts: "1d 12h", "两天半".
func (c *scan) length() (length, bool) {
	var l length
	found := false
	for {
		start := c.i
		c.blanks()
		if !c.amount(&l) {
			c.i = start
			return l, found
		}
		found = true
	}
}

// amount reads a number and its unit: "30分钟", "1.5h", "一个半小时", "半小时".
func (c *scan) amount(l *length) bool {
	start := c.i
	n, width := c.number()
	tenths := n * 10
	switch {
	case width > 0 && c.at(0) == '.' && digit(c.at(1)) && !digit(c.at(2)):
		tenths += int(c.at(1) - '0')
		c.i += 2
	case width == 0:
		if _, ok := c.word("half"); !ok {
			return false
		}
		tenths = 5
	default:
		at := c.i
		_, piece := c.word("piece")
		if _, half := c.word("half"); half && piece {
			tenths += 5
		} else {
			c.i = at
		}
	}
	c.blanks()
	unit, ok := c.word("unit")
	if !ok {
		c.i = start
		return false
	}
	if width > 0 && tenths%10 == 0 && c.halfMore() {
		tenths += 5
	}
	return l.add(tenths, unit)
}

// halfMore reads the half in "两天半". "一天半价" says something else.
func (c *scan) halfMore() bool {
	at := c.i
	_, ok := c.word("half")
	if ok && !c.ends() {
		if _, after := c.word("after"); !after {
			ok = false
		} else {
			c.i = at + 1
		}
	}
	if !ok {
		c.i = at
	}
	return ok
}

// ends: nothing, a blank or a mark comes next.
func (c *scan) ends() bool {
	return strings.ContainsRune("\x00 ,.;:!?)]、", c.at(0))
}

// add puts tenths of a unit to a length; a part of a month is none.
func (l *length) add(tenths int, unit string) bool {
	n, err := strconv.Atoi(strings.TrimRight(unit, "dm"))
	if err != nil {
		return false
	}
	switch {
	case strings.HasSuffix(unit, "m") && tenths%10 == 0:
		l.months += tenths / 10 * n
	case strings.HasSuffix(unit, "m"):
		return false
	case strings.HasSuffix(unit, "d"):
		l.days += tenths * n / 10
		l.clock += time.Duration(tenths*n%10) * 24 * time.Hour / 10
	default:
		l.clock += time.Duration(tenths*n) * time.Minute / 10
	}
	return true
}

// bounded: the last rune read and the next one do not belong together.
func (c *scan) bounded() bool {
	a, b := c.at(-1), c.at(0)
	return !((letter(a) || digit(a)) && (letter(b) || digit(b)))
}
