package telegram

import (
	"strings"
	"unicode"

	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

const (
	maxRaw     = 32 << 10 // bytes of one text with its tags
	maxCaption = 1024     // UTF-16 units under a document
	maxAlert   = 200      // UTF-16 units of an answer to a press
	maxData    = 64       // bytes of callback_data
)

// part is one message's worth of text.
type part struct {
	html  string
	units int // UTF-16 units after parsing
}

// renderParts makes the messages of a text: HTML in which everything a person
// may have written is escaped, cut at line ends to what one message holds.
// A text of nothing but blanks gives no part.
func renderParts(markup string) []part {
	var out []part
	queue := chat.Split(chat.Parse(markup), maxText, len16)
	for len(queue) > 0 {
		spans := queue[0]
		queue = queue[1:]
		html := renderHTML(spans)
		units := 0
		for _, s := range spans {
			units += len16(s.Text)
		}
		if len(html) > maxRaw && units > 1 {
			// Hundreds of mentions: short for the reader, long as tags.
			queue = append(chat.Split(spans, (units+1)/2, len16), queue...)
			continue
		}
		if strings.TrimSpace(html) != "" {
			out = append(out, part{html: html, units: units})
		}
	}
	return out
}

var escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// renderHTML writes spans in the HTML style of the Bot API ("Formatting
// options"). Code excludes every other style there, so it yields to a link.
func renderHTML(spans []chat.Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Text == "" {
			continue
		}
		link := s.Link
		if s.At != "" {
			link = mentionLink(s.At)
		}
		text := escapeHTML.Replace(s.Text)
		if s.Code && link == "" {
			b.WriteString("<code>" + text + "</code>")
			continue
		}
		if s.Bold {
			text = "<b>" + text + "</b>"
		}
		if s.Italic {
			text = "<i>" + text + "</i>"
		}
		if link != "" {
			text = `<a href="` + escapeHTML.Replace(link) + `">` + text + "</a>"
		}
		b.WriteString(text)
	}
	return b.String()
}

// mentionLink is the address that mentions a person without a username;
// somebody of another platform is only named.
func mentionLink(at string) string {
	ref, err := chat.ParseRef(at)
	if err != nil || idOf(ref) <= 0 {
		return ""
	}
	return "tg://user?id=" + ref.ID
}

// alertText is the text of a press's pop-up, or "" if it does not fit: no
// style, at most 200 characters.
func alertText(markup string) string {
	text := strings.TrimSpace(chat.Plain(markup))
	if len16(text) > maxAlert {
		return ""
	}
	return text
}

// keyboard lays out the buttons: at most three in a row, fewer when their
// labels are wide, so that a phone does not cut them.
func keyboard(choices []chat.Choice) (*models.InlineKeyboardMarkup, *chat.SendError) {
	if len(choices) == 0 {
		return nil, nil
	}
	const perRow, rowWidth = 3, 36 // about the Latin letters a phone shows over the whole width
	var rows [][]models.InlineKeyboardButton
	var row []models.InlineKeyboardButton
	widest := 0
	for _, c := range choices {
		button, err := buttonOf(c)
		if err != nil {
			return nil, err
		}
		// A button has padding of about four letters.
		w := labelWidth(button.Text) + 4
		if n := len(row); n > 0 && (n == perRow || max(widest, w)*(n+1) > rowWidth) {
			rows, row, widest = append(rows, row), nil, 0
		}
		row = append(row, button)
		widest = max(widest, w)
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: append(rows, row)}, nil
}

func buttonOf(c chat.Choice) (models.InlineKeyboardButton, *chat.SendError) {
	b := models.InlineKeyboardButton{Text: strings.TrimSpace(c.Label)}
	if b.Text == "" {
		return b, rejected("a button without a label")
	}
	switch {
	case c.URL != "":
		b.URL = c.URL
	case c.Command == "" || len(c.Command) > maxData:
		return b, rejected("the command of button %q has %d bytes, callback_data takes 1 to %d", b.Text, len(c.Command), maxData)
	default:
		b.CallbackData = c.Command
	}
	return b, nil
}

// labelWidth counts Latin letters as one and the wide scripts as two.
func labelWidth(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100:
			n += 2
		default:
			n++
		}
	}
	return n
}
