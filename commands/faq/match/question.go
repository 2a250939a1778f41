package match

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
)

//go:embed words.txt
var wordsFile string

// signs are the words of a kind, longest first.
type signs struct {
	words    [][]rune
	patterns []*regexp.Regexp
}

//nolint:gochecknoglobals // what words.txt holds
var known = readWords(wordsFile)

func readWords(file string) map[string]signs {
	out := map[string]signs{}
	for line := range strings.Lines(file) {
		kind, list, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		s := out[strings.TrimSpace(kind)]
		for w := range strings.SplitSeq(list, ",") {
			w = strings.TrimSpace(w)
			if p, ok := strings.CutPrefix(w, "~"); ok {
				s.patterns = append(s.patterns, regexp.MustCompile(p))
				continue
			}
			s.words = append(s.words, []rune(w))
		}
		slices.SortStableFunc(s.words, func(a, b []rune) int { return len(b) - len(a) })
		out[strings.TrimSpace(kind)] = s
	}
	return out
}

func (t Text) has(kind string) bool {
	s := known[kind]
	return slices.ContainsFunc(s.words, func(w []rune) bool { return index(t.Letters, w, 0) >= 0 }) ||
		slices.ContainsFunc(s.patterns, func(p *regexp.Regexp) bool { return p.MatchString(string(t.Letters)) })
}

// Wants is the sort of thing that a question asks for.
type Wants string

// What a question can ask for; an answer to the first three must hold one.
const (
	Nothing  Wants = ""
	Time     Wants = "time"
	Place    Wants = "place"
	Price    Wants = "price"
	Anything Wants = "anything"
)

// Question says what a message asks for, Nothing if it asks nothing.
func (t Text) Question() Wants {
	for _, w := range []Wants{Price, Place, Time} {
		if t.has(string(w)) {
			return w
		}
	}
	if t.Asks || slices.ContainsFunc([]string{"how", "what", "yesno", "ask"}, t.has) {
		return Anything
	}
	return Nothing
}

// personal: the question is about how somebody's own affair stands, or is put
// to one person. No prepared answer fits.
func (t Text) personal() bool {
	return t.has("state") || !t.has("group") && (t.has("you") && t.has("yesno") || t.has("person"))
}

// core is what a message is about: what remains without the words that say
// nothing. It is the length of that in letters.
func (t Text) core() []rune {
	left := slices.Clone(t.Letters)
	for _, w := range idle {
		for at := index(left, w, 0); at >= 0; at = index(left, w, at) {
			left = slices.Delete(left, at, at+len(w))
		}
	}
	return slices.DeleteFunc(left, func(r rune) bool { return r == ' ' })
}

// idle are all words that say nothing about the subject, longest first.
var idle = func() [][]rune {
	var out [][]rune
	for _, kind := range []string{"time", "place", "price", "how", "what", "yesno", "ask", "empty"} {
		out = append(out, known[kind].words...)
	}
	slices.SortStableFunc(out, func(a, b []rune) int { return len(b) - len(a) })
	return out
}()

// Holds reports whether an answer can be one to a question of that sort.
func (w Wants) Holds(answer string) bool {
	s, ok := known["holds "+string(w)]
	return !ok || s.patterns[0].MatchString(strings.ToLower(answer))
}

//nolint:gochecknoglobals // what words.txt holds
var not = string(known["not"].words[0])
