package chatday_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"qunmate/bot/chatday"
)

// The longest a day may last: in one zone an hour more than usual, or a day
// more where a date is skipped; with a move to the west the way around the world
// and a later start come on top.
const (
	longDay  = 25 * time.Hour
	longMove = (25 + 26 + 24) * time.Hour
)

// holds checks everything that must be true of one instant.
func holds(cal chatday.Calendar, at time.Time, longest time.Duration) error {
	day := cal.Day(at)
	begin, ok := cal.Begin(day)
	switch {
	case !ok:
		return fmt.Errorf("%s belongs to %s, which has no beginning", at, day)
	case begin.After(at):
		return fmt.Errorf("%s belongs to %s, which begins later, %s", at, day, begin)
	case cal.Day(begin) != day:
		return fmt.Errorf("%s begins %s, which belongs to %s", day, begin, cal.Day(begin))
	case cal.Day(begin.Add(-1)) >= day:
		return fmt.Errorf("%s begins %s, and just before it was %s", day, begin, cal.Day(begin.Add(-1)))
	}
	next := cal.Next(at)
	after := cal.Day(next)
	switch {
	case !next.After(at):
		return fmt.Errorf("%s: the next day begins %s, not later", at, next)
	case next.Sub(begin) > longest:
		return fmt.Errorf("%s lasts %s", day, next.Sub(begin))
	case after <= day:
		return fmt.Errorf("%s: the next day begins %s and is %s after %s", at, next, after, day)
	case cal.Day(next.Add(-1)) != day:
		return fmt.Errorf("%s: just before the next begins, %s, it is %s", day, next, cal.Day(next.Add(-1)))
	case cal.Prev(after) != day:
		return fmt.Errorf("the day before %s is %s, not %s: a streak would break", after, cal.Prev(after), day)
	}
	if b, ok := cal.Begin(after); !ok || !b.Equal(next) {
		return fmt.Errorf("%s begins %s (%v), Next said %s", after, b, ok, next)
	}
	return nil
}

// walk checks instants from one to another and that days never run backwards.
func walk(t *testing.T, cal chatday.Calendar, from, to time.Time, step time.Duration) {
	t.Helper()
	last := ""
	for at := from; at.Before(to); at = at.Add(step) {
		if err := holds(cal, at, longDay); err != nil {
			t.Error(err)
			return
		}
		day := cal.Day(at)
		if day < last {
			t.Errorf("%s belongs to %s, after %s", at, day, last)
			return
		}
		last = day
	}
}

// changes finds the instants at which a zone's clocks change.
func changes(z *time.Location, from, to time.Time) []time.Time {
	var out []time.Time
	for at := from.In(z); ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || !end.Before(to) {
			return out
		}
		out = append(out, end)
		at = end
	}
}

func TestEveryInstantOfAYearBelongsToExactlyOneDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone  string
		years []int
	}{
		{"Asia/Shanghai", []int{1990, 2026}}, // had summer time until 1991
		{"America/New_York", []int{2026}},
		{"Pacific/Kiritimati", []int{1994, 2026}}, // skipped a date at the end of 1994
		{"Pacific/Apia", []int{2011}},             // … of 2011
		{"America/St_Johns", []int{2010, 2026}},   // changed at 00:01 until 2011
		{"Europe/London", []int{2026}},
		{"Asia/Kathmandu", []int{1985, 2026}}, // went forward by 15 minutes in 1986
	} {
		for _, start := range []int{0, 90, 150, 240, 23*60 + 59} {
			t.Run(fmt.Sprintf("%s from %02d:%02d", c.zone, start/60, start%60), func(t *testing.T) {
				t.Parallel()
				cal := fixed(t, c.zone, start)
				for _, year := range c.years {
					from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
					to := from.AddDate(1, 0, 5)
					walk(t, cal, from, to, 17*time.Hour+13*time.Minute)
					for _, change := range changes(zone(t, c.zone), from, to) {
						walk(t, cal, change.Add(-27*time.Hour), change.Add(27*time.Hour), 47*time.Minute+500*time.Millisecond)
					}
				}
			})
		}
	}
}

