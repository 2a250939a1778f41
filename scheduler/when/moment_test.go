package when_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunmate/scheduler/when"
)

// said is one expression, read on Sunday, 22 November 2026, at ten in Shanghai
// unless from says otherwise, and what it means: an instant, "day " and one,
// "past ", "no " and what there is not, "? a | b" where one has to ask, or "-".
type said struct{ text, from, want string }

func outcome(m when.Moment, err error) string {
	var past *when.PastError
	var no *when.ImpossibleError
	var unclear *when.UnclearError
	switch {
	case errors.As(err, &past):
		return "past " + when.Stamp(past.At)
	case errors.As(err, &no):
		return "no " + no.Text
	case errors.As(err, &unclear):
		var out []string
		for _, c := range unclear.Choices {
			out = append(out, when.Stamp(c))
		}
		return "? " + strings.Join(out, " | ")
	case errors.Is(err, when.ErrNoTime):
		return "-"
	case err != nil:
		return err.Error()
	case m.DayOnly:
		return "day " + when.Stamp(m.At)
	}
	return when.Stamp(m.At)
}

func TestMoments(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	for _, c := range []said{
		// A time of today, or a question.
		{"20:00", "", "2026-11-22 20:00"},
		{"今晚8点", "", "2026-11-22 20:00"},
		{"今晚八点", "", "2026-11-22 20:00"},
		{"今天20:00", "", "2026-11-22 20:00"},
		{"８点半", "2026-11-22 07:00", "2026-11-22 08:30"},
		{"8点", "", "? 2026-11-22 20:00 | 2026-11-23 08:00"},
		{"8点", "2026-11-22 21:00", "? 2026-11-23 08:00 | 2026-11-23 20:00"},
		{"8:00", "", "? 2026-11-22 20:00 | 2026-11-23 08:00"},
		{"08:00", "", "? 2026-11-23 08:00"},
		{"20:00", "2026-11-22 21:00", "? 2026-11-23 20:00"},
		{"20:00", "2026-11-22 20:00", "? 2026-11-23 20:00"},
		{"今天8点", "", "? 2026-11-22 20:00"},
		{"今天8点", "2026-11-22 21:00", "past 2026-11-22 08:00"},
		{"今天 08:00", "", "past 2026-11-22 08:00"},
		{"12点", "2026-11-22 13:00", "? 2026-11-23 00:00 | 2026-11-23 12:00"},
		{"十点半", "", "2026-11-22 10:30"},
		{"十一点一刻", "", "2026-11-22 11:15"},
		{"11点3刻", "", "2026-11-22 11:45"},
		{"十二点整", "", "2026-11-22 12:00"},
		{"11点05", "", "2026-11-22 11:05"},
		{"11点5分", "", "2026-11-22 11:05"},
		{"20点", "", "2026-11-22 20:00"},
		{"20時30分", "", "2026-11-22 20:30"},
		{"下午3点", "", "2026-11-22 15:00"},
		{"下午三点半", "", "2026-11-22 15:30"},
		{"晚上12点", "", "2026-11-23 00:00"},
		{"今晚1点", "", "2026-11-23 01:00"},
		{"今晚24:00", "", "2026-11-23 00:00"},
		{"24:00", "", "2026-11-23 00:00"},
		{"午夜", "", "2026-11-23 00:00"},
		{"凌晨1点", "", "2026-11-23 01:00"},
		{"中午", "", "2026-11-22 12:00"},
		{"中午1点", "", "2026-11-22 13:00"},
		{"早上8点", "", "? 2026-11-23 08:00"},
		{"傍晚6点", "", "2026-11-22 18:00"},
		{"８ｐｍ", "", "2026-11-22 20:00"},
		{"8pm", "", "2026-11-22 20:00"},
		{"8:30 PM", "", "2026-11-22 20:30"},
		{"12am", "", "? 2026-11-23 00:00"},
		{"12pm", "", "2026-11-22 12:00"},
		{"at 8", "2026-11-22 07:00", "2026-11-22 08:00"},
		{"noon", "", "2026-11-22 12:00"},
		{"midnight", "", "2026-11-23 00:00"},
		{"tonight at 8", "", "2026-11-22 20:00"},
		{"tonight 8pm", "", "2026-11-22 20:00"},
		{"8 in the evening", "", "-"},
		{"8:00 in the evening", "", "2026-11-22 20:00"},
		// Other days.
		{"明天20:00", "", "2026-11-23 20:00"},
		{"明天 20:00", "", "2026-11-23 20:00"},
		{"明天２０：００", "", "2026-11-23 20:00"},
		{"20:00 明天", "", "2026-11-23 20:00"},
		{"明早8点半", "", "2026-11-23 08:30"},
		{"明天早上8点", "", "2026-11-23 08:00"},
		{"明天的晚上九点", "", "2026-11-23 21:00"},
		{"明天8点", "", "2026-11-23 08:00"},
		{"明晚八点三刻", "", "2026-11-23 20:45"},
		{"后天中午12点", "", "2026-11-24 12:00"},
		{"大后天 9:00", "", "2026-11-25 09:00"},
		{"tomorrow 20:00", "", "2026-11-23 20:00"},
		{"Tomorrow at 8pm", "", "2026-11-23 20:00"},
		{"8pm tomorrow", "", "2026-11-23 20:00"},
		{"tomorrow evening 8:30", "", "2026-11-23 20:30"},
		{"the day after tomorrow, 9:00", "", "2026-11-24 09:00"},
		{"周五 10:00", "", "2026-11-27 10:00"},
		{"周日 20:00", "", "2026-11-22 20:00"},
		{"周日 09:00", "", "2026-11-29 09:00"},
		{"星期天晚上8点", "", "2026-11-22 20:00"},
		{"礼拜五下午3点", "", "2026-11-27 15:00"},
		{"周5 10:00", "", "2026-11-27 10:00"},
		{"下周一", "", "day 2026-11-23 23:59"},
		{"下周五 10:00", "2026-11-25 10:00", "2026-12-04 10:00"},
		{"下下周一 9:00", "", "2026-11-30 09:00"},
		{"下个星期三 9:00", "", "2026-11-25 09:00"},
		{"本周三 9:00", "", "past 2026-11-18 09:00"},
		{"friday 8pm", "", "2026-11-27 20:00"},
		{"on Friday at 10", "", "2026-11-27 10:00"},
		{"next monday 9:00", "", "2026-11-23 09:00"},
		{"11-23 20:00", "", "2026-11-23 20:00"},
		{"11/23 20:00", "", "2026-11-23 20:00"},
		{"2026-11-23 20:00", "", "2026-11-23 20:00"},
		{"2026/11/23 20:00", "", "2026-11-23 20:00"},
		{"2026.11.23 20:00", "", "2026-11-23 20:00"},
		{"2026-11-23T20:00", "", "2026-11-23 20:00"},
		{"2026-11-23T20:00:00", "", "2026-11-23 20:00"},
		{"2026年11月23日20:00", "", "2026-11-23 20:00"},
		{"二〇二六年十一月二十三日晚上八点", "", "2026-11-23 20:00"},
		{"11月23日 20:00", "", "2026-11-23 20:00"},
		{"11月23号晚8点", "", "2026-11-23 20:00"},
		{"23号20点", "", "2026-11-23 20:00"},
		{"3号 20:00", "", "2026-12-03 20:00"},
		{"31号 20:00", "", "2026-12-31 20:00"},
		{"1-5 20:00", "", "2027-01-05 20:00"},
		{"11-20 20:00", "", "past 2026-11-20 20:00"},
		{"月底", "", "day 2026-11-30 23:59"},
		{"Nov 23, 8pm", "", "2026-11-23 20:00"},
		{"23rd of November 2026, 20:00", "", "2026-11-23 20:00"},
		{"明天", "", "day 2026-11-23 23:59"},
		{"今晚", "", "day 2026-11-22 23:59"},
		{"tonight", "", "day 2026-11-22 23:59"},
		{"明早", "", "? 2026-11-23 08:00 | 2026-11-23 09:00 | 2026-11-23 10:00"},
		{"昨天", "", "past 2026-11-21 23:59"},
		{"昨天 20:00", "", "past 2026-11-21 20:00"},
		{"2020-01-01 20:00", "", "past 2020-01-01 20:00"},
		// From now on.
		{"2h", "", "2026-11-22 12:00"},
		{"1h30m", "", "2026-11-22 11:30"},
		{"30分钟后", "", "2026-11-22 10:30"},
		{"半小时后", "", "2026-11-22 10:30"},
		{"半个小时后", "", "2026-11-22 10:30"},
		{"一个半小时后", "", "2026-11-22 11:30"},
		{"两小时", "", "2026-11-22 12:00"},
		{"两天后", "", "2026-11-24 10:00"},
		{"两天半后", "", "2026-11-24 22:00"},
		{"3天后 20:00", "", "2026-11-25 20:00"},
		{"一周后", "", "2026-11-29 10:00"},
		{"1个月后", "2026-01-31 10:00", "2026-02-28 10:00"},
		{"in 2 hours", "", "2026-11-22 12:00"},
		{"in 30 min", "", "2026-11-22 10:30"},
		{"2 hours later", "", "2026-11-22 12:00"},
		{"3天前", "", "past 2026-11-19 10:00"},
		{"20:00前", "", "2026-11-22 20:00"},
		// No such time.
		{"25:00", "", "no 25:00"},
		{"25点", "", "no 25点"},
		{"8点75分", "", "no 8点75分"},
		{"20:60", "", "no 20:60"},
		{"24:30", "", "no 24:30"},
		{"2026-02-30 20:00", "", "no 2026-02-30"},
		{"13-45 20:00", "", "no 13-45"},
		{"11月31日", "", "no 11月31日"},
		{"32号", "", "no 32号"},
		{"2-29", "", "no 2-29"},
		{"早上20点", "", "no 20:00"},
		{"0h", "", "no 0h"},
		{"99999天", "", "no 99999天"},
		// Not a time.
		{"", "", "-"},
		{"早安", "", "-"},
		{"8", "", "-"},
		{"8人", "", "-"},
		{"明天见", "", "-"},
		{"早点睡", "", "-"},
		{"晚上见", "", "-"},
		{"晚", "", "-"},
		{"周末", "", "-"},
		{"下周", "", "-"},
		{"2hours3", "", "-"},
		{"99999999999999999999:00", "", "-"},
		{"1:2:3", "", "-"},
	} {
		from := c.from
		if from == "" {
			from = "2026-11-22 10:00"
		}
		now, err := time.ParseInLocation("2006-01-02 15:04", from, z)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(when.ParseMoment(c.text, now, z)); got != c.want {
			t.Errorf("%q at %s: %s, want %s", c.text, from, got, c.want)
		}
	}
}

