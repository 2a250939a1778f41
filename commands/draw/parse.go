package draw

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"qunmate/scheduler/when"
	"qunmate/storage"
)

// Mistake is one thing to put right in what an organiser wrote. Several are
// named at once.
type Mistake struct {
	Code  string // names a line of the text draw.mistake
	Text  string // what it is about
	Times []time.Time
}

// Order is what /draw and /draw set ask for: the parts that were named.
type Order struct {
	Prizes  []Prize
	Until   time.Time
	Full    int64
	Instant int64
	If      *[]Condition
	Bonus   *[]Bonus
	Cost    *int64
	Beacon  string // drand, number or none
	Number  string // the name of the number
	Facts
	Prices []Prize // by name, for prizes that are there already
}

// section is one named part of a text.
type section struct{ part, text string }

// sections cuts a text into what stands first and parts that begin with a word
// of their own, at the beginning of a word. first says from which rune on such
// a word counts: what /draw begins with is a prize, whatever it is called.
func sections(text string, first int) (head string, parts []section) {
	c := newScan(text)
	from, part := 0, ""
	cut := func(to int) {
		body := strings.TrimSpace(string([]rune(text)[from:to]))
		if part == "" {
			head = body
		} else {
			parts = append(parts, section{part, body})
		}
	}
	for i := first; i < len(c.s); i++ {
		if i > 0 && c.s[i-1] != ' ' || c.s[i] == ' ' {
			continue
		}
		c.i = i
		name, ok := c.opens()
		if !ok || first > 0 && name == "prizes" {
			continue
		}
		cut(i)
		from, part = c.i, name
	}
	cut(len(c.s))
	return head, parts
}

// opens reads the word that begins a part: one that stands alone, or one in
// Chinese with a number or more glued to it.
func (c *scan) opens() (string, bool) {
	start := c.i
	if part, ok := c.word("part"); ok && (c.i >= len(c.s) || c.at(0) == ' ' || c.at(0) == ':') {
		for c.at(0) == ':' || c.at(0) == ' ' {
			c.i++
		}
		return part, true
	}
	c.i = start
	part, ok := c.word("glued")
	if !ok || (part == "full" || part == "cost" || part == "instant") && !digit(c.at(0)) {
		c.i = start
		return "", false
	}
	return part, true
}

// parseDraw reads the one line that makes a draw.
func parseDraw(text string, now time.Time) (Order, []Mistake) {
	var o Order
	var bad []Mistake
	prizes, parts := sections(text, 1)
	named := map[string]bool{}
	for _, p := range parts {
		named[p.part] = true
	}
	if !named["until"] { // "手机×1 今晚": the time may stand alone at the end
		if m, head, err := when.MomentTail(prizes, now, now.Location()); err == nil && strings.TrimSpace(head) != "" {
			prizes, o.Until = strings.TrimSpace(head), m.At
		}
	}
	o.Prizes, bad = parsePrizes(prizes)
	for _, p := range parts {
		bad = append(bad, o.read(p, now)...)
	}
	return o, bad
}

// parseSet reads "领奖 48h; 弃奖 顺延; 主办 阿宁,微信 xxx". What has no name of its
// own is recognised: a length of time is the deadline for claims, "顺延" says
// what becomes of the rest.
func parseSet(text string, now time.Time) (Order, []Mistake) {
	var o Order
	var bad []Mistake
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '；' || r == '\n' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		head, parts := sections(part, 0)
		if head != "" {
			bad = append(bad, o.guess(head)...)
		}
		for _, p := range parts {
			bad = append(bad, o.read(p, now)...)
		}
	}
	return o, bad
}

// guess takes over what has no name of its own.
func (o *Order) guess(text string) []Mistake {
	if d, _, err := when.LengthHead(text); err == nil {
		return o.claim(d)
	}
	if value := anywhere(text, "forfeit"); value != "" {
		o.Forfeit = value
		return nil
	}
	return []Mistake{{Code: "unknown", Text: text}}
}

// anywhere finds a word of a kind in a text.
func anywhere(text, kind string) string {
	c := newScan(text)
	for ; c.i < len(c.s); c.i++ {
		if value, ok := c.word(kind); ok {
			return value
		}
	}
	return ""
}

// read takes one part over.
func (o *Order) read(p section, now time.Time) []Mistake {
	text := strings.Trim(p.text, " ,，;；。:：")
	switch p.part {
	case "prizes":
		var bad []Mistake
		o.Prizes, bad = parsePrizes(p.text)
		return bad
	case "price":
		return o.prices(p.text)
	case "until":
		return o.until(text, now)
	case "full":
		return amount(&o.Full, text, "people", mostFull, "full")
	case "instant":
		return amount(&o.Instant, text, "people", mostFull, "instant")
	case "cost":
		var n int64
		if newScan(text).has("none") {
			o.Cost = &n
			return nil
		}
		o.Cost = &n
		return amount(&n, text, "points", mostCost, "cost")
	case "if":
		list, bad := conditions(text)
		o.If = &list
		return badCondition(bad, list)
	case "bonus":
		list, bad := bonuses(text)
		o.Bonus = &list
		if bad != "" {
			return []Mistake{{Code: "bonus", Text: bad}}
		}
		return nil
	case "beacon":
		return o.beacon(text)
	case "claim":
		d, rest, err := when.LengthHead(text)
		if err != nil || utf8.RuneCountInString(rest) > 20 {
			return []Mistake{{Code: "claim", Text: text}}
		}
		return o.claim(d)
	case "forfeit":
		if o.Forfeit = anywhere(text, "forfeit"); o.Forfeit == "" {
			return []Mistake{{Code: "forfeit", Text: text}}
		}
		return nil
	}
	return o.say(p.part, text)
}

