package when_test

import (
	"slices"
	"testing"
	"time"

	"qunmate/scheduler/when"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"隔天 9:00 浇水", "{kind:daily,times:[540],gap:2}|浇水"},
		{"隔日晚上9点", "{kind:daily,times:[1260],gap:2}|"},
		{"每两天 9:00", "{kind:daily,times:[540],gap:2}|"},
		{"每8天 9:00", "{kind:daily,times:[540],gap:8}|"},
		{"每隔一周周五 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"隔一周周五 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"每两周周五 10:00 例会", "{kind:weekly,times:[600],days:[5],gap:2}|例会"},
		{"每两周五 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"每2周的周一、四 10:00", "{kind:weekly,times:[600],days:[1,4],gap:2}|"},
		{"每三个星期 星期三 下午3点", "{kind:weekly,times:[900],days:[3],gap:3}|"},
		{"每两个周五 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"隔周五 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"双周二 10:00 双周会", "{kind:weekly,times:[600],days:[2],gap:2}|双周会"},
		{"10:00 隔周周五", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"每两周周五 10:00 跳过 节假日 例会", "{kind:weekly,times:[600],days:[5],gap:2,skip:[holiday]}|例会"},
		{"every other day at 9am", "{kind:daily,times:[540],gap:2}|"},
		{"every other friday 10:00 call", "{kind:weekly,times:[600],days:[5],gap:2}|call"},
		{"every other week on friday at 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"every 2 weeks on friday 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"every two weeks on mon and thu 10:00", "{kind:weekly,times:[600],days:[1,4],gap:2}|"},
		{"every 2 fridays 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"every three days 9:00", "{kind:daily,times:[540],gap:3}|"},
		{"biweekly on friday 10:00", "{kind:weekly,times:[600],days:[5],gap:2}|"},
		{"9am every other friday", "{kind:weekly,times:[540],days:[5],gap:2}|"},
		{"every 1 week on friday 10:00", "{kind:weekly,times:[600],days:[5]}|"},
		{"每两周 10:00", "day?"},
		{"隔周 10:00", "day?"},
		{"every 2 weeks at 10:00", "day?"},
		{"every other week 10:00", "day?"},
		{"每3天 早", "clock?"},
		{"隔天再说", "-"}, // says something else
		{"every other person gets one", "-"},
		{"每隔两天 9:00", "cannot 每隔两天"}, // the third day, or the second?
		{"每9天 9:00", "cannot 每9天"},
		{"每两个月1号 9:00", "cannot 每两个月"},
		{"隔月1号 9:00", "cannot 隔月1号"},
		{"单周周五 10:00", "cannot 单周周五"},
		{"每2天3小时", "cannot 每2天3小时"},
		{"every 2nd tuesday 10:00", "cannot every 2nd tuesday"},
		{"每个月 1号 9:00", "{kind:monthly,times:[540],days:[1]}|"},
	} {
		if got := ruled(when.RuleHead(c.text)); got != c.want {
			t.Errorf("%q:\n  %s, want\n  %s", c.text, got, c.want)
		}
	}
}

// begun reads a rule and settles when it begins.
func begun(t *testing.T, text string, now time.Time) (when.Rule, string) {
	t.Helper()
	r, rest, err := when.RuleHead(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if rest, err = r.Begin(rest, now, now.Location()); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return r, rest
}

func TestFromWhenAPauseCounts(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	now := time.Date(2026, 11, 27, 10, 30, 0, 0, z) // a Friday
	for _, c := range []struct{ text, from, rest string }{
		{"每两周周五 10:00 例会", "2026-12-04", "例会"}, // today's is over
		{"每两周周五 11:00 例会", "2026-11-27", "例会"},
		{"每两周周一、五 10:00", "2026-11-30", ""},
		{"隔天 9:00", "2026-11-28", ""},
		{"隔天 9:00、21:00", "2026-11-27", ""},
		{"每两周周五 10:00 从 12-11 起 例会", "2026-12-11", "例会"},
		{"每两周周五 10:00 从12月9日开始，例会", "2026-12-11", "例会"}, // the Friday after
		{"每两周周五 10:00 从 11-20 起", "2026-11-20", ""},     // goes on from last week
		{"每两周周五 10:00 从下周五起 跳过 节假日 例会", "2026-12-04", "例会"},
		{"every other friday 10:00 from dec 11 call", "2026-12-11", "call"},
		{"every other day 9:00 starting tomorrow, drink", "2026-11-28", "drink"},
		{"每两周周五 10:00 从头说起", "2026-12-04", "从头说起"},
		{"每周五 10:00 从 12-11 起", "", "从 12-11 起"}, // nothing is left out
	} {
		if r, rest := begun(t, c.text, now); r.From != c.from || rest != c.rest {
			t.Errorf("%q: from %q, rest %q; want %q, %q", c.text, r.From, rest, c.from, c.rest)
		}
	}
	r, rest, err := when.RuleHead("隔天 9:00 从 2-30 起")
	if err == nil {
		_, err = r.Begin(rest, now, z)
	}
	if got := ruled(r, "", err); got != "no 2-30" {
		t.Errorf("a day that does not exist: %s", got)
	}
	kept := when.Rule{Kind: when.Weekly, Days: []int{5}, Times: []int{600}, Gap: 2, From: "2026-11-20"}
	if _, err := kept.Begin("", now, z); err != nil || kept.From != "2026-11-20" {
		t.Errorf("one that began begins anew: %q, %v", kept.From, err)
	}
}

// Whatever the clock does, a day on which it falls is so many days or weeks
// after the one before, and the clock shows what was said, or the first moment
// after a gap.
func TestPausesKeepTheirStepThroughClockChanges(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"} {
		z := zone(t, name)
		now := time.Date(2026, 2, 3, 12, 0, 0, 0, z)
		for _, c := range []struct {
			text string
			step int
		}{{"隔天 2:10", 2}, {"每3天 1:30", 3}, {"隔周周日 2:30", 14}, {"every 3 weeks on sunday 0:00", 21}, {"每8周周一 23:59", 56}} {
			r, _ := begun(t, c.text, now)
			var days []time.Time
			for _, u := range r.Upcoming(now, z, 40, 60) {
				y, m, d := u.At.Date()
				days = append(days, time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
			}
			if len(days) != 40 || days[0].Format(time.DateOnly) != r.From {
				t.Fatalf("%q in %s: %d turns from %s, begins %s", c.text, name, len(days), days[0], r.From)
			}
			for i := range days[1:] {
				if step := int(days[i+1].Sub(days[i]) / (24 * time.Hour)); step != c.step {
					t.Errorf("%q in %s: %s comes %d days after %s", c.text, name, days[i+1].Format(time.DateOnly), step, days[i].Format(time.DateOnly))
				}
			}
		}
	}
}

func TestDaysOfOneWeekStayTogether(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	r, _ := begun(t, "每两周周一、五 10:00", time.Date(2026, 11, 25, 8, 0, 0, 0, z))
	var got []string
	for _, u := range r.Upcoming(time.Date(2026, 11, 25, 8, 0, 0, 0, z), z, 5, 60) {
		got = append(got, u.At.Format("01-02"))
	}
	if want := []string{"11-27", "12-07", "12-11", "12-21", "12-25"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
