package templates

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// Moment is an instant as people say it: absolute, in the chat's zone. Both
// times must be in that zone; Now decides between "today" and "tomorrow".
type Moment struct {
	T   time.Time
	Now time.Time
}

// functions are what texts may call.
func functions(lang string) template.FuncMap {
	when := whenChinese
	if lang == "en" {
		when = whenEnglish
	}
	return template.FuncMap{
		"when":    when,
		"clock":   func(t time.Time) string { return t.Format("15:04") },
		"signed":  Signed,
		"percent": func(n int) string { return Signed(int64(n)) + "%" },
		"plural": func(n int, one, many string) string {
			if n == 1 {
				return strconv.Itoa(n) + " " + one
			}
			return strconv.Itoa(n) + " " + many
		},
		"join":    strings.Join,
		"split":   func(list string) []string { return strings.Split(list, ",") },
		"minutes": func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) },
		"add":     func(a, b int) int { return a + b },
		"int":     func(n int64) int { return int(n) },
		"neg":     func(n int64) int64 { return -n },
		"hours":   func(minutes int) int { return minutes / 60 },
		// A lunar date without a year, in the form in which days have it.
		"lunarday":    func(month, day int) lunarDate { return lunarDate{month, day} },
		"int_weekday": func(t time.Time) int { return int(t.Weekday()) },
	}
}

type lunarDate struct{ LunarMonth, LunarDay int }

// Signed writes an amount with its sign: +10, −50 (a real minus).
func Signed(n int64) string {
	if n < 0 {
		return "−" + strconv.FormatInt(-n, 10)
	}
	return "+" + strconv.FormatInt(n, 10)
}

// daysApart counts calendar days from now's date to t's date.
func daysApart(m Moment) int {
	y, mo, d := m.T.Date()
	ny, nmo, nd := m.Now.Date()
	a := time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
	b := time.Date(ny, nmo, nd, 0, 0, 0, 0, time.UTC)
	return int(a.Sub(b) / (24 * time.Hour))
}

func whenEnglish(m Moment) string {
	hm := m.T.Format("15:04")
	switch daysApart(m) {
	case 0:
		return "today " + hm
	case 1:
		return "tomorrow " + hm
	case -1:
		return "yesterday " + hm
	}
	return dated(m, hm)
}

func dated(m Moment, hm string) string {
	if m.T.Year() == m.Now.Year() {
		return m.T.Format("01-02") + " " + hm
	}
	return m.T.Format("2006-01-02") + " " + hm
}
