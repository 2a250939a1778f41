package when

import (
	"strconv"
	"time"
)

// gapMost is the longest pause of a rule, in days or weeks: what is rarer is
// meant by the month.
const gapMost = 8

// readGap reads "每两天", "每3周周五", "every 2 weeks on friday", behind the word for
// every. each is false where that word says that so many are left out. ok is
// false when the text says nothing like that.
func (r *Rule) readGap(c *scan, start int, each bool) (ok bool, err error) {
	from := c.i
	n, width := c.number()
	if width == 0 {
		if v, said := c.word("few"); said {
			n, _ = strconv.Atoi(v)
			width = 1
		}
	}
	c.blanks()
	unit, said := c.word("gapday")
	switch {
	case width == 0:
		c.i = from
		return false, nil
	case !said: // "每两个周五", "every 2 fridays"
		_, _ = c.word("piece")
		at := c.i
		if n < 2 || !r.readWeekdays(c) || c.i == at {
			c.i = from
			return false, nil
		}
		unit = "fridays"
	}
	end := c.i
	if _, more := c.length(); more { // "2天3小时" is one length
		c.i = from
		return false, nil
	}
	c.i = end
	if !each && n == 1 {
		n, each = 2, true // one is left out: every other
	}
	if n < 1 || n > gapMost || !each || unit == "month" && n > 1 {
		return true, c.unknown(start)
	}
	switch unit {
	case "day":
		r.Kind = Daily
	case "week":
		if !r.readWeekdays(c) {
			return true, ErrNoDay
		}
	case "month":
		c.i = from
		return false, nil
	}
	if n > 1 {
		r.Gap = n
	}
	return true, nil
}

// readOther reads "隔天", "隔周周五", "every other friday". It is a rule only with a
// time of the day behind it.
func (r *Rule) readOther(c *scan) bool {
	unit, ok := c.word("gap")
	if !ok {
		return false
	}
	if unit == "other" {
		c.blanks()
		if unit, ok = c.word("gapday"); !ok {
			unit = "week"
		}
	}
	r.Gap = 2
	switch unit {
	case "day":
		r.Kind = Daily
		return true
	case "week":
		return r.readWeekdays(c)
	}
	return false
}

// otherwise says what is wrong with a pause that readOther does not take: every
// other month, or a week without its day.
func (c *scan) otherwise() error {
	start := c.i
	unit, ok := c.word("gap")
	if !ok {
		return ErrNoRule
	}
	if unit == "other" {
		c.blanks()
		unit, _ = c.word("gapday")
	}
	if unit == "month" {
		_ = new(Rule).readMonthDays(c)
	} else {
		_ = new(Rule).readWeekdays(c)
	}
	end := c.i
	if new(Rule).readTimes(c, "") != nil {
		return ErrNoRule
	}
	c.i = end
	if unit == "week" {
		return ErrNoDay
	}
	return c.unknown(start)
}

// Begin settles from which day on a rule that leaves days or weeks out counts:
// the one that is said at the beginning of the text ("从 12-04 起", "from dec
// 4"), else the one it has, else the day of its first turn after now. It returns
// what follows. Another rule is not touched, nor its text.
func (r *Rule) Begin(text string, now time.Time, zone *time.Location) (rest string, err error) {
	if r.Gap < 2 {
		return text, nil
	}
	day, rest, err := beginHead(text, now.In(zone))
	if err != nil {
		return text, err
	}
	if rest != text {
		c := newScan(rest)
		for r.condition(c) {
			continue
		}
		_, rest = cut(rest, c.i)
		rest = trimmed(rest)
	}
	each := *r
	each.Gap = 0
	if day.IsZero() {
		if r.From != "" {
			return rest, nil
		}
		var ok bool
		if day, _, ok = each.next(now, zone); !ok {
			return rest, nil
		}
	}
	for range 6 {
		if each.matches(day) {
			break
		}
		day = day.AddDate(0, 0, 1)
	}
	r.From = day.Format(time.DateOnly)
	return rest, nil
}

// beginHead reads "从12月4日起", "starting friday"; the zero day where nothing like
// that stands.
func beginHead(text string, now time.Time) (day time.Time, rest string, err error) {
	c := newScan(text)
	c.blanks()
	if _, ok := c.word("begin"); !ok {
		return day, text, nil
	}
	c.blanks()
	f := fix{now: now, today: midnight(now)}
	ok, err := f.readDay(c)
	if err != nil {
		return day, text, err
	}
	_ = c.has("begun")
	if !ok || !c.bounded() {
		return day, text, nil
	}
	_, rest = cut(text, c.i)
	return f.day, trimmed(rest), nil
}

// Start is the day from which on a rule with Gap counts, as if in UTC.
func (r *Rule) Start() time.Time {
	day, err := time.Parse(time.DateOnly, r.From)
	if err != nil {
		return time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
	}
	return day
}

// inTurn reports whether a date, as if in UTC, is not one that Gap leaves out.
// Weeks begin on Monday: those of one week stay together.
func (r *Rule) inTurn(day time.Time) bool {
	if r.Gap < 2 {
		return true
	}
	from := r.Start()
	if day.Before(from) {
		return false
	}
	if r.Kind == Weekly {
		return days(monday(from), monday(day))/7%r.Gap == 0
	}
	return days(from, day)%r.Gap == 0
}

func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

func monday(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }
