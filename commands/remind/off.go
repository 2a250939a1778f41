package remind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/storage"
)

// switched is what audit rows keep of reminders.
type switched struct {
	Pushes []int64 `json:"pushes"`
}

func undoAdd(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was switched
	if err := json.Unmarshal([]byte(row.After), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	var v view
	for _, id := range was.Pushes {
		p, err := req.Tx.Push(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		v.Kind, v.Number = p.Kind, p.ActivityID
		if p.State != storage.PushOn {
			continue
		}
		if err := req.Tx.EndPush(ctx, id, storage.PushOff, "switched off"); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "remind.off", Data: v}, nil
}

// allOff is /poll remind 3 off.
func allOff(ctx context.Context, req *bot.Request, a storage.Activity) (bot.Reply, error) {
	on, err := req.Tx.PushesOf(ctx, a.Kind, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v := view{Kind: a.Kind, Number: a.ID, Title: a.Title}
	if len(on) == 0 {
		return bot.Reply{}, bot.Refuse("remind.nothing_off", v)
	}
	return switchOff(ctx, req, v, on)
}

func switchOff(ctx context.Context, req *bot.Request, v view, pushes []storage.Push) (bot.Reply, error) {
	var was switched
	for _, p := range pushes {
		if err := req.Tx.EndPush(ctx, p.ID, storage.PushOff, "switched off"); err != nil {
			return bot.Reply{}, err
		}
		was.Pushes = append(was.Pushes, p.ID)
	}
	var err error
	v.Audit, err = req.Audit(ctx, actionOff, was, struct{}{}, "", true)
	return bot.Reply{Template: "remind.off", Data: v}, err
}

// off is /remind off 7: the reminder of that number.
func off(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, ok := number(req.Args.Word(0))
	if !ok {
		return bot.Reply{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{req.Args.Word(0), "/remind off 3"})
	}
	p, err := req.Tx.Push(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && p.State != storage.PushOn {
		return bot.Reply{}, bot.Refuse("remind.no_such", view{ID: id})
	}
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := find(ctx, req, p.Kind, p.ActivityID)
	if err != nil {
		return bot.Reply{}, err
	}
	return switchOff(ctx, req, view{Kind: a.Kind, Number: a.ID, Title: a.Title}, []storage.Push{p})
}

func undoOff(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was switched
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	var v view
	for _, id := range was.Pushes {
		p, err := req.Tx.Push(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		v.Kind, v.Number = p.Kind, p.ActivityID
		if err := req.Tx.ResumePush(ctx, p); errors.Is(err, storage.ErrDuplicate) {
			return bot.Reply{}, bot.Refuse("remind.replaced", v)
		} else if err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "remind.resumed", Data: v}, nil
}
