package wecomtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// Card is a template card (path 101032), as far as bots of ours send one; an
// unknown field is a mistake.
type Card struct {
	Type         string `json:"card_type"`
	MainTitle    Title  `json:"main_title"`
	SubTitleText string `json:"sub_title_text"`
	Horizontal   []struct {
		Type    int    `json:"type"`
		KeyName string `json:"keyname"`
		Value   string `json:"value"`
		URL     string `json:"url"`
		UserID  string `json:"userid"`
	} `json:"horizontal_content_list"`
	Source *struct {
		IconURL   string `json:"icon_url"`
		Desc      string `json:"desc"`
		DescColor int    `json:"desc_color"`
	} `json:"source"`
	CardAction *struct {
		Type int    `json:"type"`
		URL  string `json:"url"`
	} `json:"card_action"`
	Buttons  []Button  `json:"button_list"`
	Checkbox *Checkbox `json:"checkbox"`
	Submit   *Button   `json:"submit_button"`
	TaskID   string    `json:"task_id"`
}

// Title of a card.
type Title struct {
	Title string `json:"title"`
	Desc  string `json:"desc"`
}

// Button of a card.
type Button struct {
	Text  string `json:"text"`
	Style int    `json:"style"`
	Key   string `json:"key"`
}

// Checkbox holds the options of a vote card.
type Checkbox struct {
	QuestionKey string   `json:"question_key"`
	Mode        int      `json:"mode"`
	Disable     bool     `json:"disable"`
	Options     []Option `json:"option_list"`
}

// Option of a vote card.
type Option struct {
	ID        string `json:"id"`
	Text      string `json:"text"`
	IsChecked bool   `json:"is_checked"`
}

var taskForm = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// cardLocked checks a card and says what is wrong with it.
func (s *Server) cardLocked(raw json.RawMessage, sent *Sent) string {
	var c Card
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return "the card: " + err.Error()
	}
	sent.Card = &c
	if complaint := c.check(); complaint != "" {
		return complaint
	}
	switch known := s.tasks[c.TaskID]; {
	case sent.UpdateOf != "" && sent.UpdateOf != c.TaskID:
		return "an update with another task_id"
	case sent.UpdateOf == "" && known != nil:
		return "the task_id was used before"
	}
	return ""
}

// tooLong reports texts beyond what the page recommends.
func tooLong(texts map[string]int) string {
	for text, most := range texts {
		if n := utf8.RuneCountInString(text); n > most {
			return fmt.Sprintf("%q has %d letters, at most %d", text, n, most)
		}
	}
	return ""
}

func (c *Card) check() string {
	if c.MainTitle.Title == "" {
		return "no main_title"
	}
	if t := tooLong(map[string]int{c.MainTitle.Title: 26, c.MainTitle.Desc: 30, c.SubTitleText: 112}); t != "" {
		return t
	}
	if len(c.Horizontal) > 6 {
		return "more than 6 rows"
	}
	for _, h := range c.Horizontal {
		if t := tooLong(map[string]int{h.Value: 26}); t != "" || h.KeyName == "" || utf8.RuneCountInString(h.KeyName) > 5 {
			return "a row: " + h.KeyName + ": " + h.Value
		}
	}
	switch c.Type {
	case "button_interaction":
		return c.checkButtons()
	case "vote_interaction":
		return c.checkVote()
	}
	return "card_type " + c.Type
}

func (c *Card) checkButtons() string {
	if len(c.Buttons) < 1 || len(c.Buttons) > 6 || c.Checkbox != nil || c.Submit != nil {
		return fmt.Sprintf("%d buttons", len(c.Buttons))
	}
	if !taskForm.MatchString(c.TaskID) {
		return fmt.Sprintf("task_id %q", c.TaskID)
	}
	have := map[string]bool{}
	for _, b := range c.Buttons {
		if t := checkButton(b); t != "" || have[b.Key] {
			return "button " + b.Key + ": " + t
		}
		have[b.Key] = true
	}
	return ""
}

func checkButton(b Button) string {
	if b.Text == "" || b.Key == "" || len(b.Key) > 1024 || b.Style < 0 || b.Style > 4 {
		return "text, key or style"
	}
	return tooLong(map[string]int{b.Text: 10})
}

func (c *Card) checkVote() string {
	box := c.Checkbox
	switch {
	case box == nil || c.Submit == nil || len(c.Buttons) > 0 || c.SubTitleText != "" || len(c.Horizontal) > 0:
		return "a vote card has options and a submit button, and neither text nor rows"
	case box.QuestionKey == "" || len(box.QuestionKey) > 1024 || box.Mode < 0 || box.Mode > 1:
		return "question_key or mode"
	case len(box.Options) < 1 || len(box.Options) > 20:
		return fmt.Sprintf("%d options", len(box.Options))
	case !taskForm.MatchString(c.TaskID):
		return fmt.Sprintf("task_id %q", c.TaskID)
	}
	have := map[string]bool{}
	for _, o := range box.Options {
		if t := tooLong(map[string]int{o.Text: 11}); t != "" || o.ID == "" || o.Text == "" || len(o.ID) > 128 || have[o.ID] {
			return "option " + o.ID + ": " + t
		}
		have[o.ID] = true
	}
	return checkButton(*c.Submit)
}
