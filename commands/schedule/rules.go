package schedule

import (
	"math/rand/v2"
	"slices"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

const (
	// lateDefault is how late a greeting may be: one that comes hours later is
	// worse than none.
	lateDefault = 10 * time.Minute
	// lateSkip is what "never late" tolerates: the machine's own slowness.
	lateSkip = time.Minute
	// lateOnce is how late "once, however late" may be.
	lateOnce = 366 * 24 * time.Hour
	// perHour is how many posts a chat gets within an hour without being asked.
	perHour = 4
	// shown is how many lines a list has.
	shown = 5
)

// allowed is how late a post may be begun.
func allowed(s storage.Schedule) time.Duration {
	switch s.Missed {
	case storage.MissedLate:
		return s.Late
	case storage.MissedOnce:
		return lateOnce
	}
	return lateSkip
}

// turnOf picks the text of a set for a turn. The order is shuffled once per
// schedule and kept: between two times the same text come all the others.
func turnOf(schedule int64, turn, count int) int {
	order := rand.New(rand.NewPCG(uint64(schedule), uint64(count))).Perm(count) //nolint:gosec // an order, no secret
	return order[turn%count]
}

// span is a run of turns in a list: one that happens, or neighbours that are
// left out for one reason.
type span struct {
	From, To bot.Moment
	Skip     string // the reason, "" = it happens
	Key      string // … of a holiday, which one
	Many     bool
	Clock    bool // the time is worth saying
	Guess    bool
}

// spans joins neighbours that are left out.
func spans(turns []turn, now time.Time, clock bool) []span {
	var out []span
	for _, t := range turns {
		why, key := reasonOf(t.Skip)
		m := bot.Moment{T: t.At, Now: now}
		if n := len(out); n > 0 && why != "" && out[n-1].Skip == why && out[n-1].Key == key {
			out[n-1].To, out[n-1].Many = m, true
			continue
		}
		out = append(out, span{From: m, To: m, Skip: why, Key: key, Clock: clock, Guess: t.Guess})
	}
	return out
}

// reasonOf splits "holiday national".
func reasonOf(s string) (why, detail string) {
	for i, r := range s {
		if r == ' ' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// varied reports whether turns come at different times of the day.
func varied(turns []turn) bool {
	return slices.ContainsFunc(turns, func(t turn) bool {
		return t.At.Hour() != turns[0].At.Hour() || t.At.Minute() != turns[0].At.Minute()
	})
}

const (
	// allShown is how many letters of posts are shown without leaving anything
	// out: what fits into one message of any platform.
	allShown = 2500
	// oneShown is how many letters of one are shown where all are too many.
	oneShown = 400
)

// shorten leaves out the ends of long posts where all of them together would
// not fit into one message.
func shorten(posts []postView) {
	total := 0
	for _, p := range posts {
		total += length(p.Lines)
	}
	if total <= allShown {
		return
	}
	for i := range posts {
		n := length(posts[i].Lines)
		if n <= oneShown {
			continue
		}
		left := oneShown
		var kept []string
		for _, l := range posts[i].Lines {
			r := []rune(l)
			if len(r) >= left {
				kept = append(kept, string(r[:left])+"…")
				break
			}
			kept, left = append(kept, l), left-len(r)
		}
		posts[i].Lines, posts[i].Cut = kept, n
	}
}

func length(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len([]rune(l))
	}
	return n
}
