package chatday_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests name zones

	"qunmate/bot/chatday"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// at reads an instant with its offset, so that an hour that comes twice can be
// named.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	u, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func fixed(t testing.TB, name string, start int) chatday.Calendar {
	t.Helper()
	return chatday.New(chatday.Version{Zone: zone(t, name), Start: start})
}

func TestADayBeginsAtItsTimeOfDayAndIsNamedByThatDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, start, at, day string }{
		{"Asia/Shanghai", "04:00", "2026-11-22T03:59:59.999+08:00", "2026-11-21"},
		{"Asia/Shanghai", "04:00", "2026-11-22T04:00:00+08:00", "2026-11-22"},
		{"Asia/Shanghai", "04:00", "2026-11-23T00:00:00+08:00", "2026-11-22"},
		{"Asia/Shanghai", "04:00", "2026-01-01T03:00:00+08:00", "2025-12-31"},
		{"Asia/Shanghai", "00:00", "2026-11-21T23:59:59.999+08:00", "2026-11-21"},
		{"Asia/Shanghai", "00:00", "2026-11-22T00:00:00+08:00", "2026-11-22"},
		{"Asia/Shanghai", "23:59", "2026-11-22T23:58:59+08:00", "2026-11-21"},
		{"Asia/Shanghai", "23:59", "2026-11-22T23:59:00+08:00", "2026-11-22"},
		{"Pacific/Kiritimati", "04:00", "2026-11-21T13:59:59Z", "2026-11-21"},
		{"Pacific/Kiritimati", "04:00", "2026-11-21T14:00:00Z", "2026-11-22"},
		{"Asia/Kathmandu", "04:00", "2026-11-21T22:14:59Z", "2026-11-21"},
		{"Asia/Kathmandu", "04:00", "2026-11-21T22:15:00Z", "2026-11-22"},

		// New York, 8 March 2026: 02:00 EST is 03:00 EDT. The border stays at 04:00.
		{"America/New_York", "04:00", "2026-03-08T01:59:59-05:00", "2026-03-07"},
		{"America/New_York", "04:00", "2026-03-08T03:59:59-04:00", "2026-03-07"},
		{"America/New_York", "04:00", "2026-03-08T04:00:00-04:00", "2026-03-08"},
		// A start inside the hour that is missing: the first instant after it.
		{"America/New_York", "02:30", "2026-03-08T01:59:59-05:00", "2026-03-07"},
		{"America/New_York", "02:30", "2026-03-08T03:00:00-04:00", "2026-03-08"},
		{"America/New_York", "02:30", "2026-03-09T02:29:59-04:00", "2026-03-08"},
		{"America/New_York", "02:30", "2026-03-09T02:30:00-04:00", "2026-03-09"},
		// 1 November 2026: 02:00 EDT is 01:00 EST, 01:30 comes twice; the first counts.
		{"America/New_York", "01:30", "2026-11-01T01:29:59-04:00", "2026-10-31"},
		{"America/New_York", "01:30", "2026-11-01T01:30:00-04:00", "2026-11-01"},
		{"America/New_York", "01:30", "2026-11-01T01:00:00-05:00", "2026-11-01"},
		{"America/New_York", "01:30", "2026-11-01T01:30:00-05:00", "2026-11-01"},
		{"America/New_York", "04:00", "2026-11-01T03:59:59-05:00", "2026-10-31"},
		{"America/New_York", "04:00", "2026-11-01T04:00:00-05:00", "2026-11-01"},

		// St John's until 2011 went back at 00:01: the date comes again.
		{"America/St_Johns", "00:00", "2010-11-07T00:00:30-02:30", "2010-11-07"},
		{"America/St_Johns", "00:00", "2010-11-06T23:30:00-03:30", "2010-11-07"},
		{"America/St_Johns", "00:00", "2010-11-07T00:30:00-03:30", "2010-11-07"},
		{"America/St_Johns", "00:00", "2010-11-08T00:00:00-03:30", "2010-11-08"},

		// Samoa went from 29 to 31 December 2011. A day that begins at 00:00 has
		// no 30th; one that begins at 04:00 has four hours of it.
		{"Pacific/Apia", "00:00", "2011-12-29T23:59:59-10:00", "2011-12-29"},
		{"Pacific/Apia", "00:00", "2011-12-31T00:00:00+14:00", "2011-12-31"},
		{"Pacific/Apia", "04:00", "2011-12-31T03:59:59+14:00", "2011-12-30"},
		{"Pacific/Apia", "04:00", "2011-12-31T04:00:00+14:00", "2011-12-31"},
	} {
		start, err := time.Parse("15:04", c.start)
		if err != nil {
			t.Fatal(err)
		}
		cal := fixed(t, c.zone, start.Hour()*60+start.Minute())
		if got := cal.Day(at(t, c.at)); got != c.day {
			t.Errorf("%s, days from %s: %s belongs to %s, want %s", c.zone, c.start, c.at, got, c.day)
		}
	}
}

