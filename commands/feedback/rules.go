package feedback

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what is typed.
const (
	maxText  = 500 // letters of a ticket, and of an answer
	perHour  = 3   // tickets of a member
	listed   = 5
	shortest = 40 // letters of a ticket in a list
)

// clean prepares what was typed; ok is false when it is empty or too long.
func clean(text string) (string, bool) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(text)
	n := utf8.RuneCountInString(text)
	return text, n > 0 && n <= maxText
}

// excerpt is the beginning of a text, in one line.
func excerpt(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > shortest {
		return string(line[:shortest]) + "…"
	}
	return string(line)
}

// Age is how long somebody has waited, in the largest unit that fits.
type Age struct{ Days, Hours, Minutes int }

func ageOf(d time.Duration) Age {
	d = max(0, d)
	return Age{int(d / (24 * time.Hour)), int(d / time.Hour), int(d / time.Minute)}
}
