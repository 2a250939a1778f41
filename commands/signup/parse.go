package signup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/scheduler/when"
)

// What a list may hold. Ninety-nine places and more are no list that anybody
// reads in a chat, but a race with a thousand runners is.
const (
	mostTitle = 60
	mostSeats = 1000
	mostNote  = 40
	mostExtra = 9
	// remindLeast and remindMost bound how long before something a reminder comes.
	remindLeast = 5 * time.Minute
	remindMost  = 7 * 24 * time.Hour
)

// Clauses, the keys that words of every language lead to.
const (
	clauseFull   = "full"
	clauseEnd    = "end"
	clauseEvent  = "event"
	clauseRemind = "remind"
	clauseAll    = "all"
)

// draft is what somebody asks for, as he typed it.
type draft struct {
	Title  string
	Seats  int
	End    string
	Event  string
	Remind string
	All    bool // in every group of the community

	ends, event time.Time
	before      time.Duration
}

// problemError is what is wrong with a text. Code names the text that says so.
type problemError struct {
	Code    string
	Word    string
	N       int
	At      time.Time   // with past
	Which   string      // the clause that a time stands in
	Choices []time.Time // with unclear
}

// Error implements error.
func (p *problemError) Error() string { return fmt.Sprintf("signup: %s %q", p.Code, p.Word) }

// parse reads "Saturday badminton full 12 until fri 18:00 at sat 14:00 remind
// 2h". A clause begins with its word; where what follows cannot be its value,
// the word belongs to the title. word finds the key behind a lower-case word.
func parse(text string, word func(string) string, now time.Time) (draft, error) {
	d, err := split(text, word, now)
	if err == nil && d.Title == "" {
		err = &problemError{Code: "empty"}
	}
	if err == nil && utf8.RuneCountInString(d.Title) > mostTitle {
		err = &problemError{Code: "long_title", N: mostTitle}
	}
	if err == nil {
		err = d.times(word, now)
	}
	return d, err
}

// split takes a text apart into its title and clauses.
func split(text string, word func(string) string, now time.Time) (draft, error) {
	var d draft
	args := bot.Words(spaced(strings.ToValidUTF8(text, "\uFFFD"), word))
	key, from := "", 0 // of the clause that is being read
	rest := args.String()
	have := map[string]bool{}
	for i := 0; i <= args.Len(); i++ {
		next, skip, ok := head(args, i, word, now)
		if i < args.Len() && !ok {
			continue
		}
		value := strings.TrimSpace(strings.TrimSuffix(rest, args.Rest(i))[from:])
		if err := d.take(key, value, word); err != nil {
			return d, err
		}
		if i == args.Len() {
			break
		}
		if have[next] {
			return d, &problemError{Code: "twice", Word: args.Word(i)}
		}
		have[next] = true
		key, from, rest = next, skip, args.Rest(i)
	}
	return d, nil
}

// spaced puts a blank behind a comma before the word of a clause: Chinese is
// written without.
func spaced(text string, word func(string) string) string {
	var b strings.Builder
	for i, r := range text {
		b.WriteRune(r)
		if !strings.ContainsRune(",;\uFF0C\u3001\uFF1B", r) {
			continue
		}
		tail := text[i+utf8.RuneLen(r):]
		runes := 0
		for n := range tail + " " {
			if runes++; runes > mostWord {
				break
			}
			if key := word(strings.ToLower(tail[:n])); key == clauseFull || key == clauseEnd || key == clauseEvent || key == clauseRemind {
				b.WriteByte(' ')
				break
			}
		}
	}
	return b.String()
}

// mostWord is more runes than the word of a clause has.
const mostWord = 8

