package when_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"qunmate/scheduler/when"
)

// ruled writes what became of a rule: its JSON and the rest, or its error.
func ruled(r when.Rule, rest string, err error) string {
	var no *when.ImpossibleError
	var unknown *when.UnknownError
	switch {
	case errors.As(err, &unknown):
		return "cannot " + unknown.Text
	case errors.As(err, &no):
		return "no " + no.Text
	case errors.Is(err, when.ErrNoRule):
		return "-"
	case errors.Is(err, when.ErrNoClock):
		return "clock?"
	case errors.Is(err, when.ErrNoDay):
		return "day?"
	case err != nil:
		return err.Error()
	}
	text, _ := json.Marshal(r)
	return strings.ReplaceAll(string(text), `"`, "") + "|" + rest
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"每天 07:30", "{kind:daily,times:[450]}|"},
		{"每天7点半", "{kind:daily,times:[450]}|"},
		{"每日早上7点半 早上好", "{kind:daily,times:[450]}|早上好"},
		{"每天 07:30 模板 morning 跳过 休息日", "{kind:daily,times:[450]}|模板 morning 跳过 休息日"},
		{"每天 07:30 跳过 休息日 模板 morning", "{kind:daily,times:[450],skip:[rest]}|模板 morning"},
		{"每天07:30，仅 工作日：早", "{kind:daily,times:[450],only:[work]}|早"},
		{"每天 9:00、21:00 喝水", "{kind:daily,times:[540,1260]}|喝水"},
		{"每天早上9点和晚上9点", "{kind:daily,times:[540,1260]}|"},
		{"每天 9:00 和 你 一起", "{kind:daily,times:[540]}|和 你 一起"},
		{"每天 7:00 早 仅 休息日", "{kind:daily,times:[420]}|早 仅 休息日"},
		{"每天7点早点来", "{kind:daily,times:[420]}|早点来"},
		{"每晚10点半", "{kind:daily,times:[1350]}|"},
		{"每天晚上12点", "{kind:daily,times:[0]}|"},
		{"工作日 8点", "{kind:daily,times:[480],only:[work]}|"},
		{"每个工作日 下午5点半 下班", "{kind:daily,times:[1050],only:[work]}|下班"},
		{"周末 10:00", "-"},
		// days that have a name: in English the new year is January's
		{"new year's eve 23:00", "{kind:yearly,times:[1380],month:12,day:31}|"},
		{"New Year’s Eve at 11pm hi", "{kind:yearly,times:[1380],month:12,day:31}|hi"},
		{"every new year's eve 23:00", "{kind:yearly,times:[1380],month:12,day:31}|"},
		{"every year on new year's eve 23:00", "{kind:yearly,times:[1380],month:12,day:31}|"},
		{"chinese new year's eve 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"lunar new year's eve 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"chuxi 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"new year's day 9:00", "{kind:yearly,times:[540],month:1,day:1}|"},
		{"new year 9:00", "{kind:yearly,times:[540],month:1,day:1}|"},
		{"chinese new year 9:00", "{kind:lunar,times:[540],month:1,day:1}|"},
		{"the spring festival at 9:00", "{kind:lunar,times:[540],month:1,day:1}|"},
		{"除夕 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"大年三十晚上8点 春晚", "{kind:lunar,times:[1200],month:12,day:-1}|春晚"},
		{"农历除夕 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"元旦 9:00", "{kind:yearly,times:[540],month:1,day:1}|"},
		{"跨年夜 23:59", "{kind:yearly,times:[1439],month:12,day:31}|"},
		{"春节 8:00", "{kind:lunar,times:[480],month:1,day:1}|"},
		{"每年中秋 18:00", "{kind:lunar,times:[1080],month:8,day:15}|"},
		{"国庆 9点 放假", "{kind:yearly,times:[540],month:10,day:1}|放假"},
		{"除夕快乐", "-"},
		{"每年除夕 快乐", "clock?"},
		{"中秋 25:00", "no 25:00"},
		// the how-manieth weekday
		{"每月第一个周一 10:00 会", "{kind:nth,times:[600],days:[1],nth:[1]}|会"},
		{"每个月的最后一个周五 17点", "{kind:nth,times:[1020],days:[5],nth:[-1]}|"},
		{"每月第一个和第三个周一 10:00", "{kind:nth,times:[600],days:[1],nth:[1,3]}|"},
		{"first monday of the month 10:00", "{kind:nth,times:[600],days:[1],nth:[1]}|"},
		{"every second tuesday of the month 10:00", "{kind:nth,times:[600],days:[2],nth:[2]}|"},
		{"every second tuesday 10:00", "cannot every second tuesday"},
		{"the second tuesday of every month at 10:00", "{kind:nth,times:[600],days:[2],nth:[2]}|"},
		{"every last friday 17:00", "{kind:nth,times:[1020],days:[5],nth:[-1]}|"},
		{"first monday of the month we meet", "-"},
		{"last day of the month 18:00", "{kind:monthly,times:[1080],days:[-1]}|"},
		{"every last day of the month 18:00", "{kind:monthly,times:[1080],days:[-1]}|"},
		{"每月第一天 9:00", "{kind:monthly,times:[540],days:[1]}|"},
		{"on the 15th of every month 9am", "{kind:monthly,times:[540],days:[15]}|"},
		// what would be understood as something else
		{"mondays 9am hi", "{kind:weekly,times:[540],days:[1]}|hi"},
		{"9am every monday hi", "{kind:weekly,times:[540],days:[1]}|hi"},
		{"at 9 every monday hi", "{kind:weekly,times:[540],days:[1]}|hi"},
		{"at noon every day", "{kind:daily,times:[720]}|"},
		{"20:00 每天一题", "-"},
		{"每天 8点 12点 18点 吃饭", "{kind:daily,times:[480,720,1080]}|吃饭"},
		{"每天 8:00 20点开会", "{kind:daily,times:[480]}|20点开会"},
		{"每天 9:00 到 群里打卡", "{kind:daily,times:[540]}|到 群里打卡"},
		{"每天 9:00-18:00 x", "cannot 9:00-18:00"},
		{"每隔一天 8点 浇水", "{kind:daily,times:[480],gap:2}|浇水"},
		{"隔周周二 10:00", "{kind:weekly,times:[600],days:[2],gap:2}|"},
		{"every other tuesday 10:00", "{kind:weekly,times:[600],days:[2],gap:2}|"},
		{"every 2 weeks on tue 10:00", "{kind:weekly,times:[600],days:[2],gap:2}|"},
		{"双周会 改到周二", "-"},
		{"每周末 10:00", "{kind:weekly,times:[600],days:[6,7]}|"},
		{"每周五 10:00", "{kind:weekly,times:[600],days:[5]}|"},
		{"每周五10点", "{kind:weekly,times:[600],days:[5]}|"},
		{"每周一三五 10:00", "{kind:weekly,times:[600],days:[1,3,5]}|"},
		{"每周一、三、五 10:00", "{kind:weekly,times:[600],days:[1,3,5]}|"},
		{"每周一、周三 10:00", "{kind:weekly,times:[600],days:[1,3]}|"},
		{"每周一到周五 8:00", "{kind:weekly,times:[480],days:[1,2,3,4,5]}|"},
		{"周一至五 8:00", "{kind:weekly,times:[480],days:[1,2,3,4,5]}|"},
		{"每星期天晚上8点", "{kind:weekly,times:[1200],days:[7]}|"},
		{"每周5 10:00", "{kind:weekly,times:[600],days:[5]}|"},
		{"每周 10:00", "day?"},
		{"周五 10:00", "-"},
		{"每月1号 9:00", "{kind:monthly,times:[540],days:[1]}|"},
		{"每月1、15号 9:00", "{kind:monthly,times:[540],days:[1,15]}|"},
		{"每月 15 日 9 点", "{kind:monthly,times:[540],days:[15]}|"},
		{"每月最后一天 18:00", "{kind:monthly,times:[1080],days:[-1]}|"},
		{"每月底 18:00", "{kind:monthly,times:[1080],days:[-1]}|"},
		{"每月32号 9:00", "no 32"},
		{"每月 9:00", "day?"},
		{"每年10月1日 9:00", "{kind:yearly,times:[540],month:10,day:1}|"},
		{"每年2-29 9:00", "{kind:yearly,times:[540],month:2,day:29}|"},
		{"每年2-30 9:00", "no 2-30"},
		{"农历八月十五 19:00", "{kind:lunar,times:[1140],month:8,day:15}|"},
		{"每年农历正月初一 0点", "{kind:lunar,times:[0],month:1,day:1}|"},
		{"农历 腊月廿三 9:00", "{kind:lunar,times:[540],month:12,day:23}|"},
		{"农历 8-15 19:00", "{kind:lunar,times:[1140],month:8,day:15}|"},
		{"每年除夕 20:00", "{kind:lunar,times:[1200],month:12,day:-1}|"},
		{"农历十三月初一 9:00", "-"},
		{"每小时", "{kind:every,every:60}|"},
		{"每2小时 喝水", "{kind:every,every:120}|喝水"},
		{"每隔30分钟", "{kind:every,every:30}|"},
		{"每半小时", "{kind:every,every:30}|"},
		{"每7分钟", "cannot 每7分钟"},
		{"每1天 9:00", "{kind:daily,times:[540]}|"},
		{"每 3 天 9:00", "{kind:daily,times:[540],gap:3}|"},
		{"every day at 7:30", "{kind:daily,times:[450]}|"},
		{"daily 07:30 template morning skip holidays", "{kind:daily,times:[450]}|template morning skip holidays"},
		{"daily 07:30 skip holidays template morning", "{kind:daily,times:[450],skip:[holiday]}|template morning"},
		{"every weekday 9:00", "{kind:weekly,times:[540],days:[1,2,3,4,5]}|"},
		{"every weekday at 9am stand-up", "{kind:weekly,times:[540],days:[1,2,3,4,5]}|stand-up"},
		{"every friday 10:00", "{kind:weekly,times:[600],days:[5]}|"},
		{"every Mon, Wed and Fri at 6:30 pm go", "{kind:weekly,times:[1110],days:[1,3,5]}|go"},
		{"mon-fri 9:00", "{kind:weekly,times:[540],days:[1,2,3,4,5]}|"},
		{"weekly on friday 10:00", "{kind:weekly,times:[600],days:[5]}|"},
		{"weekly 10:00", "day?"},
		{"monthly on the 1st at 9:00", "{kind:monthly,times:[540],days:[1]}|"},
		{"every month on the 15th 9:00", "{kind:monthly,times:[540],days:[15]}|"},
		{"every year on Oct 1 9:00", "{kind:yearly,times:[540],month:10,day:1}|"},
		{"every 2 hours", "{kind:every,every:120}|"},
		{"hourly", "{kind:every,every:60}|"},
		{"every day", "clock?"},
		{"每天 早安", "clock?"},
		{"30 7 * * 1-5 早", "{kind:cron,cron:30 7 * * 1-5}|早"},
		{"*/1 * * * * 报时", "{kind:cron,cron:*/1 * * * *}|报时"},
		{"0 9 * * mon 周会", "{kind:cron,cron:0 9 * * mon}|周会"},
		{"0 25 * * * x", "no 0 25 * * *"},
		{"0 0 31 2 * x", "no 0 0 31 2 *"},
		{"每天 25:00", "no 25:00"},
		{"每天早上20点", "no 20:00"},
		{"25:00 晚安", "-"},
		{"明天 20:00", "-"},
		{"", "-"},
		{"每", "-"},
	} {
		if got := ruled(when.RuleHead(c.text)); got != c.want {
			t.Errorf("%q:\n  %s, want\n  %s", c.text, got, c.want)
		}
	}
}

func TestConditionsAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, rest, want string }{
		{"模板 morning 跳过 休息日", "模板 morning", "{kind:,skip:[rest]}"},
		{"早上好 仅工作日", "早上好", "{kind:,only:[work]}"},
		{"早上好 跳过 节假日 跳过周末", "早上好", "{kind:,skip:[weekend,holiday]}"},
		{"good morning skip days off", "good morning", "{kind:,skip:[rest]}"},
		{"不要跳过休息日", "不要跳过休息日", "{kind:}"},
		{"跳过 休息日", "", "{kind:,skip:[rest]}"},
		{"", "", "{kind:}"},
	} {
		var r when.Rule
		rest := r.Conditions(c.text)
		text, _ := json.Marshal(r)
		if got := strings.ReplaceAll(string(text), `"`, ""); rest != c.rest || got != c.want {
			t.Errorf("%q: rest %q, %s; want %q, %s", c.text, rest, got, c.rest, c.want)
		}
	}
}

