// Package ballot reads what people type about polls: a question with its
// options, and a choice among them. It is pure, and apart from the commands so
// that it can be fuzzed without the database.
package ballot

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// What a poll may hold. Ten options are what buttons, cards and native polls
// all show well; the lengths are those of Telegram's own polls (question 300,
// option 100) with room for our number.
const (
	MinOptions  = 2
	MaxOptions  = 10
	MaxQuestion = 200
	MaxOption   = 100
	MaxDays     = 365
)

// Draft is what somebody asks for.
type Draft struct {
	Question string
	Options  []string
	End      string // as it was typed, "" for none
	Multi    bool
	Anon     bool
	Hide     bool
	All      bool // in every group of the community
	Days     int  // only for who has been a member so long
}

// ProblemError is what is wrong with a text. Code names the text that says so.
type ProblemError struct {
	Code    string
	Word    string
	N       int
	Options []string // with too_many: all that were given
}

// Error implements error.
func (p *ProblemError) Error() string { return fmt.Sprintf("poll: %s %q", p.Code, p.Word) }

// Flags, the keys that words of every language lead to.
const (
	flagEnd    = "end"
	flagMulti  = "multi"
	flagAnon   = "anon"
	flagHide   = "hide"
	flagAll    = "all"
	flagJoined = "joined"
)

// Parse reads "question | option | option --end T --multi". Line ends separate
// too, and full-width forms are accepted. word finds the key behind a
// lower-case word; isTime says what a deadline may be that has no dashes, nil for
// none. The error is a *ProblemError; with it the draft holds what could be read.
func Parse(text string, word func(string) string, isTime func(string) bool) (Draft, error) {
	var d Draft
	var parts []string
	for _, part := range strings.FieldsFunc(text, separates) {
		body, flags := cutFlags(part, word)
		if body = strings.Join(strings.Fields(body), " "); body != "" {
			parts = append(parts, strings.ToValidUTF8(body, "\uFFFD"))
		}
		for _, f := range flags {
			if err := d.flag(f); err != nil {
				return d, err
			}
		}
	}
	if d.End == "" && isTime != nil {
		parts, d.End = cutEnd(parts, word, isTime)
	}
	if len(parts) > 0 {
		d.Question, d.Options = parts[0], parts[1:]
	}
	err := d.check()
	return d, err
}

// cutEnd takes a deadline off the last part that was typed as other commands
// take it, without dashes: behind the last option, or as a part of its own.
// Behind an option only a Chinese word is one: "open until 20:00" may be chosen.
func cutEnd(parts []string, word func(string) string, isTime func(string) bool) (rest []string, end string) {
	if len(parts) <= MinOptions {
		return parts, ""
	}
	last := parts[len(parts)-1]
	for at := 0; at < len(last); {
		f, after := flagAt(dashes[0]+last[at:], word)
		if f.key == flagEnd && (at == 0 || f.name[0] >= utf8.RuneSelf) {
			if value := strings.TrimSpace(last[at+after-len(dashes[0]):]); isTime(value) {
				rest = slices.Clone(parts[:len(parts)-1])
				if at > 0 {
					rest = append(rest, strings.TrimSpace(last[:at]))
				}
				return rest, value
			}
		}
		next := strings.IndexByte(last[at:], ' ') + 1
		if next == 0 {
			break
		}
		at += next
	}
	return parts, ""
}

func separates(r rune) bool { return r == '|' || r == '\uFF5C' || r == '\n' || r == '\r' }

func (d *Draft) check() error {
	switch {
	case d.Question == "":
		return &ProblemError{Code: "empty"}
	case utf8.RuneCountInString(d.Question) > MaxQuestion:
		return &ProblemError{Code: "long_question", N: MaxQuestion}
	case len(d.Options) < MinOptions:
		return &ProblemError{Code: "few"}
	case len(d.Options) > MaxOptions:
		return &ProblemError{Code: "many", N: len(d.Options), Options: d.Options}
	}
	have := map[string]bool{}
	for _, o := range d.Options {
		key := fold(o)
		switch {
		case utf8.RuneCountInString(o) > MaxOption:
			return &ProblemError{Code: "long_option", Word: string([]rune(o)[:10]), N: MaxOption}
		case have[key]:
			return &ProblemError{Code: "twice", Word: o}
		}
		have[key] = true
	}
	return nil
}

