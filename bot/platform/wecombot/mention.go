package wecombot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stripMention takes the mention of the bot out of what was said in a group.
// The text keeps it, "@name " in front, and there is no list of entities (path
// 100719). The name of the configuration is looked for first; it is the only
// way if it has a blank in it. Else a leading @ and what follows up to the
// first blank is taken for the mention: the message would not have come
// without one.
func stripMention(text, name string) string {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if name != "" {
		if rest, ok := cutMention(text, "@"+name); ok {
			return rest
		}
	}
	if !strings.HasPrefix(text, "@") {
		return text
	}
	// IsSpace knows the blanks seen after a mention: ASCII, U+2005 and U+00A0.
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		return strings.TrimLeftFunc(text[i:], unicode.IsSpace)
	}
	if name != "" {
		if rest, ok := strings.CutPrefix(text, "@"+name); ok {
			return rest // the blank was deleted
		}
	}
	return "" // the mention is all there is
}

// cutMention removes the first mention that stands alone, between blanks or at
// an end of the text.
func cutMention(text, mention string) (string, bool) {
	for from := 0; ; {
		i := strings.Index(text[from:], mention)
		if i < 0 {
			return text, false
		}
		i += from
		end := i + len(mention)
		if blankBefore(text[:i]) && blankAfter(text[end:]) {
			before := strings.TrimRightFunc(text[:i], unicode.IsSpace)
			after := strings.TrimLeftFunc(text[end:], unicode.IsSpace)
			if before == "" || after == "" {
				return before + after, true
			}
			return before + " " + after, true
		}
		from = end
	}
}

func blankBefore(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size == 0 || unicode.IsSpace(r)
}

func blankAfter(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == 0 || unicode.IsSpace(r)
}
