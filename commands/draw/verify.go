package draw

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// verifyView is a draw computed again.
type verifyView struct {
	card
	Findings []fair.Finding
	OK       bool
	Weak     bool
	Ticket   int64  // the asker's, 0 = none
	Salt     string // his, for finding his line; in private only
	Account  string // with which he entered, if it is the one he asks with
	Who      string
	Changes  int
	File     bool
	Private  bool
}

// verify computes a draw again from its receipt and hands the receipt over.
func (f family) verify(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := named(ctx, req, "/verify 12")
	if err != nil {
		return bot.Reply{}, err
	}
	c, err := f.counted(ctx, req, d, s)
	if err != nil {
		return bot.Reply{}, err
	}
	view := verifyView{card: c, Private: req.Private}
	e, err := req.Tx.DrawEntry(ctx, d.ID, req.Account.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	view.Ticket, view.Who = e.Ticket, e.Who
	if req.Private {
		view.Salt = e.Salt
		account := chat.Ref{Domain: req.Account.Domain, ID: req.Account.ExternalID}.String()
		if salt, err := hex.DecodeString(e.Salt); err == nil && fair.Who(salt, account) == e.Who {
			view.Account = account
		}
	}
	if d.State != storage.DrawDrawn {
		return bot.Reply{Template: "draw.verify_early", Data: view}, nil
	}
	receipt, err := Receipt(ctx, req.Tx, d)
	if err != nil {
		return bot.Reply{}, err
	}
	report := fair.Check(receipt)
	view.Findings, view.OK, view.Weak, view.Changes = report.Findings, report.OK(), report.Weak(), len(receipt.Changes)
	r := bot.Reply{Template: "draw.verified", Data: view}
	if req.Caps.Files {
		text, err := receipt.JSON()
		if err != nil {
			return bot.Reply{}, err
		}
		view.File = true
		r.Data, r.File = view, &chat.File{Name: fmt.Sprintf("receipt-%d.json", d.ID), MIME: "application/json", Data: text}
	}
	if f.VerifyURL != nil {
		if page := f.VerifyURL(req.Chat.Domain); page != "" {
			r.Choices = []bot.Choice{{Label: "draw.button_page", URL: page}}
		}
	}
	return r, nil
}

// whyView explains what became of somebody in a draw.
type whyView struct {
	card
	Ticket     int64
	Won        string
	WonState   string
	Conditions []Judged
	Refused    bool // he was turned away
	Poor       bool
	Need, Have int64
	At         bot.Moment
	Weight     int64
}

// why tells a member what became of him in a draw.
func (f family) why(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		return f.list(ctx, req)
	}
	d, s, err := named(ctx, req, "/why draw 12")
	if err != nil {
		return bot.Reply{}, err
	}
	c, err := f.counted(ctx, req, d, s)
	if err != nil {
		return bot.Reply{}, err
	}
	view := whyView{card: c}
	e, err := req.Tx.DrawEntry(ctx, d.ID, req.Account.PersonID)
	if err == nil {
		view.Ticket, view.Weight = e.Ticket, e.Weight
		return f.whyIn(ctx, req, d, s, view)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	reason, at, err := req.Tx.EntryRefusal(ctx, d.ID, req.Account.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{Template: "draw.why", Data: view}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	var then judgedView
	if err := json.Unmarshal([]byte(reason), &then); err != nil {
		return bot.Reply{}, fmt.Errorf("draw %d: %w", d.ID, err)
	}
	view.Refused, view.At, view.Poor, view.Need, view.Have = true, req.Moment(at), then.OK, then.Cost, then.Balance
	for _, j := range then.Conditions {
		if !j.OK {
			view.Conditions = append(view.Conditions, j)
		}
	}
	return bot.Reply{Template: "draw.why", Data: view}, nil
}

func (f family) whyIn(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, view whyView) (bot.Reply, error) {
	w, err := req.Tx.DrawWin(ctx, d.ID, req.Account.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	if err == nil {
		view.Won, view.WonState = s.Prizes[w.Prize].Name, w.State
	}
	return bot.Reply{Template: "draw.why", Data: view}, nil
}
