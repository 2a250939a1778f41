package when

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// readWeekdays: "周五", "周一三五", "周一、三、五", "周一到周五", "mon, wed and fri".
func (r *Rule) readWeekdays(c *scan) bool {
	var days []int
	add := func(d int) {
		if !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	end, named := c.i, false // named: in Chinese the word for "week" stands once
	if c.i > 0 {
		_, named = c.weekBefore()
	}
	for {
		from, ok := c.weekday(&named, len(days) > 0)
		if !ok {
			break
		}
		end = c.i
		add(from)
		c.blanks()
		if _, ok := c.word("to"); ok {
			c.blanks()
			if to, ok := c.weekday(&named, true); ok {
				for d := from; d != to; d = d%7 + 1 {
					add(d)
				}
				add(to)
				end = c.i
			}
		}
		c.i = end
		c.separated()
	}
	c.i = end
	slices.Sort(days)
	if len(days) > 0 {
		r.Kind, r.Days = Weekly, days
	}
	return len(days) > 0
}

// weekBefore reports whether "周" was just read, as in "每周".
func (c *scan) weekBefore() (string, bool) {
	for _, w := range words["week"] {
		if n := len(w.text); c.i >= n && slices.Equal(c.s[c.i-n:c.i], w.text) {
			return string(w.text), true
		}
	}
	return "", false
}

// weekday reads one day. A figure counts only behind the word for week and
// never where a time begins.
func (c *scan) weekday(named *bool, more bool) (int, bool) {
	start := c.i
	if !more {
		_ = c.has("glue")
		c.blanks()
	}
	if v, ok := c.word("dayname"); ok {
		n, _ := strconv.Atoi(v)
		return n, true
	}
	if _, ok := c.word("week"); ok {
		*named = true
	}
	if *named {
		if v, ok := c.word("weekday"); ok && (!digit(c.at(-1)) || !digit(c.at(0)) && c.at(0) != ':') && !c.pointNext() {
			n, _ := strconv.Atoi(v)
			return n, true
		}
	}
	c.i = start
	return 0, false
}

// readMonthDays: "每月1号", "每月 1、15 号", "monthly on the 1st", "每月最后一天".
func (r *Rule) readMonthDays(c *scan) error {
	start := c.i
	_ = c.has("of")
	c.skipGlue()
	end := c.i
	for {
		if _, ok := c.word("lastday"); ok {
			r.Days = append(r.Days, LastDay)
			end = c.i
		} else if _, ok := c.word("firstday"); ok {
			r.Days = append(r.Days, 1)
			end = c.i
		} else {
			n, width := c.number()
			if width == 0 || c.at(0) == ':' || c.pointNext() {
				break
			}
			if n < 1 || n > 31 {
				return &ImpossibleError{Text: strings.TrimSpace(string(c.s[start:c.i]))}
			}
			_ = c.has("dom") || c.has("ordinal")
			r.Days = append(r.Days, n)
			end = c.i
		}
		if !c.separated() {
			break
		}
	}
	c.i = end
	if len(r.Days) == 0 {
		return ErrNoDay
	}
	slices.Sort(r.Days)
	r.Kind, r.Days = Monthly, slices.Compact(r.Days)
	return nil
}

// readYearDay: "每年10月1日", "every year on Oct 1".
func (r *Rule) readYearDay(c *scan) error {
	c.skipGlue()
	f := fix{today: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)} // a leap year
	for _, read := range []func(*scan) (bool, error){f.readNumericDate, f.readMarkedDate, f.readNamedMonth} {
		start := c.i
		ok, err := read(c)
		if err != nil {
			return err
		}
		if ok {
			r.Kind, r.Month, r.Day = Yearly, int(f.day.Month()), f.day.Day()
			return nil
		}
		c.i = start
	}
	return ErrNoDay
}

// readLunar: "农历八月十五", "农历正月初一", "农历除夕".
func (r *Rule) readLunar(c *scan) bool {
	start := c.i
	c.blanks()
	lunar := c.has("lunar")
	c.skipGlue()
	if !lunar {
		c.i = start
		return false
	}
	if r.readFeast(c) && r.Kind == Lunar {
		return true
	}
	var month int
	if v, ok := c.word("lunarmonth"); ok {
		month, _ = strconv.Atoi(v)
	} else {
		n, _ := c.number()
		if month = n; !c.has("month") && !c.rune('-') && !c.rune('/') {
			month = 0
		}
	}
	c.blanks()
	_, _ = c.word("first")
	twenty := 0
	if _, ok := c.word("twenty"); ok {
		twenty = 20
	}
	day, _ := c.number()
	day += twenty
	_ = c.has("dom")
	if month < 1 || month > 12 || day < 1 || day > 30 {
		c.i = start
		return false
	}
	r.Kind, r.Month, r.Day = Lunar, month, day
	return true
}
