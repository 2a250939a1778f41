package wecomapp

import (
	"context"
	"errors"
	"fmt"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// Send is one attempt. The answer to a press changes its card, if it fits on
// it. A text that answers a request which is still open is written into that;
// everything else goes out by message/send.
//
// If a later part of a letter fails after an earlier one was accepted, the
// error is Unknown whatever the cause: half of it has been read, and sending
// the letter again would repeat it.
//
// Nothing that was sent can be edited, so Sent.ID is empty.
func (a *App) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	d, se := a.compose(l)
	if se != nil {
		return chat.Sent{}, se
	}
	// Over the limit of a member the platform drops silently (path 90236).
	if wait := a.guard.Take(d.user, d.messages(), a.opts.Now()); wait > 0 {
		return chat.Sent{}, &chat.SendError{Fault: chat.Throttled, After: wait, Err: errors.New("too many messages to one member")}
	}
	if se := a.carry(ctx, d); se != nil {
		if se.Fault != chat.Unknown {
			a.guard.Give(d.user, d.messages())
		}
		return chat.Sent{}, se
	}
	if d.picture == nil {
		return chat.Sent{}, nil
	}
	switch se = a.show(ctx, d); {
	case se == nil:
		return chat.Sent{}, nil
	case d.messages() == 1: // it is all there is
		a.guard.Give(d.user, 1)
		return chat.Sent{}, se
	case se.Fault != chat.Unknown:
		a.guard.Give(d.user, 1)
	}
	a.log.Warn("wecomapp: a picture was not sent, its text was", "letter", l.ID, "err", se)
	return chat.Sent{Lost: se.Err.Error()}, nil
}

// carry sends everything but the picture.
func (a *App) carry(ctx context.Context, d *draft) *chat.SendError {
	if done, se := a.changeCard(ctx, d); done || se != nil {
		return se
	}
	file, se := a.prepareFile(ctx, d)
	if se != nil {
		return se
	}
	sent := 0
	if file == nil && d.token != "" {
		first := ""
		if len(d.parts) > 0 {
			first = d.parts[0]
		}
		// Without a text there is nothing to write into the request: it is ended
		// all the same, for the answer comes another way.
		if a.answers.Offer(ctx, d.token, d.user, first) && first != "" {
			a.people.answeredNow(d.user)
			sent = 1
		}
	}
	all := a.outgoing(d, file)
	for ; sent < len(all); sent++ {
		if se := a.say(ctx, all[sent]); se != nil {
			if sent > 0 {
				se = &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only %d of %d parts were sent: %w", sent, len(all), se.Err)}
			}
			return se
		}
	}
	if d.card != nil {
		a.cards.put(*d.card)
	}
	return nil
}

// outgoing is a draft as messages, in their order.
func (a *App) outgoing(d *draft, file *outgoing) []outgoing {
	var out []outgoing
	if file != nil {
		out = append(out, *file)
	}
	for _, text := range d.parts {
		out = append(out, outgoing{MsgType: "text", Text: &content{text}})
	}
	if d.card != nil {
		out = append(out, outgoing{MsgType: "template_card", Card: d.card})
	}
	for i := range out {
		out[i].To, out[i].Agent = d.user, a.opts.AgentID
	}
	return out
}

// prepareFile uploads the file of a letter, which nobody sees by that.
func (a *App) prepareFile(ctx context.Context, d *draft) (*outgoing, *chat.SendError) {
	if d.file == nil {
		return nil, nil //nolint:nilnil // no file, no message
	}
	kind := mediaType(d.file)
	id, err := a.api.upload(ctx, kind, d.file)
	if err != nil {
		se := a.sendError(err)
		if se.Fault == chat.Unknown {
			se = &chat.SendError{Fault: chat.Retry, Err: se.Err}
		}
		return nil, se
	}
	out := &outgoing{MsgType: kind}
	if kind == mediaImage {
		out.Image = &media{id}
	} else {
		out.File = &media{id}
	}
	return out, nil
}

// say sends one message, not so soon after an answer that it could arrive
// before it.
func (a *App) say(ctx context.Context, o outgoing) *chat.SendError {
	if !sleep(ctx, a.opts.Times.Gap-a.people.sinceAnswer(o.To)) {
		return &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("stopped before it was sent: %w", ctx.Err())}
	}
	return a.sendError(a.api.send(ctx, o))
}

// changeCard answers a press on the card itself. Not done and no error: it does
// not fit, the card is forgotten, or the platform did not take it; nothing was
// changed then.
func (a *App) changeCard(ctx context.Context, d *draft) (done bool, se *chat.SendError) {
	token := parsePress(d.token)
	if !token.good(a.opts.Now()) || d.file != nil || d.picture != nil || d.linked || d.plain == "" {
		return false, nil
	}
	c, ok := a.cards.get(token.Task)
	if !ok {
		return false, nil
	}
	if c.Type == typeVote {
		ok = sayInVote(&c, d)
	} else {
		ok = sayInButtons(&c, d)
	}
	if !ok {
		return false, nil
	}
	err := a.api.change(ctx, cardUpdate{Users: []string{d.user}, Agent: a.opts.AgentID, Code: token.Code, Card: &c})
	if err == nil {
		return true, nil
	}
	if se = a.sendError(err); se.Fault == chat.Rejected && wxhttp.Code(err) != 0 {
		a.log.Debug("wecomapp: a card was not changed", "err", se.Err)
		return false, nil
	}
	return false, se
}

// sayInVote puts the answer below the title and keeps the options, since a
// vote may be changed.
func sayInVote(c *card, d *draft) bool {
	if len(d.commands) > 0 || runes(d.plain) > maxDesc {
		return false
	}
	c.Title.Desc = d.plain
	return true
}

// sayInButtons puts the answer where the text was. The answer's own choices
// become the buttons; without any the old ones stay, and what the card said
// before as well if there is room.
func sayInButtons(c *card, d *draft) bool {
	if runes(d.plain) > maxSub || len(d.commands) > maxButtons {
		return false
	}
	before := c.Sub
	c.Sub = d.plain
	if len(d.commands) > 0 {
		c.Buttons = buttons(d.commands)
		return c.Buttons != nil
	}
	if whole := d.plain + "\n" + before; before != "" && runes(whole) <= maxSub {
		c.Sub = whole
	}
	return true
}
