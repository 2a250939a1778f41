package when

import (
	"strconv"
	"strings"
	"time"
)

// fix is a day and a time of day, as far as they were named.
type fix struct {
	now   time.Time
	today time.Time // the date of now, as if in UTC

	day    time.Time // as if in UTC
	hasDay bool
	weekly bool // a day of the week: the next one if this one is over

	part         string // morning, evening …
	hour, minute int
	hasClock     bool
	definite     bool // 20:00 and 08:00 are; 8 is morning or evening
	asked        bool // "at": a number that follows is an hour
}

// read takes a day, a part of the day and a time, each at most once and in any
// order, and stops after the last one it understands.
func (f *fix) read(c *scan) error {
	end, found := c.i, false
	for {
		c.between(f)
		ok, err := f.piece(c)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		end, found = c.i, true
	}
	c.i = end
	if !found || (!f.hasDay && !f.hasClock && f.part != "noon") {
		return ErrNoTime
	}
	if c.has("before") && !c.ends() { // "20:00前": not the first half of another word
		c.i = end
	}
	return nil
}

// between skips what stands between the parts of a time.
func (c *scan) between(f *fix) {
	for {
		switch {
		case c.at(0) == ' ' || c.at(0) == ',' || c.at(0) == '@':
			c.i++
		case c.at(0) == 't' && digit(c.at(-1)) && digit(c.at(1)):
			c.i++
		default:
			at := c.i
			if _, ok := c.word("glue"); !ok {
				return
			}
			if string(c.s[at:c.i]) == "at" {
				f.asked = true
			}
		}
	}
}

func (f *fix) piece(c *scan) (bool, error) {
	if !f.hasDay {
		if ok, err := f.readDay(c); ok || err != nil {
			return ok, err
		}
	}
	if f.part == "" {
		if v, ok := c.partOfDay(f.hasClock); ok {
			f.part = v
			return true, nil
		}
	}
	if f.hasClock {
		return false, nil
	}
	return f.readClock(c)
}

// partOfDay reads a word like "晚上". A word of one letter counts only where a
// time follows: "早点来" says something else. Behind a time only English has
// one: "8:00 in the evening".
func (c *scan) partOfDay(behind bool) (string, bool) {
	start := c.i
	v, ok := c.word("part")
	if !ok {
		return "", false
	}
	after := c.i
	short := after-start == 1
	if short {
		c.blanks()
		_, width := c.number()
		short = width == 0
	}
	c.i = after
	if short || (behind && !letter(c.at(-1))) {
		c.i = start
		return "", false
	}
	return v, true
}

// readClock reads "20:00", "8点半", "8pm", "noon".
func (f *fix) readClock(c *scan) (bool, error) {
	start := c.i
	if v, ok := c.word("clock"); ok {
		f.hour, _ = strconv.Atoi(v)
		f.hasClock, f.definite = true, true
		return true, nil
	}
	n, width := c.number()
	if width == 0 {
		return false, nil
	}
	f.hour, f.minute = n, 0
	f.definite = n > 12 || n == 0 || (c.s[start] == '0' && width > 1)
	ok := f.readMinutes(c)
	if half, got := c.halfOfDay(); got {
		if f.hour > 23 || (half == "pm" && f.hour == 0) {
			return false, f.impossible(c, start)
		}
		if ok = true; f.hour <= 12 {
			f.hour %= 12
			if half == "pm" {
				f.hour += 12
			}
		}
		f.definite = true
	}
	if !ok && f.asked && n <= 23 && c.ends() {
		ok = true
	}
	if !ok {
		c.i = start
		return false, nil
	}
	if f.hour > 24 || f.minute > 59 || (f.hour == 24 && f.minute > 0) {
		return false, f.impossible(c, start)
	}
	f.hasClock = true
	return true, nil
}

func (f *fix) impossible(c *scan, start int) error {
	return &ImpossibleError{Text: strings.TrimSpace(string(c.s[start:c.i]))}
}

// halfOfDay reads am or pm, blanks before it included.
func (c *scan) halfOfDay() (string, bool) {
	start := c.i
	c.blanks()
	v, ok := c.word("am")
	if !ok {
		c.i = start
	}
	return v, ok
}

// readMinutes reads what follows the hour: ":30", "点半", "点一刻", "点30分".
func (f *fix) readMinutes(c *scan) bool {
	if c.at(0) == ':' && digit(c.at(1)) && digit(c.at(2)) && !digit(c.at(3)) {
		f.minute = int(c.at(1)-'0')*10 + int(c.at(2)-'0')
		c.i += 3
		if c.at(0) == ':' && digit(c.at(1)) && digit(c.at(2)) && !digit(c.at(3)) {
			c.i += 3 // seconds are not kept
		}
		return true
	}
	if !c.has("point") {
		return false
	}
	if _, ok := c.word("sharp"); ok {
		return true
	}
	if _, ok := c.word("half"); ok {
		f.minute = 30
		return true
	}
	if v, ok := c.word("quarter"); ok {
		f.minute, _ = strconv.Atoi(v)
		return true
	}
	at := c.i
	n, width := c.number()
	_, named := c.word("minute")
	if width == 0 || (width == 1 && !named && n > 9) || (width < 2 && !named) {
		c.i = at
		return true
	}
	f.minute = n
	return true
}

