package envelope

import (
	"sync"
	"time"
)

// maxReplays bounds the memory of used requests: two hundred a second for as
// long as one stays fresh. Only requests with a good signature get in, so that
// nobody else can fill it.
const maxReplays = 120_000

// rememberFor is how long a used request could still be fresh: its timestamp
// may lie ahead of our clock and then grow as old as is allowed.
const rememberFor = 2 * freshFor

// replays remembers requests that were used. It forgets by generations, which
// costs nothing per request: a key lives for one to two times rememberFor.
type replays struct {
	mu     sync.Mutex
	now    map[string]struct{}
	before map[string]struct{}
	turned time.Time
}

// add remembers a key. False: it is known, or there is no room, and then the
// request is refused as well.
func (r *replays) add(key string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	if r.known(key) || len(r.now)+len(r.before) >= maxReplays {
		return false
	}
	r.now[key] = struct{}{}
	return true
}

func (r *replays) has(key string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	return r.known(key)
}

func (r *replays) remove(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.now, key)
	delete(r.before, key)
}

func (r *replays) known(key string) bool {
	_, young := r.now[key]
	_, old := r.before[key]
	return young || old
}

// turn begins a new generation when it is time. A clock that jumps back is no
// reason to forget.
func (r *replays) turn(now time.Time) {
	if r.now != nil && now.Sub(r.turned) < rememberFor {
		return
	}
	if r.now != nil && now.Sub(r.turned) >= 2*rememberFor {
		r.now = nil // nothing came for so long that the older generation is old as well
	}
	r.before, r.now, r.turned = r.now, map[string]struct{}{}, now
}
