package draw

import (
	"slices"
	"time"
)

// Condition is one thing an entrant must fulfil.
type Condition struct {
	Kind string `json:"kind"` // joined, messages, streak, invites, points or former
	Need int64  `json:"need,omitempty"`
	Days int    `json:"days,omitempty"` // messages: on so many chat days
	Draw int64  `json:"draw,omitempty"` // former: of which draw he must not be a winner
}

// Bonus makes a ticket of those who fulfil a condition weigh more.
type Bonus struct {
	Condition
	Weight int64 `json:"weight"`
}

// Kinds of conditions.
const (
	kindJoined   = "joined"
	kindMessages = "messages"
	kindStreak   = "streak"
	kindInvites  = "invites"
	kindPoints   = "points"
	kindFormer   = "former"
	kindLevel    = "level" // understood, and refused until levels are there
)

const (
	usualWindow    = 7  // days, where a condition on messages names none
	mostWindow     = 90 // days of talk that are kept
	mostConditions = 8
	mostWeight     = 100
)

// conditions reads "入群≥3天 且 近7天发言≥3" or "joined>=3d and msgs7d>=3". bad is
// the part that could not be read, "" if all of it was.
func conditions(text string) (out []Condition, bad string) {
	if c := newScan(text); c.end() || c.has("none") && c.end() {
		return nil, ""
	}
	c := newScan(text)
	for !c.end() {
		start := c.i
		one, ok := c.condition()
		if !ok || len(out) == mostConditions {
			return nil, rest(text, start)
		}
		out = append(out, one)
		for c.has("and") {
			continue
		}
		if c.i == start {
			return nil, rest(text, start)
		}
	}
	return out, ""
}

// bonuses reads "连签≥7 ×2、邀请≥1 ×3".
func bonuses(text string) (out []Bonus, bad string) {
	c := newScan(text)
	for !c.end() {
		start := c.i
		one, ok := c.condition()
		if !ok || !c.has("times") || len(out) == mostConditions {
			return nil, rest(text, start)
		}
		n, ok := c.number()
		if !ok || n < 2 || n > mostWeight {
			return nil, rest(text, start)
		}
		out = append(out, Bonus{one, n})
		for c.has("and") {
			continue
		}
	}
	return out, ""
}

// rest is a text from a rune on.
func rest(text string, from int) string { return string([]rune(text)[from:]) }

func (c *scan) condition() (Condition, bool) {
	start := c.i
	if c.has("former") {
		c.blanks()
		if c.at(0) == '#' {
			c.i++
		}
		n, ok := c.number()
		return Condition{Kind: kindFormer, Draw: n}, ok && n > 0
	}
	one := Condition{}
	days, ok := c.window()
	if !ok {
		return one, false
	}
	kind, ok := c.word("trait")
	if !ok {
		c.i = start
		return one, false
	}
	one.Kind = kind
	if kind == kindMessages {
		if n, named := c.behind(); named {
			days = n
		}
		if days == 0 {
			days = usualWindow
		}
		one.Days = days
	} else if days != 0 {
		return one, false
	}
	more := false
	if !c.has("least") {
		more = c.has("more")
	}
	n, ok := c.number()
	if !ok {
		return one, false
	}
	if more {
		n++
	}
	one.Need = n
	c.has("unit")
	return one, n > 0
}

// window reads "近7天" before what is counted; 0 if there is none.
func (c *scan) window() (int, bool) {
	if !c.has("recent") {
		return 0, true
	}
	n, ok := c.number()
	if !ok || n < 1 || n > mostWindow || !c.has("window") {
		return 0, false
	}
	return int(n), true
}

// behind reads the "7d" of "msgs7d>=3".
func (c *scan) behind() (int, bool) {
	at := c.i
	n, ok := c.number()
	if !ok || n < 1 || n > mostWindow || !c.has("window") {
		c.i = at
		return 0, false
	}
	return int(n), true
}

// Standing is what conditions are judged by.
type Standing struct {
	Joined   time.Time // zero: in no group
	Now      time.Time
	Messages map[int]int64 // by the days that are asked for
	Streak   int64
	Invites  int64
	Points   int64
	Won      map[int64]bool // by draw
}

// Judged is a condition with how somebody stands to it.
type Judged struct {
	Condition
	Have    int64 `json:"have"`
	Missing int64 `json:"missing"` // how much is missing, 0 if he fulfils it
	OK      bool  `json:"ok"`
}

const dayLength = 24 * time.Hour

// judge says how somebody stands to a condition.
func judge(c Condition, s Standing) Judged {
	j := Judged{Condition: c}
	switch c.Kind {
	case kindJoined:
		if !s.Joined.IsZero() {
			j.Have = max(0, int64(s.Now.Sub(s.Joined)/dayLength))
		}
	case kindMessages:
		j.Have = s.Messages[c.Days]
	case kindStreak:
		j.Have = s.Streak
	case kindInvites:
		j.Have = s.Invites
	case kindPoints:
		j.Have = s.Points
	case kindFormer:
		j.OK = !s.Won[c.Draw]
		return j
	}
	j.Missing = max(0, c.Need-j.Have)
	j.OK = j.Missing == 0
	return j
}

// judgeAll judges every condition, the failed ones first. ok: none failed.
func judgeAll(list []Condition, s Standing) (out []Judged, ok bool) {
	ok = true
	for _, c := range list {
		j := judge(c, s)
		out = append(out, j)
		ok = ok && j.OK
	}
	slices.SortStableFunc(out, func(a, b Judged) int {
		switch {
		case !a.OK && b.OK:
			return -1
		case a.OK && !b.OK:
			return 1
		}
		return 0
	})
	return out, ok
}

// weigh is the weight of a ticket: the highest of the bonuses that somebody
// fulfils, else one.
func weigh(list []Bonus, s Standing) int64 {
	most := int64(1)
	for _, b := range list {
		if judge(b.Condition, s).OK {
			most = max(most, b.Weight)
		}
	}
	return most
}

// windows lists the numbers of days that conditions on messages ask for.
func windows(spec Spec) []int {
	var out []int
	add := func(c Condition) {
		if c.Kind == kindMessages && !slices.Contains(out, c.Days) {
			out = append(out, c.Days)
		}
	}
	for _, c := range spec.If {
		add(c)
	}
	for _, b := range spec.Bonus {
		add(b.Condition)
	}
	return out
}
