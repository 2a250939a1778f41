package ballot

import (
	"slices"
	"strings"
	"unicode"
)

// Letter is how an option is called: place 1 is A.
func Letter(place int) string {
	if place < 1 || place > MaxOptions {
		return ""
	}
	return string(rune('A' + place - 1))
}

// How says what becomes of what was chosen before.
type How int

// What a choice does.
const (
	Replace How = iota // it stands alone
	Add                // "+A": besides what was chosen
	Remove             // "-A"
)

// Choose reads "A", "a,c", "AC", "2", an option's own words, "+A" or "-A". The
// places come in order, each once. A letter goes before an option of that name,
// because buttons send letters. The error is a *ProblemError.
func Choose(text string, options []string) ([]int, How, error) {
	how := Replace
	text = fold(text)
	if rest, ok := strings.CutPrefix(text, "+"); ok {
		how, text = Add, strings.TrimSpace(rest)
	} else if rest, ok := strings.CutPrefix(text, "-"); ok {
		how, text = Remove, strings.TrimSpace(rest)
	}
	if text == "" {
		return nil, how, &ProblemError{Code: "no_choice"}
	}
	if places := named(text, options); places != nil {
		return places, how, nil
	}
	var places []int
	for _, word := range strings.FieldsFunc(text, between) {
		found := named(word, options)
		if found == nil {
			found = letters(word, len(options))
		}
		if found == nil {
			return nil, how, &ProblemError{Code: "no_option", Word: strings.ToUpper(word)}
		}
		places = append(places, found...)
	}
	if len(places) == 0 {
		return nil, how, &ProblemError{Code: "no_choice"}
	}
	slices.Sort(places)
	return slices.Compact(places), how, nil
}

// between separates choices. Folding has made full-width signs narrow; the
// Chinese enumeration comma has no narrow form that people type.
func between(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;/&+\u3001\uFF64", r)
}

// named finds the one option that a word names by its letter, its words or its
// number; nil if there is none.
func named(word string, options []string) []int {
	if len(word) == 1 && word[0] >= 'a' && int(word[0]-'a') < len(options) {
		return []int{int(word[0]-'a') + 1}
	}
	for i, o := range options {
		if fold(o) == word {
			return []int{i + 1}
		}
	}
	n := 0
	for _, c := range word {
		if c < '0' || c > '9' || n > MaxOptions {
			return nil
		}
		n = n*10 + int(c-'0')
	}
	if n < 1 || n > len(options) {
		return nil
	}
	return []int{n}
}

// letters reads letters without anything between them: "ac".
func letters(word string, options int) []int {
	var out []int
	for _, r := range word {
		if r < 'a' || int(r-'a') >= options {
			return nil
		}
		out = append(out, int(r-'a')+1)
	}
	return out
}