func TestMomentsOnTheNightsWhenClocksChange(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	for _, c := range []struct{ text, now, want string }{
		{"02:30", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"01:30", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"01:30", "2026-11-01T01:45:00-04:00", "2026-11-01T01:30:00-05:00"},
		{"明天 9:00", "2026-03-07T12:00:00-05:00", "2026-03-08T09:00:00-04:00"},
		{"24小时后", "2026-03-07T12:00:00-05:00", "2026-03-08T13:00:00-04:00"},
		{"1天后", "2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		m, err := when.ParseMoment(c.text, now, z)
		if got := m.At.Format(time.RFC3339); err != nil || got != c.want {
			t.Errorf("%q at %s: %s, %v, want %s", c.text, c.now, got, err, c.want)
		}
	}
}

func TestMomentsInsideALongerText(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, z)
	for _, c := range []struct{ text, want, rest string }{
		{"明天20:00 条件 入群≥3天 且 近7天发言≥3", "2026-11-23 20:00", "条件 入群≥3天 且 近7天发言≥3"},
		{"明天20:00条件 入群≥3天", "2026-11-23 20:00", "条件 入群≥3天"},
		{"tomorrow 20:00 if joined>=3d", "2026-11-23 20:00", "if joined>=3d"},
		{"20:00 --hide", "2026-11-22 20:00", "--hide"},
		{"周五 5 人", "day 2026-11-27 23:59", "5 人"},
		{"明天 3点 3 个名额", "2026-11-23 03:00", "3 个名额"},
		{"明天 7:00 早点来", "2026-11-23 07:00", "早点来"},
		{"今天早点来", "day 2026-11-22 23:59", "早点来"},
		{"8点 开会", "? 2026-11-22 20:00 | 2026-11-23 08:00", "开会"},
		{"25:00 开会", "no 25:00", "开会"},
		{"2h x", "2026-11-22 12:00", "x"},
		{"开会", "-", "开会"},
	} {
		m, rest, err := when.MomentHead(c.text, now, z)
		if got := outcome(m, err); got != c.want || rest != c.rest {
			t.Errorf("head of %q: %s, rest %q; want %s, rest %q", c.text, got, rest, c.want, c.rest)
		}
	}
	for _, c := range []struct{ text, want, rest string }{
		{"手机×1 截止 明天 20:00", "2026-11-23 20:00", "手机×1 截止"},
		{"提醒我喝水30分钟后", "2026-11-22 10:30", "提醒我喝水"},
		{"remind me in 2 hours", "2026-11-22 12:00", "remind me"},
		{"会开 2 小时", "-", "会开 2 小时"},
		{"手机 今晚", "day 2026-11-22 23:59", "手机"},
		{"手机 截止 25:00", "no 25:00", "手机 截止"},
		{"第 3 期", "-", "第 3 期"},
	} {
		m, rest, err := when.MomentTail(c.text, now, z)
		if got := outcome(m, err); got != c.want || rest != c.rest {
			t.Errorf("tail of %q: %s, rest %q; want %s, rest %q", c.text, got, rest, c.want, c.rest)
		}
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{"48h", 48 * time.Hour},
		{"48小时", 48 * time.Hour},
		{"四十八小时", 48 * time.Hour},
		{"2天", 48 * time.Hour},
		{"两天", 48 * time.Hour},
		{"1d12h", 36 * time.Hour},
		{"1天 12小时", 36 * time.Hour},
		{"一天半", 36 * time.Hour},
		{"1.5h", 90 * time.Minute},
		{"一个半小时", 90 * time.Minute},
		{"半天", 12 * time.Hour},
		{"30min", 30 * time.Minute},
		{"90分钟", 90 * time.Minute},
		{"2 weeks", 14 * 24 * time.Hour},
		{"1个月", 30 * 24 * time.Hour},
		{"", 0},
		{"48", 0},
		{"h", 0},
		{"-2h", 0},
		{"2h左右", 0},
		{"0小时", 0},
		{"9999999h", 0},
		{"20年", 0},
	} {
		if got, err := when.Length(c.text); got != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%q: %s, %v, want %s", c.text, got, err, c.want)
		}
	}
	if d, rest, err := when.LengthHead("48h; 弃奖 顺延"); d != 48*time.Hour || rest != "; 弃奖 顺延" || err != nil {
		t.Errorf("head: %s, %q, %v", d, rest, err)
	}
}

