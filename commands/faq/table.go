package faq

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

// maxImport is the most rules of one import: a message holds no more.
const maxImport = 100

const byteOrderMark = "\uFEFF"

// imported is a list of rules that waits for its confirmation.
type imported struct {
	Drafts []draft `json:"drafts"`
}

// importView says what an import would do.
type importView struct {
	New     int
	Same    int
	First   string
	Numbers [2]int // first and last, once they are there
	Audit   int64
}

// importRules reads the lines below the command: the table that /faq export
// gives, or "words = answer" in each.
func importRules(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	drafts, line, err := parseTable(req.Args.String())
	if err != nil {
		var m *mistakeError
		if errors.As(err, &m) {
			return bot.Reply{}, bot.Refuse("faq.bad_line", struct {
				Line int
				What string
				Word string
			}{line, m.What, m.Word})
		}
		return bot.Reply{}, err
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	var fresh []draft
	view := importView{}
	for _, d := range drafts {
		if twin, ok := covered(d, faqs); ok && twin.Answer == d.Answer {
			view.Same++
			continue
		}
		fresh = append(fresh, d)
	}
	switch {
	case len(drafts) == 0:
		return bot.Reply{}, bot.Refuse("faq.import_usage", nil)
	case len(fresh) == 0:
		return bot.Reply{}, bot.Refuse("faq.import_same", struct{ Count int }{view.Same})
	case len(faqs)+len(fresh) > maxRules || len(fresh) > maxImport:
		return bot.Reply{}, bot.Refuse("faq.too_many", struct{ Max int }{maxRules})
	}
	view.New, view.First = len(fresh), fresh[0].Words[0]
	title, err := req.Text("faq.import_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionImport, title, imported{fresh}, "faq.import_preview", view)
}

// parseTable reads rules line by line; a mistake comes with its line, from 1.
func parseTable(text string) ([]draft, int, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), byteOrderMark)
	if strings.HasPrefix(strings.ToLower(text), "words,") {
		return parseCSV(text)
	}
	var out []draft
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		d, err := parseDraft(match.Fuzzy, line)
		if err != nil {
			return nil, n, err
		}
		out = append(out, d)
	}
	return out, n, nil
}

// columns of the table.
var columns = []string{"words", "mode", "answer", "cooldown_minutes", "hits", "picture"}

func parseCSV(text string) ([]draft, int, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	var out []draft
	for {
		row, err := r.Read()
		line, _ := r.FieldPos(0)
		if errors.Is(err, io.EOF) {
			return out, line, nil
		}
		if err != nil {
			return nil, line, &mistakeError{What: "no_answer", Word: ""}
		}
		if line == 1 && strings.EqualFold(strings.TrimSpace(row[0]), columns[0]) {
			continue
		}
		if len(row) < 3 {
			return nil, line, &mistakeError{What: "no_answer", Word: row[0]}
		}
		d := draft{Mode: match.Mode(strings.TrimSpace(row[1])), Words: splitWords(unguard(row[0]))}
		switch d.Mode {
		case match.Regex:
			d.Words = []string{strings.TrimSpace(unguard(row[0]))}
		case match.Fuzzy, match.Contains, match.Exact:
		default:
			d.Mode = match.Fuzzy
		}
		d.Answer, d.Links = splitLinks(strings.TrimSpace(unguard(row[2])))
		if err := d.check(); err != nil {
			return nil, line, err
		}
		out = append(out, d)
	}
}

// guard keeps a spreadsheet from running a cell; unguard takes it off again.
func guard(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

func confirmImport(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want imported
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionImport, err)
	}
	var a added
	view := importView{New: len(want.Drafts)}
	for i, d := range want.Drafts {
		f, err := insert(ctx, req, d)
		if err != nil {
			return bot.Reply{}, err
		}
		a.IDs = append(a.IDs, f.ID)
		if i == 0 {
			view.Numbers[0] = f.Number
		}
		view.Numbers[1] = f.Number
	}
	var err error
	view.Audit, err = req.Audit(ctx, actionImport, struct{}{}, a, "", true)
	return bot.Reply{Template: "faq.imported", Data: view}, err
}

// exportRules hands the rules over as a table that importRules reads.
func exportRules(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if !req.Caps.Files {
		return bot.Reply{}, bot.Refuse("faq.no_files", nil)
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(faqs) == 0 {
		return bot.Reply{}, bot.Refuse("faq.none", nil)
	}
	data, err := table(faqs)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Template: "faq.exported", Data: struct{ Count int }{len(faqs)},
		File: &chat.File{Name: "faq-" + req.Now.Format(time.DateOnly) + ".csv", MIME: "text/csv", Data: data},
	}, nil
}

func table(faqs []storage.FAQ) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{columns}
	for _, f := range faqs {
		var answer strings.Builder
		answer.WriteString(f.Answer)
		for _, l := range f.Links {
			fmt.Fprintf(&answer, "\n[%s](%s)", l.Label, l.URL)
		}
		words := strings.Join(f.Words, ", ")
		picture := "" // what a table cannot hold: an import keeps the text
		if f.Picture != "" {
			picture = "yes"
		}
		rows = append(rows, []string{guard(words), f.Mode, guard(answer.String()), strconv.Itoa(int(f.Cooldown / time.Minute)), strconv.FormatInt(f.Hits, 10), picture})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("faq table: %w", err)
	}
	return b.Bytes(), nil
}
