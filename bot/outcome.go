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

const (
	// shownLife is how long a private answer that everybody sees stands.
	shownLife = 20 * time.Second
	// payAgain is the pause before outcomes that could not be stored are tried
	// once more.
	payAgain = time.Second
)

// debt is what a finished attempt leaves to be stored.
type debt struct {
	result
	outcomes []storage.Outcome
}

// settleAll stores the outcomes of an attempt and of those that have come in
// meanwhile, in one transaction.
func (d *delivery) settleAll(ctx context.Context, first result) {
	all := []result{first}
	for len(all) < maxBatch {
		select {
		case r := <-d.results:
			all = append(all, r)
			continue
		default:
		}
		break
	}
	d.flying -= len(all)
	now := d.engine.Clock.Now()
	for _, r := range all {
		r.box.busy = false
		if len(r.letters) > 0 {
			if r.letters[0].Verb == storage.VerbSend {
				r.box.budget.arrived(r.at)
			}
			out := d.outcomes(&r, now) // before r is copied: it may see the fault otherwise
			d.owed = append(d.owed, debt{r, out})
		}
	}
	d.pay(ctx)
}

// pay stores the outcomes that are not stored yet. What the database cannot
// take now stays owed: without its row an answer would go out again after a
// restart.
func (d *delivery) pay(ctx context.Context) {
	if len(d.owed) == 0 || d.store(ctx, d.owed) == nil {
		d.owed, d.payAt = nil, time.Time{}
		return
	}
	var still []debt
	for i, p := range d.owed {
		err := d.store(ctx, []debt{p})
		if unwritable(err) {
			still = d.owed[i:]
			d.engine.Log.Error("outcomes cannot be stored, they are kept", "attempts", len(still), "err", err)
			break
		}
		if err != nil {
			d.engine.Log.Error("an outcome could not be stored", "letter", p.letters[0].ID, "err", err)
			p.box.budget.blocked = d.engine.Clock.Now().Add(maxPause)
		}
	}
	d.owed, d.payAt = still, d.engine.Clock.Now().Add(payAgain)
}

