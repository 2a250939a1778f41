package signup

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunmate/bot"
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

// sunday is when these texts are typed.
func sunday() time.Time {
	return time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
}

func said(d draft, err error) string {
	var p *problemError
	if errors.As(err, &p) {
		return strings.TrimSpace(p.Code + " " + p.Word)
	}
	var out strings.Builder
	out.WriteString(d.Title)
	if d.Seats > 0 {
		fmt.Fprintf(&out, " full=%d", d.Seats)
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"end", d.ends}, {"event", d.event}} {
		if !t.at.IsZero() {
			out.WriteString(" " + t.name + "=" + t.at.Format("0102T1504"))
		}
	}
	if d.before > 0 {
		out.WriteString(" remind=" + d.before.String())
	}
	if d.All {
		out.WriteString(" all")
	}
	return out.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	word := words(t)
	for _, c := range []struct{ text, want string }{
		{"周六羽毛球 满 12 人 截止 周五 18:00 时间 周六 14:00 提醒 2h", "周六羽毛球 full=12 end=1127T1800 event=1128T1400 remind=2h0m0s"},
		{"周六羽毛球 满12人 截止周五18:00 时间周六14:00 提醒2小时", "周六羽毛球 full=12 end=1127T1800 event=1128T1400 remind=2h0m0s"},
		{"周六羽毛球，满12人，截止：周五 18:00，提醒 提前30分钟", "周六羽毛球 full=12 end=1127T1800 remind=30m0s"},
		{"周六羽毛球\n满 12\n截止 今晚8点", "周六羽毛球 full=12 end=1122T2000"},
		{"Badminton FULL 12 until fri 18:00 at sat 14:00 remind 2h", "Badminton full=12 end=1127T1800 event=1128T1400 remind=2h0m0s"},
		{"Badminton max １２ people", "Badminton full=12"},
		{"Dinner at Joe's at sat 19:00", "Dinner at Joe's end=1128T1900 event=1128T1900"},
		{"时间管理讲座 满江红 提醒大家", "时间管理讲座 满江红 提醒大家"},
		{"聚餐 时间 待定", "聚餐 时间 待定"},
		{"吃饭，唱歌", "吃饭，唱歌"},
		{"聚餐 --全部 满 3", "聚餐 full=3 all"},
		{"聚餐 ——all", "聚餐 all"},
		{"聚餐 --all 都来", "rest 都来"},
		{"聚餐 截止 周五", "聚餐 end=1127T2359"},
		{"聚餐 截止", "no_end"},
		{"聚餐 截止 周八", "time 周八"},
		{"聚餐 截止 25:00", "impossible 25:00"},
		{"聚餐 截止 昨天8点", "past"},
		{"聚餐 截止 8点", "unclear"},
		{"聚餐 时间 周六", "event_clock"},
		{"聚餐 截止 周日 18:00 时间 周六 14:00", "聚餐 end=1122T1800 event=1128T1400"},
		{"聚餐 截止 下周日 18:00 时间 周六 14:00", "end_after"},
		{"聚餐 满 0", "seats 0"},
		{"聚餐 满 1001 人", "seats 1001 人"},
		{"聚餐 满 12 只", "seats 12 只"},
		{"聚餐 满 3 满 4", "twice 满"},
		{"聚餐 提醒 2h", "remind_what"},
		{"聚餐 截止 10:00 提醒 2h", "remind_past"},
		{"聚餐 截止 10:00 提醒 1m", "remind 1m"},
		{"聚餐 截止 10:00 提醒 30m 后天", "remind 30m 后天"},
		{"满 12 人", "empty"},
		{"截止 周五", "empty"},
		{"", "empty"},
		{" \u200b \u202e ", "empty"},
		{strings.Repeat("长", 61), "long_title"},
	} {
		if got := said(parse(c.text, word, sunday())); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestParseLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"3", "3 -1"},
		{"#3", "3 -1"},
		{"3+1", "3 1"},
		{"3 +1", "3 1"},
		{"3 ＋２ 自带球拍", "3 2 自带球拍"},
		{"3 自带球拍 +1", "3 1 自带球拍"},
		{"+1", "0 1"},
		{"+0", "0 0"},
		{"", "0 -1"},
		{"3 +10", "extra +10"},
		{"3 +99999999999999999999", "extra +99999999999999999999"},
		{"3 a\tb\nc", "3 -1 a b c"},
		{"3 " + strings.Repeat("长", 41), "long_note"},
		{"x", "0 -1 x"},
		{"3 + 1", "3 -1 + 1"},
		{"3 \u202e坏\u0007", "3 -1 坏"},
	} {
		l, err := parseLine(bot.Words(c.text))
		got := strings.TrimSpace(fmt.Sprint(l.ID, " ", l.Extra, " ", l.Note))
		var p *problemError
		if errors.As(err, &p) {
			got = strings.TrimSpace(p.Code + " " + p.Word)
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// Whatever is typed: it is understood or refused with a reason, what is
// understood is within its bounds, and as a command it means the same again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"周六羽毛球 满 12 人 截止 周五 18:00 时间 周六 14:00 提醒 2h", "x full 3 until fri 18:00 at sat 14:00 --all", "满满满 满12 截止截止 提醒提前2h",
		"a\xff 满\u00a0１２", "截止", "时间：周六14:00", "a --", "a —— all", "a 提醒", "３ 满3人满4人", "a until 8 until", "a at 8 remind 2 remind 3h",
	} {
		f.Add(s)
	}
	word := words(f)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parse(text, word, sunday())
		if err != nil {
			var p *problemError
			if !errors.As(err, &p) || p.Code == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if d.Title == "" || utf8.RuneCountInString(d.Title) > mostTitle || !utf8.ValidString(d.Title) || d.Seats < 0 || d.Seats > mostSeats || strings.ContainsAny(d.Title, "\n\r\t") {
			t.Errorf("%q: %+v", text, d)
		}
		if !d.event.IsZero() && d.ends.After(d.event) || !d.ends.IsZero() && !d.ends.After(sunday()) {
			t.Errorf("%q: %s", text, said(d, nil))
		}
		if d.End == "" && d.Event == "" && d.Remind == "" && d.Seats == 0 && !d.All {
			return // a title alone may read as clauses behind another one
		}
		again, err := parse(strings.TrimPrefix(d.typed(), "/signup new "), word, sunday())
		if err == nil && again.Title == d.Title && said(again, nil) != said(d, nil) {
			t.Errorf("%q: %q is %s, was %s", text, d.typed(), said(again, err), said(d, nil))
		}
	})
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{"3 +1 x", "#3+9", "+1", "3 x +2", "\xff +1", "3 +", "＃３ ＋１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseLine(bot.Words(text))
		if err == nil && (l.ID < 0 || l.Extra < -1 || l.Extra > mostExtra || utf8.RuneCountInString(l.Note) > mostNote || !utf8.ValidString(l.Note)) {
			t.Errorf("%q: %+v", text, l)
		}
	})
}
