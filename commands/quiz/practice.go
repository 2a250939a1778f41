package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/quiz/bank"
	"qunmate/storage"
)

// A practice question is one question of the bank, for no points. Who answers
// learns at once whether he was right, and his answer stays. That is what a
// platform's own quiz does, so where there is one it takes the place of the
// buttons (chat.Caps.Quizzes). A round is never played in that form: there the
// right answer stays hidden until the clock runs out and answers can be changed.

const (
	taskPractice = "quiz.practice"
	practiceFor  = 10 * time.Minute
)

type practiceView struct {
	ID       int64
	Text     string
	Options  []option
	Minutes  int
	Choices  bool // there are buttons
	Letter   string
	Answer   string
	Right    int
	Of       int
	Whispers bool // the answer tells who was right
}

func practiceSlot(id int64) string { return fmt.Sprintf("practice:%d", id) }

func viewPractice(p storage.QuizPractice, caps chat.Caps) practiceView {
	v := practiceView{
		ID: p.ID, Text: p.Text, Minutes: int(practiceFor / time.Minute), Choices: caps.Choices, Letter: letter(p.Answer), Answer: p.Options[p.Answer],
		Whispers: caps.Whispers,
	}
	for i, o := range p.Options {
		v.Options = append(v.Options, option{letter(i), o})
	}
	return v
}

// ask posts a practice question: /quiz ask, or /quiz ask tag.
func (f family) ask(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	tag := req.Args.String()
	if _, err := req.Tx.QuizRunningIn(ctx, req.Chat.ID); !errors.Is(err, storage.ErrNotFound) {
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{}, bot.Refuse("quiz.running", nil)
	}
	all, err := req.Tx.QuizQuestions(ctx, req.Community, tag)
	if err != nil {
		return bot.Reply{}, err
	}
	// What is being played somewhere must not be answered here.
	played, err := req.Tx.QuizPlayed(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("quiz.no_questions", startView{Tag: tag})
	}
	all = slices.DeleteFunc(all, func(q storage.QuizQuestion) bool { return slices.Contains(played, q.ID) })
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("quiz.all_played", nil)
	}
	var seed [32]byte
	f.Random(seed[:])
	it := draw(seed, all, 1)[0]
	p, err := req.Tx.StartPractice(ctx, storage.QuizPractice{
		CommunityID: req.Community, ChatID: req.Chat.ID, QuestionID: it.QuestionID, PersonID: req.Account.PersonID,
		Text: it.Text, Options: it.Options, Answer: it.Answer, ClosesAt: req.Tx.Now.Add(practiceFor),
	})
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, bot.Refuse("quiz.practice_open", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d", taskPractice, p.ID), Task: taskPractice, ChatID: p.ChatID, Payload: fmt.Sprintf(`{"practice":%d}`, p.ID), DueAt: p.ClosesAt,
	}); err != nil {
		return bot.Reply{}, err
	}
	v := viewPractice(p, req.Caps)
	r := bot.Reply{Template: "quiz.practice", Data: v, Public: true, Lane: storage.LaneActivity, Slot: practiceSlot(p.ID)}
	for _, o := range v.Options {
		r.Choices = append(r.Choices, bot.Choice{Label: "quiz.option", Data: o, Command: fmt.Sprintf("/quiz try %d %s", p.ID, o.Letter)})
	}
	if req.Caps.Quizzes { // nobody else is told which option is right
		if r.Poll, err = ownForm(req, p, v); err != nil {
			return bot.Reply{}, err
		}
	}
	return r, nil
}

// ownForm is the question in a platform's own form.
func ownForm(req *bot.Request, p storage.QuizPractice, v practiceView) (*chat.Poll, error) {
	question, err := req.TextIn(req.Chat, "quiz.practice_title", v)
	if err != nil {
		return nil, err
	}
	explain, err := req.TextIn(req.Chat, "quiz.practice_explain", v)
	if err != nil {
		return nil, err
	}
	out := &chat.Poll{Question: question, Command: fmt.Sprintf("/quiz try %d", p.ID), Native: true, Ends: p.ClosesAt, Right: p.Answer + 1, Explain: explain}
	for _, o := range v.Options {
		out.Options = append(out.Options, chat.PollOption{Key: o.Letter, Text: o.Text})
	}
	return out, nil
}

