// Package input reads what people type: it finds the command in a message and
// splits its arguments. It is pure, and apart from the engine so that it can be
// fuzzed without the database.
package input

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"qunmate/templates"
)

// maxCommand bounds what is looked at, in bytes: 4096 letters of the widest
// sort, and more than any platform's message holds.
const maxCommand = 16 << 10

// Args are the words after a command.
type Args struct {
	raw   string
	words []word
}

type word struct {
	text string // folded: full-width letters, digits and punctuation are narrow
	at   int    // where it begins in raw
}

// NewArgs splits a text into words.
func NewArgs(raw string) Args {
	a := Args{raw: strings.TrimFunc(raw, unicode.IsSpace)}
	start := -1
	for i, r := range a.raw {
		switch {
		case unicode.IsSpace(r) && start >= 0:
			a.words = append(a.words, word{width.Fold.String(a.raw[start:i]), start})
			start = -1
		case !unicode.IsSpace(r) && start < 0:
			start = i
		}
	}
	if start >= 0 {
		a.words = append(a.words, word{width.Fold.String(a.raw[start:]), start})
	}
	return a
}

// Len is the number of words.
func (a Args) Len() int { return len(a.words) }

// Word is word i, folded to narrow forms with its case kept; "" beyond the end.
func (a Args) Word(i int) string {
	if i < 0 || i >= len(a.words) {
		return ""
	}
	return a.words[i].text
}

// Lower is word i in lower case.
func (a Args) Lower(i int) string { return strings.ToLower(a.Word(i)) }

// Rest is the text from word i on, exactly as it was typed.
func (a Args) Rest(i int) string {
	if i < 0 || i >= len(a.words) {
		return ""
	}
	return a.raw[a.words[i].at:]
}

// From drops the first words.
func (a Args) From(i int) Args { return NewArgs(a.Rest(i)) }

// String is the whole text.
func (a Args) String() string { return a.raw }

// Invocation is what Parse found in a message.
type Invocation struct {
	Command string // the key; "" if the message is no command
	Args    Args
	// Unknown is the word that looked like a command and is none.
	Unknown string
}

// Parse reads a message. direct is true in a 1:1 chat and where the bot was
// addressed by name. A Chinese name without slash is a command only as the
// whole message; with arguments only when direct: talk never triggers.
func Parse(text string, names *templates.Names, direct bool) Invocation {
	all := NewArgs(firstBytes(text, maxCommand))
	if all.Len() == 0 {
		return Invocation{}
	}
	first := all.Lower(0)
	name, slash := strings.CutPrefix(first, "/")
	if slash && name == "" { // "/ 签到": a blank after the slash
		all = all.From(1)
		name = all.Lower(0)
	}
	if name == "" {
		return Invocation{}
	}
	if !slash && !direct && (all.Len() > 1 || isASCII(name)) {
		return Invocation{}
	}
	if !slash && direct && all.Len() > 1 && isASCII(name) {
		return Invocation{Unknown: unknownWord(all)}
	}
	key := names.Command(name)
	if key == "" {
		if slash || direct {
			return Invocation{Unknown: name}
		}
		return Invocation{}
	}
	inv := Invocation{Command: key, Args: all.From(1)}
	if sub := names.Sub(key, inv.Args.Lower(0)); sub != "" {
		inv.Command, inv.Args = sub, inv.Args.From(1)
	}
	return inv
}

// firstBytes is the beginning of a text, n bytes at most, no rune cut.
func firstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// unknownWord is what a direct message that is no command is called in an
// answer: its first word.
func unknownWord(a Args) string { return a.Lower(0) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Nearest finds the known name closest to a word, "" if none is near.
func Nearest(word string, names *templates.Names) string {
	single := slices.DeleteFunc(names.All(), func(n string) bool { return strings.Contains(n, " ") })
	return Closest(word, single)
}

// Closest finds the one of names that is closest to a word, "" if none is
// near: a third of its letters may be wrong, but never all of them. Of equals
// the first one counts.
func Closest(word string, names []string) string {
	letters := utf8.RuneCountInString(word)
	limit := max(1, letters/3)
	best := ""
	for _, n := range names {
		if d := distance(word, n); d <= limit && d < max(letters, utf8.RuneCountInString(n)) {
			best, limit = n, d-1
		}
	}
	return best
}
