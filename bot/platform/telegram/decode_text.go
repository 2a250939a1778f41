package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

// Full-width forms that Chinese keyboards make of the two signs of a command.
const (
	wideSlash = '\uff0f'
	wideAt    = '\uff20'
)

// after a leading mention these may follow before the command begins.
const afterMention = " \t\n\r,:\uff0c\uff1a\u3000"

// address fills in what the text says about who is spoken to: Text, ToBot,
// ForOther and Mentions.
func (d decoder) address(text string, entities []models.MessageEntity, ev *chat.Event) {
	own := 0          // end of a leading mention of ourselves, in bytes
	tail := len(text) // begin of one with which the text ends
	for _, e := range entities {
		part, from, ok := cut16(text, e.Offset, e.Length)
		if !ok {
			continue
		}
		leading := strings.TrimSpace(text[:from]) == ""
		switch e.Type {
		case models.MessageEntityTypeMention:
			name := strings.TrimPrefix(part, "@")
			if !d.isUs(name) {
				ev.Mentions = append(ev.Mentions, chat.User{Username: name})
				continue
			}
		case models.MessageEntityTypeTextMention:
			if e.User == nil {
				continue
			}
			if e.User.ID != d.self.ID {
				ev.Mentions = append(ev.Mentions, userOf(e.User))
				continue
			}
		default:
			continue
		}
		ev.ToBot, ev.ByReply = true, false
		switch {
		case leading:
			own = from + len(part)
		case strings.TrimSpace(text[from+len(part):]) == "":
			tail = from
		}
	}
	if tail < len(text) {
		text = strings.TrimRightFunc(text[:tail], unicode.IsSpace)
	}
	if own > 0 {
		text = strings.TrimLeft(text[min(own, len(text)):], afterMention)
	}
	ev.Text = d.command(text, ev)
}

// command takes our own name out of "/cmd@OurBot". Telegram marks only Latin
// commands as bot_command entities, and ours have Chinese names too, so the
// text itself decides.
func (d decoder) command(text string, ev *chat.Event) string {
	first, size := utf8.DecodeRuneInString(text)
	if first != '/' && first != wideSlash {
		return text
	}
	word := text
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		word = text[:i]
	}
	at := strings.IndexFunc(word, func(r rune) bool { return r == '@' || r == wideAt })
	if at <= size {
		return text // no name, or no command before it
	}
	_, sign := utf8.DecodeRuneInString(word[at:])
	name := word[at+sign:]
	switch {
	case d.isUs(name):
		ev.ToBot, ev.ByReply = true, false
		return text[:at] + text[len(word):]
	case isUsername(name):
		ev.ForOther = true
	}
	return text
}

func (d decoder) isUs(name string) bool {
	return d.self.Username != "" && strings.EqualFold(name, d.self.Username)
}

// isUsername: 4 to 32 of letters, digits and underscore (bots have at least
// five, bought names may have four).
func isUsername(s string) bool {
	if len(s) < 4 || len(s) > 32 {
		return false
	}
	for _, r := range s {
		if r > unicode.MaxASCII || (r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// cut16 gives the part of s from off on, n long, both in UTF-16 units (Bot
// API, section MessageEntity), and where it begins in bytes. It refuses
// positions outside of s or inside a surrogate pair.
func cut16(s string, off, n int) (part string, from int, ok bool) {
	if off < 0 || n <= 0 || off+n < off {
		return "", 0, false
	}
	from = byteAt16(s, off)
	if from < 0 {
		return "", 0, false
	}
	length := byteAt16(s[from:], n)
	if length < 0 {
		return "", 0, false
	}
	return s[from : from+length], from, true
}

// byteAt16 is the byte position of a UTF-16 position, -1 if there is none.
func byteAt16(s string, units int) int {
	for i, r := range s {
		if units <= 0 {
			if units < 0 {
				return -1
			}
			return i
		}
		units -= width16(r)
	}
	if units == 0 {
		return len(s)
	}
	return -1
}

// len16 measures a text as Telegram does.
func len16(s string) int {
	n := 0
	for _, r := range s {
		n += width16(r)
	}
	return n
}

func width16(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
