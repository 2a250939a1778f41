package invite

import "time"

// The pure rules, for their tests.
var Kept = kept

type Facts = facts

func (r Rule) Judge(f Facts) (state, reason string) { return r.judge(f) }

func (r Rule) Ripe(joined, now time.Time, here, inviterHere bool, actions int) (state, reason string, again time.Time) {
	return r.ripe(joined, now, here, inviterHere, actions)
}
