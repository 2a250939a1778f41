package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"qunmate/bot/chatday"
)

// codeLetters leaves out what is read as something else: 0 and O, 1, I and L.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

const (
	joinLength  = 6
	claimLength = 8
)

// newCode makes a code of n letters. Bytes beyond the last full round of
// letters are thrown away: they would favour the first ones.
func newCode(random func([]byte), n int) string {
	const fair = 256 / len(codeLetters) * len(codeLetters)
	out := make([]byte, 0, n)
	for buf := make([]byte, 2*n); len(out) < n; {
		random(buf)
		for _, b := range buf {
			if int(b) < fair && len(out) < n {
				out = append(out, codeLetters[int(b)%len(codeLetters)])
			}
		}
	}
	return string(out)
}

// normalCode is a code as it is compared: people type dashes, blanks and small
// letters.
func normalCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, typed)
}

// NewClaimCode makes the code that the first operator types, and the hash to
// store as storage.SettingClaimCode. The code itself is printed once and kept
// nowhere.
func NewClaimCode(random func([]byte)) (code, hash string) {
	c := newCode(random, claimLength)
	return c[:claimLength/2] + "-" + c[claimLength/2:], claimHash(c)
}

func claimHash(typed string) string {
	sum := sha256.Sum256([]byte(normalCode(typed)))
	return hex.EncodeToString(sum[:])
}

// Wrong claim codes: so many an hour, then silence.
const (
	maxTries   = 5
	triesPause = time.Hour
)

// tries counts a person's wrong claim codes.
type tries struct {
	N     int   `json:"n"`
	Since int64 `json:"since"` // ms UTC, of the first
}

// next counts one more and says whether it may be tried at all, and when the
// count begins anew.
func (t tries) next(now time.Time) (tries, bool, time.Time) {
	begin := time.UnixMilli(t.Since)
	if t.N == 0 || now.Sub(begin) >= triesPause {
		t, begin = tries{Since: now.UnixMilli()}, now
	}
	if t.N >= maxTries {
		return t, false, begin.Add(triesPause)
	}
	t.N++
	return t, true, begin.Add(triesPause)
}

// streaks computes the runs of days in a row, given oldest first: the one that
// ends with the last day, and the longest.
func streaks(days []string, prev func(string) string) (run, best int) {
	for i, d := range days {
		if i == 0 || prev(d) != days[i-1] {
			run = 0
		}
		run++
		best = max(best, run)
	}
	return run, best
}

// carriedDay is the day that points carried into another community count for:
// the last one before the current week and month, so that nobody tops a
// ranking of those by having moved.
func carriedDay(today string) string {
	first := min(chatday.Week(today), chatday.Month(today)+"-01")
	t, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return today
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}