// head reports whether a clause begins with word i, which one, and how many
// bytes its word takes of it.
func head(args bot.Args, i int, word func(string) string, now time.Time) (key string, skip int, ok bool) {
	if i >= args.Len() {
		return "", 0, false
	}
	first, raw := args.Lower(i), strings.Fields(args.Rest(i))[0]
	if flag := strings.TrimLeft(first, "-\u2014\u2013"); flag != first && word(flag) == clauseAll {
		return clauseAll, len(raw), true
	}
	switch key = word(strings.TrimRight(first, ":")); key {
	case clauseEnd:
		return key, len(raw), true
	case clauseFull, clauseEvent, clauseRemind:
		if means(key, args.Rest(i+1), word, now) {
			return key, len(raw), true
		}
	}
	for n := range first { // a Chinese word may have its value right behind it
		if n == 0 || first[0] < utf8.RuneSelf || n >= len(raw) {
			continue
		}
		tail := strings.TrimLeft(args.Rest(i)[n:], ":\uFF1A")
		switch key = word(first[:n]); key {
		case clauseFull, clauseEnd, clauseEvent, clauseRemind:
			if means(key, tail, word, now) {
				return key, len(args.Rest(i)) - len(tail), true
			}
		}
	}
	return "", 0, false
}

// means reports whether a text begins with what can be a clause's value.
func means(key, text string, word func(string) string, now time.Time) bool {
	switch key {
	case clauseFull:
		w := bot.Words(text).Word(0)
		return w != "" && w[0] >= '0' && w[0] <= '9'
	case clauseRemind:
		_, _, err := when.LengthHead(dropWord(text, "early", word))
		return err == nil
	}
	_, _, err := when.MomentHead(text, now, now.Location())
	return !errors.Is(err, when.ErrNoTime)
}

// dropWord takes a word of a key off the beginning of a text.
func dropWord(text, key string, word func(string) string) string {
	args := bot.Words(text)
	first := args.Lower(0)
	if word(first) == key {
		return args.Rest(1)
	}
	for n := range first {
		if n > 0 && first[0] >= utf8.RuneSelf && word(first[:n]) == key {
			return args.String()[n:]
		}
	}
	return args.String()
}

// take stores the value of a clause; the empty key is the title.
func (d *draft) take(key, value string, word func(string) string) error {
	value = strings.Trim(strings.Join(strings.Fields(value), " "), " ,;\uFF0C\u3001\uFF1B")
	switch key {
	case "":
		d.Title = clean(value)
	case clauseFull:
		n, ok := count(value, word)
		if !ok || n < 1 || n > mostSeats {
			return &problemError{Code: "seats", Word: value, N: mostSeats}
		}
		d.Seats = n
	case clauseEnd:
		if value == "" {
			return &problemError{Code: "no_end"}
		}
		d.End = value
	case clauseEvent:
		d.Event = value
	case clauseRemind:
		d.Remind = value
	case clauseAll:
		d.All = true
		if value != "" {
			return &problemError{Code: "rest", Word: value}
		}
	}
	return nil
}

// count reads "12", "12 people" or "12" with the Chinese word for them.
func count(text string, word func(string) string) (int, bool) {
	text = strings.ToLower(bot.Words(text).Word(0) + bot.Words(text).Word(1))
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	n, err := strconv.Atoi(text[:digits])
	return n, err == nil && (digits == len(text) || word(text[digits:]) == "persons")
}

// clean leaves out what is no letter: text of people stands in everybody's
// list.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

// times reads the points in time of a draft.
func (d *draft) times(word func(string) string, now time.Time) error {
	if d.End != "" {
		m, err := moment(clauseEnd, d.End, now)
		if err != nil {
			return err
		}
		d.ends = m.At
	}
	if d.Event != "" {
		m, err := moment(clauseEvent, d.Event, now)
		switch {
		case err != nil:
			return err
		case m.DayOnly:
			return &problemError{Code: "event_clock"}
		case d.ends.After(m.At):
			return &problemError{Code: "end_after"}
		}
		d.event = m.At
		if d.ends.IsZero() {
			d.ends = m.At // who comes later is not on the list
		}
	}
	if d.Remind == "" {
		return nil
	}
	l, rest, err := when.LengthHead(dropWord(d.Remind, "early", word))
	if err != nil || rest != "" && word(strings.ToLower(rest)) != "early" || l < remindLeast || l > remindMost || l%time.Minute != 0 {
		return &problemError{Code: "remind", Word: d.Remind}
	}
	d.before = l
	return d.remindable(now)
}

