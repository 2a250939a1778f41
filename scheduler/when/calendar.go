package when

import (
	"slices"
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
	"github.com/6tail/lunar-go/calendar"
)

// Day is what the Chinese calendar says of a date. Names are keys: the words
// for them are the texts' business.
type Day struct {
	LunarMonth int // 1–12
	LunarDay   int // 1–30
	LunarLeap  bool
	Term       string // the solar term that begins: "xiaoxue", or ""
	Festival   string // what is celebrated on the day itself: "mid_autumn", or ""
	// Holiday is the statutory holiday that the date belongs to, in the State
	// Council's arrangement of the year, or "".
	Holiday string
	MakeUp  bool // a Saturday or Sunday that is worked instead of another day
	Off     bool // a statutory holiday, or a weekend that is not worked
	Known   bool // the arrangement of the year is known; else weekends are all that is
}

// The keys of the library's terms and holidays, in its order.
var (
	termKeys = []string{
		"dongzhi", "xiaohan", "dahan", "lichun", "yushui", "jingzhe", "chunfen", "qingming", "guyu", "lixia", "xiaoman", "mangzhong",
		"xiazhi", "xiaoshu", "dashu", "liqiu", "chushu", "bailu", "qiufen", "hanlu", "shuangjiang", "lidong", "xiaoxue", "daxue",
	}
	holidayKeys = []string{
		"new_year", "spring", "qingming", "labour", "dragon_boat", "mid_autumn", "national", "national_mid_autumn", "victory",
	}
	lunarFeasts = map[[2]int]string{
		{1, 1}: "spring", {1, 15}: "lantern", {5, 5}: "dragon_boat", {7, 7}: "qixi", {8, 15}: "mid_autumn", {9, 9}: "double_ninth", {12, 8}: "laba",
	}
	solarFeasts = map[[2]int]string{
		{1, 1}: "new_year", {3, 8}: "women", {5, 1}: "labour", {6, 1}: "children", {9, 10}: "teachers", {10, 1}: "national",
	}
)

// The years the library is asked about: before and after them its lunar months
// are computed, too, but nobody has compared them.
const (
	firstYear = 1901
	lastYear  = 2099
)

// dates remembers what was computed: a rule that asks for a lunar date looks at
// hundreds of days, and a preview holds up everybody else meanwhile.
type dates struct {
	mu    sync.Mutex
	known map[int]Day
}

// mostDates are eleven years, in about half a megabyte.
const mostDates = 4096

var computed = dates{known: map[int]Day{}}

// DayOf looks a date up: the date that t shows in its own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	key := (y*16+int(m))*32 + d
	computed.mu.Lock()
	day, ok := computed.known[key]
	computed.mu.Unlock()
	if ok {
		return day
	}
	day = compute(t)
	computed.mu.Lock()
	defer computed.mu.Unlock()
	if len(computed.known) >= mostDates {
		clear(computed.known)
	}
	computed.known[key] = day
	return day
}

func compute(t time.Time) Day {
	y, m, d := t.Date()
	weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
	out := Day{Off: weekend, Known: HolidaysKnown(y)}
	if y < firstYear || y > lastYear {
		return out
	}
	lunar := calendar.NewSolarFromYmd(y, int(m), d).GetLunar()
	out.LunarMonth, out.LunarDay = lunar.GetMonth(), lunar.GetDay()
	if out.LunarMonth < 0 {
		out.LunarMonth, out.LunarLeap = -out.LunarMonth, true
	}
	if i := slices.Index(calendar.JIE_QI, lunar.GetJieQi()); i >= 0 {
		out.Term = termKeys[i]
	}
	out.Festival = festival(t, out)
	h := HolidayUtil.GetHolidayByYmd(y, int(m), d)
	switch {
	case h == nil:
	case h.IsWork():
		out.MakeUp, out.Off = true, false
	default:
		out.Off = true
		if i := slices.Index(HolidayUtil.NAMES, h.GetName()); i >= 0 && i < len(holidayKeys) {
			out.Holiday = holidayKeys[i]
		}
	}
	return out
}

func festival(t time.Time, d Day) string {
	_, m, day := t.Date()
	if f := solarFeasts[[2]int{int(m), day}]; f != "" {
		return f
	}
	if d.Term == "qingming" {
		return d.Term
	}
	if f := lunarFeasts[[2]int{d.LunarMonth, d.LunarDay}]; f != "" && !d.LunarLeap {
		return f
	}
	if d.LunarMonth == 12 && d.LunarDay >= 29 && lunarLast(t) {
		return "new_year_eve"
	}
	return ""
}

// lunarLast: the next day is the first of a lunar year.
func lunarLast(t time.Time) bool {
	next := DayOf(t.AddDate(0, 0, 1))
	return next.LunarMonth == 1 && next.LunarDay == 1 && !next.LunarLeap
}

// HolidaysKnown reports whether the arrangement of statutory holidays of a year
// had been published when the library was. A year has more than ten dates in
// it; January of the next one may be in the list before.
func HolidaysKnown(year int) bool {
	return year >= firstYear && year <= lastYear && HolidayUtil.GetHolidaysByYear(year).Len() > 10
}

// is reports whether a date is of a kind: rest, work, holiday or weekend.
func (d Day) is(kind string, w time.Weekday) bool {
	switch kind {
	case "rest":
		return d.Off
	case "work":
		return !d.Off
	case "holiday":
		return d.Holiday != ""
	case "weekend":
		return w == time.Saturday || w == time.Sunday
	}
	return false
}

// kind names the date for whoever asks why it was left out.
func (d Day) kind(w time.Weekday) string {
	switch {
	case d.Holiday != "":
		return "holiday " + d.Holiday
	case d.MakeUp:
		return "makeup"
	case w == time.Saturday || w == time.Sunday:
		return "weekend"
	}
	return "workday"
}
