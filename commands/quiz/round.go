package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// step is the payload of a round's timers.
type step struct {
	Round    int64 `json:"round"`
	Position int   `json:"position"`
}

func (s step) plan(ctx context.Context, req *bot.Request, task string, chatID int64, at time.Time) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("quiz: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d:%d", task, s.Round, s.Position), Task: task, ChatID: chatID, Payload: string(text), DueAt: at,
	})
	return err
}

func (s step) slot() string { return fmt.Sprintf("quiz:%d:%d", s.Round, s.Position) }

// now loads what a timer is about; ok is false when its round is over.
func now(ctx context.Context, req *bot.Request) (s step, r storage.QuizRound, items []storage.QuizItem, ok bool, err error) {
	due, _ := req.Event.Detail.(chat.Due)
	if err = json.Unmarshal(due.Payload, &s); err != nil {
		return s, r, nil, false, fmt.Errorf("quiz timer: %w", err)
	}
	if r, err = req.Tx.QuizRound(ctx, s.Round); err != nil || r.State != storage.QuizRunning {
		return s, r, nil, false, err
	}
	items, err = req.Tx.QuizItems(ctx, s.Round)
	if err == nil && (s.Position < 1 || s.Position > len(items)) {
		err = fmt.Errorf("quiz round %d has no question %d", s.Round, s.Position)
	}
	return s, r, items, err == nil, err
}

// late: the program was down when the clock ran out.
func late(req *bot.Request) bool {
	due, _ := req.Event.Detail.(chat.Due)
	return req.Tx.Now.Sub(due.At) > tooLate
}

type option struct{ Letter, Text string }

type questionView struct {
	N, Total, Seconds int
	Text              string
	Options           []option
	Choices           bool // there are buttons
}

// open asks the next question.
func open(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, r, items, ok, err := now(ctx, req)
	if err != nil || !ok {
		return bot.Reply{}, err
	}
	if late(req) {
		return end(ctx, req, r, items, storage.QuizInterrupted)
	}
	it := items[s.Position-1]
	it.OpenedAt, it.ClosesAt = req.Tx.Now, req.Tx.Now.Add(time.Duration(r.Seconds)*time.Second)
	if err := req.Tx.MoveQuizItem(ctx, it, storage.QuizWaiting, storage.QuizOpen); err != nil {
		return bot.Reply{}, err
	}
	view := questionView{N: s.Position, Total: len(items), Seconds: r.Seconds, Text: it.Text, Choices: req.Caps.Choices}
	reply := bot.Reply{Template: "quiz.question", Public: true, Urgent: true, Lane: storage.LaneActivity, Slot: s.slot()}
	for i, o := range it.Options {
		opt := option{letter(i), o}
		view.Options = append(view.Options, opt)
		reply.Choices = append(reply.Choices, bot.Choice{Label: "quiz.option", Data: opt, Command: fmt.Sprintf("/quiz pick %d %d %s", r.ID, s.Position, opt.Letter)})
	}
	reply.Data = view
	return reply, s.plan(ctx, req, taskClose, r.ChatID, it.ClosesAt)
}

type closedView struct {
	questionView
	Letter, Answer string
	Right, Of      int
	Fastest        string
	Took           float64 // seconds
}

