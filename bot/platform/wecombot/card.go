package wecombot

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// Limits of cards (path 101032), in letters where nothing else is said. The
// platform calls most of them recommendations; beyond them it cuts.
const (
	maxButtons   = 6
	maxOptions   = 20
	maxTitle     = 26
	maxDesc      = 30
	maxSub       = 112
	maxRows      = 6
	maxRowName   = 5
	maxRowValue  = 26
	maxButton    = 10
	maxOption    = 11
	maxKeyBytes  = 1024
	maxIDBytes   = 128 // of an option
	maxTaskBytes = 128
)

// card is a template card, as far as we use it: buttons, or options with one
// button to submit them.
type card struct {
	Type    string    `json:"card_type"`
	Title   cardTitle `json:"main_title"`
	Sub     string    `json:"sub_title_text,omitempty"`
	Rows    []cardRow `json:"horizontal_content_list,omitempty"`
	Buttons []button  `json:"button_list,omitempty"`
	Vote    *checkbox `json:"checkbox,omitempty"`
	Submit  *button   `json:"submit_button,omitempty"`
	Task    string    `json:"task_id"`
}

type cardTitle struct {
	Title string `json:"title"`
	Desc  string `json:"desc,omitempty"`
}

type cardRow struct {
	Name  string `json:"keyname"`
	Value string `json:"value,omitempty"`
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
	ID      string `json:"id"`
	Text    string `json:"text"`
	Checked bool   `json:"is_checked,omitempty"`
}

const (
	typeButtons = "button_interaction"
	typeVote    = "vote_interaction"
	// wholeCommand is the question key of a vote card whose options are whole
	// commands; else it is what the commands begin with, and an option is the
	// rest. A click then carries the command however long ago the card was sent.
	wholeCommand = "="
	submitKey    = "submit"
)

// command is what a click stands for: the key of a button, or the question's
// key and the chosen options, "/vote 9" and "A", "C" being "/vote 9 A,C".
func (c click) command() string {
	for _, item := range c.Selected.V.Items {
		var ids []string
		for _, id := range item.V.Options.V.IDs {
			if id != "" {
				ids = append(ids, string(id))
			}
		}
		switch question := string(item.V.QuestionKey); {
		case len(ids) == 0:
		case question == wholeCommand:
			return ids[0]
		case question != "":
			return question + " " + strings.Join(ids, ",")
		}
	}
	if c.EventKey == submitKey {
		return "" // submitted without a choice
	}
	return string(c.EventKey)
}

// voteCard offers up to 20 choices.
func voteCard(title string, choices []chat.Choice, submit, task string) *card {
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
		Submit: &button{Text: shorten(submit, maxButton), Key: submitKey}, Task: task,
	}
}

// pollCard is the card of a poll: one option or several, and a button to submit
// them. The click is the command that could be typed: "/vote 9" and the chosen
// keys, "/vote 9 A,C". A card is only ever changed for who clicked it (path
// 101032), so it says nothing of how the poll stands.
func pollCard(p *chat.Poll, submit, task string) *card {
	if len(p.Options) == 0 || len(p.Options) > maxOptions || len(p.Command) > maxKeyBytes || p.Command == "" {
		return nil
	}
	box := &checkbox{Question: p.Command}
	if p.Multi {
		box.Mode = 1
	}
	for _, o := range p.Options {
		if len(o.Key) > maxIDBytes {
			return nil
		}
		box.Options = append(box.Options, option{ID: o.Key, Text: shorten(o.Key+" "+o.Text, maxOption)})
	}
	return &card{
		Type: typeVote, Title: cardTitle{Title: shorten(p.Question, maxTitle)}, Vote: box,
		Submit: &button{Text: shorten(submit, maxButton), Key: submitKey}, Task: task,
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

// buttonCard offers up to 6 choices.
func buttonCard(title, sub string, choices []chat.Choice, task string) *card {
	c := &card{Type: typeButtons, Title: cardTitle{Title: shorten(title, maxTitle)}, Sub: sub, Task: task}
	c.Buttons = buttons(choices)
	if c.Buttons == nil {
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

// rows says in a card how each choice is typed; false if one does not fit.
func rows(choices []chat.Choice, typed func(chat.Choice) string) ([]cardRow, bool) {
	var out []cardRow
	for _, c := range choices {
		form := typed(c)
		if form == "" {
			continue
		}
		if runes(form) > maxRowValue {
			return nil, false
		}
		out = append(out, cardRow{Name: shorten(c.Label, maxRowName), Value: form})
	}
	return out, len(out) <= maxRows
}

// newTask makes a task id: unique per bot, of letters, digits, "_", "-" and
// "@" only. It carries the chat, since the click of a card may not.
func newTask(c chat.Chat) string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	id := "q" + hex.EncodeToString(random[:])
	if c.Type == chat.Group {
		if whole := id + "@" + base64.RawURLEncoding.EncodeToString([]byte(c.Ref.ID)); len(whole) <= maxTaskBytes {
			return whole
		}
	}
	return id
}

// chatOfTask is the chat in a task id, "" if it holds none.
func chatOfTask(task string) string {
	_, text, ok := strings.Cut(task, "@")
	if !ok {
		return ""
	}
	id, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(id), "")
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