// A stamp is read again as the instant it was made from, in any zone.
func TestStampsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"} {
		z := zone(t, name)
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
		for n := range 1500 {
			at := now.Add(time.Duration(n)*6*time.Hour + 37*time.Minute)
			m, err := when.ParseMoment(when.Stamp(at), now, z)
			if err != nil || when.Stamp(m.At) != when.Stamp(at) {
				t.Fatalf("%s: %q is %s, %v", name, when.Stamp(at), m.At, err)
			}
		}
	}
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{
		"今晚8点", "明天20:00 条件", "2h", "in 2 hours", "周五 10:00", "下周一", "11-23 20:00", "2026-11-23T20:00:00", "friday 8pm", "８点半", "一个半小时后",
		"二〇二六年十一月二十三日", "25:00", "2026-02-30", "99999天", "1.5h", "3天后 20:00前", "the end of the month", "十百十", "\x00\xff",
	} {
		f.Add(s, int64(1_790_000_000))
	}
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(unix%4_000_000_000, 0).In(z)
		if now.Year() < 1971 {
			return
		}
		m, rest, err := when.MomentHead(text, now, z)
		var unclear *when.UnclearError
		switch {
		case err == nil && !m.At.After(now):
			t.Errorf("%q at %s is %s", text, now, m.At)
		case errors.As(err, &unclear):
			if len(unclear.Choices) == 0 {
				t.Errorf("%q: nothing to choose from", text)
			}
			for _, c := range unclear.Choices {
				if !c.After(now) {
					t.Errorf("%q at %s offers %s", text, now, c)
				}
			}
		}
		if utf8.RuneCountInString(rest) > utf8.RuneCountInString(text) {
			t.Errorf("%q leaves %q", text, rest)
		}
		if _, _, err := when.MomentTail(text, now, z); err == nil && strings.TrimSpace(text) == "" {
			t.Errorf("a time in nothing")
		}
		if d, err := when.Length(text); err == nil && d <= 0 {
			t.Errorf("%q: %s", text, d)
		}
	})
}

func ExampleMomentHead() {
	z, _ := time.LoadLocation("Asia/Shanghai")
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, z)
	m, rest, err := when.MomentHead("明天20:00 条件 入群≥3天", now, z)
	fmt.Println(when.Stamp(m.At), "/", rest, "/", err)
	_, err = when.ParseMoment("8点", now, z)
	var unclear *when.UnclearError
	if errors.As(err, &unclear) {
		fmt.Println(when.Stamp(unclear.Past), "or", when.Stamp(unclear.Choices[0]), "or", when.Stamp(unclear.Choices[1]))
	}
	// Output:
	// 2026-11-23 20:00 / 条件 入群≥3天 / <nil>
	// 2026-11-22 08:00 or 2026-11-22 20:00 or 2026-11-23 08:00
}
