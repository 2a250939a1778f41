package qa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// actionAccept is the audit row of an acceptance, which its asker can take back.
const actionAccept = "qa.accept"

// acceptance is what that row keeps.
type acceptance struct {
	Question int64 `json:"question"`
	Number   int   `json:"number"`
	Accepts  int   `json:"accepts"` // which one of the question it was
	Place    int   `json:"place"`
	Points   int   `json:"points"`
}

// Why an acceptance brings less than it might.
const (
	fullDay  = "day"  // the answerer has had all of a day
	fullPair = "pair" // these two have had all of a month
)

// due is what the acceptance of an answer brings, and why it is not all: nothing
// for one's own, a limit for a day, and a limit for two who accept each other.
func due(ctx context.Context, req *bot.Request, q storage.Question, a storage.QuestionAnswer) (int, string, error) {
	if q.PersonID == a.PersonID {
		return 0, "", nil
	}
	day := req.Days.Day(req.Now)
	month, ok := req.Days.Begin(day[:len("2006-01")] + "-01")
	today, ok2 := req.Days.Begin(day)
	if !ok || !ok2 {
		return 0, "", fmt.Errorf("qa: the day %s has no beginning", day)
	}
	n, err := req.Tx.AcceptedBetween(ctx, q.CommunityID, month, q.PersonID, a.PersonID)
	if err != nil {
		return 0, "", err
	}
	if n >= perPair {
		return 0, fullPair, nil
	}
	had, err := req.Tx.AcceptedFor(ctx, q.CommunityID, today, a.PersonID)
	if err != nil {
		return 0, "", err
	}
	if points := min(reward, perDay-had); points < reward {
		return max(0, points), fullDay, nil
	}
	return reward, "", nil
}

// accept ends a question: its asker says which answer helped.
func accept(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if chatter(req) {
		return bot.Reply{}, nil
	}
	q, err := pick(ctx, req, "/accept 45 1")
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if q.State != storage.QuestionOpen {
		return bot.Reply{}, bot.Refuse("qa.solved_before", view(req, q, all), look(q))
	}
	a, err := choose(ctx, req, q, all)
	if err != nil {
		return bot.Reply{}, err
	}
	if q.PersonID != req.Account.PersonID {
		agree := bot.Choice{Label: "qa.button_agree", Command: fmt.Sprintf("/agree %d %d", q.Number, a.Place)}
		return bot.Reply{}, bot.Refuse("qa.not_asker", view(req, q, all), agree)
	}
	var less string
	if q.Points, less, err = due(ctx, req, q, a); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.SolveQuestion(ctx, q.ID, a.Place, q.Points); err != nil {
		return bot.Reply{}, err
	}
	q.State, q.Accepted, q.Accepts = storage.QuestionSolved, a.Place, q.Accepts+1
	if q.Points > 0 {
		if err := pay(ctx, req, q, a); err != nil {
			return bot.Reply{}, err
		}
	}
	audit, err := req.Audit(ctx, actionAccept, struct{}{}, acceptance{q.ID, q.Number, q.Accepts, a.Place, q.Points}, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	here := q.ChatID == req.Chat.ID
	done := struct {
		card
		Less            string
		PerDay, PerPair int
		Audit           int64
	}{view(req, q, all), less, perDay, perPair, audit}
	if here && req.Exposed() {
		// Everybody reads along: the one message of the question says it all.
		r := public(req, q, all, req.Caps)
		r.Template, r.Data = "qa.card_accepted", done
		return bot.Reply{}, req.Post(ctx, req.Chat, r)
	}
	if _, err := show(ctx, req, q, all); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "qa.accepted", Data: done}, nil
}

// cause names an acceptance in the ledger: each is a cause of its own.
func cause(q int64, accepts int) string {
	if accepts == 1 {
		return fmt.Sprintf("answer:%d", q)
	}
	return fmt.Sprintf("answer:%d:%d", q, accepts)
}

// pay books the points of an accepted answer: an acceptance pays once.
func pay(ctx context.Context, req *bot.Request, q storage.Question, a storage.QuestionAnswer) error {
	m, err := req.Tx.EnsureMember(ctx, q.CommunityID, a.PersonID)
	if err != nil {
		return err
	}
	day := req.Days.Day(req.Now)
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: storage.Points, Amount: int64(q.Points), Kind: "answer", Cause: cause(q.ID, q.Accepts),
		Day: day, Week: chatday.Week(day), At: req.Tx.Now, ActorID: req.Account.PersonID, Detail: fmt.Sprintf(`{"question":%d}`, q.Number),
	})
	return err
}

// undoAccept opens a question again and takes back what its acceptance brought,
// by an entry that names the one it takes back.
func undoAccept(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was acceptance
	if err := json.Unmarshal([]byte(row.After), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	gone := bot.Refuse("qa.accept_gone", struct{ Number int }{was.Number})
	switch err := req.Tx.ReopenQuestion(ctx, was.Question, was.Accepts); {
	case errors.Is(err, storage.ErrDuplicate):
		return bot.Reply{}, gone
	case err != nil:
		return bot.Reply{}, err
	}
	q, err := req.Tx.QuestionByID(ctx, was.Question)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, a := range all {
		if a.Place == was.Place && was.Points > 0 {
			if err := takeBack(ctx, req, q, a, was); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	if _, err := show(ctx, req, q, all); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "qa.accept_undone", Data: struct{ Number, Points int }{q.Number, was.Points}}, nil
}

func takeBack(ctx context.Context, req *bot.Request, q storage.Question, a storage.QuestionAnswer, was acceptance) error {
	m, e, err := paid(ctx, req, q, a, was)
	if errors.Is(err, storage.ErrNotFound) || err == nil && m.Balance < e.Amount {
		return bot.Refuse("qa.accept_spent", struct{ Number int }{q.Number})
	}
	if err != nil {
		return err
	}
	days, err := bot.CalendarOf(ctx, &req.Tx.Reader, q.CommunityID)
	if err != nil {
		return err
	}
	day := days.Day(req.Tx.Now)
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: storage.Points, Amount: -e.Amount, Kind: "answer_back", Cause: fmt.Sprintf("answer_back:%d:%d", q.ID, was.Accepts),
		Day: day, Week: chatday.Week(day), At: req.Tx.Now, ActorID: req.Account.PersonID, Reverses: e.ID, Detail: e.Detail,
	})
	return err
}

// paid finds what an acceptance brought, and who has it. Where it was carried
// off, by a bind or into another community, there is nothing to take back.
func paid(ctx context.Context, req *bot.Request, q storage.Question, a storage.QuestionAnswer, was acceptance) (storage.Member, storage.Entry, error) {
	m, err := req.Tx.EnsureMember(ctx, q.CommunityID, a.PersonID)
	if err != nil {
		return m, storage.Entry{}, err
	}
	e, err := req.Tx.EntryByCause(ctx, m.ID, storage.Points, cause(q.ID, was.Accepts))
	return m, e, err
}
