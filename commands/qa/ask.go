package qa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// card is what the texts know of a question.
type card struct {
	Number, Points, Answers int
	Name                    string
	Lines                   []string
	Short                   string
	Age                     Age
	Answerers               []string
	More                    int    // answerers who are not named
	Solved                  string // whose answer was accepted
	Own                     bool   // the asker's own
}

func view(req *bot.Request, q storage.Question, answers []storage.QuestionAnswer) card {
	v := card{Number: q.Number, Points: reward, Answers: q.Answers, Name: q.Name, Lines: strings.Split(q.Text, "\n"), Short: excerpt(q.Text), Age: ageOf(req.Tx.Now.Sub(q.CreatedAt))}
	for i, a := range answers {
		if i < buttons {
			v.Answerers = append(v.Answerers, a.Name)
		} else {
			v.More++
		}
		if q.State == storage.QuestionSolved && a.Place == q.Accepted {
			v.Solved, v.Own, v.Points = a.Name, q.PersonID == a.PersonID, q.Points
		}
	}
	return v
}

// public is the message of a question, with a button for each of the first
// answers. One message carries it where messages can be edited.
func public(req *bot.Request, q storage.Question, answers []storage.QuestionAnswer, caps chat.Caps) bot.Reply {
	r := bot.Reply{Template: "qa.card", Data: view(req, q, answers), Public: true, Lane: storage.LaneActivity}
	if caps.Edit {
		r.Slot, r.Pin = fmt.Sprintf("ask:%d", q.ID), pinning(q)
	}
	if q.State != storage.QuestionOpen {
		r.Choices = []bot.Choice{look(q)}
		return r
	}
	r.Choices = []bot.Choice{{Label: "qa.button_answer", Command: fmt.Sprintf("/answer %d", q.Number)}}
	for _, a := range answers[:min(len(answers), buttons)] {
		r.Choices = append(r.Choices, bot.Choice{Label: "qa.button_accept", Data: a, Command: fmt.Sprintf("/accept %d %d", q.Number, a.Place)})
	}
	return r
}

func look(q storage.Question) bot.Choice {
	return bot.Choice{Label: "qa.button_look", Command: fmt.Sprintf("/questions %d", q.Number)}
}

func ask(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	text := clean(req.Args.String())
	switch {
	case text == "":
		return bot.Reply{}, bot.Refuse("qa.ask_usage", nil)
	case length(text) > maxQuestion:
		return bot.Reply{}, bot.Refuse("qa.too_long", struct{ Max int }{maxQuestion})
	}
	recent, err := req.Tx.QuestionsOf(ctx, req.Community, req.Account.PersonID, req.Tx.Now.Add(-time.Hour))
	if err != nil {
		return bot.Reply{}, err
	}
	for _, q := range recent {
		if req.Tx.Now.Sub(q.CreatedAt) < again && same(q.Text, text) {
			return bot.Reply{}, bot.Refuse("qa.again", view(req, q, nil), look(q))
		}
	}
	if len(recent) >= perHour {
		return bot.Reply{}, bot.Refuse("qa.too_many", struct{ Max int }{perHour})
	}
	q, err := req.Tx.AddQuestion(ctx, storage.Question{
		CommunityID: req.Community, ChatID: req.Chat.ID, AccountID: req.Account.ID, PersonID: req.Account.PersonID, Name: req.Account.Name, Text: text,
	})
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d", taskWait, q.ID), Task: taskWait, ChatID: q.ChatID, Payload: fmt.Sprintf(`{"question":%d}`, q.ID), DueAt: req.Tx.Now.Add(patience),
	}); err != nil {
		return bot.Reply{}, err
	}
	return public(req, q, nil, req.Caps), nil
}

// waited tells the administrators of a question that nobody has answered.
func waited(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var p struct {
		Question int64 `json:"question"`
	}
	if err := json.Unmarshal(due.Payload, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("%s timer: %w", taskWait, err)
	}
	q, err := req.Tx.QuestionByID(ctx, p.Question)
	if err != nil || q.State != storage.QuestionOpen || q.Answers > 0 {
		return bot.Reply{}, err
	}
	choices := []bot.Choice{{Label: "qa.button_go", Command: fmt.Sprintf("/answer %d", q.Number)}}
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return bot.Reply{}, err
	}
	if may, _ := req.MayPin(c); may && req.CapsOf(c).Edit {
		choices = append(choices, bot.Choice{Label: "qa.button_pin", Command: fmt.Sprintf("/questions pin %d", q.Number)})
	}
	return bot.Reply{}, req.Alert(ctx, req.Chat, bot.Reply{Template: "qa.alert", Data: view(req, q, nil), Choices: choices})
}

