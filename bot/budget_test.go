package bot

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// spend plays a chat whose letters come at the given instants, each sent as
// soon as the budget allows; fold says that one message carries all that wait.
// It returns when each message went and how long each letter waited.
func spend(b *budget, letters []time.Time, fold bool) (sends []time.Time, waits []time.Duration) {
	now := morning
	for len(letters) > 0 {
		if letters[0].After(now) {
			now = letters[0]
		}
		if at := b.next(now); at.After(now) {
			now = at
		}
		n := 1
		if fold {
			for n < len(letters) && !letters[n].After(now) {
				n++
			}
			if !b.short(now, n) {
				n = 1
			}
		}
		for _, l := range letters[:n] {
			waits = append(waits, now.Sub(l))
		}
		letters = letters[n:]
		b.add(now)
		sends = append(sends, now)
	}
	return sends, waits
}

// overspent finds a window of that length with more sends than the limit.
func overspent(sends []time.Time, span time.Duration, limit int) (time.Time, bool) {
	for i := limit; i < len(sends); i++ {
		if sends[i].Sub(sends[i-limit]) < span {
			return sends[i], true
		}
	}
	return time.Time{}, false
}

func groupBudget(limit int) *budget { return &budget{window: window{span: time.Minute}, limit: limit} }

func TestAGroupNeverGetsMoreThanItsPlatformAllows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, limit := range []int{1, 2, 3, 5, 10, 19, 20, 30, 60} {
		for name, gap := range map[string]func() time.Duration{
			"always more waiting": func() time.Duration { return 0 },
			"one a second":        func() time.Duration { return time.Second },
			"one in three":        func() time.Duration { return 3 * time.Second },
			"bursts":              func() time.Duration { return time.Duration(max(0, r.IntN(40)-37)) * 20 * time.Second },
			"any time":            func() time.Duration { return time.Duration(r.Int64N(int64(6 * time.Second))) },
		} {
			var letters []time.Time
			for at := morning; len(letters) < 400; at = at.Add(gap()) {
				letters = append(letters, at)
			}
			sends, _ := spend(groupBudget(limit), letters, false)
			if len(sends) != len(letters) {
				t.Errorf("limit %d, %s: %d of %d were sent", limit, name, len(sends), len(letters))
			}
			if at, over := overspent(sends, time.Minute, limit); over {
				t.Errorf("limit %d, %s: more than %d in the minute before %s", limit, name, limit, at.Sub(morning))
			}
			if at, over := overspent(sends, time.Second, 1); over {
				t.Errorf("limit %d, %s: two within a second at %s", limit, name, at.Sub(morning))
			}
		}
	}
}

func TestWithEndlessWaitingEveryAnswerWaitsFiveSecondsAtMost(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond, time.Second, 2 * time.Second} {
		var letters []time.Time
		for at := morning; at.Before(morning.Add(10*time.Minute)) && len(letters) < 5000; at = at.Add(every) {
			letters = append(letters, at)
		}
		sends, waits := spend(groupBudget(20), letters, true)
		if longest := slices.Max(waits); longest > 5*time.Second {
			t.Errorf("an answer every %s: one waited %s", every, longest)
		}
		if at, over := overspent(sends, time.Minute, 20); over {
			t.Errorf("an answer every %s: more than 20 in the minute before %s", every, at.Sub(morning))
		}
	}
}

func TestAConnectionKeepsItsLimitWhereRequestsArriveUnevenly(t *testing.T) {
	t.Parallel()
	b := &budget{window: window{span: connectionSpan}, limit: 30}
	sends, _ := spend(b, slices.Repeat([]time.Time{morning}, 300), false)
	arrivals := make([]time.Time, len(sends))
	for i, at := range sends {
		arrivals[i] = at.Add(time.Duration(i*37%45) * time.Millisecond)
	}
	slices.SortFunc(arrivals, time.Time.Compare)
	if at, over := overspent(arrivals, time.Second, 30); over {
		t.Errorf("more than 30 in the second before %s", at.Sub(morning))
	}
	if took := sends[299].Sub(morning); took > 11*time.Second {
		t.Errorf("300 messages took %s, more than 1.1 times what the limit gives", took)
	}
	if !sends[9].Equal(morning) {
		t.Error("the first ten do not go out at once")
	}
}

func TestAConnectionThatIsRefusedGoesSlowerForAWhile(t *testing.T) {
	t.Parallel()
	b := &budget{window: window{span: connectionSpan}, limit: 30}
	now := morning
	for range 100 {
		b.widen(now)
		b.widen(now.Add(10 * time.Millisecond)) // the same burst
		now = now.Add(2 * time.Second)
	}
	if b.span != widestSpan {
		t.Errorf("the span is %s", b.span)
	}
	b.relax(now)
	if b.span != widestSpan {
		t.Error("it is tried again at once")
	}
	if b.relax(now.Add(calm)); b.span != connectionSpan {
		t.Errorf("after a quiet time the span is %s", b.span)
	}
	chat := groupBudget(0)
	if chat.widen(morning); chat.span != time.Minute {
		t.Error("what has no limit has no span to widen")
	}
}

func TestLettersNobodyWaitsForKeepTheirDistance(t *testing.T) {
	t.Parallel()
	b := &budget{window: window{span: time.Second}, limit: 30}
	now := morning
	for range 30 {
		b.add(now)
		next := b.evenly(now)
		if gap := next.Sub(now); gap < time.Second/30 || gap > time.Second/29 {
			t.Fatalf("the next one may go after %s", gap)
		}
		now = next
	}
	// An answer does not have to wait for a second to end.
	if wait := b.next(now).Sub(now); wait > time.Second/29 {
		t.Errorf("an answer waits %s", wait)
	}
}

func TestWithoutALimitNothingWaits(t *testing.T) {
	t.Parallel()
	b := groupBudget(0)
	for range 100 {
		if at := b.next(morning); !at.Equal(morning) {
			t.Fatalf("next is %s", at)
		}
		b.add(morning)
	}
	if b.tight(morning) {
		t.Error("tight without a limit")
	}
}

func TestWhatThePlatformForbidsIsNotSent(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 20} {
		b := groupBudget(limit)
		b.blocked = morning.Add(37 * time.Second)
		if at := b.next(morning); !at.Equal(b.blocked) {
			t.Errorf("limit %d: next is after %s", limit, at.Sub(morning))
		}
		if limit > 0 && !b.tight(morning) {
			t.Error("a blocked chat is not tight: its answers would not fold")
		}
	}
}

// Tight means: after the next message the following one has to wait for more
// than a second.
func TestTightSaysThatTheNextOneWaitsLonger(t *testing.T) {
	t.Parallel()
	b := groupBudget(20)
	now := morning
	var tight []bool
	for range 10 {
		tight = append(tight, b.tight(now))
		b.add(now)
		now = b.next(now)
	}
	equal(t, "tight before each of ten", tight, []bool{false, false, false, false, false, false, false, true, true, true})
	if b.tight(now.Add(time.Minute)) {
		t.Error("still tight a minute later")
	}
}
