package qa

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// ranked puts the accepted answer first, then those most agree with.
func ranked(q storage.Question, all []storage.QuestionAnswer) []storage.QuestionAnswer {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b storage.QuestionAnswer) int {
		if q.Accepted > 0 && (a.Place == q.Accepted) != (b.Place == q.Accepted) {
			if a.Place == q.Accepted {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Agrees, a.Agrees)
	})
	return out
}

// chatter: somebody says a command's word to the others, as people do who
// agree; he wants nothing of the bot.
func chatter(req *bot.Request) bool {
	return req.Event.Kind == chat.Message && req.Args.Len() == 0 && !req.Private && !req.Event.ToBot &&
		!strings.HasPrefix(strings.TrimSpace(req.Event.Text), "/")
}

// answer adds to what a person said to a question.
func answer(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if chatter(req) {
		return bot.Reply{}, nil
	}
	if req.Args.Len() == 0 {
		return bot.Reply{}, bot.Refuse("qa.answer_usage", struct{ Number int }{45})
	}
	q, err := pick(ctx, req, "/answer 45 …")
	if err != nil {
		return bot.Reply{}, err
	}
	text := clean(req.Args.Rest(1))
	switch {
	case q.State != storage.QuestionOpen:
		return bot.Reply{}, bot.Refuse("qa.solved_before", view(req, q, nil), look(q))
	case text == "":
		return bot.Reply{}, bot.Refuse("qa.answer_usage", struct{ Number int }{q.Number})
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, a := range all {
		if a.PersonID != req.Account.PersonID {
			continue
		}
		if text = a.Text + "\n" + text; length(text) > maxAnswer {
			return bot.Reply{}, bot.Refuse("qa.too_long", struct{ Max int }{maxAnswer})
		}
		return bot.Reply{Template: "qa.merged", Data: struct{ Number int }{q.Number}}, req.Tx.SetAnswer(ctx, q.ID, a.Place, text)
	}
	if length(text) > maxAnswer {
		return bot.Reply{}, bot.Refuse("qa.too_long", struct{ Max int }{maxAnswer})
	}
	place, err := req.Tx.AddAnswer(ctx, q.ID, req.Account.ID, text)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := letGo(ctx, req, &q); err != nil {
		return bot.Reply{}, err
	}
	q.Answers++
	all = append(all, storage.QuestionAnswer{QuestionID: q.ID, Place: place, AccountID: req.Account.ID, PersonID: req.Account.PersonID, Name: req.Account.Name, Text: text})
	shown, err := show(ctx, req, q, all)
	if err != nil || shown && q.ChatID == req.Chat.ID {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "qa.answered", Data: struct {
		Number, Place int
		Asker         string
		Exposed       bool
	}{q.Number, place, q.Name, req.Exposed()}}, nil
}

// show brings the message of a question up to date and reports whether it
// could: where nothing can be edited, an answer is no reason for a new message.
func show(ctx context.Context, req *bot.Request, q storage.Question, all []storage.QuestionAnswer) (bool, error) {
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return false, err
	}
	caps := req.CapsOf(c)
	if !caps.Edit && q.State == storage.QuestionOpen {
		return false, nil
	}
	return true, req.Post(ctx, c, public(req, q, all, caps))
}

// choose finds the answer that a command names: by its place, by whom, or the
// only one there is.
func choose(ctx context.Context, req *bot.Request, q storage.Question, all []storage.QuestionAnswer) (storage.QuestionAnswer, error) {
	word := req.Args.Word(1)
	if word == "" && len(all) == 1 {
		return all[0], nil
	}
	v := view(req, q, all)
	if n, err := strconv.Atoi(word); err == nil {
		for _, a := range all {
			if a.Place == n {
				return a, nil
			}
		}
		return storage.QuestionAnswer{}, bot.Refuse("qa.no_answer", v, look(q))
	}
	if word == "" && req.Event.Quoted.Ref.IsZero() {
		return storage.QuestionAnswer{}, bot.Refuse("qa.no_answer", v, look(q))
	}
	who, _, err := req.Who(ctx, word)
	if err != nil {
		return storage.QuestionAnswer{}, err
	}
	for _, a := range all {
		if a.PersonID == who.PersonID {
			return a, nil
		}
	}
	return storage.QuestionAnswer{}, bot.Refuse("qa.no_answer", v, look(q))
}

// agree says that an answer of somebody else is a good one.
func agree(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if chatter(req) {
		return bot.Reply{}, nil
	}
	q, err := pick(ctx, req, "/agree 45 1")
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := choose(ctx, req, q, all)
	if err != nil {
		return bot.Reply{}, err
	}
	if a.PersonID == req.Account.PersonID {
		return bot.Reply{}, bot.Refuse("qa.agree_own", nil)
	}
	fresh, err := req.Tx.AgreeAnswer(ctx, q.ID, a.Place, req.Account)
	if err != nil && !errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, err
	}
	if fresh {
		a.Agrees++
	}
	return bot.Reply{Template: "qa.agreed", Data: struct {
		Number, Agrees int
		Name           string
		Fresh          bool
	}{q.Number, a.Agrees, a.Name, fresh}}, nil
}
