package qyapitest

import (
	"slices"
	"strings"
	"time"
)

// Shown is one message that a member reads from the app.
type Shown struct {
	Text    string
	Card    *Card
	File    string // "image" or "file"
	Data    []byte // of the file
	Passive bool   // the answer to a request, not message/send
	Edited  bool   // the card was changed
	At      time.Time
}

// Plain is what is read: the text, or what stands on the card.
func (m Shown) Plain() string {
	if m.Card == nil {
		return m.Text
	}
	lines := []string{m.Card.Title.Title}
	for _, more := range []string{m.Card.Title.Desc, m.Card.Sub} {
		if more != "" {
			lines = append(lines, more)
		}
	}
	return strings.Join(lines, "\n")
}

type person struct {
	name    string
	open    string // open_userid
	visible bool
	shown   []Shown
	sent    []time.Time
}

// Member puts a member into the app's visible range. open is his open_userid.
func (s *Server) Member(id, name, open string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[id] = &person{name: name, open: open, visible: true}
}

// Hide takes a member out of the app's visible range.
func (s *Server) Hide(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[id]; p != nil {
		p.visible = false
	}
}

// Shown lists what a member has read, in order.
func (s *Server) Shown(id string) []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[id]; p != nil {
		return slices.Clone(p.shown)
	}
	return nil
}

// Card is a template card with buttons or options (path 90236).
type Card struct {
	Type  string `json:"card_type"`
	Title struct {
		Title string `json:"title"`
		Desc  string `json:"desc"`
	} `json:"main_title"`
	Sub     string   `json:"sub_title_text"`
	Buttons []Button `json:"button_list"`
	Vote    *struct {
		Question string `json:"question_key"`
		Mode     int    `json:"mode"`
		Options  []struct {
			ID   string `json:"id"`
			Text string `json:"text"`
		} `json:"option_list"`
	} `json:"checkbox"`
	Submit *Button `json:"submit_button"`
	Task   string  `json:"task_id"`
}

// Button is a button of a card.
type Button struct {
	Text  string `json:"text"`
	Style int    `json:"style"`
	Key   string `json:"key"`
}

func letters(s string) int { return len([]rune(s)) }

// problem is what is wrong with a card, empty if nothing is.
func (c *Card) problem() string {
	switch {
	case c.Title.Title == "" || letters(c.Title.Title) > 26 || letters(c.Title.Desc) > 30 || letters(c.Sub) > 112:
		return "a title or a text is missing or too long"
	case c.Task == "" || len(c.Task) > 128 || strings.Trim(c.Task, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@") != "":
		return "task_id is missing or not of its letters"
	}
	switch c.Type {
	case "button_interaction":
		if n := len(c.Buttons); n == 0 || n > 6 {
			return "the number of buttons"
		}
		seen := map[string]bool{}
		for _, b := range c.Buttons {
			if b.Text == "" || letters(b.Text) > 10 || b.Key == "" || len(b.Key) > 1024 || seen[b.Key] {
				return "a button without a text or key, or of a key that is there twice"
			}
			seen[b.Key] = true
		}
	case "vote_interaction":
		if c.Vote == nil || c.Submit == nil || c.Vote.Question == "" || len(c.Vote.Options) == 0 || len(c.Vote.Options) > 20 || c.Submit.Key == "" {
			return "a vote without options, question or submit button"
		}
		for _, o := range c.Vote.Options {
			if o.ID == "" || len(o.ID) > 128 || o.Text == "" || letters(o.Text) > 11 {
				return "an option without id or text, or with a longer one"
			}
		}
	default:
		return "card_type " + c.Type
	}
	return ""
}
