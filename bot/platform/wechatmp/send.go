package wechatmp

import (
	"context"
	"fmt"

	"qunmate/bot/chat"
)

// Send is one attempt. A letter whose Reply names a request that is still open
// is written into it; every other one, and what does not fit into the answer,
// goes out as a customer service message.
//
// If a later part of a long text fails after an earlier one was accepted, the
// error is Unknown whatever the cause: half of the text has been read, and
// sending the letter again would repeat it.
//
// A picture goes out behind the text, and costs one of the messages that a
// person's own allows.
//
// Nothing that was sent can be edited or taken back, so Sent.ID is empty.
func (a *Account) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	openid := l.Chat.Ref.ID
	if l.Chat.Ref.Domain != a.Domain() || !idForm.MatchString(openid) {
		return chat.Sent{}, rejected("%s is no chat of this account", l.Chat.Ref)
	}
	if l.Content.File != nil {
		return chat.Sent{}, rejected("official accounts take no files")
	}
	picture := l.Content.Picture
	if picture != nil && len(picture.Data) == 0 {
		picture = nil
	}
	if picture != nil && chat.Plain(l.Content.Text) == "" && len(l.Content.Choices) == 0 {
		if se := a.show(ctx, openid, picture); se != nil { // it is all there is
			return chat.Sent{}, se
		}
		return chat.Sent{}, nil
	}
	p, se := render(l.Content)
	if se != nil {
		return chat.Sent{}, se
	}
	// Before it is shown: who is quick may answer with a number at once.
	takeBack := a.people.offer(openid, p.commands)
	sent := 0
	if l.Reply != "" && a.answers.Offer(ctx, l.Reply, openid, p.parts[0]) {
		a.people.answeredNow(openid)
		sent++
	}
	for ; sent < len(p.parts); sent++ {
		if se := a.say(ctx, openid, p.parts[sent]); se != nil {
			if sent == 0 {
				takeBack()
			} else {
				se = &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only %d of %d parts were sent: %w", sent, len(p.parts), se.Err)}
			}
			return chat.Sent{}, se
		}
	}
	if picture == nil {
		return chat.Sent{}, nil
	}
	if se := a.show(ctx, openid, picture); se != nil {
		a.log.Warn("wechatmp: a picture was not sent, its text was", "letter", l.ID, "err", se)
		return chat.Sent{Lost: se.Err.Error()}, nil
	}
	return chat.Sent{}, nil
}

// say sends one customer service message, not so soon after an answer that it
// could arrive before it.
func (a *Account) say(ctx context.Context, openid, text string) *chat.SendError {
	if !sleep(ctx, a.opts.Times.Gap-a.people.sinceAnswer(openid)) {
		return &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("stopped before it was sent: %w", ctx.Err())}
	}
	if err := a.api.say(ctx, openid, text); err != nil {
		return a.serviceError(openid, err)
	}
	a.noService.Store(false)
	a.people.sent(openid)
	return nil
}
