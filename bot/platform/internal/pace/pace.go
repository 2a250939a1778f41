// Package pace counts messages, so that a platform's limits are known before
// they are hit.
package pace

import (
	"sync"
	"time"
)

// Guard keeps the limits for what the engine cannot count: a letter may be
// several messages, and the hour is no limit that chat.Caps knows. It counts in
// memory: after a restart the platform itself may say no. It is safe for
// concurrent use.
type Guard struct {
	PerMinute int
	PerHour   int // 0: no limit

	mu    sync.Mutex
	chats map[string]*account
	most  int // prune when there are more
}

type account struct {
	minute []time.Time  // the newest, at most PerMinute
	hour   [buckets]int // by minute
	last   int64        // the minute hour was written in
}

// buckets cover an hour and the minute that has begun.
const buckets = 61

// Take counts n messages of a conversation, at most PerMinute, or says how
// long to wait until they are allowed. All or nothing: half a letter helps
// nobody.
func (g *Guard) Take(key string, n int, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.chats == nil {
		g.chats = map[string]*account{}
	}
	a := g.chats[key]
	if a == nil {
		g.prune(now)
		a = &account{}
		g.chats[key] = a
	}
	a.advance(now)
	if over := min(len(a.minute), len(a.minute)+n-g.PerMinute); over > 0 {
		return max(time.Millisecond, a.minute[over-1].Add(time.Minute).Sub(now))
	}
	if over := a.sum() + n - g.PerHour; g.PerHour > 0 && over > 0 {
		return a.until(over, now)
	}
	for range n {
		a.minute = append(a.minute, now)
	}
	a.hour[a.last%buckets] += n
	return 0
}

// Give takes back what did not happen.
func (g *Guard) Give(key string, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.chats[key]
	if a == nil {
		return
	}
	a.minute = a.minute[:max(0, len(a.minute)-n)]
	a.hour[a.last%buckets] = max(0, a.hour[a.last%buckets]-n)
}

// prune forgets conversations that have been quiet for an hour, whenever their
// number has doubled.
func (g *Guard) prune(now time.Time) {
	if len(g.chats) <= max(g.most, 1000) {
		return
	}
	defer func() { g.most = 2 * len(g.chats) }()
	for key, a := range g.chats {
		if a.advance(now); a.sum() == 0 {
			delete(g.chats, key)
		}
	}
}

// advance drops what has left the windows.
func (a *account) advance(now time.Time) {
	i := 0
	for i < len(a.minute) && now.Sub(a.minute[i]) >= time.Minute {
		i++
	}
	a.minute = a.minute[i:]
	for i := range a.minute {
		if a.minute[i].After(now) {
			a.minute[i] = now // the clock went back
		}
	}
	minute := now.Unix() / 60
	if minute <= a.last {
		return // the same minute, or a clock that went back
	}
	if minute-a.last >= buckets {
		a.hour = [buckets]int{}
	} else {
		for m := a.last + 1; m <= minute; m++ {
			a.hour[m%buckets] = 0
		}
	}
	a.last = minute
}

func (a *account) sum() int {
	n := 0
	for _, v := range a.hour {
		n += v
	}
	return n
}

// until is how long it takes for n messages to leave the hour.
func (a *account) until(n int, now time.Time) time.Duration {
	for m := a.last - buckets + 1; m <= a.last; m++ {
		if n -= a.hour[(m+buckets)%buckets]; n <= 0 {
			return max(time.Second, time.Unix((m+buckets)*60, 0).Sub(now))
		}
	}
	return time.Hour
}