// remindable refuses a reminder that could never come.
func (d *draft) remindable(now time.Time) error {
	switch {
	case d.ends.IsZero():
		return &problemError{Code: "remind_what"}
	case !d.ends.Add(-d.before).After(now) && !d.event.Add(-d.before).After(now):
		return &problemError{Code: "remind_past"}
	}
	return nil
}

// moment reads the point in time of a clause.
func moment(which, text string, now time.Time) (when.Moment, error) {
	m, err := when.ParseMoment(text, now, now.Location())
	var no *when.ImpossibleError
	var past *when.PastError
	var unclear *when.UnclearError
	switch {
	case err == nil:
		return m, nil
	case errors.As(err, &no):
		return m, &problemError{Code: "impossible", Word: no.Text}
	case errors.As(err, &past):
		return m, &problemError{Code: "past", At: past.At, Which: which}
	case errors.As(err, &unclear):
		return m, &problemError{Code: "unclear", At: unclear.Past, Which: which, Choices: unclear.Choices}
	}
	return m, &problemError{Code: "time", Word: text, Which: which}
}

// typed is a draft as a command.
func (d *draft) typed() string {
	var b strings.Builder
	b.WriteString("/signup new " + d.Title)
	for _, c := range []struct{ word, value string }{{"until", d.End}, {"at", d.Event}, {"remind", d.Remind}} {
		if c.word == "until" && d.Seats > 0 {
			b.WriteString(" full " + strconv.Itoa(d.Seats))
		}
		if c.value != "" {
			b.WriteString(" " + c.word + " " + c.value)
		}
	}
	if d.All {
		b.WriteString(" --all")
	}
	return b.String()
}

// at is the draft as a command, with another time in a clause.
func (d *draft) at(which string, t time.Time) string {
	other := *d
	if which == clauseEvent {
		other.Event = when.Stamp(t)
	} else {
		other.End = when.Stamp(t)
	}
	return other.typed()
}

// line is what somebody wants to be on a list with.
type line struct {
	ID    int64 // 0 = it was not said which list
	Extra int   // -1 = nothing was said
	Note  string
}

// parseLine reads "3 +1 with a racket", "3+1", "#3".
func parseLine(args bot.Args) (line, error) {
	l := line{Extra: -1}
	word := strings.TrimPrefix(args.Word(0), "#")
	num, plus, glued := strings.Cut(word, "+")
	if id, err := strconv.ParseInt(num, 10, 64); err == nil && id > 0 {
		l.ID = id
		args = args.From(1)
		if glued {
			if err := l.extra("+" + plus); err != nil {
				return l, err
			}
		}
	}
	if l.Extra < 0 && isExtra(args.Word(0)) {
		if err := l.extra(args.Word(0)); err != nil {
			return l, err
		}
		args = args.From(1)
	} else if last := args.Len() - 1; l.Extra < 0 && last > 0 && isExtra(args.Word(last)) {
		if err := l.extra(args.Word(last)); err != nil {
			return l, err
		}
		args = bot.Words(strings.TrimSuffix(args.String(), args.Rest(last)))
	}
	l.Note = clean(args.String())
	if utf8.RuneCountInString(l.Note) > mostNote {
		return l, &problemError{Code: "long_note", N: mostNote}
	}
	return l, nil
}

func isExtra(word string) bool {
	return len(word) > 1 && word[0] == '+' && strings.Trim(word[1:], "0123456789") == ""
}

func (l *line) extra(word string) error {
	n, err := strconv.Atoi(strings.TrimPrefix(word, "+"))
	if err != nil || n > mostExtra {
		return &problemError{Code: "extra", Word: word, N: mostExtra}
	}
	l.Extra = n
	return nil
}
