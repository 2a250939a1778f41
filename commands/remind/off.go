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
	return each(ctx, req, row.After, "remind.off", func(p storage.Push) error {
		if p.State != storage.PushOn {
			return nil
		}
		return req.Tx.EndPush(ctx, p.ID, storage.PushOff, "switched off")
	})
}

// each takes back what an audit row says of reminders, one by one.
func each(ctx context.Context, req *bot.Request, noted, template string, back func(storage.Push) error) (bot.Reply, error) {
	var was switched
	if err := json.Unmarshal([]byte(noted), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("reminders of an audit row: %w", err)
	}
	var v view
	for _, id := range was.Pushes {
		p, err := req.Tx.Push(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		v.Kind, v.Number = p.Kind, p.ActivityID
		if err := back(p); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: template, Data: v}, nil
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
	return each(ctx, req, row.Before, "remind.resumed", func(p storage.Push) error {
		err := req.Tx.ResumePush(ctx, p)
		if errors.Is(err, storage.ErrDuplicate) {
			return bot.Refuse("remind.replaced", view{Kind: p.Kind, Number: p.ActivityID})
		}
		return err
	})
}
