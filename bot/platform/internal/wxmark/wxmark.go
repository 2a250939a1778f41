// Package wxmark writes the small markup of bot/chat as the markdown that
// WeCom's robots understand, so that what people call themselves stays text.
package wxmark

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// Parts makes the messages of a text, cut at line ends to what one message
// holds in bytes. A text of nothing but blanks gives none. mention writes a
// person, or gives "" where he can only be named; nil: nobody is mentioned.
func Parts(spans []chat.Span, limit int, mention func(chat.Span) string) []string {
	var out []string
	queue := chat.Split(spans, limit, widest)
	for len(queue) > 0 {
		spans := queue[0]
		queue = queue[1:]
		text := Render(spans, mention)
		if n := total(spans); len(text) > limit && n > 1 {
			// Many short styled pieces: little for the reader, much as markup.
			queue = append(chat.Split(spans, (n+1)/2, widest), queue...)
			continue
		}
		if strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
	}
	return out
}

// widest is how many bytes a text can take at most when it is escaped.
func widest(s string) int {
	n := len(s)
	for _, r := range s {
		if r < utf8.RuneSelf && r != ' ' && !isWord(r) {
			n += 2 // a wide form, an escape of an address, or a hard line end
		}
	}
	return n
}

func total(spans []chat.Span) int {
	n := 0
	for _, s := range spans {
		n += widest(s.Text)
	}
	return n
}

// Render writes spans as markdown. What is text in a span stays text, see
// escapeText.
func Render(spans []chat.Span, mention func(chat.Span) string) string {
	var b strings.Builder
	for i, s := range spans {
		if s.Text == "" {
			continue
		}
		if s.At != "" && mention != nil {
			if who := mention(s); who != "" {
				name := strings.TrimSpace(s.Text)
				lead, tail, _ := strings.Cut(s.Text, name) // blanks around a name are part of its span
				b.WriteString(lead + who + tail)
				continue
			}
		}
		next := rune(0)
		if i+1 < len(spans) {
			next, _ = utf8.DecodeRuneInString(spans[i+1].Text)
		}
		lines := strings.Split(s.Text, "\n")
		for j, line := range lines {
			if j > 0 {
				// Two blanks make it a line end in every kind of markdown; alone it
				// may be taken for a blank.
				b.WriteString("  \n")
			}
			after := next
			if j < len(lines)-1 {
				after = '\n'
			}
			writeLine(&b, s, line, after)
		}
	}
	return b.String()
}

// writeLine writes a piece of one line in its style.
func writeLine(b *strings.Builder, s chat.Span, line string, after rune) {
	start := b.Len() == 0 || strings.HasSuffix(b.String()[max(0, b.Len()-1):], "\n")
	switch {
	case s.Link != "" && strings.TrimSpace(line) != "":
		b.WriteString("[" + escapeText(line, false) + "](" + escapeAddress(s.Link, "()") + ")")
	case s.Code && strings.TrimSpace(line) != "":
		b.WriteString("`" + escapeCode(line) + "`")
	case s.Bold || s.Italic:
		emphasise(b, s, line, start, after)
	default:
		b.WriteString(escapeText(line, start))
	}
}

// emphasise writes bold or italic text. Its markers count only where they
// touch the text and do not stand between punctuation and a letter outside
// (CommonMark, "flanking"), which in Chinese text without blanks they do as a
// rule; a blank outside mends that.
func emphasise(b *strings.Builder, s chat.Span, line string, start bool, after rune) {
	inner := strings.TrimSpace(line)
	if inner == "" {
		b.WriteString(line)
		return
	}
	mark := "*"
	if s.Bold {
		mark = "**"
	}
	if s.Bold && s.Italic {
		mark = "***"
	}
	lead, _, _ := strings.Cut(line, inner)
	tail := line[len(lead)+len(inner):]
	text := escapeText(inner, start)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	b.WriteString(lead)
	before, size := utf8.DecodeLastRuneInString(b.String())
	if size > 0 && isMark(first) && !isMark(before) && !unicode.IsSpace(before) {
		b.WriteString(" ")
	}
	b.WriteString(mark + text + mark)
	if tail == "" && after != 0 && isMark(last) && !isMark(after) && !unicode.IsSpace(after) {
		tail = " "
	}
	b.WriteString(tail)
}

func isMark(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Wide replaces the letters that could begin markup anywhere by their wide
// forms. A backslash in front would be the usual way, but which markdown the
// clients speak is not documented, and a name must not become a mention, a
// link or a heading in any of them.
var Wide = map[rune]rune{
	'\\': '\uFF3C', '`': '\uFF40', '*': '\uFF0A', '[': '\uFF3B', ']': '\uFF3D',
	'<': '\uFF1C', '|': '\uFF5C', '~': '\uFF5E',
}

var entity = regexp.MustCompile(`^&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);`)

// escapeText makes text that stays what it is: whatever a person calls himself,
// no markup comes of it. start says that it begins a line. Addresses in it
// stay addresses.
func escapeText(s string, start bool) string {
	s = strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\t') || r == 0x7F {
			return -1 // control characters mean nothing here
		}
		return r
	}, s)
	var b strings.Builder
	prev := rune(0)
	for s != "" {
		if n := addressLength(s, prev); n > 0 {
			b.WriteString(escapeAddress(s[:n], ""))
			prev, _ = utf8.DecodeLastRuneInString(s[:n])
			s, start = s[n:], false
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		rest := s[size:]
		next, _ := utf8.DecodeRuneInString(rest)
		if rest == "" {
			next = 0
		}
		switch w := Wide[r]; {
		case w != 0:
			b.WriteRune(w)
		case r == '_' && (!isWord(prev) || !isWord(next)):
			b.WriteRune('\uFF3F')
		case r == '&' && entity.MatchString(s):
			b.WriteRune('\uFF06')
		case start && opensBlock(r, next):
			b.WriteRune(r - '!' + '\uFF01') // the wide forms stand in the order of ASCII
		default:
			b.WriteString(s[:size])
		}
		start = start && unicode.IsSpace(r)
		prev, s = r, rest
	}
	return b.String()
}

// opensBlock reports whether a letter at the beginning of a line makes a
// heading, a quotation, a list or a rule of it. "#12", "+10" and "-50" are
// only words.
func opensBlock(r, next rune) bool {
	switch r {
	case '>':
		return true
	case '#', '+', '-', '=':
		return next == 0 || next == r || unicode.IsSpace(next)
	}
	return false
}

// addressLength is how much of the text's beginning is a web address; prev is
// the letter before it.
func addressLength(s string, prev rune) int {
	if isWord(prev) || (!strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://")) {
		return 0
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7F || strings.ContainsRune("<>\"'`", r)
	})
	if end < 0 {
		end = len(s)
	}
	return end
}

// escapeAddress keeps an address from ending early and from being markup:
// what could is percent-encoded, which leaves the address what it is. more are
// further letters to encode.
func escapeAddress(s, more string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		inWord := c == '_' && i > 0 && i+1 < len(s) && isWord(rune(s[i-1])) && isWord(rune(s[i+1]))
		if c <= ' ' || c == 0x7F || (strings.IndexByte("\"'*<>[\\]^_`{|}~"+more, c) >= 0 && !inWord) {
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// escapeCode keeps code from ending early. Inside it nothing else is markup,
// except perhaps a mention.
func escapeCode(s string) string {
	s = strings.ReplaceAll(s, "`", "\uFF40")
	return strings.ReplaceAll(s, "<@", "\uFF1C@")
}
