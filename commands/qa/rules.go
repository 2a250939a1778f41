package qa

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits and times.
const (
	reward      = 20 // points for an accepted answer
	perDay      = 5 * reward
	perPair     = 3 // acceptances between two members that bring points in a month
	maxQuestion = 300
	maxAnswer   = 1000 // letters of all that one person answers
	perHour     = 5    // questions of a member
	again       = 10 * time.Minute
	patience    = 4 * time.Hour
	buttons     = 5
	listed      = 5
	shortest    = 40 // letters of a text in a list
)

// clean prepares what was typed.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// length counts letters.
func length(text string) int { return utf8.RuneCountInString(text) }

// excerpt is the beginning of a text, in one line.
func excerpt(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > shortest {
		return string(line[:shortest]) + "…"
	}
	return string(line)
}

// plain is a text without case, blanks and signs.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// fewest letters say that one question begins as another does.
const fewest = 4

// same reports whether two texts ask the same: equal, or one goes on where the
// other ends.
func same(a, b string) bool {
	a, b = plain(a), plain(b)
	if length(a) > length(b) {
		a, b = b, a
	}
	return a != "" && (a == b || length(a) >= fewest && strings.HasPrefix(b, a))
}

// Rule is what accepted answers bring, for those who tell all the rules.
type Rule struct {
	Points  int // for each
	PerDay  int // to one member on a chat day at most
	PerPair int // acceptances between the same two members that count in a month
}

// RuleInForce is the rule; it is the same everywhere.
func RuleInForce() Rule { return Rule{Points: reward, PerDay: perDay, PerPair: perPair} }

// Age is how long a question has waited, in the largest unit that fits.
type Age struct{ Days, Hours, Minutes int }

func ageOf(d time.Duration) Age {
	d = max(0, d)
	return Age{int(d / (24 * time.Hour)), int(d / time.Hour), int(d / time.Minute)}
}
