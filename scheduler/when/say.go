package when

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors of RuleHead besides *ImpossibleError.
var (
	ErrNoRule  = errors.New("this says nothing that happens again and again")
	ErrNoClock = errors.New("at what time of the day?")
	ErrNoDay   = errors.New("on which day?")
)

// RuleHead reads a repeated time at the beginning of a text and returns what
// follows: "每天 07:30", "工作日 8点", "每周一三五 10:00", "every weekday 9:00", "30 7 *
// * 1-5", with conditions behind ("跳过 休息日").
func RuleHead(text string) (Rule, string, error) {
	if r, rest, err := cronHead(text); !errors.Is(err, ErrNoRule) {
		return r, rest, err
	}
	c := newScan(text)
	r := Rule{}
	part, err := r.read(c)
	if errors.Is(err, ErrNoRule) {
		if r, err = timed(c); err != nil {
			return Rule{}, text, err
		}
	}
	if err != nil {
		_, rest := cut(text, c.i)
		return Rule{}, rest, err
	}
	if r.Kind != Every && len(r.Times) == 0 {
		if err := r.readTimes(c, part); err != nil {
			_, rest := cut(text, c.i)
			return Rule{}, rest, err
		}
	}
	if !c.bounded() {
		return Rule{}, text, ErrNoRule
	}
	for r.condition(c) {
		continue
	}
	_, rest := cut(text, c.i)
	return r, trimmed(rest), nil
}

// trimmed is what is said behind a rule, without the mark between.
func trimmed(rest string) string { return strings.TrimLeft(rest, ",，:： ") }

// Conditions takes "跳过 休息日" and the like off the end of a text, into the rule.
func (r *Rule) Conditions(text string) string {
	for {
		c := newScan(strings.TrimSpace(text))
		found := false
		for start := max(0, len(c.s)-tailMost); start < len(c.s) && !found; start++ {
			c.i = start
			if start > 0 && c.at(-1) != ' ' {
				continue
			}
			try := *r
			try.Skip, try.Only = slices.Clone(r.Skip), slices.Clone(r.Only)
			if try.condition(c) && c.i == len(c.s) {
				*r, found = try, true
				text, _ = cut(strings.TrimSpace(text), start)
			}
		}
		if !found {
			return strings.TrimSpace(text)
		}
	}
}

// condition reads one "跳过 休息日" or "仅 工作日".
func (r *Rule) condition(c *scan) bool {
	start := c.i
	c.blanks()
	if c.at(0) == ',' {
		c.i++
		c.blanks()
	}
	list := &r.Skip
	if _, ok := c.word("skip"); !ok {
		list = &r.Only
		if _, ok = c.word("only"); !ok {
			c.i = start
			return false
		}
	}
	c.blanks()
	kind, ok := c.word("days")
	if !ok || !c.bounded() {
		c.i = start
		return false
	}
	if !slices.Contains(*list, kind) {
		*list = append(*list, kind)
	}
	return true
}

// cronHead reads five fields of a cron expression.
func cronHead(text string) (Rule, string, error) {
	c := newScan(text)
	fields := 0
	star := false
	for fields < 5 {
		c.blanks()
		start := c.i
		for r := c.at(0); digit(r) || r == '*' || r == '/' || r == '-' || r == ',' || (letter(r) && fields >= 3); r = c.at(0) {
			star = star || r == '*'
			c.i++
		}
		if c.i == start || (c.at(0) != ' ' && c.at(0) != 0) {
			return Rule{}, text, ErrNoRule
		}
		fields++
	}
	if !star {
		return Rule{}, text, ErrNoRule
	}
	expr := strings.Join(strings.Fields(string(c.s[:c.i])), " ")
	head, rest := cut(text, c.i)
	if _, err := Parse(expr, time.UTC); err != nil {
		return Rule{}, rest, &ImpossibleError{Text: head}
	}
	r := Rule{Kind: Cron, Cron: expr}
	for r.condition(c) {
		continue
	}
	_, rest = cut(text, c.i)
	return r, rest, nil
}

// read finds what repeats. part is the part of the day that a word like "每晚"
// names besides.
func (r *Rule) read(c *scan) (part string, err error) {
	c.blanks()
	_ = c.has("glue")
	c.blanks()
	start := c.i
	if _, ok := c.word("gap"); ok { // longer than the words for every and again
		c.i = start
		return "", ErrNoRule
	}
	if word, ok := c.word("again"); ok {
		return r.readAgain(c, word)
	}
	if v, ok := c.word("every"); ok {
		c.blanks()
		if ok, err := r.readGap(c, start, v != "but"); ok || err != nil {
			return "", err
		}
		if r.readNth(c) {
			if !c.has("ofmonth") && slices.Max(r.Nth) > 1 {
				return "", c.unknown(start) // every second tuesday is one of two
			}
			return "", nil
		}
		if r.readFeast(c) || r.readMonthEnd(c, false) {
			return "", nil
		}
		if l, ok := c.length(); ok {
			return "", r.setEvery(c, start, &l)
		}
		if r.readWeekdays(c) {
			return "", nil
		}
	}
	c.i = start
	if r.readLunar(c) {
		return "", nil
	}
	if r.readWeekdays(c) && len(r.Days) > 1 {
		return "", nil
	}
	c.i = start
	return "", ErrNoRule
}