// say takes a fact in words over.
func (o *Order) say(part, text string) []Mistake {
	if text == "" || utf8.RuneCountInString(text) > mostText {
		return []Mistake{{Code: part, Text: text}}
	}
	switch part {
	case "host":
		o.Host = text
	case "delivery":
		o.Delivery = text
	case "terms":
		o.Terms = text
	}
	return nil
}

func badCondition(bad string, list []Condition) []Mistake {
	if bad != "" {
		return []Mistake{{Code: "if", Text: bad}}
	}
	for _, c := range list {
		if c.Kind == kindLevel {
			return []Mistake{{Code: "level"}}
		}
	}
	return nil
}

func (o *Order) claim(d time.Duration) []Mistake {
	if d < leastClaim || d > mostClaim {
		return []Mistake{{Code: "claim"}}
	}
	o.Claim = int64(d / time.Minute)
	return nil
}

// amount reads a number and its unit, and nothing else.
func amount(into *int64, text, unit string, most int64, code string) []Mistake {
	c := newScan(text)
	n, ok := c.number()
	c.has(unit)
	if !ok || n < 1 || n > most || !c.end() {
		return []Mistake{{Code: code, Text: text}}
	}
	*into = n
	return nil
}

func (o *Order) until(text string, now time.Time) []Mistake {
	m, err := when.ParseMoment(text, now, now.Location())
	unclear, past := (*when.UnclearError)(nil), (*when.PastError)(nil)
	switch {
	case errors.As(err, &unclear):
		return []Mistake{{Code: "unclear", Text: text, Times: unclear.Choices}}
	case errors.As(err, &past):
		return []Mistake{{Code: "past", Text: text}}
	case err != nil:
		return []Mistake{{Code: "until", Text: text}}
	case m.At.Sub(now) > mostAhead:
		return []Mistake{{Code: "far", Text: text}}
	}
	o.Until = m.At.Truncate(time.Second)
	return nil
}

// beacon reads "none", "number 上证指数收盘 11-23" or "drand".
func (o *Order) beacon(text string) []Mistake {
	c := newScan(text)
	switch {
	case c.has("number"):
		o.Beacon, o.Number = "number", strings.Trim(rest(text, c.i), " :：")
		if o.Number == "" || utf8.RuneCountInString(o.Number) > mostText {
			return []Mistake{{Code: "number"}}
		}
	case c.has("none"):
		o.Beacon = "none"
	case strings.EqualFold(text, "drand"):
		o.Beacon = "drand"
	default:
		return []Mistake{{Code: "beacon", Text: text}}
	}
	return nil
}

// apply puts what was ordered into a draft.
func (o *Order) apply(d *storage.Draw, s *Spec) []Mistake {
	if o.Prizes != nil {
		s.Prizes = o.Prizes
	}
	for _, p := range o.Prices {
		found := false
		for i := range s.Prizes {
			if s.Prizes[i].Name == p.Name {
				s.Prizes[i].Fen, found = p.Fen, true
			}
		}
		if !found {
			return []Mistake{{Code: "noprize", Text: p.Name}}
		}
	}
	if !o.Until.IsZero() {
		d.ClosesAt = o.Until
	}
	switch {
	case o.Instant > 0:
		d.Mode, d.FullAt, d.Beacon = storage.DrawInstant, o.Instant, "none"
	case o.Full > 0:
		d.Mode, d.FullAt = storage.DrawFull, o.Full
	}
	if o.Cost != nil {
		d.Cost = *o.Cost
	}
	if o.If != nil {
		s.If = *o.If
	}
	if o.Bonus != nil {
		s.Bonus = *o.Bonus
	}
	if o.Beacon != "" {
		d.Beacon, d.NumberName = o.Beacon, o.Number
	}
	s.Facts = s.with(o.Facts)
	return together(*d, *s)
}

// together names parts that do not go with each other.
func together(d storage.Draw, s Spec) []Mistake {
	switch {
	case d.Mode == storage.DrawInstant && int64(s.count()) > d.FullAt:
		return []Mistake{{Code: "tickets"}}
	case d.Mode == storage.DrawInstant && len(s.Bonus) > 0:
		return []Mistake{{Code: "instant_bonus"}}
	}
	return nil
}

// with replaces what another set of facts names.
func (f Facts) with(other Facts) Facts {
	if other.Claim != 0 {
		f.Claim = other.Claim
	}
	for _, p := range []struct{ to, from *string }{
		{&f.Forfeit, &other.Forfeit}, {&f.Host, &other.Host}, {&f.Delivery, &other.Delivery}, {&f.Terms, &other.Terms},
	} {
		if *p.from != "" {
			*p.to = *p.from
		}
	}
	return f
}
