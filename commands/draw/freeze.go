package draw

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// lateAfter is how much later than announced a list may be frozen: a full batch
// of events takes less. After it the randomness may have been seen.
const lateAfter = 10 * time.Second

// waitFor is how long the randomness may take before the group is told.
const waitFor = 2 * time.Minute

// onClose freezes a draw at its time. One that was put off has another timer.
func (f family) onClose(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	p, d, s, err := f.timer(ctx, req)
	if err != nil || d.State != storage.DrawOpen || d.ClosesAt.UnixMilli() != p.Closes {
		return bot.Reply{}, err
	}
	return bot.Reply{}, f.freeze(ctx, req, d, s)
}

// freeze closes the list for good and publishes its hash. What needs no public
// randomness is drawn at once.
func (f family) freeze(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) error {
	entries, err := req.Tx.DrawEntries(ctx, d.ID)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return f.nobody(ctx, req, d, s)
	}
	hash := fair.ListHash(entrants(entries))
	d.State, d.FrozenAt, d.ListSHA256 = storage.DrawFrozen, req.Tx.Now, hex.EncodeToString(hash[:])
	if d.Mode == storage.DrawFull {
		// The round is not there before the hash is public.
		d.ClosesAt = roundUp(req.Tx.Now)
		if d.Beacon == fair.Drand {
			d.Round = fair.RoundAt(d.ClosesAt.Add(fair.FullHouseWait))
		}
	}
	d.Late = d.Mode == storage.DrawTimed && req.Tx.Now.Sub(d.ClosesAt) > lateAfter
	if err := req.Tx.SetDraw(ctx, d, storage.DrawOpen); err != nil {
		return err
	}
	if d.Mode == storage.DrawInstant || d.Beacon == fair.None {
		if _, err := f.repaint(ctx, req, d, s); err != nil {
			return err
		}
		return f.finish(ctx, req, d, s)
	}
	return f.announceFrozen(ctx, req, d, s)
}

func roundUp(t time.Time) time.Time {
	if t.Nanosecond() == 0 {
		return t
	}
	return t.Truncate(time.Second).Add(time.Second)
}

// announceFrozen publishes the hash of the list: in the draw's own message
// where that can be edited, and as a message of its own where it must stand
// before the round exists.
func (f family) announceFrozen(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) error {
	shown, err := f.repaint(ctx, req, d, s)
	if err != nil {
		return err
	}
	c, err := f.counted(ctx, req, d, s)
	if err != nil {
		return err
	}
	if d.Mode == storage.DrawFull || d.Beacon == fair.Number || !shown {
		if err := post(ctx, req, d, bot.Reply{Template: "draw.frozen", Data: c, Once: true}); err != nil {
			return err
		}
	}
	if d.Beacon == fair.Number {
		return f.alert(ctx, req, d, bot.Reply{Template: "draw.need_number", Data: c})
	}
	payload, err := encode(due{Draw: d.ID})
	if err != nil {
		return err
	}
	at := later(req.Tx.Now, fair.RoundTime(d.Round)).Add(waitFor)
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{Key: fmt.Sprintf("draw:%d:wait", d.ID), Task: taskWait, ChatID: d.ChatID, Payload: payload, DueAt: at})
	return err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tellMaker tells who made a draw something in private, where the bot may
// write to him.
func (f family) tellMaker(ctx context.Context, req *bot.Request, d storage.Draw, r bot.Reply) (bool, error) {
	if d.AccountID == 0 {
		return false, nil
	}
	a, err := req.Tx.Account(ctx, d.AccountID)
	if err != nil {
		return false, err
	}
	return req.Tell(ctx, a, r)
}

// whisper tells the organiser, or the operators, what is no business of the
// group. If nobody can be reached it is found with /draw winners.
func (f family) whisper(ctx context.Context, req *bot.Request, d storage.Draw, r bot.Reply) error {
	told, err := f.tellMaker(ctx, req, d, r)
	if !told && err == nil {
		_, err = req.TellOperators(ctx, r)
	}
	return err
}

// alert tells the organiser something, or, if he cannot be reached, whoever
// administers the chat.
func (f family) alert(ctx context.Context, req *bot.Request, d storage.Draw, r bot.Reply) error {
	c, err := req.Tx.Chat(ctx, d.ChatID)
	if err != nil {
		return err
	}
	if d.AccountID == 0 {
		return req.Alert(ctx, c, r)
	}
	a, err := req.Tx.Account(ctx, d.AccountID)
	if err != nil {
		return err
	}
	return req.TellOrAlert(ctx, a, c, r)
}

// onWait says once that the randomness is late, and how it can be brought.
func (f family) onWait(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	_, d, s, err := f.timer(ctx, req)
	if err != nil || d.State != storage.DrawFrozen || d.Waited {
		return bot.Reply{}, err
	}
	d.Waited = true
	if err := req.Tx.SetDraw(ctx, d, storage.DrawFrozen); err != nil {
		return bot.Reply{}, err
	}
	c, err := f.counted(ctx, req, d, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, d, bot.Reply{Template: "draw.waiting", Data: c, Once: true}); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, f.whisper(ctx, req, d, bot.Reply{Template: "draw.need_round", Data: struct {
		card
		Chain string
	}{c, d.Chain}})
}

// nobody ends a draw that nobody entered.
func (f family) nobody(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) error {
	reason, err := req.Text("draw.reason_nobody", nil)
	if err != nil {
		return err
	}
	return f.call(ctx, req, d, s, reason)
}

// call cancels a published draw and gives every price back.
func (f family) call(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, reason string) error {
	entries, err := req.Tx.DrawEntries(ctx, d.ID)
	if err != nil {
		return err
	}
	from := d.State
	d.State, d.Reason = storage.DrawCancelled, reason
	if err := req.Tx.SetDraw(ctx, d, from); err != nil {
		return err
	}
	for _, e := range entries {
		if err := req.Tx.EndEntry(ctx, d.ID, e.Ticket, storage.EntryRefunded); err != nil {
			return err
		}
		if err := pay(ctx, req, e, true); err != nil {
			return err
		}
	}
	c := f.card(req, d, s)
	c.Entrants = len(entries)
	if _, err := f.repaint(ctx, req, d, s); err != nil {
		return err
	}
	return post(ctx, req, d, bot.Reply{Template: "draw.called_off", Data: c, Once: true})
}

// errRound is the fault of randomness that is not what was announced.
var errRound = errors.New("the round is not the one of this draw")