// try is what the buttons of a practice question say: "id letter".
func try(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, err := strconv.ParseInt(req.Args.Word(0), 10, 64)
	if err != nil {
		return bot.Reply{}, bot.Refuse("quiz.usage", nil)
	}
	p, err := req.Tx.QuizPractice(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (p.ChatID != req.Chat.ID || p.Closed || req.At.After(p.ClosesAt)) {
		return bot.Reply{}, soon(req, "quiz.too_late")
	}
	if err != nil {
		return bot.Reply{}, err
	}
	choice := bank.Letter(req.Args.Word(1))
	if choice < 0 || choice >= len(p.Options) {
		return bot.Reply{}, bot.Refuse("quiz.no_option", struct{ Last string }{letter(len(p.Options) - 1)})
	}
	stands, fresh, err := req.Tx.AnswerPractice(ctx, p.ID, req.Member.ID, choice, req.At)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "quiz.tried", Data: struct {
		practiceView
		Chosen string
		Hit    bool
		Again  bool
	}{viewPractice(p, req.Caps), letter(stands), stands == p.Answer, !fresh}}, nil
}

// nativeTry takes the answer that somebody gave in a platform's own form, which
// has told him already whether he was right.
func nativeTry(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	b, _ := req.Event.Detail.(chat.Ballot)
	if req.Chat.ID == 0 || req.Account.ID == 0 {
		return bot.Reply{}, req.Wait() // it came before Send told which question this is
	}
	if len(b.Options) != 1 {
		return bot.Reply{}, nil
	}
	n, err := req.Tx.NativePoll(ctx, req.Event.ID.Domain, b.Poll)
	if err != nil {
		return bot.Reply{}, err
	}
	var id int64
	if _, err := fmt.Sscanf(n.Slot, "practice:%d", &id); err != nil {
		return bot.Reply{}, nil //nolint:nilerr // it is no practice question
	}
	p, err := req.Tx.QuizPractice(ctx, id)
	if err != nil || p.Closed || req.At.After(p.ClosesAt) || b.Options[0] < 0 || b.Options[0] >= len(p.Options) {
		return bot.Reply{}, err
	}
	stay, err := req.Tx.Presence(ctx, p.ChatID, req.Account.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		// Who can answer it is in the chat: it cannot be forwarded.
		if _, err := req.Tx.Enter(ctx, p.ChatID, req.Account.ID, req.At); err != nil {
			return bot.Reply{}, err
		}
	case err != nil || !stay.Present:
		return bot.Reply{}, err
	}
	m, err := req.Tx.EnsureMember(ctx, p.CommunityID, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	_, _, err = req.Tx.AnswerPractice(ctx, p.ID, m.ID, b.Options[0], req.At)
	return bot.Reply{}, err
}

// nativeTold finds the practice question behind a platform's own form when what
// Send returned was lost.
func nativeTold(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, _ := req.Event.Detail.(chat.PollState)
	if _, err := req.Tx.NativePoll(ctx, req.Event.ID.Domain, s.Poll); !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	open, err := req.Tx.OpenPractices(ctx, 0)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, p := range open {
		c, err := req.Tx.Chat(ctx, p.ChatID)
		if err != nil {
			return bot.Reply{}, err
		}
		title, err := req.TextIn(c, "quiz.practice_title", viewPractice(p, req.CapsOf(c)))
		if err != nil {
			return bot.Reply{}, err
		}
		if c.Domain != req.Event.ID.Domain || title != s.Question {
			continue
		}
		if err := req.Tx.AddNativePoll(ctx, storage.NativePoll{Domain: c.Domain, NativeID: s.Poll, ChatID: c.ID, Slot: practiceSlot(p.ID)}); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{}, req.Tx.WakeParked(ctx)
	}
	return bot.Reply{}, nil
}

// practiceOver is the end of a practice question's time.
func practiceOver(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var d struct {
		Practice int64 `json:"practice"`
	}
	if err := json.Unmarshal(due.Payload, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("%s timer: %w", taskPractice, err)
	}
	p, err := req.Tx.QuizPractice(ctx, d.Practice)
	if err != nil || p.Closed {
		return bot.Reply{}, err
	}
	return closePractice(ctx, req, p)
}

// closePractice tells everybody the right answer, in the message of the question
// where messages can be edited. A platform's own form does so by itself.
func closePractice(ctx context.Context, req *bot.Request, p storage.QuizPractice) (bot.Reply, error) {
	if err := req.Tx.ClosePractice(ctx, p.ID); err != nil {
		return bot.Reply{}, err
	}
	v := viewPractice(p, req.Caps)
	var err error
	if v.Of, v.Right, err = req.Tx.PracticeResult(ctx, p.ID); err != nil {
		return bot.Reply{}, err
	}
	r := bot.Reply{Template: "quiz.practice_over", Data: v, Public: true, Lane: storage.LaneActivity}
	if req.Caps.Edit {
		r.Slot = practiceSlot(p.ID)
	}
	own, err := req.Tx.IsNativePoll(ctx, p.ChatID, practiceSlot(p.ID))
	if own {
		r.Poll = &chat.Poll{Closed: true}
	}
	return r, err
}