func (r *Rule) readAgain(c *scan, word string) (part string, err error) {
	switch word {
	case "daily":
		r.Kind = Daily
	case "morning", "evening":
		r.Kind = Daily
		return word, nil
	case "work":
		r.Kind, r.Only = Daily, []string{"work"}
	case "weekdays":
		r.Kind, r.Days = Weekly, []int{1, 2, 3, 4, 5}
	case "weekend":
		r.Kind, r.Days = Weekly, []int{6, 7}
	case "weekly":
		if !r.readWeekdays(c) {
			return "", ErrNoDay
		}
	case "monthly":
		if r.readNth(c) {
			return "", nil
		}
		return "", r.readMonthDays(c)
	case "yearly":
		c.skipGlue()
		if r.readFeast(c) || r.readLunar(c) {
			return "", nil
		}
		return "", r.readYearDay(c)
	case "hourly":
		r.Kind, r.Every = Every, 60
	}
	return "", nil
}

// setEvery takes "每2小时": lengths that begin anew with every hour or day.
func (r *Rule) setEvery(c *scan, start int, l *length) error {
	r.Kind, r.Every = Every, int(l.clock/time.Minute)
	switch {
	case l.months == 0 && l.days == 1 && l.clock == 0:
		r.Kind, r.Every = Daily, 0
		return nil
	case !l.whole() && l.days == 0 && l.months == 0 && everyExpression(r.Every) != "" && l.clock%time.Minute == 0:
		return nil
	}
	return c.unknown(start)
}

func everyExpression(minutes int) string {
	switch {
	case minutes <= 0 || minutes > 24*60:
		return ""
	case minutes < 60 && 60%minutes == 0:
		return "*/" + strconv.Itoa(minutes) + " * * * *"
	case minutes == 60:
		return "0 * * * *"
	case minutes%60 == 0 && 24%(minutes/60) == 0:
		return "0 */" + strconv.Itoa(minutes/60) + " * * *"
	}
	return ""
}

// separated skips what stands between the members of a list and reports
// whether there was a mark or a word, not only a blank.
func (c *scan) separated() bool {
	c.blanks()
	if c.at(0) == ',' || c.at(0) == '/' {
		c.i++
		c.blanks()
		return true
	}
	_, ok := c.word("list")
	c.blanks()
	return ok
}

func (c *scan) pointNext() bool {
	start := c.i
	ok := c.has("point")
	c.i = start
	return ok
}

func (c *scan) skipGlue() {
	for c.has("glue") {
		continue
	}
	c.blanks()
}

// readTimes reads one or several times of the day: "7:30", "早上7点半和晚上9点".
func (r *Rule) readTimes(c *scan, part string) error {
	c.blanks()
	from := c.i
	for {
		f := fix{part: part}
		end := c.i
		c.between(&f)
		if v, ok := c.partOfDay(false); ok {
			f.part = v
			c.between(&f)
		}
		ok, err := f.readClock(c)
		if err != nil {
			return err
		}
		if ok && f.part == "" { // "8:00 in the evening"
			at := c.i
			c.between(&f)
			if v, named := c.partOfDay(true); named {
				f.part = v
			} else {
				c.i = at
			}
		}
		hour, fits := f.hours()
		switch {
		case ok && !fits:
			return &ImpossibleError{Text: strconv.Itoa(f.hour) + ":" + strconv.Itoa(100 + f.minute)[1:]}
		case !ok:
			c.i = end
			if len(r.Times) == 0 {
				return ErrNoClock
			}
			return nil
		}
		if m := (hour*60 + f.minute) % (24 * 60); !slices.Contains(r.Times, m) {
			r.Times = append(r.Times, m)
		}
		slices.Sort(r.Times)
		part = f.part
		end = c.i
		if c.span() {
			return c.unknown(from)
		}
		if !c.separated() && (c.i == end || !c.clockAlone()) {
			c.i = end
			return nil
		}
		next := c.i
		if !c.clockNext() {
			c.i = end
			return nil
		}
		c.i = next
	}
}

// clockNext reports whether another time follows.
func (c *scan) clockNext() bool {
	f := fix{}
	c.between(&f)
	_, _ = c.partOfDay(false)
	ok, err := f.readClock(c)
	return ok || err != nil
}
