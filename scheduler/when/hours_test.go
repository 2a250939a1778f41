package when

import (
	"strings"
	"testing"
)

func TestHours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		from, until int
		rest        string
	}{
		"22:00-08:00":      {1320, 480, ""},
		"22:00 – 08:00 跳过": {1320, 480, "跳过"},
		"22：00～8：30":       {1320, 510, ""},
		"晚上10点到早上8点":       {1320, 480, ""},
		"23点半至7点 skip":     {1410, 420, "skip"},
		"10pm to 7am":      {1320, 420, ""},
		"0:00-24:00":       {0, 0, ""},
		"12:00-14:00":      {720, 840, ""},
	} {
		from, until, rest, err := HoursHead(text)
		if err != nil || from != want.from || until != want.until || rest != want.rest {
			t.Errorf("%q: %d, %d, %q, %v; want %+v", text, from, until, rest, err, want)
		}
	}
	for _, text := range []string{"", "22:00", "22:00-", "整夜", "25:00-8:00", "22:00-8:70", "22-8"} {
		if from, until, _, err := HoursHead(text); err == nil {
			t.Errorf("%q is understood: %d, %d", text, from, until)
		}
	}
}

// Whatever is typed: two times of a day or an error, and the rest is its end.
func FuzzHours(f *testing.F) {
	for _, s := range []string{"22:00-08:00", "晚上10点到早上8点 跳过", "10pm to 7am", "22:00–", "-", "24:00-24:00", "\xff22:00-1:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, until, rest, err := HoursHead(text)
		// Bytes that are no text come back as the mark for that.
		if err == nil && (from < 0 || from >= 24*60 || until < 0 || until >= 24*60 || !strings.HasSuffix(strings.TrimSpace(string([]rune(text))), strings.TrimSpace(rest))) {
			t.Errorf("%q: %d, %d, %q", text, from, until, rest)
		}
	})
}
