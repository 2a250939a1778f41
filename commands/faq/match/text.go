// Package match finds the frequently asked question that a message asks: by
// words, in any order, with typing slips, in simplified or traditional letters.
// It is pure and knows no database.
package match

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/longbridgeapp/opencc"
	"golang.org/x/text/width"
)

// MaxText is the most letters of a message that are looked at: who writes more
// tells a story.
const MaxText = 200

// simplified is made at first use: its tables take half a megabyte.
//
//nolint:gochecknoglobals // made once
var simplified = sync.OnceValues(func() (*opencc.OpenCC, error) { return opencc.New("t2s") })

// Text is a message or a word in the form in which they are compared.
type Text struct {
	// Letters are simplified, narrow and lower case; whatever is neither letter
	// nor digit is gone. Between two Latin words stands one blank.
	Letters []rune
	Asks    bool // there was a question mark
}

// NewText brings a text into the form in which it is compared.
func NewText(s string) Text {
	var t Text
	s = strings.ToLower(width.Fold.String(s))
	if han(s) {
		if cc, err := simplified(); err == nil {
			if out, err := cc.Convert(s); err == nil {
				s = out
			}
		}
	}
	gap := false
	for _, r := range s {
		switch {
		case r == '?':
			t.Asks = true
			gap = true
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && latin(r) && len(t.Letters) > 0 && latin(t.Letters[len(t.Letters)-1]) {
				t.Letters = append(t.Letters, ' ')
			}
			gap = false
			t.Letters = append(t.Letters, r)
		default:
			gap = true
		}
		if len(t.Letters) >= MaxText {
			break
		}
	}
	t.Letters = t.Letters[:min(len(t.Letters), MaxText)] // a blank and a letter came at once
	t.Letters, t.Asks = pick(t.Letters, t.Asks)
	return t
}

// pick reads the Chinese way to ask by offering both: the verb, "not", and the
// verb again. What remains is the verb.
func pick(l []rune, asks bool) ([]rune, bool) {
	for i := 0; i+2 < len(l); i++ {
		if l[i] == l[i+2] && string(l[i+1]) == not {
			asks = true
			l = slices.Delete(l, i, i+2)
		}
	}
	return l, asks
}

// String is the text for people who look at a score.
func (t Text) String() string { return string(t.Letters) }

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// latin letters and digits make words that blanks divide.
func latin(r rune) bool { return r < unicode.MaxLatin1 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// index finds part in letters from a place on, -1 if it is not there. A Latin
// word is found as a whole word only.
func index(letters, part []rune, from int) int {
	if len(part) == 0 {
		return -1
	}
	for i := from; i+len(part) <= len(letters); i++ {
		if letters[i] == part[0] && slices.Equal(letters[i:i+len(part)], part) && bounded(letters, i, i+len(part)) {
			return i
		}
	}
	return -1
}

func bounded(letters []rune, from, to int) bool {
	inside := func(a, b rune) bool { return latin(a) && latin(b) }
	return (from == 0 || !inside(letters[from-1], letters[from])) && (to == len(letters) || !inside(letters[to-1], letters[to]))
}