func TestADaysBeginAndTheNextAreRightOnNightsWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone       string
		start      int
		day        string
		begin, end string
	}{
		{"Asia/Shanghai", 240, "2026-11-22", "2026-11-21T20:00:00Z", "2026-11-22T20:00:00Z"},
		{"America/New_York", 240, "2026-03-07", "2026-03-07T09:00:00Z", "2026-03-08T08:00:00Z"}, // 23 hours
		{"America/New_York", 240, "2026-10-31", "2026-10-31T08:00:00Z", "2026-11-01T09:00:00Z"}, // 25 hours
		{"America/New_York", 150, "2026-03-08", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"},
		{"America/New_York", 90, "2026-11-01", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"},
		{"Europe/London", 90, "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		{"Europe/London", 90, "2026-10-25", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"Pacific/Kiritimati", 240, "2026-11-22", "2026-11-21T14:00:00Z", "2026-11-22T14:00:00Z"},
		{"Pacific/Apia", 0, "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", 0, "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
	} {
		cal := fixed(t, c.zone, c.start)
		begin, ok := cal.Begin(c.day)
		if want := at(t, c.begin); !ok || !begin.Equal(want) {
			t.Errorf("%s %d: %s begins %v %s, want %s", c.zone, c.start, c.day, ok, begin.UTC(), want)
		}
		if next, want := cal.Next(begin), at(t, c.end); !next.Equal(want) {
			t.Errorf("%s %d: the day after %s begins %s, want %s", c.zone, c.start, c.day, next.UTC(), want)
		}
	}
}

func TestTheDayBeforeSkipsADateThatNeverWas(t *testing.T) {
	t.Parallel()
	cal := fixed(t, "Pacific/Apia", 0)
	if _, ok := cal.Begin("2011-12-30"); ok {
		t.Error("30 December 2011 has a beginning in Samoa")
	}
	if got := cal.Prev("2011-12-31"); got != "2011-12-29" {
		t.Errorf("the day before New Year's Eve is %s", got)
	}
	if got := cal.Back("2012-01-02", 3); got != "2011-12-29" {
		t.Errorf("three days back: %s", got)
	}
	if got := fixed(t, "Asia/Shanghai", 240).Back("2026-03-01", 1); got != "2026-02-28" {
		t.Errorf("the day before 1 March: %s", got)
	}
}

func TestNamesOfDaysWeeksAndMonths(t *testing.T) {
	t.Parallel()
	for day, week := range map[string]string{
		"2026-11-22": "2026-11-16", // a Sunday
		"2026-11-16": "2026-11-16",
		"2026-01-01": "2025-12-29",
		"2024-02-29": "2024-02-26",
	} {
		if got := chatday.Week(day); got != week {
			t.Errorf("the week of %s begins %s, want %s", day, got, week)
		}
	}
	if got := chatday.Month("2026-11-22"); got != "2026-11" {
		t.Errorf("month %s", got)
	}
	if got := chatday.Month("x"); got != "x" {
		t.Errorf("month of nonsense: %s", got)
	}
	if got := chatday.Week("x"); got != "x" {
		t.Errorf("week of nonsense: %s", got)
	}
	for _, bad := range []string{"2026-02-30", "2026-13-01", "", "2026-1-1", "20261122"} {
		if day, err := chatday.Parse(bad); err == nil {
			t.Errorf("%q was read as %s", bad, day)
		}
	}
	if day, err := chatday.Parse("2026-11-22"); day != "2026-11-22" || err != nil {
		t.Errorf("%s %v", day, err)
	}
	if _, ok := fixed(t, "UTC", 0).Begin("no day"); ok {
		t.Error("nonsense has a beginning")
	}
}
