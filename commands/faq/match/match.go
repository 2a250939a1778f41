package match

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mode says how the words of a rule are compared.
type Mode string

// The modes.
const (
	Fuzzy    Mode = "fuzzy"    // in any order, with typing slips, if it is asked
	Contains Mode = "contains" // the word stands in the message
	Exact    Mode = "exact"    // the message is the word
	Regex    Mode = "regex"    // RE2
)

// Limits of a rule.
const (
	MaxWords   = 20
	MaxWord    = 40  // letters
	MaxPattern = 200 // bytes of a regular expression
)

// What is wrong with a word.
var (
	ErrEmpty   = errors.New("a word without letters")
	ErrLong    = errors.New("a word that is too long")
	ErrPattern = errors.New("not a regular expression")
)

// Rule is one answer and the words that lead to it.
type Rule struct {
	ID     int64
	Mode   Mode
	Words  []string
	Answer string // plain text: whether it can answer what is asked
}

// compiled is a rule ready to compare.
type compiled struct {
	Rule
	words    [][][]rune // the parts of each word: all of them must be there
	patterns []*regexp.Regexp
}

// Set is a list of rules ready to compare. It is safe for parallel use.
type Set struct{ rules []compiled }

// Check says what is wrong with a word of a rule, nil if nothing is.
func Check(mode Mode, word string) error {
	if mode == Regex {
		if len(word) > MaxPattern {
			return ErrLong
		}
		if _, err := regexp.Compile(word); err != nil {
			return errors.Join(ErrPattern, err)
		}
		return nil
	}
	if utf8.RuneCountInString(word) > MaxWord {
		return ErrLong
	}
	if len(parts(word)) == 0 {
		return ErrEmpty
	}
	return nil
}

// NewSet makes rules ready. What Check refuses is left out.
func NewSet(rules []Rule) *Set {
	s := &Set{}
	for _, r := range rules {
		c := compiled{Rule: r}
		for _, w := range r.Words {
			switch {
			case Check(r.Mode, w) != nil:
			case r.Mode == Regex:
				c.patterns = append(c.patterns, regexp.MustCompile("(?i)"+w))
			default:
				c.words = append(c.words, parts(w))
			}
		}
		s.rules = append(s.rules, c)
	}
	return s
}

// parts cuts a word at its blanks: "pickup when" asks for both.
func parts(word string) [][]rune {
	var out [][]rune
	for f := range strings.FieldsSeq(word) {
		if t := NewText(f); len(t.Letters) > 0 {
			out = append(out, t.Letters)
		}
	}
	return out
}

// Hit is a rule with how well it fits a message.
type Hit struct {
	Rule  int64
	Score float64 // 0 to 1
	Word  string  // the word that fits best
	// Doubtful: the words are there, but the message may be about something else.
	Doubtful bool
}

// The scores above which something is done.
const (
	Sure   = 0.7 // it is answered
	Likely = 0.5 // an administrator is shown that it was near
)

// Same is the similarity above which two questions are taken for one.
const Same = 0.5

// Find ranks the rules for a message, best first; those below Likely are left
// out. addressed: the message was said to the bot, so it need not look like a
// question.
func (s *Set) Find(message string, addressed bool) []Hit {
	m := newMessage(message, addressed)
	var out []Hit
	for _, r := range s.rules {
		if h := r.score(m); h.Score >= Likely {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return len(b.Word) - len(a.Word)
	})
	return out
}

// message is what is compared, with what is known of it.
type message struct {
	Text
	raw       string
	wants     Wants
	core      []rune
	addressed bool
	personal  bool
	told      bool
}

func newMessage(raw string, addressed bool) message {
	t := NewText(raw)
	return message{
		Text: t, raw: raw, wants: t.Question(), core: t.core(), addressed: addressed, personal: t.personal(), told: t.has("told"),
	}
}

func (c compiled) score(m message) Hit {
	best := Hit{Rule: c.ID}
	more := 0
	for i, w := range c.words {
		s := wordScore(m, c.Mode, w)
		if s == 0 {
			continue
		}
		more++
		if s > best.Score {
			best.Score, best.Word = s, c.Words[i]
		}
	}
	for _, p := range c.patterns {
		if p.MatchString(shorten(m.raw)) {
			best.Score, best.Word = 1, p.String()
		}
	}
	if best.Score == 0 || c.Mode == Exact {
		return best
	}
	d := m.doubt(c, best.Word)
	best.Doubtful = d < 1 || best.Score < inside
	if c.Mode == Fuzzy {
		best.Score = min(1, best.Score+0.02*float64(more-1)) * d
	}
	return best
}

// shorten bounds what a regular expression reads: RE2 takes time in proportion.
func shorten(s string) string {
	if len(s) > 4*MaxText {
		return s[:4*MaxText]
	}
	return s
}