func next(t *testing.T, text, name, from string, n int) string {
	t.Helper()
	r, _, err := when.RuleHead(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	z := zone(t, name)
	at, err := time.ParseInLocation("2006-01-02 15:04", from, z)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, u := range r.Upcoming(at, z, n, 60) {
		s := u.At.Format("01-02 15:04")
		if u.Skip != "" {
			s += " (" + u.Skip + ")"
		}
		if u.Guess {
			s += "?"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, zone, from, want string }{
		{"每天 07:30 跳过 休息日", "Asia/Shanghai", "2026-11-22 10:00", "11-23 07:30, 11-24 07:30, 11-25 07:30, 11-26 07:30"},
		{"每天 07:30 跳过 休息日", "Asia/Shanghai", "2026-11-26 10:00", "11-27 07:30, 11-28 07:30 (weekend), 11-29 07:30 (weekend), 11-30 07:30, 12-01 07:30, 12-02 07:30"},
		{"工作日 8点", "Asia/Shanghai", "2026-09-30 10:00", "10-01 08:00 (holiday national), 10-02 08:00 (holiday national), 10-03 08:00 (holiday national), " +
			"10-04 08:00 (holiday national), 10-05 08:00 (holiday national), 10-06 08:00 (holiday national), 10-07 08:00 (holiday national), " +
			"10-08 08:00, 10-09 08:00, 10-10 08:00, 10-11 08:00 (weekend), 10-12 08:00"},
		{"每天 10:00 仅 休息日", "Asia/Shanghai", "2026-10-08 00:00", "10-08 10:00 (workday), 10-09 10:00 (workday), 10-10 10:00 (makeup), 10-11 10:00, " +
			"10-12 10:00 (workday), 10-13 10:00 (workday), 10-14 10:00 (workday), 10-15 10:00 (workday), 10-16 10:00 (workday), 10-17 10:00, 10-18 10:00, " +
			"10-19 10:00 (workday), 10-20 10:00 (workday), 10-21 10:00 (workday), 10-22 10:00 (workday), 10-23 10:00 (workday), 10-24 10:00"},
		{"每天 7:00 跳过 节假日", "Asia/Shanghai", "2028-12-29 10:00", "12-30 07:00?, 12-31 07:00?, 01-01 07:00?, 01-02 07:00?"},
		{"农历八月十五 19:00", "Asia/Shanghai", "2024-01-01 00:00", "09-17 19:00, 10-06 19:00, 09-25 19:00, 09-15 19:00"},
		{"农历六月十五 19:00", "Asia/Shanghai", "2025-01-01 00:00", "07-09 19:00, 07-28 19:00, 07-18 19:00, 08-05 19:00"}, // 2025 has it once more, in the leap month
		{"每月最后一个周五 17:00", "Asia/Shanghai", "2026-11-27 17:00", "12-25 17:00, 01-29 17:00, 02-26 17:00, 03-26 17:00"},
		{"fifth monday of the month 10:00", "Asia/Shanghai", "2026-11-22 00:00", "11-30 10:00, 03-29 10:00, 05-31 10:00, 08-30 10:00"},
		{"除夕 20:00", "Asia/Shanghai", "2024-01-01 00:00", "02-09 20:00, 01-28 20:00, 02-16 20:00, 02-05 20:00"},
		{"每月31号 9:00", "Asia/Shanghai", "2026-01-31 09:00", "03-31 09:00, 05-31 09:00, 07-31 09:00, 08-31 09:00"},
		{"每月最后一天 9:00", "Asia/Shanghai", "2026-01-31 09:00", "02-28 09:00, 03-31 09:00, 04-30 09:00, 05-31 09:00"},
		{"每年2-29 9:00", "Asia/Shanghai", "2026-01-31 09:00", "02-29 09:00, 02-29 09:00, 02-29 09:00, 02-29 09:00"},
		{"每天 2:30", "America/New_York", "2026-03-07 03:00", "03-08 03:00, 03-09 02:30, 03-10 02:30, 03-11 02:30"},
		{"每天 1:30", "America/New_York", "2026-10-31 03:00", "11-01 01:30, 11-02 01:30, 11-03 01:30, 11-04 01:30"},
		{"每天 2:15", "Australia/Lord_Howe", "2026-10-03 03:00", "10-04 02:30, 10-05 02:15, 10-06 02:15, 10-07 02:15"},
		{"每6小时", "Asia/Shanghai", "2026-11-22 10:00", "11-22 12:00, 11-22 18:00, 11-23 00:00, 11-23 06:00"},
		{"30 7 * * 1-5", "Asia/Shanghai", "2026-11-27 10:00", "11-30 07:30, 12-01 07:30, 12-02 07:30, 12-03 07:30"},
	} {
		if got := next(t, c.text, c.zone, c.from, 4); got != c.want {
			t.Errorf("%q in %s from %s:\n  %s, want\n  %s", c.text, c.zone, c.from, got, c.want)
		}
	}
}

// TestEveryTurnIsAfterTheLastAndOneOfTheRule holds for any rule in any zone.
func TestEveryTurnIsAfterTheLastAndOneOfTheRule(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"} {
		z := zone(t, name)
		for _, text := range []string{"每天 2:10、2:40", "每周日 1:30", "每月最后一天 0:00", "每小时", "15 1-3 * * *"} {
			r, _, err := when.RuleHead(text)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
			for range 900 {
				turn, ok := r.Next(at, z)
				if !ok || !turn.At.After(at) || !r.Has(turn.At, z) {
					t.Fatalf("%q in %s: after %s comes %v, %v", text, name, at, turn, ok)
				}
				at = turn.At
			}
		}
	}
}

func TestBusiest(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []time.Time
	for _, m := range []int{0, 10, 59, 60, 61, 200} {
		all = append(all, base.Add(time.Duration(m)*time.Minute))
	}
	if got := when.Busiest(all); got != 4 {
		t.Errorf("busiest hour has %d", got)
	}
	if when.Busiest(nil) != 0 {
		t.Error("nothing is not busy")
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{
		"每天 07:30 跳过 休息日", "每周一三五 10:00", "每月1、15号 9:00", "农历腊月廿三 9:00", "every mon, wed and fri at 6:30 pm", "*/5 0-6 1,15 * 1-5", "每隔30分钟",
		"隔周周五 10:00", "every 3 days at 9", "每两周周一、四 9:00 跳过 节假日", "every other friday 10:00", "每天早上9点和晚上9点", "每年2-29 9:00", "monthly on the last day 9:00", "每周\x00", "30 7 * * TZ=",
	} {
		f.Add(s, int64(1_790_000_000))
	}
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		r, _, err := when.RuleHead(text)
		if err != nil {
			return
		}
		from := time.Unix(unix%2_500_000_000, 0)
		if _, err := r.Begin(text, from, z); err == nil && (r.Gap > 0) != (r.From != "") {
			t.Errorf("%q: begins %q with a gap of %d", text, r.From, r.Gap)
		}
		if turn, ok := r.Next(from, z); ok && !turn.At.After(from) {
			t.Errorf("%q: after %s comes %s", text, from, turn.At)
		}
		again, err := json.Marshal(r)
		var back when.Rule
		if err != nil || json.Unmarshal(again, &back) != nil {
			t.Errorf("%q cannot be stored: %s, %v", text, again, err)
		}
	})
}
