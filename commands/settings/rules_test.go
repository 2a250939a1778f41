package settings_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/commands/settings"
)

func TestCodesAreFairAndUnambiguous(t *testing.T) {
	t.Parallel()
	// Every byte value once: the letters must come out equally often, although
	// 256 is no multiple of 31.
	next := 0
	code := settings.NewCode(func(b []byte) {
		for i := range b {
			b[i] = byte(next)
			next++
		}
	}, 248)
	count := map[rune]int{}
	for _, r := range code {
		count[r]++
	}
	for r, n := range count {
		if n != 8 || strings.ContainsRune("01OIL", r) {
			t.Errorf("%c comes %d times", r, n)
		}
	}
	if len(count) != 31 {
		t.Errorf("%d letters are used, want 31", len(count))
	}
}

func TestClaimCodesAreComparedAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	code, hash := settings.NewClaimCode(counting())
	if len(code) != 9 || code[4] != '-' || len(hash) != 64 || strings.Contains(hash, code) {
		t.Fatalf("code %q, hash %q", code, hash)
	}
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " – ") + "\n"} {
		if settings.ClaimHash(typed) != hash {
			t.Errorf("%q is not taken for %q", typed, code)
		}
	}
	if settings.ClaimHash(code[:8]) == hash || settings.ClaimHash("") == hash {
		t.Error("another code has the same hash")
	}
}

func TestFiveWrongCodesAnHour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var c settings.Tries
	for i := range 5 {
		if !c.Next(now.Add(time.Duration(i) * time.Minute)) {
			t.Fatalf("try %d is not allowed", i+1)
		}
	}
	for _, after := range []time.Duration{5 * time.Minute, 59 * time.Minute, time.Hour - time.Millisecond} {
		if c.Next(now.Add(after)) {
			t.Errorf("a sixth try is allowed after %s", after)
		}
	}
	if !c.Next(now.Add(time.Hour)) {
		t.Error("an hour after the first the count begins anew")
	}
}

func TestStreaksOverUnitedDays(t *testing.T) {
	t.Parallel()
	// A community that moved east had no 03-05.
	prev := func(day string) string {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		before := d.AddDate(0, 0, -1).Format(time.DateOnly)
		if before == "2026-03-05" {
			return "2026-03-04"
		}
		return before
	}
	for _, c := range []struct {
		days      string
		run, best int
	}{
		{"", 0, 0},
		{"01", 1, 1},
		{"01 02 03", 3, 3},
		{"01 02 04 06", 2, 2},
		{"01 02 03 08", 1, 3},
		{"03 04 06 07", 4, 4},
	} {
		var days []string
		for d := range strings.FieldsSeq(c.days) {
			days = append(days, "2026-03-"+d)
		}
		if run, best := settings.Streaks(days, prev); run != c.run || best != c.best {
			t.Errorf("%s: %d in a row, best %d; want %d, %d", c.days, run, best, c.run, c.best)
		}
	}
}

func TestCarriedPointsAreInNoCurrentRanking(t *testing.T) {
	t.Parallel()
	for today, want := range map[string]string{
		"2026-11-22": "2026-10-31", // a Sunday; the week began on the 16th, the month before it
		"2026-12-02": "2026-11-29", // a Wednesday; the week began in November
		"2026-06-01": "2026-05-31", // a Monday and the first
		"2027-01-01": "2026-12-27",
		"2026-03-31": "2026-02-28",
	} {
		if got := settings.CarriedDay(today); got != want {
			t.Errorf("%s: %s, want %s", today, got, want)
		}
	}
}

func TestZonesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	const now = "Asia/Shanghai 04:00"
	for _, c := range []struct{ words, want string }{
		{"Asia/Tokyo", "Asia/Tokyo 04:00"},
		{"asia/tokyo", "Asia/Tokyo 04:00"},
		{"东京", "Asia/Tokyo 04:00"},
		{"北京", "Asia/Shanghai 04:00"},
		{"BEIJING 05:30", "Asia/Shanghai 05:30"},
		{"New York", "America/New_York 04:00"},
		{"new york 4:05", "America/New_York 04:05"},
		{"06:00", "Asia/Shanghai 06:00"},
		{"UTC 00:00", "UTC 00:00"},
		{"utc", "UTC 04:00"},
		{"Pacific/Kiritimati 23:59", "Pacific/Kiritimati 23:59"},
		{"america/indiana/knox", "America/Indiana/Knox 04:00"},

		{"EST", "settings.tz_short America/New_York"},
		{"gmt", "settings.tz_short UTC"},
		{"GMT+8", "settings.tz_short Asia/Shanghai"},
		{"utc+08:00", "settings.tz_short Asia/Shanghai"},
		{"+9", "settings.tz_short Asia/Tokyo"},
		{"UTC-3:30", "settings.tz_short Asia/Shanghai"}, // nothing known: the example of most
		{"Etc/GMT-8", "settings.tz_short Asia/Shanghai"},
		{"Etc/GMT+5", "settings.tz_short America/New_York"},

		{"Asia/Beijing", "settings.tz_unknown Asia/Shanghai"},
		{"Asia/Tokio", "settings.tz_unknown Asia/Tokyo"},
		{"Londn", "settings.tz_unknown Europe/London"},
		{"火星", "settings.tz_unknown Asia/Shanghai"},
		{"../../etc/passwd", "settings.tz_unknown Asia/Shanghai"},
		{"Local", "settings.tz_unknown Asia/Shanghai"},
		{"posix/Asia/Tokyo", "settings.tz_unknown Asia/Tokyo"},
		{"EST5EDT", "settings.tz_unknown Asia/Shanghai"},
		{"Asia/Tokyo please", "settings.tz_unknown Asia/Shanghai"},

		{"25:00", "settings.tz_bad_time Asia/Shanghai"},
		{"24:00", "settings.tz_bad_time Asia/Shanghai"},
		{"Asia/Tokyo 4", "settings.tz_bad_time Asia/Shanghai"},
		{"0400", "settings.tz_bad_time Asia/Shanghai"},
		{"4点半", "settings.tz_bad_time Asia/Shanghai"},
		{"04:60", "settings.tz_bad_time Asia/Shanghai"},
	} {
		if got := settings.ParseZone(strings.Fields(c.words), now); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
}

func TestEveryZoneOfTheTableExists(t *testing.T) {
	t.Parallel()
	names, suggested := settings.Zones()
	if len(names) < 200 || len(suggested) < 60 {
		t.Errorf("%d names and %d abbreviations", len(names), len(suggested))
	}
	for name, zone := range names {
		if _, err := time.LoadLocation(zone); err != nil || strings.ContainsAny(name, " |=") || name != strings.ToLower(name) {
			t.Errorf("%q → %q: %v", name, zone, err)
		}
	}
	for short, zone := range suggested {
		if names[strings.ToLower(zone)] != zone {
			t.Errorf("%q suggests %q, which is not in the table", short, zone)
		}
		if _, both := names[short]; both {
			t.Errorf("%q is a name and an abbreviation", short)
		}
	}
	lines := settings.ZoneLines()
	slices.Sort(lines)
	if twice := len(lines) - len(slices.Compact(lines)); twice > 0 {
		t.Errorf("%d names stand in the table twice", twice)
	}
}