// hours says how the twelve hours of a part of the day lie on the clock; 24 and
// more is the night that follows. ok is false where they contradict.
func (f *fix) hours() (hour int, ok bool) {
	h := f.hour
	switch f.part {
	case "dawn":
		return h % 12, h < 12 || h == 12
	case "morning":
		return h, h <= 12
	case "noon":
		if h <= 2 {
			h += 12
		}
		return h, h >= 11 && h <= 14
	case "afternoon":
		if h < 12 {
			h += 12
		}
		return h, h >= 12 && h <= 23
	case "evening":
		switch {
		case h == 12 || h == 0:
			return 24, true
		case h < 5:
			return h + 24, true
		case h < 12:
			return h + 12, true
		}
		return h, h >= 17
	}
	return h, true
}

// resolve makes an instant of what was read.
func (f *fix) resolve() (Moment, error) {
	day := f.today
	if f.hasDay {
		day = f.day
	}
	if !f.hasClock {
		return f.withoutClock(day)
	}
	hour, ok := f.hours()
	if !ok {
		return Moment{}, &ImpossibleError{Text: strconv.Itoa(f.hour) + ":" + strconv.Itoa(100 + f.minute)[1:]}
	}
	definite := f.definite || f.part != ""
	at := f.instant(day, hour)
	if f.weekly && !at.After(f.now) {
		day = day.AddDate(0, 0, 7)
		at = f.instant(day, hour)
	}
	if at.After(f.now) {
		return Moment{At: at}, nil
	}
	var choices []time.Time
	if !definite && hour <= 12 && day.Equal(f.today) {
		choices = append(choices, f.instant(day, hour+12))
	}
	switch {
	case f.hasDay:
	case f.part == "dawn" || (f.hour == 24 && definite): // nobody means the night that is over
		return Moment{At: f.instant(day.AddDate(0, 0, 1), hour)}, nil
	default:
		tomorrow := day.AddDate(0, 0, 1)
		choices = append(choices, f.instant(tomorrow, hour))
		if !definite && !choices[0].After(f.now) {
			choices = append(choices, f.instant(tomorrow, hour+12))
		}
	}
	choices = stillToCome(choices, f.now)
	if len(choices) == 0 {
		return Moment{}, &PastError{At: at}
	}
	return Moment{}, &UnclearError{Past: at, Choices: choices}
}

// withoutClock: a day alone, or a part of it. "今晚" as a deadline is the end of
// the day, noon is twelve; about a morning one has to ask.
func (f *fix) withoutClock(day time.Time) (Moment, error) {
	var hours []int
	switch f.part {
	case "", "evening":
		m := Moment{At: Instant(day.Add(24*time.Hour-time.Minute), f.now.Location()), DayOnly: true}
		if !m.At.After(f.now) {
			return Moment{}, &PastError{At: m.At}
		}
		return m, nil
	case "noon":
		hours = []int{12}
	case "dawn":
		hours = []int{5, 6}
	case "morning":
		hours = []int{8, 9, 10}
	default:
		hours = []int{14, 15, 16}
	}
	var choices []time.Time
	for _, h := range hours {
		choices = append(choices, f.instant(day, h))
	}
	last := choices[len(choices)-1]
	if choices = stillToCome(choices, f.now); len(choices) == 0 {
		return Moment{}, &PastError{At: last}
	}
	if len(hours) == 1 {
		return Moment{At: choices[0]}, nil
	}
	return Moment{}, &UnclearError{Choices: choices}
}

func stillToCome(all []time.Time, now time.Time) []time.Time {
	var out []time.Time
	for _, t := range all {
		if t.After(now) {
			out = append(out, t)
		}
	}
	return out
}

// instant puts an hour of a day into the zone. A time that comes twice is the
// first one, unless only the second is still to come.
func (f *fix) instant(day time.Time, hour int) time.Time {
	wall := day.Add(time.Duration(hour)*time.Hour + time.Duration(f.minute)*time.Minute)
	at := Instant(wall, f.now.Location())
	if !at.After(f.now) {
		_, end := at.ZoneBounds()
		if again := Again(at); !end.IsZero() && again.After(f.now) {
			return again
		}
	}
	return at
}

// Again is the second instant at which the clock shows what it shows at t, in
// the hour that comes twice; t itself when there is none.
func Again(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return t
	}
	_, before := t.Zone()
	_, after := end.Zone()
	again := t.Add(time.Duration(before-after) * time.Second)
	if before > after && !again.Before(end) && wallClock(again).Equal(wallClock(t)) {
		return again
	}
	return t
}
