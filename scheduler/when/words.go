package when

import (
	_ "embed" // the words people use for times
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

// scan reads a text from the left. It is folded rune by rune: narrow, lower
// case, so that positions are those of the text as it was typed.
type scan struct {
	s []rune
	i int
}

func newScan(text string) *scan {
	out := []rune(text)
	for i, r := range out {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '’' || r == '‘': // what phones make of an apostrophe
			r = '\''
		case r == '。':
			r = '.'
		case unicode.IsSpace(r):
			r = ' '
		}
		out[i] = unicode.ToLower(r)
	}
	return &scan{s: out}
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

func (c *scan) blanks() {
	for c.at(0) == ' ' {
		c.i++
	}
}

// word reads the longest word of a kind. A word of letters must not be a part
// of a longer one.
func (c *scan) word(kind string) (string, bool) {
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
	return "", false
}

// has reads a word of a kind, blanks before it included, or nothing.
func (c *scan) has(kind string) bool {
	start := c.i
	c.blanks()
	if _, ok := c.word(kind); ok {
		return true
	}
	c.i = start
	return false
}

// rune reads one rune, or nothing.
func (c *scan) rune(r rune) bool {
	if c.at(0) != r {
		return false
	}
	c.i++
	return true
}

// longest is how many digits a number may have: more is no time.
const longest = 5

// number reads digits or a number in words and returns how many runes it had.
func (c *scan) number() (n, width int) {
	start := c.i
	for digit(c.at(0)) {
		n = n*10 + int(c.at(0)-'0')
		c.i++
		if c.i-start > longest {
			c.i = start
			return 0, 0
		}
	}
	if c.i > start {
		return n, c.i - start
	}
	return c.spelled()
}

// spelled reads a number in Chinese words: "二十三", "二〇二六".
func (c *scan) spelled() (n, width int) {
	start, cur, open := c.i, 0, false
	for c.i-start <= longest {
		if v, ok := c.word("digit"); ok {
			d := int(v[0] - '0')
			if open {
				d += cur * 10
			}
			cur, open = d, true
			continue
		}
		v, ok := c.word("ten")
		if !ok {
			break
		}
		if !open {
			cur = 1
		}
		if v == "100" {
			cur *= 10
		}
		n, cur, open = n+cur*10, 0, false
	}
	return n + cur, c.i - start
}
