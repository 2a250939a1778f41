package remind

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// words are the names that people type, read from the files themselves.
func words(tb testing.TB) func(string) string {
	tb.Helper()
	keys := map[string]string{}
	for _, lang := range []string{"zh-CN", "en"} {
		text, err := os.ReadFile("../../templates/" + lang + "/names.txt")
		if err != nil {
			tb.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			key, names, _ := strings.Cut(line, " = ")
			key, ok := strings.CutPrefix(key, "word.")
			for name := range strings.SplitSeq(names, ",") {
				if ok {
					keys[strings.ToLower(strings.TrimSpace(name))] = key
				}
			}
		}
	}
	return func(w string) string { return keys[w] }
}

func said(w wish, err error) string {
	var p *problemError
	switch {
	case errors.As(err, &p):
		return strings.TrimSpace(p.Code + " " + p.Word)
	case w.Off:
		return "off"
	case w.Before > 0:
		return w.Before.String()
	}
	return fmt.Sprint(w.Rule.Kind, w.Rule.Times, w.Rule.Every)
}

func TestParse(t *testing.T) {
	t.Parallel()
	word := words(t)
	for _, c := range []struct{ text, want string }{
		{"2h", "2h0m0s"},
		{"提前 30 分钟", "30m0s"},
		{"提前30分钟", "30m0s"},
		{"2小时前", "2h0m0s"},
		{"2 hours before", "2h0m0s"},
		{"before 2h", "2h0m0s"},
		{"一个半小时", "1h30m0s"},
		{"7天", "168h0m0s"},
		{"8天", "length 8天"},
		{"4m", "length 4m"},
		{"off", "off"},
		{"关", "off"},
		{"", "empty"},
		{"每天 12:00", "daily[720] 0"},
		{"every day 12:00", "daily[720] 0"},
		{"每小时", "every[] 60"},
		{"隔天 12:00", "daily[720] 0"},
		{"每天", "clock 每天"},
		{"每天 25:00", "impossible 25:00"},
		{"明天 12:00", "time 明天 12:00"},
		{"2h 好", "time 2h 好"},
		{"每天 12:00 大家投票", "time 每天 12:00 大家投票"},
		{"吃饭", "time 吃饭"},
	} {
		if got := said(parse(c.text, word)); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestAReminderIsAllowedToBeHalfItsTimeLateAndNotOftenerThanHourly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{"每30分钟": true, "每小时": false, "每天 12:00、12:30": true, "每天 12:00": false} {
		w, err := parse(text, words(t))
		if err != nil || often(w.Rule, now) != want {
			t.Errorf("%s: %v %v", text, often(w.Rule, now), err)
		}
	}
	w, err := parse("每天 12:00", words(t))
	if err != nil {
		t.Fatal(err)
	}
	for closes, want := range map[time.Time]bool{{}: true, now.Add(4 * time.Hour): true, now.Add(3 * time.Hour): false, now: false} {
		if got := nextTurn(w.Rule, now, closes, time.UTC); got.IsZero() == want {
			t.Errorf("closes %v: %v", closes, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2h", "提前30分钟", "每天 12:00", "off", "* * * * *", "\xff前", "前", "2h前前", "before", "每30分钟 仅 工作日"} {
		f.Add(s)
	}
	word := words(f)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := parse(text, word)
		var p *problemError
		switch {
		case err != nil && (!errors.As(err, &p) || p.Code == ""):
			t.Errorf("%q: %v", text, err)
		case err == nil && !w.Off && w.Rule.Kind == "" && (w.Before < beforeLeast || w.Before > beforeMost):
			t.Errorf("%q: %+v", text, w)
		}
	})
}
