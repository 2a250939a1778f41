package faq

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"qunmate/commands/faq/match"
	"qunmate/storage"
)

// Limits of what an administrator can enter.
const (
	maxRules    = 200
	maxAnswer   = 600 // letters: an answer is a few lines, not a page
	maxLinks    = 3
	maxLabel    = 20
	maxCooldown = 24 * time.Hour

	// defaultCooldown is the pause between two public answers of a rule in a chat.
	defaultCooldown = 30 * time.Minute
)

// draft is an answer as it was typed.
type draft struct {
	Mode   match.Mode        `json:"mode"`
	Words  []string          `json:"words"`
	Answer string            `json:"answer"`
	Links  []storage.FAQLink `json:"links,omitempty"`
	// Picture is the JSON of a chat.Picture that is kept, "" for none.
	Picture string `json:"picture,omitempty"`
}

// mistakeError says what is wrong with a draft; Word is where.
type mistakeError struct {
	What string // empty, no_answer, no_words, many_words, long_word, pattern, long_answer, link
	Word string
}

// Error implements error.
func (m *mistakeError) Error() string { return "faq: " + m.What + " " + m.Word }

// parseDraft reads "words, words = answer". Lines that are a link in square
// brackets at the end of the answer become buttons. mode is what the words
// mean; splitting them is left out for a regular expression.
func parseDraft(mode match.Mode, text string) (draft, error) {
	d := draft{Mode: mode}
	if strings.TrimSpace(text) == "" {
		return d, &mistakeError{What: "empty"}
	}
	at := strings.IndexAny(text, "=\uff1d")
	if mode == match.Regex { // the pattern may hold an equals sign: it ends at one between blanks
		at = strings.Index(text, " = ")
		if at >= 0 {
			at++
		}
	}
	left, answer := text, ""
	if at >= 0 {
		_, size := utf8.DecodeRuneInString(text[at:])
		left, answer = text[:at], text[at+size:]
	}
	if mode == match.Regex {
		if w := strings.TrimSpace(left); w != "" {
			d.Words = []string{w}
		}
	} else {
		d.Words = splitWords(left)
	}
	d.Answer, d.Links = splitLinks(strings.TrimSpace(answer))
	return d, d.check()
}

// splitWords cuts a list of words at commas of any sort.
func splitWords(list string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",\uff0c\u3001;\uff1b|\uff5c", r) }) {
		w = strings.Join(strings.Fields(w), " ")
		if key := match.NewText(w).String(); w != "" && !seen[key] {
			seen[key] = true
			out = append(out, w)
		}
	}
	return out
}

// splitLinks takes the lines "[label](https://…)" off the end of an answer.
func splitLinks(answer string) (string, []storage.FAQLink) {
	var links []storage.FAQLink
	for {
		head, last := "", answer
		if i := strings.LastIndexByte(answer, '\n'); i >= 0 {
			head, last = answer[:i], answer[i+1:]
		}
		label, address, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(last), ")"), "](")
		label, bracket := strings.CutPrefix(label, "[")
		if !ok || !bracket || !strings.HasSuffix(strings.TrimSpace(last), ")") {
			return strings.TrimSpace(answer), links
		}
		links = append([]storage.FAQLink{{Label: strings.TrimSpace(label), URL: strings.TrimSpace(address)}}, links...)
		answer = head
	}
}

func (d draft) check() error {
	switch n := utf8.RuneCountInString(d.Answer); {
	case len(d.Words) == 0:
		return &mistakeError{What: "no_words"}
	case len(d.Words) > match.MaxWords:
		return &mistakeError{What: "many_words"}
	case n == 0:
		return &mistakeError{What: "no_answer", Word: d.Words[0]}
	case n > maxAnswer || strings.ContainsFunc(d.Answer, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return &mistakeError{What: "long_answer", Word: d.Words[0]}
	}
	for _, w := range d.Words {
		switch err := match.Check(d.Mode, w); {
		case err == nil:
		case d.Mode == match.Regex:
			return &mistakeError{What: "pattern", Word: w}
		default:
			return &mistakeError{What: "long_word", Word: w}
		}
	}
	for _, l := range d.Links {
		if l.Label == "" || utf8.RuneCountInString(l.Label) > maxLabel || len(d.Links) > maxLinks ||
			!strings.HasPrefix(l.URL, "https://") && !strings.HasPrefix(l.URL, "http://") || strings.ContainsFunc(l.URL, unicode.IsSpace) {
			return &mistakeError{What: "link", Word: l.Label}
		}
	}
	return nil
}

func (d draft) rule(id int64) match.Rule {
	return match.Rule{ID: id, Mode: d.Mode, Words: d.Words, Answer: d.Answer}
}

func draftOf(f storage.FAQ) draft {
	return draft{Mode: match.Mode(f.Mode), Words: f.Words, Answer: f.Answer, Links: f.Links, Picture: f.Picture}
}

// compiled keeps sets of rules that were made ready: the same rules give the
// same set, whichever community they are of.
type compiled struct {
	mu   sync.Mutex
	sets map[string]*match.Set
}

var ready = compiled{sets: map[string]*match.Set{}}

const keepSets = 64

func (c *compiled) of(faqs []storage.FAQ) *match.Set {
	var key strings.Builder
	rules := make([]match.Rule, len(faqs))
	for i, f := range faqs {
		rules[i] = draftOf(f).rule(f.ID)
		fmt.Fprintf(&key, "%d %q %q %q\n", f.ID, f.Mode, f.Words, f.Answer)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.sets[key.String()]; ok {
		return s
	}
	if len(c.sets) >= keepSets {
		clear(c.sets)
	}
	s := match.NewSet(rules)
	c.sets[key.String()] = s
	return s
}

// group gathers similar questions, the most frequent first. The newest of each
// stands for all.
func group(lines []storage.TalkLine) []question {
	var out []question
	var texts []match.Text
	for _, l := range lines {
		t := match.NewText(l.Text)
		best, at := match.Same, -1
		for i := range texts {
			if s := match.Similar(t, texts[i]); s >= best {
				best, at = s, i
			}
		}
		if at >= 0 {
			out[at].Times++
			continue
		}
		texts = append(texts, t)
		out = append(out, question{Text: l.Text, Times: 1})
	}
	return out
}

// question is what was asked, and how often.
type question struct {
	Text  string
	Times int
}
