package bot

import (
	"context"
	"errors"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	// yieldFor is how long what is said in a group that nobody knows yet waits for
	// a connection that stands earlier in the configuration: if that one is in the
	// group too, it brings the same words and answers.
	yieldFor = 1500 * time.Millisecond
	// echoWithin is how far apart two connections may bring one message.
	echoWithin = time.Minute
)

// errEcho says that an event was answered when another connection brought it.
var errEcho = errors.New("answered already")

// yields reports whether an event is to wait for an earlier connection. Only a
// group that is not known yet leaves open who answers there, and only words and
// presses are answered.
func (e *Engine) yields(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) (bool, error) {
	if ev.Chat.Ref.IsZero() || ev.Chat.Type == chat.Private || ev.Kind != chat.Message && ev.Kind != chat.Press || !e.outranked(via, ev.Chat) {
		return false, nil
	}
	_, err := tx.ChatByRef(ctx, ev.Chat.Ref.Domain, ev.Chat.Ref.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// outranked reports whether an earlier connection could answer in a chat.
func (e *Engine) outranked(via string, c chat.Chat) bool {
	rank, known := e.routes[via]
	if !known || serves(e.platforms[via], c) {
		return false
	}
	for _, p := range e.Platforms[:rank] {
		_, particular := p.(chat.Particular)
		if p.Domain() == c.Ref.Domain && !particular && p.Caps(c).MaxText > 0 {
			return true
		}
	}
	return false
}

// echo reports whether a message with which a connection would take a chat over
// has been answered there by the one that had it.
func (e *Engine) echo(ctx context.Context, tx *storage.Tx, c storage.Chat, ev chat.Event) (bool, error) {
	if ev.Kind != chat.Message || ev.Reply == "" {
		return false, nil
	}
	return tx.Answered(ctx, c.ID, c.Connection, ev.Reply, tx.Now.Add(-echoWithin))
}

// yield puts an event aside for a moment. It stands in nobody's way: what the
// earlier connection brings of the same sender may be the very same words.
func (e *Engine) yield(ctx context.Context, tx *storage.Tx, via string, ev chat.Event) error {
	text, err := encodeEvent(ev)
	if err != nil {
		return err
	}
	_, err = tx.AddWaiting(ctx, storage.Waiting{Connection: via, Event: text, State: storage.InboxParked, NextAt: tx.Now.Add(yieldFor)})
	return err
}
