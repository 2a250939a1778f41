package wecomapp

import (
	"strings"

	"qunmate/bot/chat"
)

// maxText is the most bytes of one text, in a passive answer as in
// message/send: more is cut (paths 90241 and 90236).
const maxText = 2048

// Limits of one member from one app; more is dropped silently (path 90236).
const (
	perMinute = 30
	perHour   = 1000
)

// maxLink is the longest address that becomes a link: a longer one would leave
// little of the message for words.
const maxLink = 1024

// split cuts at line ends to what one message holds.
func split(spans []chat.Span) []string {
	var out []string
	size := func(s string) int { return len(s) }
	queue := chat.Split(spans, maxText, size)
	for len(queue) > 0 {
		part := queue[0]
		queue = queue[1:]
		text := write(part)
		length := 0
		for _, s := range part {
			length += len(s.Text)
		}
		if len(text) > maxText {
			// Links, and signs that had to be replaced, are longer than they look.
			if halves := chat.Split(part, (length+1)/2, size); len(halves) > 1 {
				queue = append(halves, queue...)
				continue
			}
			text = write(plain(part))
		}
		if strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
	}
	return out
}

// plain drops the links of spans that cannot be cut any more.
func plain(spans []chat.Span) []chat.Span {
	out := make([]chat.Span, len(spans))
	for i, s := range spans {
		out[i] = chat.Span{Text: s.Text}
	}
	return out
}

// write prints spans as a text message, which knows no style but the link (path
// 90236). Markdown would have styles, but is not shown by the WeChat plugin of
// the client.
func write(spans []chat.Span) string {
	var b strings.Builder
	for _, s := range spans {
		text, link := defuse(legible(s.Text)), escapeLink.Replace(legible(s.Link))
		if link == "" || len(link) > maxLink || text == "" {
			b.WriteString(text)
			continue
		}
		b.WriteString(`<a href="` + link + `">` + text + "</a>")
	}
	return b.String()
}

var escapeLink = strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", " ", "%20", "\n", "%0A", "\t", "%09")

// defuse keeps a person's text from being a link: the platform reads <a> in
// texts and has no escape for it. The sign becomes its full-width form where
// it could begin an element.
func defuse(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '<' && i+1 < len(text) && begins(text[i+1]) {
			b.WriteRune('\uff1c')
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func begins(c byte) bool {
	return c == '/' || c == '!' || (c|0x20 >= 'a' && c|0x20 <= 'z')
}
