package wecombot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"qunmate/bot/chat"
)

// updateCard answers a click inside the card, for the clicker alone: the only
// private answer there is in a group. It is possible for five seconds after
// the click, once (path 101463), and only for a card that is remembered. Not
// done and no error: it does not fit, or the platform did not take it; nothing
// was shown.
func (b *Bot) updateCard(ctx context.Context, s *session, d *draft) (done bool, err error) {
	p, ok := b.cardAnswer(d)
	if !ok || d.token.Req == "" {
		return false, nil
	}
	_, err = s.call(ctx, cmdUpdate, d.token.Req, p, b.opts.Times.Ack)
	if _, refused := errors.AsType[*ackError](err); refused || errors.Is(err, errUnsure) {
		b.log.Debug("wecombot: a card was not updated", "letter", d.letter.ID, "err", err)
		return false, nil
	}
	return err == nil, err
}

// cardAnswer is the update that answers a click. It makes sense for what is
// for the clicker alone; in a private chat a new message reads better.
func (b *Bot) cardAnswer(d *draft) (payload, bool) {
	if d.token.Kind != toPress || !d.token.fresh(b.opts.Now()) || !d.shown || d.file != nil || d.picture != nil || d.letter.To.Ref.ID == "" {
		return payload{}, false
	}
	return b.cardUpdate(d)
}

// cardUpdate makes the clicked card say the answer; false if it has no room
// for it.
func (b *Bot) cardUpdate(d *draft) (payload, bool) {
	c, ok := b.cards.get(d.token.Task)
	if !ok || d.plain == "" || slices.ContainsFunc(d.full, func(s chat.Span) bool { return s.Link != "" }) {
		return payload{}, false
	}
	if c.Type == typeVote {
		ok = sayInVote(&c, d)
	} else {
		ok = b.sayInButtons(&c, d)
	}
	if !ok {
		return payload{}, false
	}
	return payload{Response: "update_template_card", Users: []string{d.letter.To.Ref.ID}, Card: &c}, true
}

// sayInVote puts the answer below the title and keeps the options, since a
// vote may be changed.
func sayInVote(c *card, d *draft) bool {
	if len(d.commands) > 0 || runes(d.plain) > maxDesc {
		return false
	}
	c.Title.Desc = strings.ReplaceAll(d.plain, "\n", " ")
	return true
}

// sayInButtons puts the answer where the text was. The answer's own choices
// become the buttons; without any the old ones stay, and what the card said
// before as well if there is room.
func (b *Bot) sayInButtons(c *card, d *draft) bool {
	if runes(d.plain) > maxSub {
		return false
	}
	before := c.Sub
	c.Sub = d.plain
	if n := len(d.commands); n > 0 {
		list, fits := rows(d.commands, func(choice chat.Choice) string { return b.typed(d, choice) })
		keys := buttons(d.commands)
		if n > maxButtons || !fits || keys == nil {
			return false
		}
		c.Rows, c.Buttons = list, keys
		return true
	}
	if whole := d.plain + "\n" + before; before != "" && runes(whole) <= maxSub {
		c.Sub = whole
	}
	return true
}

// remember keeps a card that was sent, so that a click can change it.
func (b *Bot) remember(p payload) {
	if p.Card != nil {
		b.cards.put(*p.Card)
	}
}

// maxWelcome bounds the text of a welcome, as of text messages elsewhere (path
// 90236).
const maxWelcome = 2048

// greet answers the entry into a private chat: text without markup, or a card,
// for five seconds (path 101463). Not done and no error: it is too late or too
// much for it, or not taken; a push may work.
func (b *Bot) greet(ctx context.Context, s *session, d *draft) (done bool, err error) {
	if d.token.Kind != toEntry || d.token.Req == "" || !d.token.fresh(b.opts.Now()) {
		return false, nil
	}
	p, ok := welcome(d)
	if !ok {
		return false, nil
	}
	if err := b.allow(d, 1); err != nil {
		return false, err
	}
	_, err = s.call(ctx, cmdWelcome, d.token.Req, p, b.opts.Times.Ack)
	if err == nil {
		b.remember(p)
		return true, nil
	}
	if _, lost := errors.AsType[*lostError](err); !lost {
		b.guard.Give(d.place.Ref.ID, 1)
	}
	if _, refused := errors.AsType[*ackError](err); refused || errors.Is(err, errUnsure) {
		return false, nil
	}
	return false, err
}

// welcome is a draft as the answer to an entry.
func welcome(d *draft) (payload, bool) {
	if d.file != nil || d.picture != nil {
		return payload{}, false
	}
	if d.card != nil && len(d.text) == 0 {
		return cardPayload(d.card), true
	}
	var text strings.Builder
	for _, s := range d.full {
		text.WriteString(s.Text)
		if s.Link != "" && s.Link != s.Text {
			text.WriteString(" " + s.Link)
		}
	}
	if text.Len() > maxWelcome || strings.TrimSpace(text.String()) == "" {
		return payload{}, false
	}
	return payload{MsgType: "text", Text: &content{text.String()}}, true
}
