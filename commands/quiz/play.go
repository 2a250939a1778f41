package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/commands/quiz/bank"
	"qunmate/storage"
)

type startView struct {
	Tag              string
	Total, Seconds   int
	Lobby            int
	Rule             Rule
	Have             int // questions in the bank under the tag
	MostItems        int
	LeastClock, Most int
}

// start opens the lobby of a round.
func (f family) start(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	view, err := parseStart(req)
	if err != nil {
		return bot.Reply{}, err
	}
	// A practice question tells its answer, which may be one of the round.
	if open, err := req.Tx.OpenPractices(ctx, req.Community); err != nil || len(open) > 0 {
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{}, bot.Refuse("quiz.practice_open", nil)
	}
	questions, err := req.Tx.QuizQuestions(ctx, req.Community, view.Tag)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Have = len(questions)
	switch {
	case len(questions) == 0:
		return bot.Reply{}, bot.Refuse("quiz.no_questions", view)
	case view.Total == 0:
		view.Total = min(fewItems, len(questions))
	case view.Total > len(questions):
		return bot.Reply{}, bot.Refuse("quiz.few_questions", view)
	}
	if view.Rule, _, err = ruleAt(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	rule, err := json.Marshal(view.Rule)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("quiz: %w", err)
	}
	var seed [32]byte
	f.Random(seed[:])
	r, err := req.Tx.StartQuiz(ctx, storage.QuizRound{
		CommunityID: req.Community, ChatID: req.Chat.ID, PersonID: req.Account.PersonID, Tag: view.Tag, Seconds: view.Seconds, Rule: string(rule),
	}, draw(seed, questions, view.Total))
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, bot.Refuse("quiz.running", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if err := (step{r.ID, 1}).plan(ctx, req, taskOpen, r.ChatID, req.Tx.Now.Add(lobby)); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Template: "quiz.lobby", Data: view, Public: true, Lane: storage.LaneActivity,
		Choices: []bot.Choice{{Label: "quiz.button_join", Command: "/quiz join"}},
	}, nil
}

// parseStart reads "tag 10 questions 15 s" in any order.
func parseStart(req *bot.Request) (startView, error) {
	v := startView{Seconds: usualClock, Lobby: int(lobby.Seconds()), MostItems: mostItems, LeastClock: leastClock, Most: mostClock}
	word := req.Names().Word
	each := false
	for i := range req.Args.Len() {
		w := req.Args.Lower(i)
		if word(w) == "each" {
			each = true
			continue
		}
		before, n, behind, ok := amount(w)
		switch {
		case ok && (word(behind) == "seconds" || each || word(before) == "each") && (before == "" || word(before) == "each"):
			if n < leastClock || n > mostClock {
				return v, bot.Refuse("quiz.bad_clock", v)
			}
			v.Seconds, each = n, false
		case ok && before == "" && (behind == "" || word(behind) == "questions"):
			if n < 1 || n > mostItems {
				return v, bot.Refuse("quiz.bad_count", v)
			}
			v.Total = n
		case word(w) == "questions" || word(w) == "seconds":
		case v.Tag == "":
			v.Tag = req.Args.Word(i)
		default:
			return v, bot.Refuse("quiz.start_usage", nil)
		}
	}
	return v, nil
}

