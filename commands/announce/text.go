package announce

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chat"
)

// body is what is said.
type body struct {
	Text    string        `json:"text"`
	Buttons []button      `json:"buttons,omitempty"`
	Picture *chat.Picture `json:"picture,omitempty"`
	// Corrects is the announcement that this text corrects.
	Corrects int64 `json:"corrects,omitempty"`
}

// button opens an address.
type button struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

const (
	// maxText is how much an announcement may say: one message of the platforms
	// that take most (sendMessage, 4096 units).
	maxText    = 3500
	maxButtons = 6
)

// trouble is what is wrong with a text: the name of the answer.
type trouble string

// What can be wrong with a text.
const (
	troubleEmpty  trouble = "announce.no_text"
	troubleLong   trouble = "announce.too_long"
	troubleButton trouble = "announce.bad_button"
)

var (
	buttonLine = regexp.MustCompile(`^\[([^\[\]]{1,40})\]\((https?://[^\s()]{1,512})\)$`)
	// What is meant as a button, however it is written.
	likeButton = regexp.MustCompile(`^\[[^\[\]]*\]\s*[(（].*[)）]$`)
)

// readBody reads the text of an announcement; lines [label](https://…) at its
// end are buttons.
func readBody(text string) (body, trouble) {
	var b body
	text = strings.TrimSpace(strings.ToValidUTF8(bot.LineEnds(text), "�"))
	for text != "" {
		i := strings.LastIndexByte(text, '\n')
		line := strings.TrimSpace(text[i+1:])
		m := buttonLine.FindStringSubmatch(line)
		if m == nil {
			if likeButton.MatchString(line) {
				return b, troubleButton
			}
			break
		}
		b.Buttons = append([]button{{strings.TrimSpace(m[1]), m[2]}}, b.Buttons...)
		text = strings.TrimSpace(text[:max(i, 0)])
	}
	b.Text = text
	switch {
	case strings.TrimSpace(text) == "":
		return b, troubleEmpty
	case utf8.RuneCountInString(text) > maxText:
		return b, troubleLong
	case len(b.Buttons) > maxButtons:
		return b, troubleButton
	}
	for _, x := range b.Buttons {
		if x.Label == "" {
			return b, troubleButton
		}
	}
	return b, ""
}

// hash tells whether two announcements say the same.
func (b body) hash() string {
	text, err := json.Marshal(b)
	if err != nil {
		return "" // strings and bytes always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// preview is how much of a text a preview or a list shows.
func firstLines(text string, lines, letters int) (out []string, more bool) {
	all := strings.Split(text, "\n")
	for i, l := range all {
		if i == lines {
			return out, true
		}
		r := []rune(strings.TrimSpace(l))
		if len(r) > letters {
			return append(out, string(r[:letters])+"…"), true
		}
		letters -= len(r)
		out = append(out, string(r))
	}
	return out, false
}