// store writes down what became of attempts, all or none, and brings the
// mailboxes in line.
func (d *delivery) store(ctx context.Context, debts []debt) error {
	late := map[int64]bool{}
	err := d.engine.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
		clear(late)
		for _, p := range debts {
			var dead []storage.Letter
			for i, o := range p.outcomes {
				overtaken, err := settleRow(ctx, tx, o)
				if err != nil {
					return err
				}
				late[o.ID] = overtaken
				if o.State == storage.LetterDead {
					dead = append(dead, p.letters[i])
				}
			}
			if err := d.follow(ctx, tx, p.result); err != nil {
				return err
			}
			if err := d.engine.goAround(ctx, tx, dead); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range debts {
		gone := p.err != nil && p.err.Fault == chat.Gone
		p.box.letters = slices.DeleteFunc(p.box.letters, func(l storage.Letter) bool {
			out := gone || late[l.ID]
			if out {
				d.count[l.Lane]--
			}
			return out
		})
	}
	return nil
}

// settleRow stores an outcome. A letter that is to be tried again but was given
// up or overtaken meanwhile stays so: it is reported.
func settleRow(ctx context.Context, tx *storage.Tx, o storage.Outcome) (bool, error) {
	if o.State == storage.LetterQueued {
		l, err := tx.Letter(ctx, o.ID)
		if err != nil {
			return false, err
		}
		if l.State != storage.LetterQueued && l.State != storage.LetterSending {
			return true, nil
		}
	}
	return false, tx.Settle(ctx, o)
}

// outcomes decides about an attempt and takes back what is to be tried again.
func (d *delivery) outcomes(r *result, now time.Time) []storage.Outcome {
	if r.err != nil && r.err.Fault == chat.Moved && (r.err.To.ID == "" || r.err.To.ID == r.box.chat.ExternalID) {
		// A move to where the letter went leads nowhere, but it would for ever.
		r.err = &chat.SendError{Fault: chat.Retry, Err: r.err}
	}
	head := settle(r.letters[0], now, r.sent, r.err)
	if r.err != nil {
		d.note(*r, head, now)
	}
	if r.err != nil && r.err.Fault == chat.Rejected {
		switch l := r.letters[0]; {
		case errors.Is(r.err, errExpired) && len(r.letters) == 1:
		case len(r.letters) > 1:
			head.State, head.Error, head.NextAt = storage.LetterQueued, alone, now
		case l.Slot != "" && l.Error != lostSlot && l.Verb == storage.VerbSend && !retouches(l):
			// Most likely the message to edit is gone. Say it anew.
			head.State, head.Error, head.NextAt = storage.LetterQueued, lostSlot, now
		}
	}
	out := []storage.Outcome{head}
	for _, l := range r.letters[1:] {
		o := storage.Outcome{ID: l.ID, State: head.State, NextAt: head.NextAt, Attempts: head.Attempts, Error: head.Error, Via: head.Via}
		if head.State == storage.LetterSent || head.State == storage.LetterWaiting {
			o.State, o.IntoID = storage.LetterFolded, head.ID
		}
		out = append(out, o)
	}
	if head.State == storage.LetterQueued {
		for i, l := range r.letters {
			l.Attempts, l.NextAt, l.Error = out[i].Attempts, out[i].NextAt, out[i].Error
			r.box.letters = append(r.box.letters, l)
			d.count[l.Lane]++
		}
	}
	return out
}

// note logs a failed attempt once and keeps the budgets in step with what the
// platform said.
func (d *delivery) note(r result, o storage.Outcome, now time.Time) {
	log := d.engine.Log.With("connection", d.platform.Name(), "chat", r.box.chat.ID, "letter", r.letters[0].ID)
	switch r.err.Fault {
	case chat.Throttled:
		if b := &r.box.budget; b.limit == 0 || b.count(now) <= b.limit/2 {
			d.all.widen(now) // not this chat's limit: the connection's
		}
		r.box.budget.blocked = now.Add(waitAfter(r.err))
		log.Warn("the platform asks us to wait", "after", r.err.After)
	case chat.Retry:
		log.Warn("not sent, will be tried again", "at", o.NextAt, "attempt", o.Attempts, "err", r.err)
	case chat.Unknown:
		log.Warn("may or may not have been sent; it is not sent again", "err", r.err)
	case chat.Rejected, chat.Gone:
		if r.err.Fault == chat.Rejected && (retouches(r.letters[0]) || errors.Is(r.err, errExpired)) {
			log.Debug("nothing was sent", "err", r.err)
			return
		}
		log.Warn("the platform refused a message for good", "err", r.err)
	case chat.Moved:
		log.Info("the chat has a new id", "to", r.err.To)
	}
}

// follow does what an outcome asks for beyond its own row.
func (d *delivery) follow(ctx context.Context, tx *storage.Tx, r result) error {
	switch {
	case r.err == nil && r.sent.Poll != "":
		l := r.letters[0]
		if err := tx.AddNativePoll(ctx, storage.NativePoll{Domain: d.platform.Domain(), NativeID: r.sent.Poll, ChatID: l.ChatID, Slot: l.Slot}); err != nil {
			return err
		}
		return tx.WakeParked(ctx) // somebody may have voted already
	case r.err == nil && r.sent.Shown && r.sent.ID != "" && d.platform.Caps(chatOf(r.box.chat)).Delete:
		l := r.letters[0]
		_, err := tx.Enqueue(ctx, storage.Letter{
			ChatID: l.ChatID, Connection: l.Connection, Lane: storage.LaneAnswer, Verb: storage.VerbDelete, Kind: "delete",
			Content: "{}", ExternalID: r.sent.ID, NextAt: tx.Now.Add(shownLife),
		})
		return err
	case r.err == nil && r.letters[0].Verb == storage.VerbDelete:
		// Taken back before anybody confirmed it.
		l := r.letters[0]
		_, err := tx.SettleWaiting(ctx, l.ChatID, l.ExternalID, storage.LetterDead, "taken back")
		return err
	case r.err != nil && r.err.Fault == chat.Gone:
		c, err := tx.Chat(ctx, r.box.chat.ID)
		if err != nil {
			return err
		}
		return d.engine.leave(ctx, tx, c, r.err.Error())
	case r.err != nil && r.err.Fault == chat.Moved:
		c, err := tx.Chat(ctx, r.box.chat.ID)
		if err != nil {
			return err
		}
		if c.ExternalID == r.err.To.ID {
			r.box.chat = c
			return nil
		}
		c, err = tx.MigrateChat(ctx, c, r.err.To.ID)
		if err != nil {
			return fmt.Errorf("migration: %w", err)
		}
		r.box.chat = c
	}
	return nil
}

// retouches reports whether a letter only changes an earlier message.
func retouches(l storage.Letter) bool {
	var c chat.Content
	return l.Slot != "" && json.Unmarshal([]byte(l.Content), &c) == nil && c.Retouch
}
