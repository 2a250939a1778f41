package templates_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests name zones

	"qunmate/templates"
)

// say renders an instant as a text does, in front of "now".
func say(t *testing.T, s *templates.Set, lang string, at, now time.Time) string {
	t.Helper()
	return render(t, s, lang, "checkin.is_on_test", struct{ At templates.Moment }{templates.Moment{T: at, Now: now}})
}

func TestTimesAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	s, err := templates.Load(folder(t, map[string]string{
		"zh-CN/checkin.html": `{{define "is_on_test"}}{{when .At}}{{end}}`,
		"en/checkin.html":    `{{define "is_on_test"}}{{when .At}}{{end}}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ now, at, zh, en string }{
		{"2026-11-22 08:02", "2026-11-22 08:02", "今天 08:02", "today 08:02"},
		{"2026-11-22 23:59", "2026-11-22 00:00", "今天 00:00", "today 00:00"},
		{"2026-11-22 08:02", "2026-11-23 04:00", "明早 04:00", "tomorrow 04:00"},
		{"2026-11-22 08:02", "2026-11-23 11:59", "明早 11:59", "tomorrow 11:59"},
		{"2026-11-22 08:02", "2026-11-23 12:00", "明天 12:00", "tomorrow 12:00"},
		{"2026-11-22 08:02", "2026-11-23 20:00", "明天 20:00", "tomorrow 20:00"},
		{"2026-11-22 08:02", "2026-11-23 00:00", "明天 00:00", "tomorrow 00:00"}, // no morning yet
		{"2026-11-22 08:02", "2026-11-23 03:59", "明天 03:59", "tomorrow 03:59"},
		{"2026-11-22 23:59", "2026-11-23 04:00", "明早 04:00", "tomorrow 04:00"},
		{"2026-11-23 00:01", "2026-11-23 04:00", "今天 04:00", "today 04:00"},
		{"2026-11-22 08:02", "2026-11-24 09:00", "后天 09:00", "11-24 09:00"},
		{"2026-11-22 08:02", "2026-11-25 09:00", "11-25 09:00", "11-25 09:00"},
		{"2026-11-22 08:02", "2026-11-21 23:59", "昨天 23:59", "yesterday 23:59"},
		{"2026-11-22 08:02", "2026-11-20 08:02", "11-20 08:02", "11-20 08:02"},
		{"2026-12-31 08:02", "2027-01-01 04:00", "明早 04:00", "tomorrow 04:00"},
		{"2026-12-31 08:02", "2027-01-05 04:00", "2027-01-05 04:00", "2027-01-05 04:00"},
		{"2027-01-01 08:02", "2026-12-20 04:00", "2026-12-20 04:00", "2026-12-20 04:00"},
		{"2024-02-28 08:02", "2024-02-29 04:00", "明早 04:00", "tomorrow 04:00"},
		// The nights when clocks change have 23 and 25 hours: still one day apart.
		{"2026-03-07 23:30", "2026-03-08 04:00", "明早 04:00", "tomorrow 04:00"},
		{"2026-11-01 00:30", "2026-10-31 23:30", "昨天 23:30", "yesterday 23:30"},
	} {
		zone, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		now, at := local(t, c.now, zone), local(t, c.at, zone)
		if got := say(t, s, "zh-CN", at, now); got != c.zh {
			t.Errorf("at %s, %s is %q, want %q", c.now, c.at, got, c.zh)
		}
		if got := say(t, s, "en", at, now); got != c.en {
			t.Errorf("at %s, %s is %q, want %q", c.now, c.at, got, c.en)
		}
	}
}

func local(t *testing.T, text string, zone *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAmountsHaveTheirSign(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{10: "+10", 0: "+0", -50: "−50", 1 << 40: "+1099511627776"} {
		if got := templates.Signed(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestTheSandboxPageIsThere(t *testing.T) {
	t.Parallel()
	files := templates.SandboxFiles()
	for _, name := range []string{"index.html", "app.js", "style.css", "strings.zh-CN.json", "strings.en.json"} {
		f, err := files.Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
