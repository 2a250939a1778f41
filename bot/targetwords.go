package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// TargetName is one name at the beginning of a text: a chat, or a word for several.
type TargetName struct {
	Name   string
	Quoted bool
}

var quotes = map[rune]rune{'「': '」', '“': '”', '"': '"', '『': '』', '《': '》'}

// CutTargets splits a text into the names at its beginning and what follows
// them: 「读书会」、产品群 正文. Whether the names mean anything is for others
// to say; the first word of a plain text is one as well.
func CutTargets(text string) (items []TargetName, rest string) {
	rest = strings.TrimSpace(text)
	for {
		it, after, ok := cutTarget(rest)
		if !ok {
			return items, rest
		}
		items, rest = append(items, it), after
		r, size := utf8.DecodeRuneInString(rest)
		if !isSeparator(r) {
			return items, strings.TrimSpace(rest)
		}
		if next := rest[size:]; next == "" || unicode.IsSpace(firstRune(next)) && !it.Quoted {
			return items, strings.TrimSpace(rest)
		}
		rest = strings.TrimLeftFunc(rest[size:], unicode.IsSpace)
	}
}

func cutTarget(text string) (TargetName, string, bool) {
	r, size := utf8.DecodeRuneInString(text)
	if closing, ok := quotes[r]; ok {
		if name, after, ok := strings.Cut(text[size:], string(closing)); ok && strings.TrimSpace(name) != "" {
			return TargetName{strings.TrimSpace(name), true}, after, true
		}
	}
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || isSeparator(r) })
	if i < 0 {
		i = len(text)
	}
	return TargetName{Name: text[:i]}, text[i:], i > 0
}

func isSeparator(r rune) bool { return r == '、' || r == ',' || r == '，' }

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
