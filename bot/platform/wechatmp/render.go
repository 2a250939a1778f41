package wechatmp

import (
	"strconv"
	"strings"

	"qunmate/bot/chat"
)

// maxText is the most bytes of one text, in an answer as in a customer service
// message (found by trial: the issue MamaShip/Observer#77; the page
// Passive_user_reply_message names no figure).
const maxText = 2048

// maxLink is the longest address that becomes a link: a longer one would leave
// little of the message for words.
const maxLink = 1024

// page is a letter in the platform's terms: the texts to send, and the command
// behind each of its numbered choices.
type page struct {
	parts    []string
	commands []string
}

// render makes the texts of a letter. An official account has no buttons below
// a message, so choices become numbered lines with the command to type; the
// number alone will do as well, see people.chosen.
func render(c chat.Content) (page, *chat.SendError) {
	var p page
	spans := chat.Parse(c.Text)
	for i, choice := range c.Choices {
		line, command, err := choiceLine(i+1, choice)
		if err != nil {
			return p, err
		}
		if i == 0 && len(spans) > 0 {
			line = "\n" + line
		}
		if len(spans) > 0 {
			line = "\n" + line
		}
		spans = append(spans, chat.Span{Text: line})
		p.commands = append(p.commands, command)
	}
	p.parts = split(spans)
	if len(p.parts) == 0 {
		return p, rejected("the letter has no text")
	}
	return p, nil
}

func choiceLine(n int, c chat.Choice) (line, command string, err *chat.SendError) {
	what := c.Command
	if c.URL != "" {
		what = c.URL
	} else {
		command = c.Command
	}
	label := strings.TrimSpace(c.Label)
	if what == "" {
		return "", "", rejected("choice %q has neither a command nor an address", label)
	}
	if label != "" {
		label += " "
	}
	return strconv.Itoa(n) + ". " + label + what, command, nil
}

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

// write prints spans: the platform knows no style but the link.
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
