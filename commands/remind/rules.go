package remind

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	// beforeLeast and beforeMost bound how long before something a reminder
	// comes.
	beforeLeast = 5 * time.Minute
	beforeMost  = 7 * 24 * time.Hour
	// ruleLeast is the shortest pause between two reminders of one activity.
	ruleLeast = time.Hour
	// turnsMost bounds the search for turns of a rule, and what one look writes.
	turnsMost = 300
	// perHour is how many posts a chat gets within an hour; a reminder beyond is
	// left out. It is the number of package schedule.
	perHour = 4
	// lateLeast is how late a reminder still goes out.
	lateLeast = 10 * time.Minute
)

// wish is what somebody asks for: so long before, or again and again, or none.
type wish struct {
	Before time.Duration
	Rule   when.Rule
	Said   string
	Off    bool
}

// problemError is what is wrong with a text. Code names the text that says so.
type problemError struct{ Code, Word string }

// Error implements error.
func (p *problemError) Error() string { return "remind: " + p.Code + " " + p.Word }

// parse reads "2h", "2h before", "every day 12:00", "off". word finds the key
// behind a lower-case word.
func parse(text string, word func(string) string) (wish, error) {
	args := bot.Words(strings.ToValidUTF8(text, "\uFFFD"))
	w := wish{Said: strings.Join(strings.Fields(args.String()), " ")}
	if args.Len() == 0 {
		return w, &problemError{Code: "empty"}
	}
	if args.Len() == 1 && word(args.Lower(0)) == "off" {
		w.Off = true
		return w, nil
	}
	if d, err := length(args, word); err == nil || !errors.Is(err, when.ErrNoLength) {
		if err != nil || d < beforeLeast || d > beforeMost || d%time.Minute != 0 {
			return w, &problemError{Code: "length", Word: w.Said}
		}
		w.Before = d
		return w, nil
	}
	rule, rest, err := when.RuleHead(args.String())
	var no *when.ImpossibleError
	switch {
	case errors.As(err, &no):
		return w, &problemError{Code: "impossible", Word: no.Text}
	case errors.Is(err, when.ErrNoClock):
		return w, &problemError{Code: "clock", Word: w.Said}
	case err != nil || rest != "" || rule.Kind == when.Once:
		return w, &problemError{Code: "time", Word: w.Said}
	}
	w.Rule = rule
	return w, nil
}

// length reads a length with the word for "before" in front of it or behind.
func length(args bot.Args, word func(string) string) (time.Duration, error) {
	early := func(w string) bool { k := word(strings.ToLower(w)); return k == "early" || k == "before" }
	if early(args.Word(0)) {
		args = args.From(1)
	} else {
		first := args.Lower(0)
		for n := range first {
			if n > 0 && early(first[:n]) && first[0] >= 0x80 {
				args = bot.Words(args.String()[n:])
				break
			}
		}
	}
	d, rest, err := when.LengthHead(args.String())
	if err == nil && rest != "" && !early(rest) {
		return 0, when.ErrNoLength
	}
	return d, err
}

// often reports whether a rule comes more often than once an hour.
func often(rule when.Rule, now time.Time) bool {
	var last time.Time
	for _, t := range rule.Upcoming(now, now.Location(), 5, turnsMost) {
		if t.Skip != "" {
			continue
		}
		if !last.IsZero() && t.At.Sub(last) < ruleLeast {
			return true
		}
		last = t.At
	}
	return false
}

// nextTurn is the next turn after an instant that is not left out, before the
// activity closes; zero if there is none.
func nextTurn(rule when.Rule, after, closes time.Time, zone *time.Location) time.Time {
	for _, t := range rule.Upcoming(after, zone, 1, turnsMost) {
		if t.Skip == "" && (closes.IsZero() || t.At.Before(closes)) {
			return t.At
		}
	}
	return time.Time{}
}

// allowed is how late a reminder still goes out: what it says stays true until
// the close, but half the time is gone then.
func allowed(p storage.Push) time.Duration { return max(lateLeast, p.Before/2) }

// kindOf finds the kind of activity behind a word: "poll", "draw", "signup".
func kindOf(word string) string {
	switch word {
	case storage.ActivityPoll, storage.ActivityDraw, storage.ActivitySignup:
		return word
	}
	return ""
}

// number reads "3" or "#3" and nothing else.
func number(text string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64)
	return id, err == nil && id > 0
}

func ignoreNotFound(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}