// join says before the first question that somebody takes part. Who only
// answers takes part as well.
func join(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	r, err := req.Tx.QuizRunningIn(ctx, req.Chat.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, bot.Refuse("quiz.none_running", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.JoinQuiz(ctx, r.ID, req.Member.ID); err != nil && !errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "quiz.joined", Brief: "quiz.joined_brief", Data: struct{ Name string }{req.Account.Name}}, nil
}

// quiz without a sub-command: a letter answers the question that is open here.
func (f family) quiz(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Private && req.Args.Len() == 0 {
		return me(ctx, req)
	}
	r, err := req.Tx.QuizRunningIn(ctx, req.Chat.ID)
	running := err == nil
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	choice := bank.Letter(req.Args.Word(0))
	switch {
	case req.Args.Len() == 0 && running:
		return bot.Reply{Template: "quiz.is_running"}, nil
	case req.Args.Len() == 0:
		return bot.Reply{Template: "quiz.usage"}, nil
	case choice < 0 || req.Args.Len() > 1:
		return bot.Reply{}, bot.Refuse("quiz.usage", nil)
	case !running:
		return bot.Reply{}, bot.Refuse("quiz.none_running", nil)
	}
	items, err := req.Tx.QuizItems(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, it := range items {
		if it.State == storage.QuizOpen {
			return answer(ctx, req, r, it, choice)
		}
	}
	return bot.Reply{}, soon(req, "quiz.not_open")
}

// pick is what the buttons say: "round position letter".
func pick(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	round, err := strconv.ParseInt(req.Args.Word(0), 10, 64)
	position, err2 := strconv.Atoi(req.Args.Word(1))
	if err != nil || err2 != nil {
		return bot.Reply{}, bot.Refuse("quiz.usage", nil)
	}
	r, err := req.Tx.QuizRound(ctx, round)
	if errors.Is(err, storage.ErrNotFound) || err == nil && r.ChatID != req.Chat.ID {
		return bot.Reply{}, soon(req, "quiz.too_late")
	}
	if err != nil {
		return bot.Reply{}, err
	}
	items, err := req.Tx.QuizItems(ctx, round)
	if err != nil {
		return bot.Reply{}, err
	}
	if position < 1 || position > len(items) {
		return bot.Reply{}, soon(req, "quiz.too_late")
	}
	return answer(ctx, req, r, items[position-1], bank.Letter(req.Args.Word(2)))
}

// worthIt is how long somebody waits for the word that he was too late; after
// that it would only hold up the next question.
const worthIt = 10 * time.Second

// soon refuses with something that is said soon or not at all.
func soon(req *bot.Request, template string) error {
	return &bot.Refusal{Reply: bot.Reply{Template: template, Until: req.Tx.Now.Add(worthIt)}}
}

// answer stores a choice while the question is open. The same one again says
// nothing.
func answer(ctx context.Context, req *bot.Request, r storage.QuizRound, it storage.QuizItem, choice int) (bot.Reply, error) {
	switch {
	case r.State != storage.QuizRunning, it.State != storage.QuizOpen, req.At.After(it.ClosesAt):
		return bot.Reply{}, soon(req, "quiz.too_late")
	case choice < 0 || choice >= len(it.Options):
		return bot.Reply{}, bot.Refuse("quiz.no_option", struct{ Last string }{letter(len(it.Options) - 1)})
	}
	before, err := req.Tx.AnswerQuiz(ctx, r.ID, storage.QuizAnswer{Position: it.Position, MemberID: req.Member.ID, Choice: choice, At: req.At})
	if err != nil || before == choice {
		return bot.Reply{}, err
	}
	view := struct {
		Name, Letter string
		Again        bool
	}{req.Account.Name, letter(choice), before >= 0}
	// When many answer at once they are confirmed in one line, which names no
	// choice: what waits for its turn would hold up the next question.
	return bot.Reply{Template: "quiz.picked", Data: view, Crowd: "quiz.picked_brief", Until: it.ClosesAt}, nil
}

// me tells a member of his last round.
func me(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	r, err := req.Tx.LastQuiz(ctx, req.Community)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, bot.Refuse("quiz.no_round", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if r.State == storage.QuizRunning {
		return bot.Reply{}, bot.Refuse("quiz.is_running", nil)
	}
	items, err := req.Tx.QuizItems(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	answers, err := req.Tx.QuizAnswers(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Number, Total int
		Own           score
		Played        bool
	}{Number: r.Number, Total: closed(items)}
	for _, s := range scores(items, answers) {
		if s.MemberID == req.Member.ID {
			view.Own, view.Played = s, true
		}
	}
	return bot.Reply{Template: "quiz.me", Data: view}, nil
}
