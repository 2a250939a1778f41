package checkin

// Rule says what a check-in is worth.
type Rule struct {
	Base int `json:"base"` // points of every check-in, 0–1000
	Step int `json:"step"` // points more per day of the streak, 0–100
	Cap  int `json:"cap"`  // at most this much more, 0–1000
}

// DefaultRule holds where nobody changed it.
func DefaultRule() Rule { return Rule{Base: 5, Step: 1, Cap: 5} }

// Limits of a rule: enough for any campaign, too little for a slip of the
// finger to ruin the ledger.
const (
	maxBase = 1000
	maxStep = 100
	maxCap  = 1000
)

// Points are the parts of a check-in's worth.
type Points struct{ Base, Bonus int }

// Total is what the member gains.
func (p Points) Total() int { return p.Base + p.Bonus }

// Points computes what the n-th day of a streak is worth: the first day has no
// bonus.
func (r Rule) Points(streak int) Points {
	return Points{Base: r.Base, Bonus: min(r.Cap, r.Step*max(0, streak-1))}
}

// Make-up cards: one at the very first check-in, one for every full week of a
// streak, never more than three in hand.
const (
	cardEvery = 7
	maxCards  = 3
)

// Cards is how many make-up cards a check-in brings.
func Cards(first bool, streak, inHand int) int {
	n := 0
	if first {
		n++
	}
	if streak > 0 && streak%cardEvery == 0 {
		n++
	}
	return max(0, min(n, maxCards-inHand))
}

// Streak counts the chat days in a row that end with day. days are the days
// checked in, newest first; prev names the chat day before a day. It is
// computed from the set of days, never from durations, so that a late event or
// a make-up card mends it.
func Streak(day string, days []string, prev func(string) string) int {
	n := 0
	for _, d := range days {
		if d > day {
			continue
		}
		if d != day {
			break
		}
		n++
		day = prev(day)
	}
	return n
}
