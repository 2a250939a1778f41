package draw

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// joinedView is the answer to an entry.
type joinedView struct {
	ID      int64
	Ticket  int64
	Cost    int64
	Balance int64
	Weight  int64
	Prize   string // of an instant draw, "" = none
	Instant bool
	Closes  bot.Moment
	State   string
	Full    bool // his was the last place: nobody leaves any more
}

// join gives a member his ticket.
func (f family) join(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if quiet, err := overheard(ctx, req); quiet || err != nil {
		return bot.Reply{}, err
	}
	if req.Args.Len() == 0 {
		return f.list(ctx, req) // no prize is entered by one word: robots wait for those
	}
	d, s, err := named(ctx, req, "/join 12")
	if err != nil {
		return bot.Reply{}, err
	}
	view := joinedView{ID: d.ID, Cost: d.Cost, Balance: req.Member.Balance, Closes: req.Moment(d.ClosesAt), Instant: d.Mode == storage.DrawInstant, State: d.State}
	e, err := req.Tx.DrawEntry(ctx, d.ID, req.Account.PersonID)
	if err == nil {
		view.Ticket = e.Ticket
		return bot.Reply{Template: "draw.already", Data: view}, nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	if d.State != storage.DrawOpen || !req.At.Before(d.ClosesAt) || d.Mode == storage.DrawInstant && d.Tickets >= d.FullAt {
		return bot.Reply{}, bot.Refuse("draw.closed", view)
	}
	who, err := f.standing(ctx, req, s, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	if judged, ok := judgeAll(s.If, who); !ok || d.Cost > req.Member.Balance {
		// Not a Refusal: what kept him out is remembered, for /why draw.
		return f.turnAway(ctx, req, d, judgedView{ID: d.ID, Conditions: judged, OK: ok, Cost: d.Cost, Balance: req.Member.Balance})
	}
	return f.enter(ctx, req, d, s, who, view)
}

func (f family) turnAway(ctx context.Context, req *bot.Request, d storage.Draw, view judgedView) (bot.Reply, error) {
	reason, err := encode(view)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.RefuseEntry(ctx, d.ID, req.Account.PersonID, reason); err != nil {
		return bot.Reply{}, err
	}
	if !view.OK {
		return bot.Reply{Template: "draw.not_eligible", Data: view}, nil
	}
	return bot.Reply{Template: "draw.too_poor", Data: view}, nil
}

func (f family) enter(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, who Standing, view joinedView) (bot.Reply, error) {
	salt := make([]byte, saltBytes)
	f.Random(salt)
	account := chat.Ref{Domain: req.Account.Domain, ID: req.Account.ExternalID}
	e, err := req.Tx.AddEntry(ctx, storage.DrawEntry{
		DrawID: d.ID, PersonID: req.Account.PersonID, AccountID: req.Account.ID, MemberID: req.Member.ID,
		Who: fair.Who(salt, account.String()), Salt: hex.EncodeToString(salt), Weight: weigh(s.Bonus, who), Cost: d.Cost,
	})
	if err != nil {
		return bot.Reply{}, err
	}
	d.Tickets = e.Ticket
	if err := pay(ctx, req, e, false); err != nil {
		return bot.Reply{}, err
	}
	view.Ticket, view.Weight, view.Balance = e.Ticket, e.Weight, view.Balance-d.Cost
	if d.Mode == storage.DrawInstant {
		if view.Prize, err = f.scratch(ctx, req, d, s, e); err != nil {
			return bot.Reply{}, err
		}
	}
	closed, err := f.maybeFull(ctx, req, d, s)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Full = closed
	r := bot.Reply{Template: "draw.joined", Data: view, Brief: "draw.joined_brief"}
	if req.Exposed() && !view.Instant {
		r.Template = "draw.joined_short" // the whole group reads along
	}
	if closed || view.Instant {
		if view.Instant {
			r.Brief = "" // what it says is for him alone
		}
		return r, nil
	}
	r.Choices = []bot.Choice{{Label: "draw.button_leave", Command: fmt.Sprintf("/leave %d", d.ID)}}
	return r, planCount(ctx, req, d)
}

// pay takes the price of a ticket, or gives it back.
func pay(ctx context.Context, req *bot.Request, e storage.DrawEntry, back bool) error {
	if e.Cost == 0 {
		return nil
	}
	detail, err := encode(map[string]int64{"draw": e.DrawID, "ticket": e.Ticket})
	if err != nil {
		return err
	}
	cause := fmt.Sprintf("draw:%d:%d", e.DrawID, e.Ticket)
	entry := storage.Entry{
		MemberID: e.MemberID, Unit: storage.Points, Amount: -e.Cost, Kind: "draw", Cause: cause, Day: req.Day, Week: chatday.Week(req.Day), At: req.At, Detail: detail,
	}
	if back {
		paid, err := req.Tx.EntryByCause(ctx, e.MemberID, storage.Points, cause)
		if err != nil {
			return err
		}
		entry.Amount, entry.Kind, entry.Cause, entry.Reverses = e.Cost, "draw_back", cause+":back", paid.ID
	}
	_, err = req.Tx.Post(ctx, entry)
	return err
}

// scratch tells what a ticket of an instant draw won.
func (f family) scratch(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, e storage.DrawEntry) (string, error) {
	secret, err := hex.DecodeString(d.Secret)
	if err != nil {
		return "", fmt.Errorf("draw %d: %w", d.ID, err)
	}
	for i, w := range fair.Winners(s.fairPrizes(), fair.NewInstant(secret, d.FullAt)) {
		if w.Ticket == e.Ticket {
			return s.Prizes[w.Prize].Name, req.Tx.AddWin(ctx, storage.DrawWin{DrawID: d.ID, Place: i + 1, Prize: w.Prize, Ticket: w.Ticket})
		}
	}
	return "", nil
}

// maybeFull closes a draw when its last place is taken.
func (f family) maybeFull(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) (bool, error) {
	n := d.Tickets
	if d.Mode == storage.DrawFull {
		count, err := req.Tx.CountEntries(ctx, d.ID)
		if err != nil {
			return false, err
		}
		n = int64(count)
	}
	if d.Mode == storage.DrawTimed || n < d.FullAt {
		return false, nil
	}
	return true, f.freeze(ctx, req, d, s)
}

// leave gives a ticket back before the close.
func (f family) leave(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, _, err := named(ctx, req, "/leave 12")
	if err != nil {
		return bot.Reply{}, err
	}
	view := joinedView{ID: d.ID, Cost: d.Cost, Balance: req.Member.Balance, Closes: req.Moment(d.ClosesAt), Instant: d.Mode == storage.DrawInstant, State: d.State}
	e, err := req.Tx.DrawEntry(ctx, d.ID, req.Account.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, bot.Refuse("draw.not_in", view)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	view.Ticket, view.Cost = e.Ticket, e.Cost
	if d.State != storage.DrawOpen || !req.At.Before(d.ClosesAt) || view.Instant {
		return bot.Reply{}, bot.Refuse("draw.leave_closed", view)
	}
	if err := req.Tx.EndEntry(ctx, d.ID, e.Ticket, storage.EntryLeft); err != nil {
		return bot.Reply{}, err
	}
	if err := pay(ctx, req, e, true); err != nil {
		return bot.Reply{}, err
	}
	view.Balance += e.Cost
	return bot.Reply{Template: "draw.left", Data: view}, planCount(ctx, req, d)
}

// countEvery bounds how often the number of entrants is brought up to date.
const countEvery = time.Minute

func planCount(ctx context.Context, req *bot.Request, d storage.Draw) error {
	at := req.Tx.Now.Truncate(countEvery).Add(countEvery)
	payload, err := encode(due{Draw: d.ID})
	if err != nil {
		return err
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{Key: fmt.Sprintf("draw:%d:count:%d", d.ID, at.UnixMilli()), Task: taskCount, ChatID: d.ChatID, Payload: payload, DueAt: at})
	return err
}

// onCount brings the number of entrants in the public message up to date.
func (f family) onCount(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	_, d, s, err := f.timer(ctx, req)
	if err != nil || d.State != storage.DrawOpen || !req.Tx.Now.Before(d.ClosesAt) {
		return bot.Reply{}, err
	}
	_, err = f.repaint(ctx, req, d, s)
	return bot.Reply{}, err
}

// timer reads a due timer and its draw.
func (f family) timer(ctx context.Context, req *bot.Request) (due, storage.Draw, Spec, error) {
	var p due
	detail, _ := req.Event.Detail.(chat.Due)
	if err := json.Unmarshal(detail.Payload, &p); err != nil {
		return p, storage.Draw{}, Spec{}, fmt.Errorf("timer of a draw: %w", err)
	}
	d, err := req.Tx.Draw(ctx, p.Draw)
	if err != nil {
		return p, d, Spec{}, err
	}
	s, err := decode(d)
	return p, d, s, err
}
