package checkin_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// ledger is what a member should have, counted in the simplest way there is.
type ledger struct {
	cal            chatday.Calendar
	days           map[string]bool
	balance, cards int
	text           string // what the next answer must show
}

func (l *ledger) streak(day string) int { return bruteStreak(day, l.days, dateBefore) }

// dateBefore is the day before where no date is ever skipped.
func dateBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}

func (l *ledger) checkIn(at time.Time) {
	day := l.cal.Day(at)
	if l.days[day] {
		l.text = fmt.Sprintf("余额 %d。", l.balance)
		return
	}
	first := len(l.days) == 0
	l.days[day] = true
	streak := l.streak(day)
	gain := 5 + min(5, streak-1)
	l.balance += gain
	if first {
		l.cards++
	}
	if streak%7 == 0 {
		l.cards++
	}
	l.cards = min(3, l.cards)
	l.text = fmt.Sprintf("+%d", gain)
}

func (l *ledger) makeUp(at time.Time) {
	yesterday := l.cal.Prev(l.cal.Day(at))
	switch {
	case l.days[yesterday]:
		l.text = "补签卡" // repaired or needless: the wording differs, nothing changes
	case l.cards == 0:
		l.text = "没有补签卡"
	default:
		l.days[yesterday] = true
		l.cards--
		l.text = fmt.Sprintf("剩 %d 张", l.cards)
	}
}

// TestFourHundredDaysGiveWhatCountingByHandGives lives through 400 days with
// the real engine: check-ins at any hour, days missed, repaired, told late,
// said twice, with restarts in between.
func TestFourHundredDaysGiveWhatCountingByHandGives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		seed uint64
	}{{"America/New_York", 2}} {
		t.Run(fmt.Sprintf("%s seed %d", c.zone, c.seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { liveYear(t, c.zone, c.seed) })
		})
	}
}

func liveYear(t *testing.T, zone string, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 400))
	s := commandtest.Open(t, commandtest.Ledger(), commandtest.Scene{Zone: zone, Start: "2026-01-01 12:00"})
	defer s.Close()
	where, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{cal: chatday.New(chatday.Version{Zone: where, Start: 240}), days: map[string]bool{}}
	say := func(late time.Duration, text string) {
		t.Helper()
		shown := s.SayLate(late, "阿宁", text)
		if len(shown) != 1 || !strings.Contains(chat.Plain(shown[0].Content.Text), l.text) {
			t.Fatalf("%s, %s told %s late: %+v, want %q in it", s.Now(), text, late, shown, l.text)
		}
	}
	for n := range 400 {
		begin := l.cal.Next(s.Now())
		end := l.cal.Next(begin)
		// Two moments of the day, the borders among them.
		first := begin.Add(time.Duration(r.Int64N(int64(end.Sub(begin)))))
		if r.IntN(5) == 0 {
			first = begin
		}
		s.MoveTo(first)
		if r.IntN(6) == 0 {
			l.makeUp(s.Now())
			say(0, "/makeup 昨天")
		}
		if r.IntN(10) < 8 {
			l.checkIn(s.Now())
			say(0, "签到")
		}
		if r.IntN(20) == 0 {
			s.MoveTo(end.Add(-time.Second))
			l.checkIn(s.Now())
			say(0, "/checkin")
		}
		if r.IntN(16) == 0 {
			late := time.Duration(r.IntN(47)) * time.Hour
			l.checkIn(s.Now().Add(-late))
			say(late, "签到")
		}
		if r.IntN(40) == 0 {
			s.Trouble("restart")
			s.Again("阿宁")
		}
		if n%50 == 49 {
			l.compare(t, s)
		}
	}
	l.compare(t, s)
}

// What mends a long streak has to count all of it.
func TestACardMendsAStreakOfMonths(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, commandtest.Ledger(), commandtest.Scene{Start: "2026-01-01 12:00"})
		defer s.Close()
		for n := range 70 {
			if n != 68 {
				s.SayLate(0, "阿宁", "签到")
			}
			if n < 69 {
				s.MoveTo(s.Now().Add(24 * time.Hour))
			}
		}
		shown := s.SayLate(0, "阿宁", "/makeup 昨天")
		if len(shown) != 1 || !strings.Contains(chat.Plain(shown[0].Content.Text), "连签恢复到 70 天") {
			t.Errorf("%+v", shown)
		}
	})
}

func (l *ledger) compare(t *testing.T, s *commandtest.Stage) {
	t.Helper()
	best, last := 0, ""
	for day := range l.days {
		best, last = max(best, l.streak(day)), max(last, day)
	}
	s.View(func(ctx context.Context, r *storage.Reader) error {
		all, err := r.MembersOf(ctx, 1)
		if err != nil || len(all) != 1 {
			return fmt.Errorf("members %v: %w", all, err)
		}
		m := all[0]
		if int(m.Balance) != l.balance || int(m.Cards) != l.cards || m.Streak != l.streak(last) || m.BestStreak != best || m.LastDay != last {
			t.Fatalf("%s: balance %d, cards %d, streak %d, best %d, last %s; counted %d, %d, %d, %d, %s",
				s.Now(), m.Balance, m.Cards, m.Streak, m.BestStreak, m.LastDay, l.balance, l.cards, l.streak(last), best, last)
		}
		return nil
	})
}
