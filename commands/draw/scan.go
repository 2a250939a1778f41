package draw

import (
	_ "embed" // the words of draws
	"slices"
	"strings"
	"unicode"
)

//go:embed words.txt
var wordsFile string

// word is one way to say a value.
type word struct {
	text  []rune
	value string
}

// words holds, per kind, every word of words.txt, longer ones first.
var words = readWords(wordsFile) //nolint:gochecknoglobals // a table that is read once and never changed

func readWords(file string) map[string][]word {
	out := map[string][]word{}
	for line := range strings.Lines(file) {
		head, list, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		kind, value, _ := strings.Cut(head, " ")
		comma := `","`
		if strings.Contains(list, comma) { // the comma itself is a word
			list = strings.ReplaceAll(list, ", "+comma, "")
			out[kind] = append(out[kind], word{[]rune(","), value})
		}
		for w := range strings.SplitSeq(list, ",") {
			text := strings.ReplaceAll(strings.TrimSpace(w), "_", " ")
			out[kind] = append(out[kind], word{[]rune(text), value})
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b word) int { return len(b.text) - len(a.text) })
	}
	return out
}

// scan reads a text from the left, folded rune by rune: narrow and lower case,
// so that positions are those of the text as it was typed.
type scan struct {
	s []rune
	i int
}

func newScan(text string) *scan { return &scan{s: fold(text)} }

func fold(text string) []rune {
	out := []rune(text)
	for i, r := range out {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r):
			r = ' '
		}
		out[i] = unicode.ToLower(r)
	}
	return out
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' }
func digit(r rune) bool  { return r >= '0' && r <= '9' }

// at is the rune n places ahead, 0 beyond the end.
func (c *scan) at(n int) rune {
	if c.i+n < 0 || c.i+n >= len(c.s) {
		return 0
	}
	return c.s[c.i+n]
}

func (c *scan) end() bool {
	c.blanks()
	return c.i >= len(c.s)
}

func (c *scan) blanks() {
	for c.at(0) == ' ' {
		c.i++
	}
}

// word reads the longest word of a kind, blanks before it included. A word of
// letters must not be part of a longer one.
func (c *scan) word(kind string) (string, bool) {
	start := c.i
	c.blanks()
	for _, w := range words[kind] {
		n := len(w.text)
		if c.i+n > len(c.s) || !slices.Equal(c.s[c.i:c.i+n], w.text) {
			continue
		}
		if letter(w.text[n-1]) && letter(c.at(n)) || letter(w.text[0]) && letter(c.at(-1)) {
			continue
		}
		c.i += n
		return w.value, true
	}
	c.i = start
	return "", false
}

func (c *scan) has(kind string) bool {
	_, ok := c.word(kind)
	return ok
}

// mostDigits is how many digits a number may have: more is no number of people,
// points or days.
const mostDigits = 9

// number reads digits, blanks before them included.
func (c *scan) number() (int64, bool) {
	start := c.i
	c.blanks()
	var n int64
	from := c.i
	for digit(c.at(0)) {
		n = n*10 + int64(c.at(0)-'0')
		c.i++
		if c.i-from > mostDigits {
			c.i = start
			return 0, false
		}
	}
	if c.i == from {
		c.i = start
		return 0, false
	}
	return n, true
}