// moved makes a calendar of a community that changes zone and start of its day
// again and again, each time from the next boundary on, as the engine does.
func moved(r *rand.Rand, zones []*time.Location, from time.Time, moves int) chatday.Calendar {
	versions := []chatday.Version{{Zone: zones[r.IntN(len(zones))], Start: r.IntN(1440)}}
	cal := chatday.New(versions...)
	now := from
	for range moves {
		now = now.Add(time.Duration(r.Int64N(int64(20 * 24 * time.Hour))))
		from := cal.Next(now)
		if last := versions[len(versions)-1].From; !from.After(last) {
			continue
		}
		versions = append(versions, chatday.Version{From: from, Zone: zones[r.IntN(len(zones))], Start: r.IntN(1440)})
		r.Shuffle(len(versions), func(i, j int) { versions[i], versions[j] = versions[j], versions[i] })
		cal = chatday.New(versions...)
		newest(versions)
	}
	return cal
}

// newest moves the version with the latest From to the end.
func newest(v []chatday.Version) {
	for i := range v {
		if v[i].From.After(v[len(v)-1].From) {
			v[i], v[len(v)-1] = v[len(v)-1], v[i]
		}
	}
}

func worldwide(t testing.TB) []*time.Location {
	t.Helper()
	var out []*time.Location
	for _, name := range []string{
		"Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Honolulu", "Pacific/Apia", "Pacific/Pago_Pago",
		"America/St_Johns", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC",
	} {
		out = append(out, zone(t, name))
	}
	return out
}

func TestMovesEastAndWestNeverRepeatOrLoseADay(t *testing.T) {
	t.Parallel()
	zones := worldwide(t)
	for seed := range uint64(24) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			from := time.Date(2026, time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, time.UTC)
			cal := moved(r, zones, from, 5)
			// From day to day: one beginning each, in order, without a hole.
			begin, ok := cal.Begin(cal.Day(from))
			if !ok {
				t.Fatalf("%s has no beginning", cal.Day(from))
			}
			for begin.Before(from.AddDate(0, 4, 0)) {
				if err := holds(cal, begin, longMove); err != nil {
					t.Fatal(err)
				}
				next := cal.Next(begin)
				inside := begin.Add(time.Duration(r.Int64N(int64(next.Sub(begin)))))
				if err := holds(cal, inside, longMove); err != nil {
					t.Fatal(err)
				}
				if cal.Day(inside) != cal.Day(begin) {
					t.Fatalf("%s and %s are not one day", begin, inside)
				}
				begin = next
			}
		})
	}
}

func TestAMoveAcrossTheDateLineIsOneLongOrOneShortDay(t *testing.T) {
	t.Parallel()
	honolulu, kiritimati := zone(t, "Pacific/Honolulu"), zone(t, "Pacific/Kiritimati")
	border := at(t, "2026-11-22T04:00:00+14:00")
	west := chatday.New(chatday.Version{Zone: kiritimati, Start: 240}, chatday.Version{From: border, Zone: honolulu, Start: 240})
	if before, after := west.Day(border.Add(-1)), west.Day(border); before != "2026-11-21" || after != "2026-11-21" {
		t.Errorf("going west the day is %s, then %s: the same day must last on", before, after)
	}
	if got, want := west.Next(border), border.Add(24*time.Hour); !got.Equal(want) || west.Day(got) != "2026-11-22" {
		t.Errorf("going west the next day begins %s (%s), want %s", got, west.Day(got), want)
	}
	border = at(t, "2026-11-22T04:00:00-10:00")
	east := chatday.New(chatday.Version{Zone: honolulu, Start: 240}, chatday.Version{From: border, Zone: kiritimati, Start: 240})
	if before, after := east.Day(border.Add(-1)), east.Day(border); before != "2026-11-21" || after != "2026-11-23" {
		t.Errorf("going east the day is %s, then %s", before, after)
	}
	if got := east.Prev("2026-11-23"); got != "2026-11-21" {
		t.Errorf("going east the day before is %s: a streak would break", got)
	}
	if z, s := east.Zone(border.Add(-1)), east.Start(border); z != honolulu || s != 240 {
		t.Errorf("in force: %s, %d", z, s)
	}
}
