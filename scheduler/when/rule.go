package when

import (
	"slices"
	"time"
)

// Kinds of rules.
const (
	Daily   = "daily"
	Weekly  = "weekly"  // Days 1–7, Monday is 1
	Monthly = "monthly" // Days 1–31, LastDay
	Nth     = "nth"     // Nth of a month: of the weekdays Days
	Yearly  = "yearly"  // Month and Day
	Lunar   = "lunar"   // Month and Day of the Chinese calendar, not of leap months
	Every   = "every"   // Every minutes, from midnight on
	Cron    = "cron"    // an expression of five fields
	Once    = "once"    // At, and never again
)

// LastDay is the last day of a month, or with Lunar the last day of the year,
// or with Nth the last such weekday of a month.
const LastDay = -1

// Rule says when something happens again and again. It is what a text of a
// language said, and what is stored; the words for it are made by the texts.
type Rule struct {
	Kind  string   `json:"kind"`
	Times []int    `json:"times,omitempty"` // minutes after midnight, ascending
	Days  []int    `json:"days,omitempty"`
	Nth   []int    `json:"nth,omitempty"` // 1–5, LastDay
	Month int      `json:"month,omitempty"`
	Day   int      `json:"day,omitempty"`
	Every int      `json:"every,omitempty"`
	Gap   int      `json:"gap,omitempty"`  // Daily, Weekly: only every so many days or weeks, 2–8 …
	From  string   `json:"from,omitempty"` // … counted from this day on, 2006-01-02; see Begin
	Cron  string   `json:"cron,omitempty"`
	At    int64    `json:"at,omitempty"` // Once: milliseconds since 1970
	Skip  []string `json:"skip,omitempty"`
	Only  []string `json:"only,omitempty"` // rest, work, holiday, weekend
}

// Turn is one instant of a rule.
type Turn struct {
	At time.Time // in the rule's zone
	// Skip says why the instant is left out: "weekend", "workday", "makeup" or
	// "holiday national"; "" is one that happens.
	Skip string
	// Guess: a condition was decided by weekends alone, because the holidays of
	// that year are not known yet.
	Guess bool
}

// lookMost bounds how many days Next looks ahead: a day of February 29 is four
// years off, and eight around 2100.
const lookMost = 366 * 9

// Next is the first turn after an instant, one that is left out included. ok is
// false when there is none.
func (r *Rule) Next(after time.Time, zone *time.Location) (Turn, bool) {
	switch r.Kind {
	case Once:
		at := time.UnixMilli(r.At).In(zone)
		return r.judge(at), at.After(after)
	case Cron, Every:
		s, err := Parse(r.expression(), zone)
		if err != nil {
			return Turn{}, false
		}
		at := s.Next(after)
		if at.IsZero() {
			return Turn{}, false
		}
		return r.judge(at), true
	}
	day, at, ok := r.next(after, zone)
	if !ok {
		return Turn{}, false
	}
	t := Turn{At: at}
	if r.conditional() { // by the date that was meant
		t.Skip, t.Guess = r.blocked(day)
	}
	return t, true
}

// next is the first date, as if in UTC, with an instant after another one.
func (r *Rule) next(after time.Time, zone *time.Location) (day, at time.Time, ok bool) {
	day = midnight(after.In(zone)).AddDate(0, 0, -1) // a time in a gap may come on the next date
	for range lookMost {
		if r.matches(day) && r.inTurn(day) {
			for _, m := range r.Times {
				if at := Instant(day.Add(time.Duration(m)*time.Minute), zone); at.After(after) {
					return day, at, true
				}
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return day, at, false
}

// expression is the cron expression of a rule that has one.
func (r *Rule) expression() string {
	if r.Kind == Cron {
		return r.Cron
	}
	return everyExpression(r.Every)
}

// Upcoming lists turns after an instant until n of them happen; skipped ones
// stand between. It stops after most turns.
func (r *Rule) Upcoming(after time.Time, zone *time.Location, n, most int) []Turn {
	var out []Turn
	for n > 0 && len(out) < most {
		t, ok := r.Next(after, zone)
		if !ok {
			break
		}
		out = append(out, t)
		after = t.At
		if t.Skip == "" {
			n--
		}
	}
	return out
}

// Has reports whether an instant is one of the rule's.
func (r *Rule) Has(at time.Time, zone *time.Location) bool {
	t, ok := r.Next(at.Add(-time.Millisecond), zone)
	return ok && t.At.Equal(at)
}

func (r *Rule) conditional() bool { return len(r.Skip)+len(r.Only) > 0 }

func (r *Rule) judge(at time.Time) Turn {
	t := Turn{At: at}
	if r.conditional() {
		t.Skip, t.Guess = r.blocked(at)
	}
	return t
}

// blocked says why a date is left out.
func (r *Rule) blocked(day time.Time) (why string, guess bool) {
	d := DayOf(day)
	for _, kind := range r.Skip {
		guess = guess || (kind != "weekend" && !d.Known)
		if d.is(kind, day.Weekday()) {
			return d.kind(day.Weekday()), guess
		}
	}
	for _, kind := range r.Only {
		guess = guess || (kind != "weekend" && !d.Known)
		if !d.is(kind, day.Weekday()) {
			return d.kind(day.Weekday()), guess
		}
	}
	return "", guess
}

// matches reports whether a date, as if in UTC, is one of the rule's, but for
// those that Gap leaves out.
func (r *Rule) matches(day time.Time) bool {
	switch r.Kind {
	case Daily:
		return true
	case Weekly:
		return slices.Contains(r.Days, (int(day.Weekday())+6)%7+1)
	case Monthly:
		return slices.Contains(r.Days, day.Day()) || (slices.Contains(r.Days, LastDay) && day.AddDate(0, 0, 1).Day() == 1)
	case Nth:
		last := day.AddDate(0, 0, 7).Month() != day.Month()
		return slices.Contains(r.Days, (int(day.Weekday())+6)%7+1) &&
			(slices.Contains(r.Nth, (day.Day()-1)/7+1) || last && slices.Contains(r.Nth, LastDay))
	case Yearly:
		return int(day.Month()) == r.Month && day.Day() == r.Day
	case Lunar:
		if day.Year() < firstYear || day.Year() > lastYear {
			return false
		}
		if r.Day == LastDay {
			return lunarLast(day)
		}
		d := DayOf(day)
		return d.LunarMonth == r.Month && d.LunarDay == r.Day && !d.LunarLeap
	}
	return false
}

// Busiest is the greatest number of instants within any hour. They are in
// order.
func Busiest(all []time.Time) int {
	most, from := 0, 0
	for i, t := range all {
		for t.Sub(all[from]) >= time.Hour {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
