package wecomapp

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// Limits of cards (path 90236), in letters where nothing else is said. The
// platform calls most of them recommendations; beyond them it cuts.
const (
	maxButtons  = 6
	maxOptions  = 20
	maxTitle    = 26
	maxDesc     = 30
	maxSub      = 112
	maxButton   = 10
	maxOption   = 11
	maxKeyBytes = 1024
	maxIDBytes  = 128 // of an option
)

// card is a template card, as far as we use it: buttons, or options with one
// button to submit them.
type card struct {
	Type    string    `json:"card_type"`
	Title   cardTitle `json:"main_title"`
	Sub     string    `json:"sub_title_text,omitempty"`
	Buttons []button  `json:"button_list,omitempty"`
	Vote    *checkbox `json:"checkbox,omitempty"`
	Submit  *button   `json:"submit_button,omitempty"`
	Task    string    `json:"task_id"`
}

type cardTitle struct {
	Title string `json:"title"`
	Desc  string `json:"desc,omitempty"`
}

type button struct {
	Text  string `json:"text"`
	Style int    `json:"style,omitempty"`
	Key   string `json:"key"`
}

type checkbox struct {
	Question string   `json:"question_key"`
	Mode     int      `json:"mode"` // 0 one option, 1 several
	Options  []option `json:"option_list"`
}

type option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

const (
	typeButtons = "button_interaction"
	typeVote    = "vote_interaction"
	// wholeCommand is the question key of a vote card whose options are whole
	// commands; else it is what the commands begin with, and an option is the
	// rest. A press then carries the command however long ago the card was sent.
	wholeCommand = "="
	submitKey    = "submit"
)

// buttonCard offers up to 6 choices; nil if it cannot be made.
func buttonCard(title, sub string, choices []chat.Choice) *card {
	c := &card{Type: typeButtons, Title: cardTitle{Title: shorten(title, maxTitle)}, Sub: sub, Task: newTask()}
	if c.Buttons = buttons(choices); c.Buttons == nil {
		return nil
	}
	return c
}

// buttons makes the buttons, the first one in the colour of the usual choice;
// nil if one cannot be made.
func buttons(choices []chat.Choice) []button {
	var out []button
	for i, c := range choices {
		if len(c.Command) > maxKeyBytes || !utf8.ValidString(c.Command) {
			return nil
		}
		b := button{Text: shorten(c.Label, maxButton), Key: c.Command}
		if i > 0 {
			b.Style = 2
		}
		out = append(out, b)
	}
	return out
}

// voteCard offers up to 20 choices; nil if it cannot be made.
func voteCard(title string, choices []chat.Choice, submit string) *card {
	box := &checkbox{Question: commonCommand(choices)}
	for _, c := range choices {
		id := c.Command
		if box.Question != wholeCommand {
			id = strings.TrimSpace(strings.TrimPrefix(c.Command, box.Question))
		}
		if len(id) > maxIDBytes || !utf8.ValidString(id) { // bytes that are no text grow in JSON
			return nil
		}
		box.Options = append(box.Options, option{ID: id, Text: shorten(c.Label, maxOption)})
	}
	if len(box.Question) > maxKeyBytes {
		return nil
	}
	return &card{
		Type: typeVote, Title: cardTitle{Title: shorten(title, maxTitle)}, Vote: box,
		Submit: &button{Text: shorten(submit, maxButton), Key: submitKey}, Task: newTask(),
	}
}

// commonCommand is the words that all commands begin with, or wholeCommand if
// there are none, or if one command has no word besides them.
func commonCommand(choices []chat.Choice) string {
	var common []string
	for i, c := range choices {
		w := strings.Split(c.Command, " ")
		w = w[:len(w)-1] // the last word is the option's
		if i == 0 {
			common = w
			continue
		}
		n := 0
		for n < len(common) && n < len(w) && common[n] == w[n] {
			n++
		}
		common = common[:n]
	}
	if prefix := strings.TrimSpace(strings.Join(common, " ")); prefix != "" && prefix == strings.Join(common, " ") {
		return prefix
	}
	return wholeCommand
}

// newTask makes a task id: unique per app, of letters, digits, "_", "-" and "@"
// only.
func newTask() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return "q" + hex.EncodeToString(random[:])
}

// shorten cuts a text to n letters, the last of them an ellipsis.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "\u2026"
}

func runes(s string) int { return len([]rune(s)) }

// codeLife is how long a response code is good, a little less than the platform
// says (path 94888: 72 hours, one use).
const codeLife = 72*time.Hour - time.Minute

// pressToken is what Event.Reply of a press carries: how to change its card. It
// holds all there is to know, so that it is good after a restart.
type pressToken struct {
	Task string
	Code string
	Seen int64 // when it was pressed, in seconds
}

const pressMark = "press?"

// String writes the token; empty if the card cannot be changed.
func (p pressToken) String() string {
	if p.Task == "" || p.Code == "" {
		return ""
	}
	return pressMark + url.Values{"t": {p.Task}, "c": {p.Code}, "s": {strconv.FormatInt(p.Seen, 36)}}.Encode()
}

// parsePress reads a token; one of another kind is empty.
func parsePress(s string) pressToken {
	text, ok := strings.CutPrefix(s, pressMark)
	v, err := url.ParseQuery(text)
	seen, errSeen := strconv.ParseInt(v.Get("s"), 36, 64)
	if !ok || err != nil || errSeen != nil {
		return pressToken{}
	}
	return pressToken{Task: v.Get("t"), Code: v.Get("c"), Seen: seen}
}

func (p pressToken) good(now time.Time) bool {
	return p.Code != "" && now.Sub(time.Unix(p.Seen, 0)) < codeLife
}

// maxCards is how many cards are remembered, so that a press can change the
// card it was on: there is no asking for it. What is forgotten is answered by
// a message of its own.
const maxCards = 2000

// cards remembers the newest cards by their task ids.
type cards struct {
	mu    sync.Mutex
	known map[string]card
	order []string // oldest first
}

func (k *cards) put(c card) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]card{}
	}
	if _, have := k.known[c.Task]; !have {
		k.order = append(k.order, c.Task)
	}
	k.known[c.Task] = c
	if len(k.order) > maxCards {
		old := len(k.order) - maxCards
		for _, task := range k.order[:old] {
			delete(k.known, task)
		}
		k.order = slices.Clone(k.order[old:])
	}
}

func (k *cards) get(task string) (card, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.known[task]
	return c, ok
}
