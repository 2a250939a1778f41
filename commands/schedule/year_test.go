package schedule_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// off lists what the State Council arranged (notices 国办发明电〔2024〕12号 and
// 〔2025〕7号): from–to is off, single days behind + are worked.
const off = `
2025: 01-01 01-28–02-04 04-04–04-06 05-01–05-05 05-31–06-02 10-01–10-08 +01-26 +02-08 +04-27 +09-28 +10-11
2026: 01-01–01-03 02-15–02-23 04-04–04-06 05-01–05-05 06-19–06-21 09-25–09-27 10-01–10-07 +01-04 +02-14 +02-28 +05-09 +09-20 +10-10`

// arranged reports for every date of a year whether it is worked.
func arranged(t *testing.T, year string) map[string]bool {
	t.Helper()
	worked := map[string]bool{}
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, year+"-"+s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for d := day("01-01"); d.Format("2006") == year; d = d.AddDate(0, 0, 1) {
		worked[d.Format(time.DateOnly)] = d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
	}
	for line := range strings.Lines(off) {
		head, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if head != year {
			continue
		}
		for f := range strings.FieldsSeq(rest) {
			if one, ok := strings.CutPrefix(f, "+"); ok {
				worked[year+"-"+one] = true
				continue
			}
			from, to, ok := strings.Cut(f, "–")
			if !ok {
				to = from
			}
			for d := day(from); !d.After(day(to)); d = d.AddDate(0, 0, 1) {
				worked[d.Format(time.DateOnly)] = false
			}
		}
	}
	return worked
}

// TestAYearOfGreetings runs mornings on workdays and evenings on every day of
// two years: one post per slot, no text again before all others of its set, the
// published holidays left out.
func TestAYearOfGreetings(t *testing.T) {
	t.Parallel()
	for _, year := range []string{"2025", "2026"} {
		t.Run(year, func(t *testing.T) {
			t.Parallel()
			if underRace && year != "2026" {
				t.Skip("runs without the race detector")
			}
			synctest.Test(t, func(t *testing.T) { greetYear(t, year) })
		})
	}
}

func greetYear(t *testing.T, year string) {
	t.Helper()
	worked := arranged(t, year)
	first, err := time.Parse(time.DateOnly, year+"-01-01")
	if err != nil {
		t.Fatal(err)
	}
	last := strconv.Itoa(first.Year() - 1)
	s := commandtest.Open(t, family(), commandtest.Scene{Start: last + "-12-31 23:00"})
	defer s.Close()
	for _, add := range []string{"早安 每天 07:30 模板 morning 跳过 休息日", "晚安 每天 22:30 模板 evening"} {
		s.Say("管理员", "/schedule add "+add)
		s.Press("管理员", "启用")
	}
	recent := map[string][]string{}
	mornings, evenings := 0, 0
	first = time.Date(first.Year(), 1, 1, 0, 0, 0, 0, s.Now().Location())
	for day := first; day.Format("2006") == year; day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		for _, slot := range []struct {
			job  int64
			at   time.Duration
			want bool
		}{{1, 7*time.Hour + 30*time.Minute, worked[date]}, {2, 22*time.Hour + 30*time.Minute, true}} {
			shown := s.MoveTo(day.Add(slot.at))
			if want := map[bool]int{true: 1}[slot.want]; len(shown) != want {
				t.Fatalf("%s: %d posts at %s, want %d: %+v", date, len(shown), slot.at, want, shown)
			}
			if !slot.want {
				continue
			}
			text := chat.Plain(shown[0].Content.Text)
			if day.Day() == 1 || !worked[date] && slot.job == 1 {
				t.Logf("%s %s", date, strings.ReplaceAll(text, "\n", " / "))
			}
			if slot.job == 1 {
				mornings++
			} else {
				evenings++
			}
			kind := kindOf(s, slot.job)
			set, _, _ := strings.Cut(kind, ".")
			for _, k := range recent[set] {
				if k == kind {
					t.Errorf("%s: %s again after %v", date, kind, recent[set])
				}
			}
			if recent[set] = append(recent[set], kind); len(recent[set]) >= 16 { // the size of the set
				recent[set] = recent[set][1:]
			}
		}
	}
	want := 0
	for _, w := range worked {
		if w {
			want++
		}
	}
	if mornings != want || evenings != len(worked) {
		t.Errorf("%d mornings of %d workdays, %d evenings of %d days", mornings, want, evenings, len(worked))
	}
}

// kindOf names the text that a schedule posted last.
func kindOf(s *commandtest.Stage, schedule int64) (kind string) {
	s.View(func(ctx context.Context, r *storage.Reader) error {
		chats, err := r.ScheduleChats(ctx, schedule)
		if err != nil {
			return err
		}
		rows, err := r.RecentOccurrences(ctx, storage.JobOf(schedule), chats[0].ChatID, s.Now(), 1)
		if err != nil || len(rows) == 0 {
			return err
		}
		l, err := r.Letter(ctx, rows[0].LetterID)
		kind = l.Kind
		return err
	})
	return kind
}

// TestAKillWhileSendingIsAskedAbout: nobody can know whether the post is there.
func TestAKillWhileSendingIsAskedAbout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-11-22 08:02"})
		defer s.Close()
		s.Whisper("管理员", "/schedule")
		s.Say("管理员", "/schedule add 早安 每天 07:30 模板 morning")
		s.Press("管理员", "启用")
		kill := func() {
			s.Arm()
			time.Sleep(24 * time.Hour)
			if synctest.Wait(); !s.Died() {
				t.Fatal("it did not die")
			}
			if n := len(s.Settle()); n != 1 {
				t.Fatalf("the platform has %d posts", n)
			}
			s.Crash(0)
			time.Sleep(10 * time.Second)
		}
		ask := func() {
			t.Helper()
			shown := s.Settle()
			if len(shown) != 1 || !strings.Contains(chat.Plain(shown[0].Content.Text), "07:30 早安 #1 在「产品群」可能已发出，我不确定，没有重发。") || len(shown[0].Content.Choices) != 2 {
				t.Fatalf("the administrator was told %+v", shown)
			}
		}
		kill()
		ask()
		said := s.Line("管理员@私聊 [已发出]")
		if len(said) != 1 || !strings.Contains(said[0].Content.Text, "记为已发出") {
			t.Errorf("answered %+v", said)
		}
		kill()
		ask()
		said = s.Line("管理员@私聊 [重发]")
		if len(said) != 2 {
			t.Errorf("answered %+v", said)
		}
		said = s.Line("管理员@私聊 [重发]")
		if len(said) != 1 || !strings.Contains(said[0].Content.Text, "已经处理过") {
			t.Errorf("pressed twice: %+v", said)
		}
		said = s.Say("管理员", "/schedule log 1")
		if len(said) != 1 || !strings.Contains(said[0].Content.Text, "近 2 次：✔ ✔") {
			t.Errorf("the log says %+v", said)
		}
	})
}