// doubt lowers the score of a message that has the words but does not ask for
// this answer.
func (m message) doubt(c compiled, word string) float64 {
	d := 1.0
	bare := len(m.core) <= len(NewText(word).Letters)+1 // nothing but the word
	if !m.addressed && m.wants == Nothing && !bare {
		d *= 0.6
	}
	if m.told && !m.Asks && (m.wants == Nothing || m.wants == Anything && !m.has("how")) {
		d *= 0.7
	}
	if m.personal {
		d *= 0.65
	}
	if !m.wants.Holds(c.Answer) {
		d *= 0.65
	}
	// The more else a message speaks of, the less it is about this.
	if extra := length(m.core) - length(NewText(word).Letters); extra > 8 {
		d *= max(0.6, 1-0.025*(extra-8))
	}
	return d
}

// length is how much a text says, in Chinese letters: a Latin word takes more of
// its own.
func length(letters []rune) float64 {
	n := 0.0
	for _, r := range letters {
		if latin(r) {
			n += 0.4
		} else {
			n++
		}
	}
	return n
}

// The scores of the ways in which a word can stand in a message.
const (
	whole   = 1.0
	inside  = 0.92
	mixed   = 0.84 // its letters, in another order
	slipped = 0.80 // with a wrong letter
)

func wordScore(m message, mode Mode, word [][]rune) float64 {
	if mode == Exact {
		if len(word) > 0 && strings.ReplaceAll(string(m.Letters), " ", "") == join(word) {
			return whole
		}
		return 0
	}
	score := whole
	for _, part := range word {
		s := partScore(m, mode, part)
		if s == 0 {
			return 0
		}
		score = min(score, s)
	}
	return score
}

func join(word [][]rune) string {
	var b strings.Builder
	for _, p := range word {
		b.WriteString(strings.ReplaceAll(string(p), " ", ""))
	}
	return b.String()
}

func partScore(m message, mode Mode, part []rune) float64 {
	switch {
	case slices.Equal(m.core, part), slices.Equal(m.Letters, part):
		return whole
	case index(m.Letters, part, 0) >= 0:
		return inside
	case mode == Contains:
		return 0
	case len(part) >= 3 && scattered(m.Letters, part):
		return mixed
	case slip(m.Letters, part):
		return slipped
	}
	return 0
}

// scattered: the letters of a Chinese word stand near each other in another
// order, and two of them still side by side, as in the question for a bill that
// names the bill first.
func scattered(letters, part []rune) bool {
	if latin(part[0]) {
		return false
	}
	pair := -1
	for i := 0; i+1 < len(part); i++ {
		if at := index(letters, part[i:i+2], 0); at >= 0 {
			pair = at
			break
		}
	}
	if pair < 0 {
		return false
	}
	reach := len(part) + 4
	near := letters[max(0, pair-reach):min(len(letters), pair+2+reach)]
	return !slices.ContainsFunc(part, func(r rune) bool { return !slices.Contains(near, r) })
}

// slip: the word stands there with a wrong, a missing or an additional letter.
// Short words are not forgiven: with one letter changed they are other words.
func slip(letters, part []rune) bool {
	var limit int
	switch n := len(part); {
	case latin(part[0]) && n >= 8, !latin(part[0]) && n >= 7:
		limit = 2
	case latin(part[0]) && n >= 5, !latin(part[0]) && n >= 4:
		limit = 1
	default:
		return false
	}
	// Sellers: the edit distance of the part to any piece of the text.
	row := make([]int, len(part)+1)
	for i := range row {
		row[i] = i
	}
	best := row[len(part)]
	for _, r := range letters {
		diagonal := row[0]
		for i := 1; i <= len(part); i++ {
			cost := 1
			if part[i-1] == r {
				cost = 0
			}
			next := min(row[i]+1, row[i-1]+1, diagonal+cost)
			diagonal, row[i] = row[i], next
		}
		best = min(best, row[len(part)])
	}
	return best <= limit && len(Text{Letters: part}.core()) >= 4 // else most of it is the asking
}

// Similar is how much two texts have in common, 0 to 1: the share of their
// pairs of letters (Dice).
func Similar(a, b Text) float64 {
	pa, pb := pairs(a.core()), pairs(b.core())
	if len(pa) == 0 || len(pb) == 0 {
		if string(a.core()) == string(b.core()) && len(a.core()) > 0 {
			return 1
		}
		return 0
	}
	common := 0
	for p := range pa {
		if pb[p] {
			common++
		}
	}
	return 2 * float64(common) / float64(len(pa)+len(pb))
}

func pairs(letters []rune) map[[2]rune]bool {
	out := map[[2]rune]bool{}
	for i := 0; i+1 < len(letters); i++ {
		out[[2]rune{letters[i], letters[i+1]}] = true
	}
	return out
}
