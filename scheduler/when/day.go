package when

import (
	"strconv"
	"strings"
	"time"
)

// readDay reads "明天", "今晚", "下周五", "11-23", "11月23日", "nov 23", "friday".
func (f *fix) readDay(c *scan) (bool, error) {
	if v, ok := c.word("eve"); ok {
		n, part, _ := strings.Cut(v, " ")
		f.part = part
		return true, f.setOffset(n)
	}
	if v, ok := c.word("day"); ok {
		return true, f.setOffset(v)
	}
	if _, ok := c.word("monthend"); ok {
		f.set(time.Date(f.today.Year(), f.today.Month()+1, 0, 0, 0, 0, 0, time.UTC))
		return true, nil
	}
	if f.readWeekday(c) {
		return true, nil
	}
	for _, read := range []func(*scan) (bool, error){f.readNumericDate, f.readMarkedDate, f.readNamedMonth} {
		start := c.i
		ok, err := read(c)
		if ok || err != nil {
			return ok, err
		}
		c.i = start
	}
	return false, nil
}

func (f *fix) set(day time.Time) { f.day, f.hasDay = day, true }

func (f *fix) setOffset(days string) error {
	n, err := strconv.Atoi(days)
	f.set(f.today.AddDate(0, 0, n))
	return err
}

// readWeekday: a week begins on Monday, so that "下周五" is in the week after
// this one.
func (f *fix) readWeekday(c *scan) bool {
	start := c.i
	which, named := c.word("which")
	c.blanks()
	var value string
	var ok bool
	if _, week := c.word("week"); week {
		value, ok = c.word("weekday")
	} else {
		value, ok = c.word("dayname")
	}
	if !ok {
		c.i = start
		return false
	}
	n, _ := strconv.Atoi(value)
	today := (int(f.today.Weekday()) + 6) % 7 // Monday is 0
	if named {
		w, _ := strconv.Atoi(which)
		f.set(f.today.AddDate(0, 0, w*7+n-1-today))
		return true
	}
	f.set(f.today.AddDate(0, 0, (n-1-today+7)%7))
	f.weekly = true
	return true
}

// readNumericDate: 2026-11-23, 2026/11/23, 2026.11.23, 11-23, 11/23.
func (f *fix) readNumericDate(c *scan) (bool, error) {
	start := c.i
	if !digit(c.at(0)) {
		return false, nil
	}
	a, wa := c.number()
	sep := c.at(0)
	if (sep != '-' && sep != '/' && sep != '.') || !digit(c.at(1)) || (sep == '.' && wa != 4) {
		return false, nil
	}
	c.i++
	b, wb := c.number()
	if wa == 4 {
		if !c.rune(sep) || !digit(c.at(0)) {
			return false, nil
		}
		d, wd := c.number()
		if wb > 2 || wd > 2 {
			return false, nil
		}
		return f.setDate(c, start, a, b, d)
	}
	if wa > 2 || wb > 2 || (c.at(0) == sep && digit(c.at(1))) {
		return false, nil
	}
	return f.setYearless(c, start, a, b)
}

// readMarkedDate: 2026年11月23日, 11月23号, 23号.
func (f *fix) readMarkedDate(c *scan) (bool, error) {
	start := c.i
	n, width := c.number()
	if width == 0 {
		return false, nil
	}
	if c.has("dom") {
		return f.setDayOfMonth(c, start, n)
	}
	year := 0
	if c.has("year") {
		year = n
		c.blanks()
		if n, width = c.number(); width == 0 {
			return false, nil
		}
	}
	if !c.has("month") {
		return false, nil
	}
	c.blanks()
	d, width := c.number()
	if width == 0 {
		return false, nil
	}
	if c.at(0) == ':' || c.at(0) == '.' { // "11月 20:00": not a day
		return false, nil
	}
	_ = c.has("dom")
	if year > 0 {
		return f.setDate(c, start, year, n, d)
	}
	return f.setYearless(c, start, n, d)
}

// readNamedMonth: nov 23, 23rd of november 2026.
func (f *fix) readNamedMonth(c *scan) (bool, error) {
	start := c.i
	day := 0
	if digit(c.at(0)) {
		day, _ = c.number()
		_ = c.has("ordinal")
		_ = c.has("glue")
		c.blanks()
	}
	value, ok := c.word("monthname")
	if !ok {
		return false, nil
	}
	month, _ := strconv.Atoi(value)
	if day == 0 {
		c.blanks()
		var width int
		if day, width = c.number(); width == 0 || width > 2 || c.at(0) == ':' {
			return false, nil
		}
		_ = c.has("ordinal")
	}
	end := c.i
	if c.at(0) == ',' {
		c.i++
	}
	c.blanks()
	if year, width := c.number(); width == 4 && year > 1900 && c.at(0) != ':' {
		return f.setDate(c, start, year, month, day)
	}
	c.i = end
	return f.setYearless(c, start, month, day)
}

func (f *fix) setDate(c *scan, start, year, month, day int) (bool, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day || year < 1970 || year > 9999 {
		return false, f.impossible(c, start)
	}
	f.set(t)
	return true, nil
}

// halfYear: a date without a year that is longer ago than this is next year's.
const halfYear = 183 * 24 * time.Hour

func (f *fix) setYearless(c *scan, start, month, day int) (bool, error) {
	ok, err := f.setDate(c, start, f.today.Year(), month, day)
	if month == 2 && day == 29 && err != nil { // the next leap year, if it is near
		return f.setDate(c, start, f.today.Year()+1, month, day)
	}
	if ok && f.today.Sub(f.day) > halfYear {
		return f.setDate(c, start, f.today.Year()+1, month, day)
	}
	return ok, err
}

// setDayOfMonth takes the next such day from today on.
func (f *fix) setDayOfMonth(c *scan, start, day int) (bool, error) {
	if day < 1 || day > 31 {
		return false, f.impossible(c, start)
	}
	for n := range 3 {
		t := time.Date(f.today.Year(), f.today.Month()+time.Month(n), day, 0, 0, 0, 0, time.UTC)
		if t.Day() == day && !t.Before(f.today) {
			f.set(t)
			break
		}
	}
	return true, nil
}
