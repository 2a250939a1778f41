package chat

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a run of text with one style. Line breaks are "\n" inside Text.
type Span struct {
	Text   string
	Bold   bool
	Italic bool
	Code   bool
	Link   string // an http(s) address
	At     string // a Ref as "domain:id": a mention of that person; Text is his name
}

// Parse reads the markup of Content.Text: elements b, i, code, a href, at id
// and br, with HTML escapes. Line ends in the source are spaces unless written
// as <br>; white space is folded as in HTML. It never fails: an element it
// does not know is dropped and its text kept.
func Parse(markup string) []Span {
	p := parser{}
	for markup != "" {
		i := strings.IndexByte(markup, '<')
		if i < 0 {
			p.text(markup)
			break
		}
		p.text(markup[:i])
		markup = markup[i:]
		end := strings.IndexByte(markup, '>')
		if end < 0 {
			p.text(markup)
			break
		}
		p.tag(markup[1:end])
		markup = markup[end+1:]
	}
	return p.finish()
}

// Plain prints markup without any style: the text form, for logs, push texts
// and the console.
func Plain(markup string) string {
	var b strings.Builder
	for _, s := range Parse(markup) {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Escape makes a text safe inside markup, for the few places that build
// markup without a template.
func Escape(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
}

type parser struct {
	out   []Span
	style Span
	// space remembers a folded blank that is written only before more text, so
	// that lines neither start nor end with blanks.
	space bool
}

func (p *parser) text(raw string) {
	if raw == "" {
		return
	}
	// Fold before unescaping: a blank that the author wrote as &nbsp; stays.
	for _, field := range splitBlanks(raw) {
		if field == " " {
			p.space = true
			continue
		}
		p.write(html.UnescapeString(field))
	}
}

func (p *parser) write(s string) {
	if p.space && !p.atLineStart() {
		s = p.blank() + s
	}
	p.space = false
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if n := len(p.out); n > 0 && sameStyle(p.out[n-1], p.style) {
		p.out[n-1].Text += s
		return
	}
	span := p.style
	span.Text = s
	p.out = append(p.out, span)
}

// blank puts the folded blank where it is not part of what is styled: a code
// that is copied has none in front, and "** bold**" is bold nowhere. What it
// returns stands before the next text.
func (p *parser) blank() string {
	last := &p.out[len(p.out)-1]
	switch {
	case sameStyle(p.style, Span{}), sameStyle(p.style, *last):
		return " "
	case sameStyle(*last, Span{}):
		last.Text += " "
	default:
		p.out = append(p.out, Span{Text: " "})
	}
	return ""
}

func (p *parser) atLineStart() bool {
	n := len(p.out)
	return n == 0 || strings.HasSuffix(p.out[n-1].Text, "\n")
}

func (p *parser) tag(raw string) {
	name, attrs, _ := strings.Cut(strings.TrimSpace(raw), " ")
	name = strings.ToLower(strings.TrimSuffix(name, "/"))
	switch name {
	case "br":
		p.space = false
		p.write("\n")
	case "b", "strong":
		p.style.Bold = true
	case "/b", "/strong":
		p.style.Bold = false
	case "i", "em":
		p.style.Italic = true
	case "/i", "/em":
		p.style.Italic = false
	case "code":
		p.style.Code = true
	case "/code":
		p.style.Code = false
	case "a":
		if href := attribute(attrs, "href"); strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://") {
			p.style.Link = href
		}
	case "/a":
		p.style.Link = ""
	case "at":
		p.style.At = attribute(attrs, "id")
	case "/at":
		p.style.At = ""
	}
}

func (p *parser) finish() []Span { return p.out }

func sameStyle(a, b Span) bool {
	a.Text, b.Text = "", ""
	return a == b
}

// splitBlanks cuts a text into words and single blanks that stand for runs of
// white space.
func splitBlanks(s string) []string {
	var out []string
	for s != "" {
		i := strings.IndexAny(s, " \t\r\n")
		if i < 0 {
			return append(out, s)
		}
		if i > 0 {
			out = append(out, s[:i])
		}
		s = strings.TrimLeft(s[i:], " \t\r\n")
		out = append(out, " ")
	}
	return out
}

func attribute(attrs, name string) string {
	_, rest, ok := strings.Cut(attrs, name+`="`)
	if !ok {
		return ""
	}
	value, _, ok := strings.Cut(rest, `"`)
	if !ok {
		return ""
	}
	return html.UnescapeString(value)
}

// Split cuts spans into parts of at most limit units each, where units
// measures a text as the platform does (runes, UTF-16 units, bytes). It cuts
// at line ends where it can, else at blanks, else between runes; a limit
// below 1 means no limit. Blanks and line ends at a cut are dropped, and so
// are parts that hold nothing else: platforms refuse them.
func Split(spans []Span, limit int, units func(string) int) [][]Span {
	if limit < 1 || total(spans, units) <= limit {
		return [][]Span{spans}
	}
	var parts [][]Span
	for rest := spans; len(rest) > 0; {
		head, tail := rest, []Span(nil)
		if total(rest, units) > limit {
			head, tail = cut(rest, limit, units)
		}
		if head = trimEnd(head); len(head) > 0 {
			parts = append(parts, head)
		}
		rest = trimStart(tail)
	}
	return parts
}

func total(spans []Span, units func(string) int) int {
	n := 0
	for _, s := range spans {
		n += units(s.Text)
	}
	return n
}

// place is a position between two runes of a list of spans.
type place struct{ span, offset int }

func cut(spans []Span, limit int, units func(string) int) (head, tail []Span) {
	var line, blank, last place
	used := 0
scan:
	for i, s := range spans {
		for off := 0; off < len(s.Text); {
			r, size := utf8.DecodeRuneInString(s.Text[off:])
			w := units(s.Text[off : off+size])
			if used+w > limit && (last != place{}) {
				break scan
			}
			used += w
			off += size
			last = place{i, off}
			// In the first quarter it would make a very short message.
			switch early := used <= limit/4; {
			case r == '\n' && !early:
				line = last
			case r == ' ' && !early:
				blank = last
			}
		}
	}
	at := last
	if blank != (place{}) {
		at = blank
	}
	if line != (place{}) {
		at = line
	}
	for i, s := range spans {
		switch {
		case i < at.span:
			head = append(head, s)
		case i > at.span:
			tail = append(tail, s)
		default:
			a, b := s, s
			a.Text, b.Text = s.Text[:at.offset], s.Text[at.offset:]
			head, tail = append(head, a), append(tail, b)
		}
	}
	return head, tail
}

// trimEnd drops blanks and line ends from the end.
func trimEnd(spans []Span) []Span {
	for n := len(spans); n > 0; n-- {
		if t := strings.TrimRightFunc(spans[n-1].Text, unicode.IsSpace); t != "" {
			spans = slices.Clone(spans[:n])
			spans[n-1].Text = t
			return spans
		}
	}
	return nil
}

// trimStart drops blanks and line ends from the start.
func trimStart(spans []Span) []Span {
	for i, s := range spans {
		if t := strings.TrimLeftFunc(s.Text, unicode.IsSpace); t != "" {
			spans = slices.Clone(spans[i:])
			spans[0].Text = t
			return spans
		}
	}
	return nil
}
