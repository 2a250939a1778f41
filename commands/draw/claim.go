package draw

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/storage"
)

// claimView is the answer to /claim.
type claimView struct {
	ID       int64
	Ticket   int64
	Prize    string
	Until    bot.Moment
	Code     string
	Empty    bool // the pool of codes is
	Again    bool
	State    string
	Wrote    bool       // what is needed for the delivery
	Delivery bot.Moment // when that is forgotten
	Host     string
}

// deliveryTexts are the texts in which what a winner wrote is repeated: they
// are forgotten with it.
var deliveryTexts = []string{"draw.winners", "draw.claim_code"}

// claim hands a prize over, or asks for what is needed for that.
func (f family) claim(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := named(ctx, req, "/claim 12")
	if err != nil {
		return bot.Reply{}, err
	}
	w, err := req.Tx.DrawWin(ctx, d.ID, req.Account.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, f.noPrize(ctx, req, d)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	view := claimView{
		ID: d.ID, Ticket: w.Ticket, Prize: s.Prizes[w.Prize].Name, Until: req.Moment(w.DueAt), State: w.State,
		Again: w.State == storage.WinClaimed, Host: s.Host, Wrote: w.Delivery != "", Delivery: req.Moment(w.ForgetAt),
	}
	over := w.State == storage.WinOpen && !w.DueAt.IsZero() && !req.At.Before(w.DueAt)
	if over || w.State == storage.WinMoved || w.State == storage.WinVoid {
		return bot.Reply{}, bot.Refuse("draw.claim_over", view)
	}
	codes, _, err := req.Tx.CountCodes(ctx, d.ID, w.Prize)
	if err != nil {
		return bot.Reply{}, err
	}
	if !req.Private {
		return f.claimInGroup(ctx, req, view)
	}
	if codes > 0 {
		return f.claimCode(ctx, req, d, w, view)
	}
	text := strings.TrimSpace(req.Args.Rest(1))
	switch {
	case text == "" && view.Again:
		return bot.Reply{Template: "draw.claimed", Data: view}, nil
	case text == "":
		return bot.Reply{Template: "draw.claim_how", Data: view, Choices: []bot.Choice{
			{Label: "draw.button_no_delivery", Command: fmt.Sprintf("/claim %d -", d.ID)},
		}}, nil
	case utf8.RuneCountInString(text) > mostText:
		return bot.Reply{}, bot.Refuse("draw.claim_long", struct{ Most int }{mostText})
	case text == "-":
		text = ""
	}
	if err := f.remember(ctx, req, d, w, text); err != nil {
		return bot.Reply{}, err
	}
	view.Wrote, view.Delivery = text != "", req.Moment(req.Tx.Now.Add(storage.KeepDeliveries))
	if !view.Again {
		if err := f.whisper(ctx, req, d, bot.Reply{Template: "draw.someone_claimed", Data: view}); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "draw.claimed", Data: view}, nil
}

// claimInGroup sends the winner to the private chat: what he has to say there
// is nobody else's business.
func (f family) claimInGroup(ctx context.Context, req *bot.Request, view claimView) (bot.Reply, error) {
	if view.Again {
		return bot.Reply{Template: "draw.claimed", Data: view}, nil
	}
	told, err := req.Tell(ctx, req.Account, bot.Reply{Template: "draw.claim_how", Data: view, Choices: []bot.Choice{
		{Label: "draw.button_claim_now", Command: fmt.Sprintf("/claim %d", view.ID)},
	}})
	return bot.Reply{Template: "draw.claim_private", Data: struct {
		claimView
		Told bool
	}{view, told}}, err
}

// claimCode gives a winner his code, the same one whenever he asks.
func (f family) claimCode(ctx context.Context, req *bot.Request, d storage.Draw, w storage.DrawWin, view claimView) (bot.Reply, error) {
	code, err := req.Tx.GiveCode(ctx, d.ID, w.Prize, w.Ticket)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	view.Code, view.Empty = code, code == ""
	if err := f.remember(ctx, req, d, w, ""); err != nil {
		return bot.Reply{}, err
	}
	if view.Empty && !view.Again {
		if err := f.whisper(ctx, req, d, bot.Reply{Template: "draw.someone_claimed", Data: view}); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "draw.claim_code", Data: view}, nil
}

// remember notes a claim, and when what was written for it is to be forgotten.
func (f family) remember(ctx context.Context, req *bot.Request, d storage.Draw, w storage.DrawWin, text string) error {
	forget := req.Tx.Now.Add(storage.KeepDeliveries)
	if err := req.Tx.ClaimWin(ctx, d.ID, w.Ticket, text, forget); err != nil || text == "" {
		return err
	}
	payload, err := encode(due{Draw: d.ID, Ticket: w.Ticket})
	if err != nil {
		return err
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("draw:%d:forget:%d:%d", d.ID, w.Ticket, forget.UnixMilli()), Task: taskForget, ChatID: d.ChatID, Payload: payload, DueAt: forget,
	})
	return err
}

// onForget removes what winners wrote, and the letters that repeated it.
func (f family) onForget(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return bot.Reply{}, req.Tx.ForgetDeliveries(ctx, deliveryTexts...)
}

// noPrize says why there is nothing to claim.
func (f family) noPrize(ctx context.Context, req *bot.Request, d storage.Draw) error {
	view := claimView{ID: d.ID, State: d.State}
	e, err := req.Tx.DrawEntry(ctx, d.ID, req.Account.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	view.Ticket = e.Ticket
	return bot.Refuse("draw.no_prize", view)
}

// winnerLine is a winner as his organiser sees him.
type winnerLine struct {
	Prize    string
	Name     string
	Ticket   int64
	State    string
	Delivery string
}

// winners shows the organiser, in private, who claimed and what he wrote.
func (f family) winners(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw winners 12")
	if err != nil {
		return bot.Reply{}, err
	}
	wins, err := req.Tx.DrawWins(ctx, d.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		ID    int64
		Lines []winnerLine
	}{ID: d.ID}
	for _, w := range wins {
		if w.State == storage.WinMoved {
			continue
		}
		view.Lines = append(view.Lines, winnerLine{s.Prizes[w.Prize].Name, w.Name, w.Ticket, w.State, w.Delivery})
	}
	if _, err := req.Audit(ctx, "draw.winners", nil, due{Draw: d.ID}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "draw.winners", Data: view}, nil
}
