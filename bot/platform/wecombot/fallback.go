package wecombot

import (
	"context"
	"errors"
	"fmt"

	"qunmate/bot/chat"
)

// Fallback is another connection that leads into a chat.
type Fallback struct {
	Name string // of the connection
	// Send is one attempt with a public letter; of what it says only Sent.Lost
	// counts. Its error is a *chat.SendError.
	Send func(context.Context, chat.Letter) (chat.Sent, error)
}

// fallback is the other way into the chat of a draft. A private file has none:
// it was redirected, and the fallback would show it in the group.
func (b *Bot) fallback(d *draft) (Fallback, bool) {
	f, ok := b.opts.Fallbacks[d.place.Ref.ID]
	return f, ok && f.Send != nil && d.place.Ref == d.letter.Chat.Ref
}

// lastResort sends by the chat's fallback.
func (b *Bot) lastResort(ctx context.Context, d *draft, refusal error) error {
	f, ok := b.fallback(d)
	if !ok {
		if refusal == nil {
			return rejected("nothing can be sent here: nobody has written to the bot lately")
		}
		return rejected("no way of sending is open here: %w", refusal)
	}
	sent, err := f.Send(ctx, b.elsewhere(d))
	if err == nil {
		d.via, d.lost = f.Name, sent.Lost
		b.log.Info("wecombot: a letter went by another connection", "letter", d.letter.ID, "via", f.Name, "refusal", refusal)
		return nil
	}
	se := chat.AsSendError(err)
	if se.Fault == chat.Gone || se.Fault == chat.Moved {
		// That is said of the other connection: this one still hears the group.
		return rejected("by %s: %w", f.Name, errors.Join(se.Err, refusal))
	}
	return &chat.SendError{Fault: se.Fault, After: se.After, Err: fmt.Errorf("by %s: %w", f.Name, se.Err)}
}

// elsewhere is the letter for a connection on which nobody can press anything:
// the text says how the choices are typed, for this bot hears that in the same
// group.
func (b *Bot) elsewhere(d *draft) chat.Letter {
	l := d.letter
	l.Reply, l.Content.Private = "", false
	if name := d.addressee(); name != "" {
		l.Content.Text = chat.Escape("@"+name+" ") + l.Content.Text
	}
	l.Content.Choices = nil
	for _, c := range d.letter.Content.Choices {
		form := b.typed(d, c)
		switch {
		case c.URL != "":
			l.Content.Choices = append(l.Content.Choices, c)
		case form != "" && l.Content.Poll == nil: // a poll's text says how a vote is typed
			l.Content.Text += "<br>" + chat.Escape(c.Label) + ": <code>" + chat.Escape(form) + "</code>"
		}
	}
	return l
}