// closeItem tells the right answer, and goes on.
func closeItem(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, r, items, ok, err := now(ctx, req)
	if err != nil || !ok {
		return bot.Reply{}, err
	}
	it := &items[s.Position-1]
	if it.State != storage.QuizOpen {
		return bot.Reply{}, nil
	}
	if late(req) {
		return end(ctx, req, r, items, storage.QuizInterrupted)
	}
	if err := req.Tx.MoveQuizItem(ctx, *it, storage.QuizOpen, storage.QuizClosed); err != nil {
		return bot.Reply{}, err
	}
	it.State = storage.QuizClosed
	answers, err := req.Tx.QuizAnswers(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := closedView{questionView: questionView{N: s.Position, Total: len(items), Text: it.Text}, Letter: letter(it.Answer), Answer: it.Options[it.Answer]}
	for _, a := range answers {
		if a.Position != s.Position {
			continue
		}
		view.Of++
		if a.Choice != it.Answer {
			continue
		}
		if view.Right++; view.Right == 1 {
			view.Fastest, view.Took = a.Name, max(0, a.At.Sub(it.OpenedAt)).Seconds()
		}
	}
	reply := bot.Reply{Template: "quiz.closed", Data: view, Public: true, Urgent: true, Lane: storage.LaneActivity}
	if req.Caps.Edit {
		reply.Slot = s.slot()
	}
	if s.Position < len(items) {
		return reply, step{r.ID, s.Position + 1}.plan(ctx, req, taskOpen, r.ChatID, req.Tx.Now.Add(breath))
	}
	// The answer stands before the result.
	if err := req.Post(ctx, req.Chat, reply); err != nil {
		return bot.Reply{}, err
	}
	return end(ctx, req, r, items, storage.QuizDone)
}

type resultView struct {
	Number  int
	Tag     string
	State   string
	Top     []score
	Total   int
	Players int
	Points  bool // somebody got some
}

// end pays what the closed questions brought and makes the last message.
func end(ctx context.Context, req *bot.Request, r storage.QuizRound, items []storage.QuizItem, state string) (bot.Reply, error) {
	for _, it := range items {
		if it.State == storage.QuizOpen {
			if err := req.Tx.MoveQuizItem(ctx, it, storage.QuizOpen, storage.QuizVoid); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	if err := req.Tx.EndQuiz(ctx, r.ID, state); err != nil {
		return bot.Reply{}, err
	}
	answers, err := req.Tx.QuizAnswers(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	var rule Rule
	if err := json.Unmarshal([]byte(r.Rule), &rule); err != nil {
		return bot.Reply{}, fmt.Errorf("quiz round %d: rule: %w", r.ID, err)
	}
	all := scores(items, answers)
	view := resultView{Number: r.Number, Tag: r.Tag, State: state, Total: closed(items), Players: len(all)}
	for _, s := range all {
		if s.Right > 0 && len(view.Top) < shownPlaces {
			view.Top = append(view.Top, s)
		}
		paid, err := pay(ctx, req, r, rule, s, view.Total)
		if err != nil {
			return bot.Reply{}, err
		}
		view.Points = view.Points || paid
	}
	reply := bot.Reply{Template: "quiz.result", Data: view, Public: true, Lane: storage.LaneActivity}
	if len(all) > 0 {
		reply.Choices = []bot.Choice{{Label: "quiz.button_me", Command: "/quiz me"}}
	}
	return reply, nil
}

// pay enters what a member's answers brought: once for each round.
func pay(ctx context.Context, req *bot.Request, r storage.QuizRound, rule Rule, s score, total int) (bool, error) {
	if s.Right == 0 {
		return false, nil
	}
	m, err := req.Tx.MemberByID(ctx, s.MemberID)
	if err != nil {
		return false, err
	}
	day := req.Days.Day(req.Now)
	week := chatday.Week(day)
	if err := req.Tx.AddScore(ctx, m, storage.ScoreQuiz, int64(s.Right), day, "w"+week, chatday.Month(day), "all"); err != nil {
		return false, err
	}
	earned, err := req.Tx.QuizEarned(ctx, m.ID, day)
	if err != nil {
		return false, err
	}
	points := rule.due(s, earned)
	if points == 0 {
		return false, nil
	}
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: storage.Points, Amount: points, Kind: "quiz", Cause: fmt.Sprintf("quiz:%d", r.ID), Day: day, Week: week, At: req.Tx.Now,
		Detail: fmt.Sprintf(`{"round":%d,"right":%d,"of":%d,"fast":%d}`, r.Number, s.Right, total, s.Fast),
	})
	return err == nil, err
}

// stop ends the round that is played here, or the practice question.
func stop(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	open, err := req.Tx.OpenPractices(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, p := range open {
		if p.ChatID == req.Chat.ID {
			return closePractice(ctx, req, p)
		}
	}
	r, err := req.Tx.QuizRunningIn(ctx, req.Chat.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, bot.Refuse("quiz.none_running", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	items, err := req.Tx.QuizItems(ctx, r.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	return end(ctx, req, r, items, storage.QuizStopped)
}
