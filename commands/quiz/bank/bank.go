// Package bank reads quiz questions as administrators write them: a line each,
// a table, or YAML. It is pure.
package bank

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a question. Options fit the buttons of every platform, and letters
// stand for them.
const (
	MaxText    = 200
	MaxOption  = 30
	MaxOptions = 6
	MaxTag     = 12
	MaxImport  = 100
)

// Question is a question with its options, one of them right.
type Question struct {
	Text    string   `json:"text" yaml:"question"`
	Options []string `json:"options" yaml:"options"`
	Answer  int      `json:"answer" yaml:"-"` // index into Options
	Tag     string   `json:"tag,omitempty" yaml:"tag"`
}

// MistakeError says what is wrong with a question.
type MistakeError struct {
	What string // text, long_text, options, many_options, long_option, same_option, answer, tag, format, many
	Line int    // of a list, 0 for one question
}

// Error implements error.
func (m *MistakeError) Error() string {
	return fmt.Sprintf("quiz question, line %d: %s", m.Line, m.What)
}

func wrong(what string) error { return &MistakeError{What: what} }

// Line reads "question | option | right option* | option #tag".
func Line(text string) (Question, error) {
	var q Question
	text = strings.TrimSpace(text)
	if i := strings.LastIndexAny(text, "#\uff03"); i >= 0 && !strings.ContainsAny(text[i:], "|\uff5c") {
		_, size := utf8.DecodeRuneInString(text[i:])
		q.Tag = strings.TrimSpace(text[i+size:])
		text = text[:i]
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == '\uff5c' || r == '\n' || r == '\r' })
	for i, p := range parts {
		p = strings.Join(strings.Fields(p), " ")
		if i == 0 {
			q.Text = p
			continue
		}
		if p == "" {
			continue
		}
		q.Options = append(q.Options, p)
	}
	var err error
	q.Options, q.Answer, err = starred(q.Options)
	if err != nil && q.Text != "" && len(q.Options) >= 2 {
		return q, err
	}
	return q, q.Check()
}

// starred takes the star off the right option.
func starred(options []string) ([]string, int, error) {
	answer := -1
	out := make([]string, len(options))
	for i, o := range options {
		plain := strings.TrimSpace(strings.Trim(strings.TrimSpace(o), "*\uff0a\u2713\u2714\u221a"))
		out[i] = plain
		if plain == strings.TrimSpace(o) {
			continue
		}
		if answer >= 0 {
			return out, answer, wrong("answer")
		}
		answer = i
	}
	if answer < 0 {
		return out, 0, wrong("answer")
	}
	return out, answer, nil
}

// Check says what is wrong with a question, nil if nothing is.
func (q Question) Check() error {
	length := utf8.RuneCountInString
	switch {
	case q.Text == "":
		return wrong("text")
	case length(q.Text) > MaxText || strings.ContainsFunc(q.Text, unicode.IsControl):
		return wrong("long_text")
	case len(q.Options) < 2:
		return wrong("options")
	case len(q.Options) > MaxOptions:
		return wrong("many_options")
	case q.Answer < 0 || q.Answer >= len(q.Options):
		return wrong("answer")
	case length(q.Tag) > MaxTag || strings.ContainsFunc(q.Tag, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return wrong("tag")
	}
	seen := map[string]bool{}
	for _, o := range q.Options {
		if o == "" || length(o) > MaxOption || strings.ContainsFunc(o, unicode.IsControl) {
			return wrong("long_option")
		}
		if seen[strings.ToLower(o)] {
			return wrong("same_option")
		}
		seen[strings.ToLower(o)] = true
	}
	return nil
}

// List reads many questions: YAML that begins with "-", a table whose first
// line begins with "question,", or a line for each. A *MistakeError tells the
// line; nothing is returned then.
func List(text string) ([]Question, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "\uFEFF")
	var out []Question
	var err error
	switch {
	case strings.HasPrefix(text, "- "):
		out, err = readYAML(text)
	case strings.HasPrefix(strings.ToLower(text), "question,"):
		out, err = readCSV(text)
	default:
		out, err = readLines(text)
	}
	switch {
	case err != nil:
		return nil, err
	case len(out) > MaxImport:
		return nil, wrong("many")
	}
	return out, nil
}

func at(err error, line int) error {
	if m := (*MistakeError)(nil); errors.As(err, &m) {
		return &MistakeError{m.What, line}
	}
	return err
}

func readLines(text string) ([]Question, error) {
	var out []Question
	n := 0
	for line := range strings.Lines(text) {
		n++
		if strings.TrimSpace(line) == "" {
			continue
		}
		q, err := Line(line)
		if err != nil {
			return nil, at(err, n)
		}
		out = append(out, q)
	}
	return out, nil
}

// readYAML reads a list of {question, options, tag}; the right option bears a
// star.
func readYAML(text string) ([]Question, error) {
	var nodes []yaml.Node
	if err := yaml.Unmarshal([]byte(text), &nodes); err != nil {
		return nil, wrong("format")
	}
	var out []Question
	for _, n := range nodes {
		var q Question
		if err := n.Decode(&q); err != nil {
			return nil, at(wrong("format"), n.Line)
		}
		q.Text = strings.Join(strings.Fields(q.Text), " ")
		var err error
		if q.Options, q.Answer, err = starred(q.Options); err == nil || len(q.Options) < 2 {
			err = q.Check()
		}
		if err != nil {
			return nil, at(err, n.Line)
		}
		out = append(out, q)
	}
	return out, nil
}

// readCSV reads the columns question, tag, answer and then the options; answer
// is the letter of the right one.
func readCSV(text string) ([]Question, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	var out []Question
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			return nil, at(wrong("format"), p.Line)
		}
		if err != nil {
			return nil, fmt.Errorf("quiz table: %w", err)
		}
		if first {
			continue
		}
		line, _ := r.FieldPos(0)
		if len(row) < 3 {
			return nil, at(wrong("options"), line)
		}
		q := Question{Text: strings.Join(strings.Fields(unguard(row[0])), " "), Tag: strings.TrimSpace(unguard(row[1])), Answer: Letter(row[2])}
		for _, o := range row[3:] {
			if o = strings.TrimSpace(unguard(o)); o != "" {
				q.Options = append(q.Options, o)
			}
		}
		if err := q.Check(); err != nil {
			return nil, at(err, line)
		}
		out = append(out, q)
	}
}

// unguard takes off what keeps a spreadsheet from running a cell.
func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// Letter is the index that a letter stands for: 0 for A, whatever its case or
// width; -1 if it is none.
func Letter(word string) int {
	word = strings.ToUpper(strings.TrimSpace(word))
	r, size := utf8.DecodeRuneInString(word)
	if r >= '\uff21' && r <= '\uff3a' {
		r -= '\uff21' - 'A'
	}
	if size == 0 || size != len(word) || r < 'A' || r >= 'A'+MaxOptions {
		return -1
	}
	return int(r - 'A')
}
