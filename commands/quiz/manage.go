package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/commands/quiz/bank"
	"qunmate/storage"
)

// maxBank is the most questions of a community.
const maxBank = 1000

// added is what a preview keeps, and an audit row tells with the rows.
type added struct {
	Questions []bank.Question `json:"questions"`
	IDs       []int64         `json:"ids,omitempty"`
}

// refuse says what is wrong with a question that was typed.
func refuse(err error) error {
	var m *bank.MistakeError
	if !errors.As(err, &m) {
		return err
	}
	return bot.Refuse("quiz.bad_question", struct {
		What                                     string
		Line, Text, Option, Options, Tag, Import int
	}{m.What, m.Line, bank.MaxText, bank.MaxOption, bank.MaxOptions, bank.MaxTag, bank.MaxImport})
}

func add(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	q, err := bank.Line(req.Args.String())
	if err != nil {
		return bot.Reply{}, refuse(err)
	}
	return preview(ctx, req, []bank.Question{q})
}

// importQuestions reads the lines below the command.
func importQuestions(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := bank.List(req.Args.String())
	if err != nil {
		return bot.Reply{}, refuse(err)
	}
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("quiz.import_usage", nil)
	}
	return preview(ctx, req, all)
}

type addView struct {
	Questions []bank.Question
	Same      int // left out: they are in the bank
	Tags      []string
	First     bank.Question
	Letter    string // of the right option of First
	Number    int
	Last      int
	Audit     int64
}

func preview(ctx context.Context, req *bot.Request, all []bank.Question) (bot.Reply, error) {
	have, err := req.Tx.QuizQuestions(ctx, req.Community, "")
	if err != nil {
		return bot.Reply{}, err
	}
	known := map[string]int{}
	for _, q := range have {
		known[q.Text] = q.Number
	}
	view := addView{}
	number := 0
	for _, q := range all {
		if n, twice := known[q.Text]; twice {
			view.Same++
			number = n
			continue
		}
		known[q.Text] = -1
		view.Questions = append(view.Questions, q)
		if q.Tag != "" && !slices.Contains(view.Tags, q.Tag) {
			view.Tags = append(view.Tags, q.Tag)
		}
	}
	switch {
	case len(view.Questions) == 0:
		return bot.Reply{}, bot.Refuse("quiz.same", struct{ Number, Count int }{number, view.Same})
	case len(have)+len(view.Questions) > maxBank:
		return bot.Reply{}, bot.Refuse("quiz.full", struct{ Max int }{maxBank})
	}
	view.First = view.Questions[0]
	view.Letter = letter(view.First.Answer)
	title, err := req.Text("quiz.add_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionAdd, title, added{Questions: view.Questions}, "quiz.add_preview", view)
}

func confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var a added
	if err := json.Unmarshal(data, &a); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdd, err)
	}
	view := addView{Questions: a.Questions}
	for i, q := range a.Questions {
		row, err := req.Tx.AddQuizQuestion(ctx, storage.QuizQuestion{CommunityID: req.Community, Text: q.Text, Options: q.Options, Answer: q.Answer, Tag: q.Tag})
		if err != nil {
			return bot.Reply{}, err
		}
		if i == 0 {
			view.Number = row.Number
		}
		view.Last = row.Number
		a.IDs = append(a.IDs, row.ID)
	}
	var err error
	view.Audit, err = req.Audit(ctx, actionAdd, struct{}{}, added{IDs: a.IDs}, "", true)
	return bot.Reply{Template: "quiz.added", Data: view}, err
}

func undoAdd(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var a added
	if err := json.Unmarshal([]byte(row.After), &a); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	n, err := req.Tx.SetQuizDeleted(ctx, req.Community, a.IDs, true)
	return bot.Reply{Template: "quiz.add_undone", Data: struct{ Count int }{n}}, err
}

type tagCount struct {
	Tag   string
	Count int
}

// list counts the bank by tag and shows the newest questions.
func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	tag := strings.TrimLeft(req.Args.String(), "#\uff03")
	all, err := req.Tx.QuizQuestions(ctx, req.Community, tag)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Tag   string
		Count int
		Tags  []tagCount
		Some  []storage.QuizQuestion
	}{Tag: tag, Count: len(all)}
	for _, q := range slices.Backward(all) {
		if len(view.Some) < 5 {
			view.Some = append(view.Some, q)
		}
		at := slices.IndexFunc(view.Tags, func(t tagCount) bool { return t.Tag == q.Tag })
		if at < 0 {
			view.Tags, at = append(view.Tags, tagCount{Tag: q.Tag}), len(view.Tags)
		}
		view.Tags[at].Count++
	}
	return bot.Reply{Template: "quiz.list", Data: view}, nil
}

type deleted struct {
	IDs []int64 `json:"ids"`
}

func del(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	n, err := strconv.Atoi(word)
	if err != nil {
		return bot.Reply{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/quiz del 3"})
	}
	all, err := req.Tx.QuizQuestions(ctx, req.Community, "")
	if err != nil {
		return bot.Reply{}, err
	}
	i := slices.IndexFunc(all, func(q storage.QuizQuestion) bool { return q.Number == n })
	if i < 0 {
		return bot.Reply{}, bot.Refuse("quiz.no_such", struct{ Number int }{n})
	}
	title, err := req.Text("quiz.delete_title", all[i])
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionDelete, title, deleted{[]int64{all[i].ID}}, "quiz.delete_preview", all[i])
}

func confirmDelete(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d deleted
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionDelete, err)
	}
	n, err := req.Tx.SetQuizDeleted(ctx, req.Community, d.IDs, true)
	if err != nil {
		return bot.Reply{}, err
	}
	if n == 0 {
		return bot.Reply{}, bot.Refuse("quiz.gone", nil)
	}
	id, err := req.Audit(ctx, actionDelete, struct{}{}, d, "", true)
	return bot.Reply{Template: "quiz.deleted", Data: struct{ Audit int64 }{id}}, err
}

func undoDelete(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var d deleted
	if err := json.Unmarshal([]byte(row.After), &d); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	_, err := req.Tx.SetQuizDeleted(ctx, req.Community, d.IDs, false)
	return bot.Reply{Template: "quiz.delete_undone"}, err
}
