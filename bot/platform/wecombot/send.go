package wecombot

import (
	"context"
	"errors"
	"fmt"

	"qunmate/bot/chat"
)

// Send is one attempt, by the first way that is open: an answer to the message
// itself, a push, an answer to the newest message of the chat, and at last the
// chat's fallback, which Sent.Via names. A way is left for the next only when the platform refused
// it as such, so that nothing was shown.
//
// A letter may be several messages: the parts of a long text, a card, a file.
// If one fails after an earlier one was accepted, the error is Unknown: half
// of it has been seen, and sending the letter again would repeat it. A card
// that fails after its text is only logged, for the text says how to type its
// choices. Sent.ID is empty: nothing can be edited or deleted here.
func (b *Bot) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	d, se := b.compose(l)
	if se != nil {
		return chat.Sent{}, se
	}
	send := b.sendLive
	if b.opts.Mode == Callback {
		send = b.sendPassive
	}
	sent, err := send(ctx, d)
	if err != nil {
		return chat.Sent{}, b.sendError(err)
	}
	return sent, nil
}

// way is one way to send a message over the long connection.
type way struct {
	cmd string
	req string // the callback's req_id; empty: a push, with one of its own
}

// sendLive sends over the long connection.
func (b *Bot) sendLive(ctx context.Context, d *draft) (chat.Sent, error) {
	s := b.live.Load()
	if s == nil {
		return chat.Sent{}, &unsentError{errNotConnected}
	}
	if done, err := b.updateCard(ctx, s, d); done || err != nil {
		return chat.Sent{}, err
	}
	if done, err := b.greet(ctx, s, d); done || err != nil {
		return chat.Sent{Shown: d.shown}, err
	}
	list, err := b.messages(ctx, s, d)
	if err != nil {
		return chat.Sent{}, err
	}
	w, err := b.byAnyWay(ctx, s, d, list)
	sent := chat.Sent{Shown: d.shown && err == nil, Via: d.via, Lost: d.lost}
	if err == nil && d.via == "" && d.picture != nil && len(list) > 0 {
		sent.Lost = b.show(ctx, s, d, w)
	}
	return sent, err
}

// messages are the messages of a draft, counted by the guard. A file is
// uploaded here.
func (b *Bot) messages(ctx context.Context, s *session, d *draft) ([]payload, error) {
	var list []payload
	for _, text := range renderParts(d.text) {
		list = append(list, markdownPayload(text))
	}
	if d.card != nil {
		list = append(list, cardPayload(d.card))
	}
	n := len(list)
	if d.file != nil || d.picture != nil {
		n++
	}
	if n == 0 || n > perMinute {
		return nil, rejected("the letter is %d messages, %d a minute are allowed", n, perMinute)
	}
	if err := b.allow(d, n); err != nil {
		return nil, err
	}
	var file payload
	var err error
	switch {
	case d.file != nil:
		file, err = b.upload(ctx, s, d.file)
	case d.picture != nil && len(list) == 0: // alone, it is the letter
		file, err = b.imagePayload(ctx, s, d.picture)
		d.picture = nil
	default:
		return list, nil
	}
	if err != nil {
		b.guard.Give(d.place.Ref.ID, n)
		return nil, err
	}
	return append(list, file), nil
}

// allow counts n messages into the draft's conversation.
func (b *Bot) allow(d *draft, n int) error {
	if wait := b.guard.Take(d.place.Ref.ID, n, b.opts.Now()); wait > 0 {
		return &chat.SendError{Fault: chat.Throttled, After: wait, Err: fmt.Errorf("the limits of a conversation, %d messages a minute and %d an hour", perMinute, perHour)}
	}
	return nil
}

// byAnyWay sends the first message by the first way that is open and the
// others by the same, which it says; none for Options.Fallback.
func (b *Bot) byAnyWay(ctx context.Context, s *session, d *draft, list []payload) (way, error) {
	counted := len(list)
	if d.picture != nil {
		counted++
	}
	var refusal error
	for _, w := range b.ways(d) {
		err := b.sendOne(ctx, s, d, w, list[0])
		if err == nil {
			return w, b.sendRest(ctx, s, d, w, list)
		}
		if !closedWay(err) {
			if _, unsent := errors.AsType[*unsentError](err); unsent {
				b.guard.Give(d.place.Ref.ID, counted)
			}
			return w, err
		}
		refusal = err
	}
	b.guard.Give(d.place.Ref.ID, counted)
	return way{}, b.lastResort(ctx, d, refusal)
}

// ways lists how a draft may be sent, the best first.
func (b *Bot) ways(d *draft) []way {
	now := b.opts.Now()
	var out []way
	if d.token.Kind == toMessage && d.token.Req != "" && d.token.fresh(now) {
		out = append(out, way{cmdRespond, d.token.Req})
	}
	out = append(out, way{cmd: cmdPush})
	if newest := b.talks.newest(d.place.Ref.ID, now); newest.Req != "" && newest.Req != d.token.Req {
		out = append(out, way{cmdRespond, newest.Req})
	}
	return out
}

func (b *Bot) sendOne(ctx context.Context, s *session, d *draft, w way, p payload) error {
	req := w.req
	if w.cmd == cmdPush {
		req = newReqID(cmdPush)
		p.ChatID = d.place.Ref.ID
		switch d.place.Type {
		case chat.Private:
			p.ChatType = 1
		case chat.Group:
			p.ChatType = 2
		case chat.Channel:
		}
	}
	_, err := s.call(ctx, w.cmd, req, p, b.opts.Times.Ack)
	if w.cmd == cmdPush {
		ack, refused := errors.AsType[*ackError](err)
		if err == nil {
			b.talks.pushed(d.place.Ref.ID, 0, b.opts.Now())
		} else if refused && closedWay(err) {
			b.talks.pushed(d.place.Ref.ID, ack.Code, b.opts.Now())
		}
	}
	if err == nil {
		b.remember(p)
	}
	return err
}

func (b *Bot) sendRest(ctx context.Context, s *session, d *draft, w way, list []payload) error {
	for i, p := range list {
		if i == 0 {
			continue
		}
		err := b.sendOne(ctx, s, d, w, p)
		switch {
		case err == nil:
		case p.Card != nil:
			b.log.Warn("wecombot: a card was not sent, its text was", "letter", d.letter.ID, "err", err)
		default:
			return &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only %d of %d messages were sent: %w", i, len(list), err)}
		}
	}
	return nil
}
