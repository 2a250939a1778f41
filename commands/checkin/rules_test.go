package checkin_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // days of a zone with summer time

	"qunmate/bot/chatday"
	"qunmate/commands/checkin"
)

func TestPointsGrowWithTheStreakUpToTheCap(t *testing.T) {
	t.Parallel()
	def := checkin.DefaultRule()
	for _, c := range []struct {
		rule        checkin.Rule
		streak      int
		base, bonus int
	}{
		{def, 1, 5, 0},
		{def, 2, 5, 1},
		{def, 5, 5, 4},
		{def, 6, 5, 5},
		{def, 7, 5, 5},
		{def, 4000, 5, 5},
		{def, 0, 5, 0}, // never asked for, and no harm
		{checkin.Rule{Base: 5, Step: 1, Cap: 7}, 8, 5, 7},
		{checkin.Rule{Base: 5, Step: 1, Cap: 7}, 9, 5, 7},
		{checkin.Rule{Base: 10, Step: 2, Cap: 5}, 3, 10, 4},
		{checkin.Rule{Base: 10, Step: 2, Cap: 5}, 4, 10, 5}, // the cap cuts a step
		{checkin.Rule{Base: 1, Step: 0, Cap: 9}, 30, 1, 0},
		{checkin.Rule{Base: 1, Step: 9, Cap: 0}, 30, 1, 0},
		{checkin.Rule{}, 30, 0, 0},
		{checkin.Rule{Base: 1000, Step: 100, Cap: 1000}, 12, 1000, 1000},
	} {
		got := c.rule.Points(c.streak)
		if got.Base != c.base || got.Bonus != c.bonus || got.Total() != c.base+c.bonus {
			t.Errorf("%+v on day %d of a streak: %+v, want %d + %d", c.rule, c.streak, got, c.base, c.bonus)
		}
	}
}

func TestCardsComeWithTheFirstCheckInAndEverySeventhDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first          bool
		streak, inHand int
		want           int
	}{
		{true, 1, 0, 1},
		{false, 1, 0, 0},
		{false, 6, 1, 0},
		{false, 7, 1, 1},
		{false, 8, 1, 0},
		{false, 14, 2, 1},
		{false, 21, 3, 0}, // three is all one can hold
		{false, 28, 2, 1},
		{true, 7, 0, 2},
		{true, 7, 2, 1},
		{true, 1, 3, 0},
		{false, 0, 0, 0},
		{false, 7, 5, 0}, // more than the limit, from former times: none is taken
	} {
		if got := checkin.Cards(c.first, c.streak, c.inHand); got != c.want {
			t.Errorf("first %v, streak %d, %d in hand: %d cards, want %d", c.first, c.streak, c.inHand, got, c.want)
		}
	}
}

func TestStreakCountsDaysInARow(t *testing.T) {
	t.Parallel()
	prev := chatday.New(chatday.Version{Zone: time.UTC}).Prev
	for _, c := range []struct {
		day  string
		days []string
		want int
	}{
		{"2026-11-22", nil, 0},
		{"2026-11-22", []string{"2026-11-22"}, 1},
		{"2026-11-22", []string{"2026-11-21"}, 0},
		{"2026-11-22", []string{"2026-11-22", "2026-11-21", "2026-11-19"}, 2},
		{"2026-11-21", []string{"2026-11-22", "2026-11-21", "2026-11-20"}, 2}, // later days do not count
		{"2026-03-01", []string{"2026-03-01", "2026-02-28", "2026-02-27"}, 3},
	} {
		if got := checkin.Streak(c.day, c.days, prev); got != c.want {
			t.Errorf("on %s with %v: %d, want %d", c.day, c.days, got, c.want)
		}
	}
}

// bruteStreak counts back day by day, with a set instead of a sorted list.
func bruteStreak(day string, days map[string]bool, prev func(string) string) int {
	n := 0
	for ; days[day]; day = prev(day) {
		n++
	}
	return n
}

func TestStreakIsWhatCountingByHandGives(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	cal := chatday.New(chatday.Version{Zone: zone, Start: 150})
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 400))
			begin := time.Date(2026, 1, 1, 12, 0, 0, 0, zone)
			have := map[string]bool{}
			add := func(day string) {
				have[day] = true
				list := make([]string, 0, len(have))
				for d := range have {
					list = append(list, d)
				}
				slices.Sort(list)
				slices.Reverse(list)
				for _, from := range []string{day, list[0]} {
					if got, want := checkin.Streak(from, list, cal.Prev), bruteStreak(from, have, cal.Prev); got != want {
						t.Fatalf("on %s after adding %s: %d, counted %d", from, day, got, want)
					}
				}
			}
			for i := range 400 {
				now := begin.AddDate(0, 0, i)
				today := cal.Day(now)
				switch n := r.IntN(10); {
				case n < 7:
					add(today)
				case n < 8: // told late: one or two days ago
					add(cal.Back(today, 1+r.IntN(2)))
				}
				if r.IntN(6) == 0 { // repaired
					add(cal.Prev(today))
				}
			}
		})
	}
}
