package when_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones by name

	"qunmate/scheduler/when"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParseRefusesWhatThePlannerMustNotRun(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		"", "* * * *", "* * * * * *", "TZ=0", "CRON_TZ=", "CRON_TZ=Asia/Tokyo 0 9 * * *", "@daily", "@every 1ms",
		"61 * * * *", "0 25 * * *", "0 0 31 2 *", "a b c d e", "0 9 * * * extra",
	} {
		if _, err := when.Parse(expr, time.UTC); err == nil {
			t.Errorf("Parse(%q) was accepted", expr)
		}
	}
	if s, err := when.Parse(" 0  9 * * 1-5 ", time.UTC); err != nil || strings.TrimSpace(s.String()) == "" {
		t.Errorf("a plain expression with blanks: %v, %v", s, err)
	}
}

func TestNextOnTheNightsWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, zone, expr, from, want string }{
		{"an ordinary day", "Asia/Shanghai", "30 7 * * *", "2026-11-22T08:00:00+08:00", "2026-11-23T07:30:00+08:00"},
		{"a time in the gap comes when the gap ends", "America/New_York", "30 2 * * *", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"and the next day at its own time", "America/New_York", "30 2 * * *", "2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"},
		{"a time that comes twice is taken the first time", "America/New_York", "30 1 * * *", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"and not the second", "America/New_York", "30 1 * * *", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"half an hour of change", "Australia/Lord_Howe", "15 2 * * *", "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"a day that does not exist", "Pacific/Apia", "0 9 * * *", "2011-12-29T10:00:00-10:00", "2011-12-31T00:00:00+14:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := when.Parse(c.expr, zone(t, c.zone))
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339, c.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Next(from).Format(time.RFC3339); got != c.want {
				t.Errorf("Next(%s) = %s, want %s", c.from, got, c.want)
			}
		})
	}
}

func TestADailyTimeComesOncePerDateForTenYears(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Europe/London", "Pacific/Kiritimati", "America/St_Johns"} {
		for _, expr := range []string{"30 1 * * *", "30 2 * * *", "0 0 * * *"} {
			z := zone(t, name)
			s, err := when.Parse(expr, z)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2020, 1, 1, 12, 0, 0, 0, z)
			for range 3650 {
				next := s.Next(at)
				y, m, d := at.Date()
				if want := time.Date(y, m, d+1, 12, 0, 0, 0, z).Format(time.DateOnly); next.Format(time.DateOnly) != want {
					t.Fatalf("%s %q: after %s comes %s, want the date %s", name, expr, at, next, want)
				}
				at = next
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"30 7 * * *", "TZ=0", "CRON_TZ=", "*/5 0-6 1,15 * 1-5", "0 0 31 2 *", "@every 1s", "0 9 L * *"} {
		f.Add(s, int64(1_790_000_000))
	}
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expr string, unix int64) {
		s, err := when.Parse(expr, z)
		if err != nil {
			return
		}
		from := time.Unix(unix%4_000_000_000, 0)
		if next := s.Next(from); !next.IsZero() && !next.After(from) {
			t.Errorf("%q: the next after %s is %s", expr, from, next)
		}
	})
}
