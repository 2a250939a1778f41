package when

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// UnknownError names a time that people mean and a rule cannot say: every other
// week, from nine to six.
type UnknownError struct{ Text string }

// Error implements error.
func (e *UnknownError) Error() string { return "cannot do " + e.Text }

func (c *scan) unknown(start int) error {
	return &UnknownError{Text: strings.TrimSpace(string(c.s[start:c.i]))}
}

// timed reads what is a rule only with a time of the day behind it, because a
// text may begin so, too: "中秋 18:00", "first monday of the month 10:00",
// "mondays 9am"; or with the time in front: "9am every monday".
func timed(c *scan) (Rule, error) {
	for _, read := range []func(*Rule, *scan) bool{
		(*Rule).readFeast, (*Rule).readNthOfMonth, func(r *Rule, c *scan) bool { return r.readMonthEnd(c, true) }, (*Rule).readPlural, (*Rule).readOther,
	} {
		r := Rule{}
		c.i = 0
		c.skipGlue()
		if !read(&r, c) {
			continue
		}
		var no *ImpossibleError
		var unknown *UnknownError
		if err := r.readTimes(c, ""); err == nil || errors.As(err, &no) || errors.As(err, &unknown) {
			return r, err
		}
	}
	c.i = 0
	c.skipGlue()
	if err := c.otherwise(); !errors.Is(err, ErrNoRule) {
		return Rule{}, err
	}
	c.i = 0 // "at 9 every monday": the word in front makes it a time
	return timeFirst(c)
}

// timeFirst reads "9am every monday", "at noon every day". The day stands alone:
// behind a time "每天一题" is what is said.
func timeFirst(c *scan) (Rule, error) {
	times, r := Rule{}, Rule{}
	if times.readTimes(c, "") != nil || c.at(0) != ' ' {
		return Rule{}, ErrNoRule
	}
	c.blanks()
	part, err := "", error(nil)
	if !r.readOther(c) {
		part, err = r.read(c)
	}
	if err != nil || part != "" || r.Kind == Every || len(r.Times) > 0 || (c.at(0) != ' ' && c.at(0) != 0) {
		return Rule{}, ErrNoRule
	}
	r.Times = times.Times
	return r, nil
}

// readFeast: "元旦", "中秋节", "除夕", "new year's eve".
func (r *Rule) readFeast(c *scan) bool {
	v, ok := c.word("feast")
	if !ok {
		return false
	}
	r.Kind = Yearly
	if v[0] == 'l' {
		r.Kind, v = Lunar, v[1:]
	}
	month, day, _ := strings.Cut(v, "-")
	r.Month, _ = strconv.Atoi(month)
	r.Day, _ = strconv.Atoi(day)
	return true
}

// readPlural: "mondays" are all of them.
func (r *Rule) readPlural(c *scan) bool {
	start := c.i
	_, ok := c.word("plural")
	c.i = start
	return ok && r.readWeekdays(c)
}

// lastOfAll puts the last one of a month, LastDay, behind the fifth.
const lastOfAll = 7

// readNth: "第一个周一", "the first and third friday".
func (r *Rule) readNth(c *scan) bool {
	start := c.i
	c.skipGlue()
	var nth []int
	for {
		v, ok := c.word("nth")
		if !ok {
			break
		}
		n, _ := strconv.Atoi(v)
		nth = append(nth, n)
		c.separated()
	}
	c.blanks()
	v, ok := c.word("dayname")
	if _, week := c.word("week"); !ok && week {
		v, ok = c.word("weekday")
	}
	if !ok || len(nth) == 0 {
		c.i = start
		return false
	}
	day, _ := strconv.Atoi(v)
	slices.SortFunc(nth, func(a, b int) int { return (a+lastOfAll)%lastOfAll - (b+lastOfAll)%lastOfAll })
	r.Kind, r.Nth, r.Days = Nth, slices.Compact(nth), []int{day}
	return true
}

// readNthOfMonth: "first monday of the month".
func (r *Rule) readNthOfMonth(c *scan) bool { return r.readNth(c) && c.has("ofmonth") }

// readMonthEnd: "first day of the month", "last day of the month", and with numbered "the 15th of every
// month".
func (r *Rule) readMonthEnd(c *scan, numbered bool) bool {
	start := c.i
	day := LastDay
	if _, ok := c.word("firstday"); ok {
		day = 1
	} else if _, ok := c.word("lastday"); !ok {
		n, width := c.number()
		if _, ok := c.word("ordinal"); !ok || !numbered || width == 0 || n < 1 || n > 31 {
			c.i = start
			return false
		}
		day = n
	}
	if !c.has("ofmonth") {
		c.i = start
		return false
	}
	r.Kind, r.Days = Monthly, []int{day}
	return true
}

// span reports that a time goes on to another one, "9:00-18:00", and reads it.
func (c *scan) span() bool {
	start := c.i
	c.blanks()
	if _, ok := c.word("to"); ok && c.clockNext() {
		return true
	}
	c.i = start
	return false
}

// clockAlone reports that another time stands here by itself: "8点 12点 18点".
func (c *scan) clockAlone() bool {
	start := c.i
	ok := c.clockNext() && (c.at(0) == ' ' || c.at(0) == 0)
	marked := slices.ContainsFunc(c.s[start:c.i], func(r rune) bool { return !digit(r) && r != ' ' })
	c.i = start
	return ok && marked
}
