package bot

import (
	"context"
	"fmt"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// shownLife is how long a private answer that everybody sees stands.
const shownLife = 20 * time.Second

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
	var outcomes []storage.Outcome
	for _, r := range all {
		outcomes = append(outcomes, d.outcomes(r, now)...)
	}
	store := func(ctx context.Context, tx *storage.Tx) error {
		for _, o := range outcomes {
			if err := tx.Settle(ctx, o); err != nil {
				return err
			}
		}
		for _, r := range all {
			if err := d.follow(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	}
	if err := d.engine.do(ctx, store); err != nil {
		// The letters are sent; only the note of it is missing. After a restart
		// answers may come twice, once-letters become uncertain.
		d.engine.Log.Error("outcomes could not be stored", "letters", len(outcomes), "err", err)
	}
	for _, r := range all {
		r.box.busy = false
	}
}

// outcomes decides about an attempt and takes back what is to be tried again.
func (d *delivery) outcomes(r result, now time.Time) []storage.Outcome {
	head := settle(r.letters[0], now, r.sent, r.err)
	if r.err != nil {
		d.note(r, head, now)
	}
	if r.err != nil && r.err.Fault == chat.Rejected && r.letters[0].Slot != "" && r.letters[0].Error != lostSlot && r.letters[0].Verb == storage.VerbSend {
		// Most likely the message to edit is gone. Say it anew.
		head.State, head.Error, head.NextAt = storage.LetterQueued, lostSlot, now
	}
	out := []storage.Outcome{head}
	for _, l := range r.letters[1:] {
		o := storage.Outcome{ID: l.ID, State: head.State, NextAt: head.NextAt, Attempts: head.Attempts, Error: head.Error}
		if head.State == storage.LetterSent {
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
		r.box.budget.blocked = now.Add(r.err.After)
		log.Warn("the platform asks us to wait", "after", r.err.After)
	case chat.Retry:
		log.Warn("not sent, will be tried again", "at", o.NextAt, "attempt", o.Attempts, "err", r.err)
	case chat.Unknown:
		log.Warn("may or may not have been sent; it is not sent again", "err", r.err)
	case chat.Rejected, chat.Gone:
		log.Warn("the platform refused a message for good", "err", r.err)
	case chat.Moved:
		log.Info("the chat has a new id", "to", r.err.To)
	}
}

// follow does what an outcome asks for beyond its own row.
func (d *delivery) follow(ctx context.Context, tx *storage.Tx, r result) error {
	switch {
	case r.err == nil && r.sent.Shown && r.sent.ID != "":
		l := r.letters[0]
		_, err := tx.Enqueue(ctx, storage.Letter{
			ChatID: l.ChatID, Connection: l.Connection, Lane: storage.LaneAnswer, Verb: storage.VerbDelete, Kind: "delete",
			Content: "{}", ExternalID: r.sent.ID, NextAt: tx.Now.Add(shownLife),
		})
		return err
	case r.err != nil && r.err.Fault == chat.Gone:
		c, err := tx.Chat(ctx, r.box.chat.ID)
		if err != nil {
			return err
		}
		for _, l := range r.box.letters {
			d.count[l.Lane]--
		}
		r.box.letters = nil
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
