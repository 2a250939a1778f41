package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/storage"
)

const (
	// maxCodes is how many codes one upload may hold, maxCodesFile how large its
	// file may be.
	maxCodes     = 5000
	maxCodesFile = 512 << 10
)

// codeList is what an upload holds.
type codeList struct {
	Codes []string
	Twice int // lines that repeat an earlier one
	Long  int // lines too long for a code
}

// readCodes reads one code a line; of a line of a CSV file the first cell
// counts, and a first line that only names its column does not. ok is false when
// it is no text.
func readCodes(text string) (l codeList, ok bool) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return l, false
	}
	seen := map[string]bool{}
	first := true
	for row := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		code := firstCell(strings.TrimSpace(row))
		heading := first && strings.EqualFold(code, "code") || first && strings.EqualFold(code, "codes")
		if code != "" {
			first = false
		}
		switch {
		case code == "" || heading:
		case utf8.RuneCountInString(code) > mostText:
			l.Long++
		case seen[code]:
			l.Twice++
		default:
			seen[code] = true
			l.Codes = append(l.Codes, code)
		}
	}
	return l, true
}

// firstCell is the first cell of a line of a CSV file, without its quotes and
// the apostrophe by which spreadsheets keep a text a text.
func firstCell(row string) string {
	if rest, quoted := strings.CutPrefix(row, `"`); quoted {
		var b strings.Builder
		for i := 0; i < len(rest); i++ {
			if rest[i] == '"' {
				if i+1 >= len(rest) || rest[i+1] != '"' {
					break
				}
				i++
			}
			b.WriteByte(rest[i])
		}
		return strings.TrimSpace(strings.TrimPrefix(b.String(), "'"))
	}
	cell, _, _ := strings.Cut(row, ",")
	cell, _, _ = strings.Cut(cell, "\t")
	return strings.TrimSpace(strings.TrimPrefix(cell, "'"))
}

// codesView says what an upload brings, and never a code.
type codesView struct {
	ID        int64
	Prize     string
	New       int
	Twice     int // repeated in the list
	Known     int // in the pool already
	Long      int
	Need      int // how many of the prize there are
	All, Left int
	Prizes    []Prize
	Most      int
	Uploads   bool // a file can be sent here
}

// codesUpload is what waits for its confirmation.
type codesUpload struct {
	Draw  int64    `json:"draw"`
	Prize int      `json:"prize"`
	Codes []string `json:"codes"`
}

// codes fills the pool of a prize: /draw codes 12 咖啡券, with a file, or one code
// a line below; else it asks for either.
func (f family) codes(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw codes 12")
	if err != nil {
		return bot.Reply{}, err
	}
	view := codesView{ID: d.ID, Prizes: s.Prizes, Most: maxCodes, Uploads: req.Caps.Uploads}
	head, list, _ := strings.Cut(bot.LineEnds(req.Args.Rest(1)), "\n")
	prize := prizeOf(s.Prizes, strings.TrimSpace(head))
	if prize < 0 || d.State == storage.DrawCancelled {
		return bot.Reply{}, bot.Refuse("draw.codes_usage", view)
	}
	view.Prize, view.Need = s.Prizes[prize].Name, s.Prizes[prize].Count
	data, err := req.ReadFile(maxCodesFile)
	switch {
	case errors.Is(err, bot.ErrNoFile):
		return bot.Reply{}, bot.Refuse("draw.codes_file", view)
	case err != nil:
		return bot.Reply{}, err
	case data != nil:
		list = string(data)
	}
	if strings.TrimSpace(list) == "" {
		view.All, view.Left, err = req.Tx.CountCodes(ctx, d.ID, prize)
		return bot.Reply{Template: "draw.codes_ask", Data: view, Ask: fmt.Sprintf("/draw codes %d %s\n", d.ID, view.Prize)}, err
	}
	read, ok := readCodes(list)
	if !ok || len(read.Codes) == 0 || len(read.Codes) > maxCodes {
		return bot.Reply{}, bot.Refuse("draw.codes_file", view)
	}
	return f.previewCodes(ctx, req, codesUpload{d.ID, prize, read.Codes}, read, view)
}

// prizeOf finds a prize by its name; no name is the only one there is.
func prizeOf(prizes []Prize, name string) int {
	for i, p := range prizes {
		if strings.EqualFold(name, p.Name) || len(prizes) == 1 && name == "" {
			return i
		}
	}
	return -1
}

func (f family) previewCodes(ctx context.Context, req *bot.Request, up codesUpload, read codeList, view codesView) (bot.Reply, error) {
	known, err := req.Tx.KnownCodes(ctx, up.Draw, up.Prize)
	if err != nil {
		return bot.Reply{}, err
	}
	var fresh []string
	for _, c := range up.Codes {
		if !known[c] {
			fresh = append(fresh, c)
		}
	}
	view.New, view.Known, view.Twice, view.Long = len(fresh), len(up.Codes)-len(fresh), read.Twice, read.Long
	if view.All, view.Left, err = req.Tx.CountCodes(ctx, up.Draw, up.Prize); err != nil {
		return bot.Reply{}, err
	}
	if len(fresh) == 0 {
		return bot.Reply{}, bot.Refuse("draw.codes_known", view)
	}
	up.Codes = fresh
	title, err := req.Text("draw.codes_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionCodes, title, up, "draw.codes_preview", view)
}

func (f family) confirmCodes(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var up codesUpload
	if err := json.Unmarshal(data, &up); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionCodes, err)
	}
	d, s, err := manage(ctx, req, up.Draw)
	if err != nil {
		return bot.Reply{}, err
	}
	if up.Prize >= len(s.Prizes) {
		return bot.Reply{}, bot.Refuse("draw.codes_usage", codesView{ID: d.ID, Prizes: s.Prizes})
	}
	view := codesView{ID: d.ID, Prize: s.Prizes[up.Prize].Name, Need: s.Prizes[up.Prize].Count}
	for _, c := range up.Codes {
		fresh, err := req.Tx.AddCode(ctx, d.ID, up.Prize, c)
		if err != nil {
			return bot.Reply{}, err
		}
		if fresh {
			view.New++
		}
	}
	// The audit names figures, no codes.
	if _, err := req.Audit(ctx, actionCodes, struct{}{}, struct {
		Draw  int64 `json:"draw"`
		Prize int   `json:"prize"`
		New   int   `json:"new"`
	}{d.ID, up.Prize, view.New}, "", false); err != nil {
		return bot.Reply{}, err
	}
	view.All, view.Left, err = req.Tx.CountCodes(ctx, d.ID, up.Prize)
	return bot.Reply{Template: "draw.codes_done", Data: view}, err
}
