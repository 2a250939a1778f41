package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// start begins one attempt. Its letters leave the mailbox; what is to be tried
// again comes back with the result.
func (d *delivery) start(b *mailbox, i int, now time.Time) {
	group := b.take(i, now)
	d.count[group[0].Lane] -= len(group)
	b.busy = true
	d.flying++
	if group[0].Verb == storage.VerbSend {
		b.budget.add(now)
		d.all.add(now)
	}
	c, to := b.chat, b.people[group[0].AccountID]
	go func() {
		r := result{box: b}
		var err error
		if r.letters, err = d.stillOpen(d.sends, group); err == nil && len(r.letters) > 0 {
			r.sent, err = d.attempt(d.sends, c, to, r.letters)
		}
		switch {
		case errors.Is(err, errWithdrawn):
			r.letters = nil
		case err != nil:
			r.err = chat.AsSendError(err)
		}
		r.at = d.engine.Clock.Now()
		d.results <- r
	}()
}

// attempt sends a letter, or several folded into one.
func (d *delivery) attempt(ctx context.Context, c storage.Chat, to chat.User, group []storage.Letter) (sent chat.Sent, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("panic while sending: %v", p)}
		}
	}()
	l := group[0]
	if !l.ExpiresAt.IsZero() && !l.Once && d.engine.Clock.Now().After(l.ExpiresAt) {
		return sent, &chat.SendError{Fault: chat.Rejected, Err: errExpired}
	}
	most := sendTimeout
	if carriesPicture(l) {
		most = pictureTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if l.Verb == storage.VerbDelete {
		deleter, ok := d.platform.(chat.Deleter)
		if !ok {
			return sent, &chat.SendError{Fault: chat.Rejected, Err: errors.New("the platform cannot delete")}
		}
		return sent, deleter.Delete(ctx, chatOf(c), l.ExternalID)
	}
	letter, err := d.letter(ctx, c, to, l)
	if err != nil {
		return sent, err
	}
	if len(group) > 1 {
		letter, err = foldLetters(letter, group)
		if err != nil {
			return sent, err
		}
	}
	lost, err := d.draw(&letter.Content)
	if err != nil {
		return sent, err
	}
	if why := d.depict(ctx, &letter); why != "" {
		lost = why
	}
	if l.Once {
		if err := d.claim(ctx, l.ID); err != nil {
			return sent, err
		}
	}
	if sent, err = d.platform.Send(ctx, letter); sent.Lost == "" {
		sent.Lost = lost
	}
	return sent, err
}

// carriesPicture reports whether more than words is to be sent.
func carriesPicture(l storage.Letter) bool {
	var c struct {
		Picture *struct{} `json:"picture"`
		Chart   *struct{} `json:"chart"`
		Poster  *struct{} `json:"poster"`
	}
	return json.Unmarshal([]byte(l.Content), &c) == nil && (c.Picture != nil || c.Chart != nil || c.Poster != nil)
}

// draw turns a chart or a poster into a picture. A chart stands beside the text
// that says the same: what goes wrong costs nothing but its letter. The text of
// a poster goes out without it, and lost says why.
func (d *delivery) draw(c *chat.Content) (lost string, err error) {
	var p chat.Picture
	switch {
	case c.Chart != nil && d.engine.Draw != nil:
		p, err = d.engine.Draw(*c.Chart)
	case c.Poster != nil && d.engine.DrawPoster != nil:
		p, err = d.engine.DrawPoster(*c.Poster)
	case c.Chart != nil || c.Poster != nil:
		err = errors.New("there is nothing to draw with")
	default:
		return "", nil
	}
	chart := c.Chart != nil
	c.Chart, c.Poster = nil, nil
	switch {
	case err == nil:
		c.Picture = &p
		return "", nil
	case chart:
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("drawing: %w", err)}
	}
	return "drawing: " + err.Error(), nil
}

// fresh is how young a letter is that needs no second look.
const fresh = time.Second

// stillOpen drops letters that were given up while they waited in memory, as
// all are when the bot is removed from a chat. With an error it is all of them.
func (d *delivery) stillOpen(ctx context.Context, group []storage.Letter) ([]storage.Letter, error) {
	now := d.engine.Clock.Now()
	if !slices.ContainsFunc(group, func(l storage.Letter) bool { return now.Sub(l.CreatedAt) > fresh }) {
		return group, nil
	}
	var out []storage.Letter
	err := d.engine.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		for _, l := range group {
			row, err := r.Letter(ctx, l.ID)
			if err != nil {
				return err
			}
			if row.State == storage.LetterQueued || row.State == storage.LetterSending {
				out = append(out, l)
			}
		}
		return nil
	})
	if err != nil {
		return group, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	return out, nil
}

// errWithdrawn says that a letter was given up while it waited in memory.
var errWithdrawn = errors.New("the letter was withdrawn")

// claim notes that a letter is about to leave and may never be sent again.
func (d *delivery) claim(ctx context.Context, id int64) error {
	withdrawn := false
	err := d.engine.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
		l, err := tx.Letter(ctx, id)
		if withdrawn = l.State != storage.LetterQueued; err != nil || withdrawn {
			return err
		}
		if !l.ExpiresAt.IsZero() && tx.Now.After(l.ExpiresAt) {
			withdrawn = true
			return tx.Settle(ctx, storage.Outcome{ID: id, State: storage.LetterDead, Attempts: l.Attempts, NextAt: l.NextAt, Error: storage.Expired})
		}
		return tx.Claim(ctx, id)
	})
	switch {
	case err != nil:
		return &chat.SendError{Fault: chat.Retry, Err: err}
	case withdrawn:
		return errWithdrawn
	}
	return nil
}

// letter makes the platform's form of a row.
func (d *delivery) letter(ctx context.Context, c storage.Chat, to chat.User, l storage.Letter) (chat.Letter, error) {
	out := chat.Letter{ID: l.ID, Chat: chatOf(c), To: to, Reply: l.Reply, Created: l.CreatedAt}
	out.Chat.Thread = l.Thread
	if err := json.Unmarshal([]byte(l.Content), &out.Content); err != nil {
		return out, &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("content: %w", err)}
	}
	if l.Slot == "" || l.Error == lostSlot {
		return out, nil
	}
	err := d.engine.DB.View(ctx, func(ctx context.Context, r *storage.Reader) (err error) {
		out.Edit, err = r.SlotMessage(ctx, l.ChatID, l.Slot)
		return err
	})
	if err != nil {
		return out, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	if out.Content.Retouch && out.Edit == "" {
		return out, &chat.SendError{Fault: chat.Rejected, Err: errNothingToRetouch}
	}
	return out, nil
}

// errExpired says that a letter has waited until nobody needs it any more.
var errExpired = errors.New("it comes too late")

var errNothingToRetouch = errors.New("the message to change was never sent")

// lostSlot marks a letter whose earlier message cannot be edited any more: it
// is sent as a new one.
const lostSlot = "the earlier message is gone"
