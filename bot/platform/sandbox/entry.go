package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// keepMessages is how many messages of a chat are remembered: enough for a
// long rehearsal, little enough for one answer of the page's interface.
const keepMessages = 300

// entry is one message of a chat, or a notice such as "Ann joined". An entry
// in a log is never changed, only replaced, so that it can be read without a
// lock; pending is the exception and guarded by Sandbox.mu.
type entry struct {
	N       int64         `json:"n"` // its place in the conversation; its id in decimal
	Chat    string        `json:"chat"`
	At      time.Time     `json:"at"`
	From    string        `json:"from,omitempty"` // persona or bot
	To      string        `json:"to,omitempty"`   // only this persona sees it
	Key     string        `json:"key,omitempty"`  // the id the page made for it
	Spans   []span        `json:"spans,omitempty"`
	Choices []chat.Choice `json:"choices,omitempty"`
	File    *fileInfo     `json:"file,omitempty"`
	ReplyTo int64         `json:"reply_to,omitempty"`
	Edited  bool          `json:"edited,omitempty"`
	Pinned  bool          `json:"pinned,omitempty"`
	Notice  string        `json:"notice,omitempty"` // a text key under notice.
	Who     string        `json:"who,omitempty"`    // whom the notice is about

	// pending marks a message whose event is not committed yet. It has its
	// place, so that an answer comes after it, but nobody sees it.
	pending bool
	data    []byte // of the file; kept under a key of its own
}

type span struct {
	Text   string `json:"text"`
	Bold   bool   `json:"bold,omitempty"`
	Italic bool   `json:"italic,omitempty"`
	Code   bool   `json:"code,omitempty"`
	Link   string `json:"link,omitempty"`
	At     string `json:"at,omitempty"`
}

type fileInfo struct {
	Name string `json:"name"`
	MIME string `json:"mime"`
	Size int    `json:"size"`
}

func (e *entry) id() string { return strconv.FormatInt(e.N, 10) }

func (e *entry) text() string {
	var b strings.Builder
	for _, s := range e.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// seenBy says whether a persona can see the entry; "" stands for the operator
// behind the page, who sees everything.
func (e *entry) seenBy(persona string) bool { return visible(e.Chat, e.To, persona) }

func visible(chatID, to, persona string) bool {
	if persona == "" {
		return true
	}
	return (isGroup(chatID) || chatID == persona) && (to == "" || to == persona)
}

// say fills the entry from what the bot wants to say.
func (e *entry) say(c chat.Content) { e.sayPart(c, chat.Parse(c.Text)) }

// sayPart is say with a part of the text only.
func (e *entry) sayPart(c chat.Content, text []chat.Span) {
	e.Spans = nil
	for _, s := range text {
		e.Spans = append(e.Spans, span(s))
	}
	e.Choices = c.Choices
	if c.Pin != "" {
		e.Pinned = c.Pin == chat.Pin
	}
	e.File, e.data = nil, nil
	if c.File != nil {
		e.File = &fileInfo{Name: c.File.Name, MIME: c.File.MIME, Size: len(c.File.Data)}
		e.data = c.File.Data
	}
	if p := c.Picture; e.File == nil && p != nil && len(p.Data) > 0 {
		e.attach(p.Data, p.MIME)
	}
}

// chatLog is the conversation of one chat, in the order of N.
type chatLog struct{ entries []*entry }

func newLogs() map[string]*chatLog {
	logs := map[string]*chatLog{}
	for _, id := range slices.Concat(groupIDs, personaIDs) {
		logs[id] = &chatLog{}
	}
	return logs
}

func (l *chatLog) find(n int64) *entry {
	if i, ok := l.search(n); ok {
		return l.entries[i]
	}
	return nil
}

// findID finds a message by the id that Send returned or the page was told.
func (l *chatLog) findID(id string) *entry {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return l.find(n)
}

func (l *chatLog) findKey(key string) *entry {
	for _, e := range l.entries {
		if e.Key == key {
			return e
		}
	}
	return nil
}

func (l *chatLog) search(n int64) (int, bool) {
	return slices.BinarySearchFunc(l.entries, n, func(e *entry, n int64) int {
		switch {
		case e.N < n:
			return -1
		case e.N > n:
			return 1
		}
		return 0
	})
}

// put inserts or replaces an entry and returns those that are too old now.
func (l *chatLog) put(e *entry) (dropped []*entry) {
	i, ok := l.search(e.N)
	if ok {
		l.entries[i] = e
		return nil
	}
	l.entries = slices.Insert(l.entries, i, e)
	for len(l.entries) > keepMessages && !l.entries[0].pending {
		dropped = append(dropped, l.entries[0])
		l.entries = slices.Delete(l.entries, 0, 1)
	}
	return dropped
}

func (l *chatLog) remove(n int64) {
	if i, ok := l.search(n); ok {
		l.entries = slices.Delete(l.entries, i, i+1)
	}
}

// clean makes a typed text fit to be kept: one kind of line end, no control
// characters, no blanks around it.
func clean(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}
