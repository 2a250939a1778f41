package when_test

import (
	"strings"
	"testing"
	"time"

	"qunmate/scheduler/when"
)

func date(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The State Council's arrangements: General Office, notices 国办发明电〔2024〕12号
// for 2025 and 国办发明电〔2025〕7号 for 2026. Every date from the first to the
// last is off; the days behind the slash are worked.
func TestHolidaysAreThoseThatWerePublished(t *testing.T) {
	t.Parallel()
	for year, published := range map[string][]string{
		"2025": {
			"new_year 01-01 01-01 /", "spring 01-28 02-04 / 01-26 02-08", "qingming 04-04 04-06 /", "labour 05-01 05-05 / 04-27",
			"dragon_boat 05-31 06-02 /", "national_mid_autumn 10-01 10-08 / 09-28 10-11",
		},
		"2026": {
			"new_year 01-01 01-03 / 01-04", "spring 02-15 02-23 / 02-14 02-28", "qingming 04-04 04-06 /", "labour 05-01 05-05 / 05-09",
			"dragon_boat 06-19 06-21 /", "mid_autumn 09-25 09-27 /", "national 10-01 10-07 / 09-20 10-10",
		},
	} {
		off, worked := map[string]string{}, map[string]bool{}
		for _, line := range published {
			head, tail, _ := strings.Cut(line, "/")
			f := strings.Fields(head)
			for d := date(t, year+"-"+f[1]); !d.After(date(t, year+"-"+f[2])); d = d.AddDate(0, 0, 1) {
				off[d.Format(time.DateOnly)] = f[0]
			}
			for d := range strings.FieldsSeq(tail) {
				worked[year+"-"+d] = true
			}
		}
		for d := date(t, year+"-01-01"); d.Format("2006") == year; d = d.AddDate(0, 0, 1) {
			key := d.Format(time.DateOnly)
			weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			got := when.DayOf(d)
			wantOff := off[key] != "" || (weekend && !worked[key])
			if got.Holiday != off[key] || got.MakeUp != worked[key] || got.Off != wantOff || !got.Known {
				t.Errorf("%s: %+v; published: holiday %q, worked %v", key, got, off[key], worked[key])
			}
		}
	}
}

func TestYearsBeyondTheDataAreSaid(t *testing.T) {
	t.Parallel()
	for year, known := range map[int]bool{2000: false, 2024: true, 2026: true, 2028: false, 2040: false} {
		if when.HolidaysKnown(year) != known {
			t.Errorf("%d: known %v", year, !known)
		}
	}
	if d := when.DayOf(date(t, "2030-10-01")); d.Off || d.Known || d.Holiday != "" || d.Festival != "national" {
		t.Errorf("a Tuesday of a year that nobody has arranged: %+v", d)
	}
}

// Dates of the Hong Kong Observatory's Gregorian-lunar conversion table.
func TestLunarDatesAreThoseThatWerePublished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		day        string
		month, dom int
		leap       bool
		festival   string
	}{
		{"2020-01-25", 1, 1, false, "spring"},
		{"2021-02-12", 1, 1, false, "spring"},
		{"2022-02-01", 1, 1, false, "spring"},
		{"2023-01-22", 1, 1, false, "spring"},
		{"2024-02-10", 1, 1, false, "spring"},
		{"2025-01-29", 1, 1, false, "spring"},
		{"2026-02-17", 1, 1, false, "spring"},
		{"2027-02-06", 1, 1, false, "spring"},
		{"2028-01-26", 1, 1, false, "spring"},
		{"2029-02-13", 1, 1, false, "spring"},
		{"2030-02-03", 1, 1, false, "spring"},
		{"2033-01-31", 1, 1, false, "spring"},
		{"2034-02-19", 1, 1, false, "spring"},
		{"2025-01-28", 12, 29, false, "new_year_eve"},
		{"2026-02-16", 12, 29, false, "new_year_eve"},
		{"2024-02-09", 12, 30, false, "new_year_eve"},
		{"2026-03-03", 1, 15, false, "lantern"},
		{"2023-03-22", 2, 1, true, ""},
		{"2025-07-25", 6, 1, true, ""},
		{"2028-06-23", 5, 1, true, ""},
		{"2033-12-22", 11, 1, true, ""},
		{"2025-05-31", 5, 5, false, "dragon_boat"},
		{"2026-06-19", 5, 5, false, "dragon_boat"},
		{"2024-09-17", 8, 15, false, "mid_autumn"},
		{"2025-10-06", 8, 15, false, "mid_autumn"},
		{"2026-09-25", 8, 15, false, "mid_autumn"},
		{"2027-09-15", 8, 15, false, "mid_autumn"},
		{"2026-11-23", 10, 15, false, ""},
	} {
		if d := when.DayOf(date(t, c.day)); d.LunarMonth != c.month || d.LunarDay != c.dom || d.LunarLeap != c.leap || d.Festival != c.festival {
			t.Errorf("%s: %+v, want %d-%d, leap %v, %q", c.day, d, c.month, c.dom, c.leap, c.festival)
		}
	}
}

// Dates of the solar terms in Beijing, Purple Mountain Observatory.
func TestSolarTermsAreThoseThatWerePublished(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for year, terms := range map[string]string{
		"2025": "xiaohan 01-05 dahan 01-20 lichun 02-03 yushui 02-18 jingzhe 03-05 chunfen 03-20 qingming 04-04 guyu 04-20 lixia 05-05 xiaoman 05-21 " +
			"mangzhong 06-05 xiazhi 06-21 xiaoshu 07-07 dashu 07-22 liqiu 08-07 chushu 08-23 bailu 09-07 qiufen 09-23 hanlu 10-08 shuangjiang 10-23 " +
			"lidong 11-07 xiaoxue 11-22 daxue 12-07 dongzhi 12-21",
		"2026": "xiaohan 01-05 dahan 01-20 lichun 02-04 yushui 02-18 jingzhe 03-05 chunfen 03-20 qingming 04-05 guyu 04-20 lixia 05-05 xiaoman 05-21 " +
			"mangzhong 06-05 xiazhi 06-21 xiaoshu 07-07 dashu 07-23 liqiu 08-07 chushu 08-23 bailu 09-07 qiufen 09-23 hanlu 10-08 shuangjiang 10-23 " +
			"lidong 11-07 xiaoxue 11-22 daxue 12-07 dongzhi 12-22",
	} {
		f := strings.Fields(terms)
		for i := 0; i+1 < len(f); i += 2 {
			want[year+"-"+f[i+1]] = f[i]
		}
	}
	for d := date(t, "2025-01-01"); d.Year() < 2027; d = d.AddDate(0, 0, 1) {
		if got := when.DayOf(d).Term; got != want[d.Format(time.DateOnly)] {
			t.Errorf("%s: %q, published %q", d.Format(time.DateOnly), got, want[d.Format(time.DateOnly)])
		}
	}
}

func BenchmarkDayOf(b *testing.B) {
	d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		_ = when.DayOf(d)
		d = d.AddDate(0, 0, 1)
		if d.Year() > 2090 {
			d = d.AddDate(-60, 0, 0)
		}
	}
}
