package bot

import "time"

// window is a sliding minute (or second) of sends.
type window struct {
	span  time.Duration
	times []time.Time
}

func (w *window) add(t time.Time) { w.times = append(w.times, t) }

// arrived puts the last send at the instant its answer came: the platform counts
// arrivals, and that is the latest at which it can have arrived.
func (w *window) arrived(t time.Time) {
	if n := len(w.times); n > 0 && t.After(w.times[n-1]) {
		w.times[n-1] = t
	}
}

// trim drops what has left the window.
func (w *window) trim(now time.Time) {
	i := 0
	for i < len(w.times) && now.Sub(w.times[i]) >= w.span {
		i++
	}
	w.times = w.times[i:]
}

// count is the number of sends in the window.
func (w *window) count(now time.Time) int {
	w.trim(now)
	return len(w.times)
}

// budget says when a chat or a connection may be written to next.
type budget struct {
	window
	limit   int       // sends per span, 0 = unlimited
	blocked time.Time // the platform said: not before
	widened time.Time // a connection: when its span was widened last
}

// A chat's minute is spent evenly, so that nobody waits long: the first sends
// go out a second apart (the platforms' own limit for one chat), the rest so
// that the minute is never used up. 8 + 52 s / 4.4 s < 20: at a limit of 20 a
// member waits 4.4 s at most for a folded answer.
const (
	quickShare = 0.4
	quickGap   = time.Second
)

// next is the earliest instant at which one more send is within the limits.
func (b *budget) next(now time.Time) time.Time {
	at := now
	if b.blocked.After(at) {
		at = b.blocked
	}
	if b.limit <= 0 {
		return at
	}
	n := b.count(now)
	if n == 0 {
		return at
	}
	if t := b.times[n-1].Add(b.gap(n)); t.After(at) {
		at = t
	}
	if n >= b.limit {
		if t := b.times[n-b.limit].Add(b.span); t.After(at) {
			at = t
		}
	}
	return at
}

// evenly is next for letters nobody waits for: they keep the same distance from
// each other, so that an answer finds a free place at once.
func (b *budget) evenly(now time.Time) time.Time {
	at := b.next(now)
	if n := len(b.times); b.limit > 0 && n > 0 {
		if t := b.times[n-1].Add(b.span / time.Duration(b.limit)); t.After(at) {
			at = t
		}
	}
	return at
}

// A connection's second is counted a little long, and beyond a third of it the
// sends are spread evenly: the platform counts arrivals, and requests that left
// in two bursts a second apart can arrive as one. What is lost by that is less
// than a twentieth of the limit; a line on which requests arrive so unevenly
// that it is not enough is found out, see widen.
const (
	connectionSpan = 1045 * time.Millisecond
	widestSpan     = 1300 * time.Millisecond
	burstShare     = 3
	// calm is how long nothing must have been refused before the span is tried
	// at its usual length again.
	calm = 5 * time.Minute
)

// widen lengthens a connection's second after the platform has refused a message
// that its chat had room for.
func (b *budget) widen(now time.Time) {
	if b.limit > 0 && now.Sub(b.widened) >= b.span { // what was under way together is refused together
		b.span, b.widened = min(widestSpan, b.span*21/20), now
	}
}

// relax brings a widened span back after a quiet time.
func (b *budget) relax(now time.Time) {
	if !b.widened.IsZero() && now.Sub(b.widened) >= calm {
		b.span, b.widened = connectionSpan, time.Time{}
	}
}

// gap is the pause after n sends in the window.
func (b *budget) gap(n int) time.Duration {
	if b.span < time.Minute {
		if n < b.limit/burstShare {
			return 0
		}
		return b.span / time.Duration(b.limit)
	}
	quick := int(quickShare * float64(b.limit))
	if n < quick {
		return quickGap
	}
	return (b.span - time.Duration(quick)*quickGap) / time.Duration(max(1, b.limit-quick)) * 102 / 100
}

// short reports whether n waiting answers are more than can go out one by one
// in good time.
func (b *budget) short(now time.Time, n int) bool {
	return b.limit > 0 && (n > foldFrom || b.tight(now))
}

// tight reports whether the next send after one more would have to wait
// longer than the quick gap: then waiting answers fold.
func (b *budget) tight(now time.Time) bool {
	return b.limit > 0 && (b.gap(b.count(now)+1) > quickGap || b.blocked.After(now))
}
