package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one mistake in the configuration. No part of it ever holds a
// secret or the value of an environment variable.
type Problem struct { //nolint:errname // the word operators read
	Line   int               // from 1; 0 if the file as a whole is meant
	Column int               // in characters, from 1; 0 if the file as a whole is meant
	Path   string            // the key, like telegram[0].mode; empty if no single key is meant
	Code   string            // one of Codes, the name of the text in templates/<language>/config.html
	Args   map[string]string // what the text shows, see the templates
	cause  error             // of the operating system, if any
}

// Error says in English where it is, what is wrong, and what is right:
// "12:9: telegram[0].mode: …".
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	pairs := make([]string, 0, 2*len(p.Args))
	for name, value := range p.Args {
		pairs = append(pairs, "{{.Args."+name+"}}", value)
	}
	b.WriteString(strings.NewReplacer(pairs...).Replace(englishText(p.Code)))
	return b.String()
}

// Unwrap returns the error of the operating system behind the problem, so that
// errors.Is(err, fs.ErrNotExist) holds for a missing file.
func (p Problem) Unwrap() error { return p.cause }

// Problems is the error of Load and Parse: every mistake that was found, in the
// order of the file, at least one.
type Problems []Problem //nolint:errname // it is a list of Problem

// Error returns the problems' own lines.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one, for errors.Is and errors.As.
func (ps Problems) Unwrap() []error {
	all := make([]error, len(ps))
	for i, p := range ps {
		all[i] = p
	}
	return all
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path),
		)
	})
}

// args builds Problem.Args from pairs of name and value.
func args(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// hidden stands for a value that is not repeated, in every language.
const hidden = "…"

// shown returns a value of a key that is not secret as it may be repeated in a
// problem. People do paste a token into the wrong line, so whatever is as long
// as one is hidden: WeChat's app secrets have 32 characters, the others more.
func shown(value string) string {
	if utf8.RuneCountInString(value) > 30 {
		return hidden
	}
	for _, r := range value {
		if !unicode.IsPrint(r) {
			return hidden
		}
	}
	return value
}

// showable reports whether an unknown key may be repeated: if it looks like a
// key and not like something that was meant to be a value.
func showable(key string) bool {
	if key == "" || utf8.RuneCountInString(key) > 24 { // the longest key of ours has 17
		return false
	}
	for _, r := range key {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' {
			return false
		}
	}
	return true
}