// rowMark stands before the row of a question in buttons, where its number would
// say two things.
const rowMark = "~"

// bothFor is how long the old numbers of questions hold that came with their
// chat from another community.
const bothFor = 30 * 24 * time.Hour

// moved looks whether a number means a question that had it before its chat came
// here. Where it means two, the person is asked which.
func moved(ctx context.Context, req *bot.Request, q storage.Question, number int, err error) (storage.Question, error) {
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return q, err
	}
	was, no := req.Tx.FormerQuestion(ctx, req.Community, number, req.Tx.Now.Add(-bothFor))
	if errors.Is(no, storage.ErrNotFound) {
		return q, err
	}
	if no != nil {
		return q, no
	}
	if err != nil {
		return was, nil //nolint:nilerr // nothing has that number now
	}
	var choices []bot.Choice
	for _, one := range []storage.Question{was, q} {
		v := view(req, one, nil)
		choices = append(choices, bot.Choice{Label: "qa.button_which", Data: v, Command: strings.TrimSpace(fmt.Sprintf("/%s %s%d %s", req.Command, rowMark, one.ID, req.Args.Rest(1)))})
	}
	return q, bot.Refuse("qa.which", struct {
		Number   int
		Was, Now card
	}{number, view(req, was, nil), view(req, q, nil)}, choices...)
}

// reshow brings the message of a question up to date that has another number
// since its chat came from another community.
func reshow(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var p struct {
		Question int64 `json:"question"`
	}
	if err := json.Unmarshal(due.Payload, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("%s timer: %w", taskShow, err)
	}
	q, err := req.Tx.QuestionByID(ctx, p.Question)
	if err != nil || q.State != storage.QuestionOpen {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = show(ctx, req, q, all)
	return bot.Reply{}, err
}

// pick finds the question that a command names by its number.
func pick(ctx context.Context, req *bot.Request, example string) (storage.Question, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	if row, ok := strings.CutPrefix(word, rowMark); ok {
		id, err := strconv.ParseInt(row, 10, 64)
		if err == nil {
			q, err := req.Tx.QuestionByID(ctx, id)
			if err == nil && q.CommunityID == req.Community && q.State != storage.QuestionClosed {
				return q, nil
			}
		}
		return storage.Question{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, example})
	}
	n, err := strconv.Atoi(word)
	if err != nil {
		return storage.Question{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, example})
	}
	q, err := req.Tx.Question(ctx, req.Community, n)
	if q, err = moved(ctx, req, q, n, err); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return q, err
	}
	if err == nil && q.State != storage.QuestionClosed {
		return q, nil
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return q, err
	}
	open, err := req.Tx.OpenQuestions(ctx, req.Community, listed)
	if err != nil {
		return q, err
	}
	return q, bot.Refuse("qa.no_such", struct {
		Number int
		Open   []storage.Question
	}{n, open})
}

// answerView is an answer in a list.
type answerView struct {
	storage.QuestionAnswer
	Lines    []string
	Accepted bool
}

// questions lists what is not solved, or shows one question with its answers.
func questions(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		open, err := req.Tx.OpenQuestions(ctx, req.Community, listed)
		if err != nil {
			return bot.Reply{}, err
		}
		var cards []card
		r := bot.Reply{Template: "qa.list"}
		for _, q := range open {
			cards = append(cards, view(req, q, nil))
			r.Choices = append(r.Choices, bot.Choice{Label: "qa.button_number", Data: q, Command: fmt.Sprintf("/questions %s%d", rowMark, q.ID), Extra: true})
		}
		r.Data = struct{ Questions []card }{cards}
		return r, nil
	}
	q, err := pick(ctx, req, "/questions 45")
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v := view(req, q, all)
	data := struct {
		card
		Shown []answerView
		Rest  int
	}{card: v}
	best := ranked(q, all)
	r := bot.Reply{Template: "qa.one"}
	for i, a := range best {
		if i == listed {
			data.Rest = len(best) - listed
			break
		}
		data.Shown = append(data.Shown, answerView{a, strings.Split(a.Text, "\n"), q.Accepted == a.Place})
		switch {
		case q.State == storage.QuestionOpen && q.PersonID == req.Account.PersonID:
			r.Choices = append(r.Choices, bot.Choice{Label: "qa.button_accept", Data: a, Command: fmt.Sprintf("/accept %d %d", q.Number, a.Place), Extra: true})
		case a.PersonID != req.Account.PersonID:
			r.Choices = append(r.Choices, bot.Choice{Label: "qa.button_agree_with", Data: a, Command: fmt.Sprintf("/agree %d %d", q.Number, a.Place), Extra: true})
		}
	}
	r.Data = data
	return r, nil
}