func fold(s string) string { return strings.ToLower(width.Fold.String(strings.TrimSpace(s))) }

// flag is one of them as it was typed.
type flag struct{ key, name, value string }

// Where a flag may begin.
const (
	inside = iota // of a Latin word: nowhere
	glued         // behind a Chinese letter, if it is one that there is
	spaced
)

// dashes are how two hyphens arrive: keyboards make dashes of them.
var dashes = []string{"--", "\uFF0D\uFF0D", "\u2014\u2014", "\u2013\u2013", "\u2014", "\u2013"}

// cutFlags separates the flags from the text before them.
func cutFlags(part string, word func(string) string) (body string, flags []flag) {
	body = part
	begin := -1 // where the value of the newest flag begins
	boundary := spaced
	for i := 0; i < len(part); {
		r, size := utf8.DecodeRuneInString(part[i:])
		if boundary != inside {
			if f, after := flagAt(part[i:], word); f.name != "" && (boundary == spaced || f.key != "") {
				if begin < 0 {
					body = part[:i]
				} else {
					flags[len(flags)-1].value = strings.TrimSpace(part[begin:i])
				}
				flags = append(flags, f)
				begin = i + after
				i = begin
				boundary = inside
				continue
			}
		}
		switch {
		case unicode.IsSpace(r):
			boundary = spaced
		case unicode.Is(unicode.Han, r): // Chinese is written without spaces
			boundary = glued
		default:
			boundary = inside
		}
		i += size
	}
	if begin >= 0 {
		flags[len(flags)-1].value = strings.TrimSpace(part[begin:])
	}
	return body, flags
}

// flagAt reads a flag's name at the beginning of a text and says where its
// value begins. A dash before a word that is no flag is just a dash, but two
// hyphens before a Latin word are a slip that wants to be told.
func flagAt(text string, word func(string) string) (flag, int) {
	for _, dash := range dashes {
		rest, ok := strings.CutPrefix(text, dash)
		if !ok {
			continue
		}
		run := len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsLetter))
		name := rest[:run]
		for end := run; end > 0; {
			// A Chinese word may have its value right behind it.
			if key := word(fold(rest[:end])); isFlag(key) {
				after := len(dash) + end
				return flag{key: key, name: rest[:end]}, after + separator(text[after:])
			}
			_, size := utf8.DecodeLastRuneInString(rest[:end])
			if end -= size; end > 0 && rest[end] < utf8.RuneSelf {
				break // a Latin word is one word
			}
		}
		if dash == dashes[0] && name != "" && name[0] < utf8.RuneSelf {
			return flag{name: name}, len(dash) + run
		}
		return flag{}, 0
	}
	return flag{}, 0
}

// separator is the length of what may stand between a flag and its value.
func separator(text string) int {
	for _, s := range []string{"=", ":", "\uFF1A", "\uFF1D"} {
		if strings.HasPrefix(text, s) {
			return len(s)
		}
	}
	return 0
}

func isFlag(key string) bool {
	return slices.Contains([]string{flagEnd, flagMulti, flagAnon, flagHide, flagAll, flagJoined}, key)
}

func (d *Draft) flag(f flag) error {
	switch f.key {
	case flagEnd:
		if f.value == "" {
			return &ProblemError{Code: "no_end"}
		}
		d.End = f.value
		return nil
	case flagJoined:
		n, ok := days(f.value)
		if !ok {
			return &ProblemError{Code: "bad_days", Word: f.value, N: MaxDays}
		}
		d.Days = n
		return nil
	case flagMulti:
		d.Multi = true
	case flagAnon:
		d.Anon = true
	case flagHide:
		d.Hide = true
	case flagAll:
		d.All = true
	default:
		return &ProblemError{Code: "unknown_flag", Word: f.name}
	}
	if f.value != "" {
		return &ProblemError{Code: "flag_value", Word: f.name}
	}
	return nil
}

// days reads "3", "3d" or "3" with the Chinese word for days.
func days(text string) (int, bool) {
	text = fold(text)
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits == 0 || digits > 3 {
		return 0, false
	}
	n := 0
	for _, c := range text[:digits] {
		n = n*10 + int(c-'0')
	}
	switch strings.TrimSpace(text[digits:]) {
	case "", "d", "day", "days", "\u5929", "\u65e5":
		return n, n >= 1 && n <= MaxDays
	}
	return 0, false
}
