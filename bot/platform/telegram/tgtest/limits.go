package tgtest

import (
	"math"
	"time"
)

// Limits of sending; a zero field is not enforced. Ephemeral messages and
// answers to presses are free.
type Limits struct {
	GroupPerMinute int // messages a minute in one group
	ChatPerSecond  int // messages a second in one chat…
	ChatBurst      int // …but this many at once pass (at least ChatPerSecond)
	PerSecond      int // messages a second in all
}

// Strict are the published limits (Bot FAQ): 20 a minute in one group, 1 a
// second in one chat with short bursts, 30 a second in all.
func Strict() *Limits {
	return &Limits{GroupPerMinute: 20, ChatPerSecond: 1, ChatBurst: 5, PerSecond: 30}
}

type limiter struct {
	limits Limits
	minute map[int64][]time.Time
	second map[int64]*bucket
	all    []time.Time
	hits   int
}

// bucket refills with ChatPerSecond and holds ChatBurst.
type bucket struct {
	tokens float64
	at     time.Time
}

// take counts a message, or gives the seconds to wait.
func (l *limiter) take(c Chat, free bool, now time.Time) int {
	if l.limits == (Limits{}) || free {
		return 0
	}
	if l.minute == nil {
		l.minute, l.second = map[int64][]time.Time{}, map[int64]*bucket{}
	}
	wait := time.Duration(0)
	if n := l.limits.GroupPerMinute; n > 0 && c.ID < 0 {
		l.minute[c.ID] = within(l.minute[c.ID], now, time.Minute)
		wait = max(wait, over(l.minute[c.ID], n, now, time.Minute))
	}
	if n := l.limits.PerSecond; n > 0 {
		l.all = within(l.all, now, time.Second)
		wait = max(wait, over(l.all, n, now, time.Second))
	}
	var b *bucket
	if rate := float64(l.limits.ChatPerSecond); rate > 0 {
		most := max(rate, float64(l.limits.ChatBurst))
		b = l.second[c.ID]
		if b == nil {
			b = &bucket{tokens: most, at: now}
			l.second[c.ID] = b
		}
		b.tokens, b.at = min(most, b.tokens+now.Sub(b.at).Seconds()*rate), now
		if b.tokens < 1 {
			wait = max(wait, time.Duration((1-b.tokens)/rate*float64(time.Second)))
		}
	}
	if wait > 0 {
		l.hits++
		return max(1, int(math.Ceil(wait.Seconds())))
	}
	if b != nil {
		b.tokens--
	}
	l.minute[c.ID] = append(l.minute[c.ID], now)
	l.all = append(l.all, now)
	return 0
}

func within(list []time.Time, now time.Time, span time.Duration) []time.Time {
	for len(list) > 0 && now.Sub(list[0]) >= span {
		list = list[1:]
	}
	return list
}

func over(list []time.Time, limit int, now time.Time, span time.Duration) time.Duration {
	if len(list) < limit {
		return 0
	}
	return span - now.Sub(list[len(list)-limit])
}

// Throttled counts the messages refused because a limit was met.
func (s *Server) Throttled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limiter.hits
}
