package qa

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// actionPin is the audit row of a question that was put at the top of its chat.
const actionPin = "qa.pin"

// pinned is what that row keeps.
type pinned struct {
	Question int64 `json:"question"`
}

// pinning is what the message of a question says of its place. It says so each
// time: of two letters that wait, only the later one leaves.
func pinning(q storage.Question) chat.Pinning {
	switch q.Pin {
	case storage.PinOn:
		return chat.Pin
	case storage.PinOff:
		return chat.Unpin
	}
	return ""
}

// pinView is what the texts about a place at the top know.
type pinView struct {
	Number int
	Right  bool // the platform could, the bot may not
	Audit  int64
}

// pin puts a question that nobody answers at the top of its chat, so that all
// see it, until somebody does.
func pin(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	q, err := pick(ctx, req, "/questions pin 45")
	if err != nil {
		return bot.Reply{}, err
	}
	v := pinView{Number: q.Number}
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return bot.Reply{}, err
	}
	may, can := req.MayPin(c)
	v.Right = can
	switch {
	case q.State != storage.QuestionOpen:
		return bot.Reply{}, bot.Refuse("qa.solved_before", view(req, q, nil), look(q))
	case q.Answers > 0:
		return bot.Reply{}, bot.Refuse("qa.pin_answered", view(req, q, nil), look(q))
	case !may || !req.CapsOf(c).Edit:
		return bot.Reply{}, bot.Refuse("qa.pin_not", v)
	case q.Pin == storage.PinOn:
		return bot.Reply{}, bot.Refuse("qa.pin_same", v)
	}
	if err := setPin(ctx, req, &q, storage.PinOn); err != nil {
		return bot.Reply{}, err
	}
	if _, err := show(ctx, req, q, nil); err != nil {
		return bot.Reply{}, err
	}
	v.Audit, err = req.Audit(ctx, actionPin, struct{}{}, pinned{q.ID}, "", true)
	return bot.Reply{Template: "qa.pinned", Data: v}, err
}

func setPin(ctx context.Context, req *bot.Request, q *storage.Question, pin int) error {
	q.Pin = pin
	return req.Tx.PinQuestion(ctx, q.ID, pin)
}

// letGo takes a question away from the top of its chat, if it is there.
func letGo(ctx context.Context, req *bot.Request, q *storage.Question) error {
	if q.Pin != storage.PinOn {
		return nil
	}
	return setPin(ctx, req, q, storage.PinOff)
}

func undoPin(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var p pinned
	if err := json.Unmarshal([]byte(row.After), &p); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	q, err := req.Tx.QuestionByID(ctx, p.Question)
	if err != nil {
		return bot.Reply{}, err
	}
	v := pinView{Number: q.Number}
	if q.Pin != storage.PinOn {
		return bot.Reply{}, bot.Refuse("qa.pin_gone", v)
	}
	if err := letGo(ctx, req, &q); err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.QuestionAnswers(ctx, q.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = show(ctx, req, q, all)
	return bot.Reply{Template: "qa.unpinned", Data: v}, err
}
