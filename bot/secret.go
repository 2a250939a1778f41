package bot

import (
	"context"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// Some words may never be written down beside the one who said them: the choice
// of an anonymous poll. An event that holds such words is decided at once or not
// at all. It waits behind nothing, and after a fault it is not kept for another
// try: its sender is asked to say it again.

// secret reports whether an event holds words that may not be kept. What cannot
// be told counts as secret.
func (e *Engine) secret(ctx context.Context, req *Request) bool {
	if req.Event.Kind != chat.Message && req.Event.Kind != chat.Press || req.Event.ForOther {
		return false
	}
	text, err := e.said(ctx, req)
	if err != nil {
		return true
	}
	inv := e.invocation(req, text)
	cmd, ok := e.registry.commands[inv.Command]
	if !ok || cmd.Secret == nil {
		return false
	}
	asked := *req
	asked.Command, asked.Args = inv.Command, inv.Args
	yes, err := cmd.Secret(ctx, &asked)
	return yes || err != nil
}

// said is the text of an event, or the command of a stored button.
func (e *Engine) said(ctx context.Context, req *Request) (string, error) {
	text := req.Event.Text
	if id, ok := strings.CutPrefix(text, storedButton); ok && req.Event.Kind == chat.Press {
		return e.buttonText(ctx, req, id)
	}
	return text, nil
}

// invocation reads the command in a text.
func (e *Engine) invocation(req *Request, text string) input.Invocation {
	direct := req.Private || req.Event.ToBot || req.Event.Kind == chat.Press
	inReply := req.Event.ByReply && !req.Private
	return input.Parse(text, e.Texts.Names(), direct && !(inReply && isTalk(text)))
}

// keepsNothing reports whether an event that is to be put aside may not be.
func (e *Engine) keepsNothing(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) bool {
	yes := false
	err := tx.Savepoint(ctx, func(ctx context.Context) error {
		req, ok, err := e.prepare(ctx, tx, via, ev)
		yes = ok && err == nil && e.secret(ctx, req)
		return err
	})
	if err == nil || ev.Kind != chat.Message && ev.Kind != chat.Press {
		return yes
	}
	// Where even that fails the words alone decide.
	inv := input.Parse(ev.Text, e.Texts.Names(), true)
	return e.registry.commands[inv.Command].Secret != nil || ev.Kind == chat.Press && strings.HasPrefix(ev.Text, storedButton)
}

// forgo gives up an event that may not be kept: it is logged, its sender is told
// that it did not count, and of the row in the inbox everything is left out that
// would say who it was or what he said.
func (e *Engine) forgo(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, w storage.Waiting, cause error) error {
	fault := newID()
	e.Log.Error("an event failed; it is not kept, since nobody may read it", "fault", fault, "kind", ev.Kind, "err", cause)
	if err := tx.Savepoint(ctx, func(ctx context.Context) error {
		req, ok, err := e.prepare(ctx, tx, via, ev)
		if err != nil || !ok {
			return err
		}
		return req.Answer(ctx, Reply{Template: "common.say_again", Data: struct{ ID string }{fault}})
	}); err != nil {
		e.Log.Error("the apology failed too", "fault", fault, "err", err)
	}
	if w.ID != 0 {
		if err := tx.DropWaiting(ctx, w.ID); err != nil {
			return err
		}
	}
	text, err := encodeEvent(chat.Event{ID: ev.ID, Kind: ev.Kind, At: ev.At})
	if err != nil {
		return err
	}
	if _, err := tx.AddWaiting(ctx, storage.Waiting{Connection: via, State: storage.InboxFailed, Event: text, Attempts: w.Attempts + 1, NextAt: tx.Now, Fault: fault, Error: cause.Error()}); err != nil {
		return err
	}
	return tx.WakeQueue(ctx, w.Queue)
}
