package draw

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qunmate/bot"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

func entrants(entries []storage.DrawEntry) []fair.Entrant {
	out := make([]fair.Entrant, len(entries))
	for i, e := range entries {
		out[i] = fair.Entrant{Ticket: e.Ticket, Who: e.Who, Weight: e.Weight}
	}
	return out
}

// Reader is what a receipt is made from.
type Reader interface {
	DrawEntries(ctx context.Context, draw int64) ([]storage.DrawEntry, error)
	DrawWins(ctx context.Context, draw int64) ([]storage.DrawWin, error)
	DrawChanges(ctx context.Context, draw int64) ([]storage.DrawChange, error)
	Community(ctx context.Context, id int64) (storage.Community, error)
}

// Receipt makes the receipt of a draw from what is stored of it.
func Receipt(ctx context.Context, r Reader, d storage.Draw) (fair.Receipt, error) {
	s, err := decode(d)
	if err != nil {
		return fair.Receipt{}, err
	}
	community, err := r.Community(ctx, d.CommunityID)
	if err != nil {
		return fair.Receipt{}, err
	}
	entries, err := r.DrawEntries(ctx, d.ID)
	if err != nil {
		return fair.Receipt{}, err
	}
	wins, err := r.DrawWins(ctx, d.ID)
	if err != nil {
		return fair.Receipt{}, err
	}
	changes, err := r.DrawChanges(ctx, d.ID)
	if err != nil {
		return fair.Receipt{}, err
	}
	out := fair.Receipt{
		Version: fair.Version, Draw: d.ID, Community: community.Name, Prizes: s.fairPrizes(), RulesSHA256: rulesHash(d.Rules),
		OpenedAt: stamp(d.OpenedAt), ClosesAt: stamp(d.ClosesAt), LateFreeze: d.Late, Commitment: d.Commitment, Secret: d.Secret,
		Beacon: beaconOf(d), Entrants: entrants(entries), EntrantsSHA256: d.ListSHA256,
	}
	if d.Mode == storage.DrawInstant {
		out.Instant = &fair.Tickets{Tickets: d.FullAt}
	}
	later := map[int64]bool{} // tickets that were drawn as substitutes
	for _, c := range changes {
		later[c.To] = true
		out.Changes = append(out.Changes, fair.Change{At: stamp(c.At), Prize: c.Prize, From: c.From, To: c.To, Reason: c.Reason})
	}
	for _, w := range wins {
		if !later[w.Ticket] {
			out.Winners = append(out.Winners, fair.Winner{Prize: w.Prize, Ticket: w.Ticket})
		}
	}
	return out, nil
}

func beaconOf(d storage.Draw) fair.Beacon {
	switch {
	case d.Mode == storage.DrawInstant:
		return fair.Beacon{Kind: fair.None}
	case d.Beacon == fair.Drand:
		return fair.Beacon{Kind: fair.Drand, Chain: d.Chain, PublicKey: d.PublicKey, Round: d.Round, Signature: d.Signature}
	case d.Beacon == fair.Number:
		return fair.Beacon{Kind: fair.Number, Name: d.NumberName, Value: d.NumberValue}
	}
	return fair.Beacon{Kind: fair.None}
}

// finish draws, once: the state moves from frozen to drawn in the transaction
// that stores the winners and the announcement.
func (f family) finish(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) error {
	d.State, d.DrawnAt = storage.DrawDrawn, req.Tx.Now
	if err := req.Tx.SetDraw(ctx, d, storage.DrawFrozen); err != nil {
		return err
	}
	receipt, err := Receipt(ctx, req.Tx, d)
	if err != nil {
		return err
	}
	winners, _, err := receipt.Drawn()
	if err != nil {
		return fmt.Errorf("draw %d: %w", d.ID, err)
	}
	until := req.Tx.Now.Add(time.Duration(s.Claim) * time.Minute)
	for i, w := range winners {
		if d.Mode == storage.DrawInstant { // he knows already; from now on he may claim
			continue
		}
		if err := req.Tx.AddWin(ctx, storage.DrawWin{DrawID: d.ID, Place: i + 1, Prize: w.Prize, Ticket: w.Ticket, DueAt: until}); err != nil {
			return err
		}
	}
	if d.Mode == storage.DrawInstant {
		if err := req.Tx.SetWinsDue(ctx, d.ID, until); err != nil {
			return err
		}
	}
	if err := planClaims(ctx, req, d, until); err != nil {
		return err
	}
	return f.announce(ctx, req, d, s)
}

func planClaims(ctx context.Context, req *bot.Request, d storage.Draw, at time.Time) error {
	payload, err := encode(due{Draw: d.ID})
	if err != nil {
		return err
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{Key: fmt.Sprintf("draw:%d:claims:%d", d.ID, at.UnixMilli()), Task: taskClaims, ChatID: d.ChatID, Payload: payload, DueAt: at})
	return err
}

// resultView is the announcement of the winners.
type resultView struct {
	card
	Lines []line
	Until bot.Moment
	Late  bool
}

// announce publishes the winners and tells each of them.
func (f family) announce(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) error {
	wins, err := req.Tx.DrawWins(ctx, d.ID)
	if err != nil {
		return err
	}
	c, err := f.counted(ctx, req, d, s)
	if err != nil {
		return err
	}
	view := resultView{card: c, Lines: lines(s, wins), Late: d.Late, Until: req.Moment(d.DrawnAt.Add(time.Duration(s.Claim) * time.Minute))}
	if _, err := f.repaint(ctx, req, d, s); err != nil {
		return err
	}
	r := bot.Reply{Template: "draw.result", Data: view, Once: true, Choices: []bot.Choice{{Label: "draw.button_verify", Command: fmt.Sprintf("/verify %d", d.ID)}}}
	if err := post(ctx, req, d, r); err != nil {
		return err
	}
	for _, w := range wins {
		if err := f.tell(ctx, req, d, s, w); err != nil {
			return err
		}
	}
	return nil
}

// lines lists the winners by prize.
func lines(s Spec, wins []storage.DrawWin) []line {
	out := make([]line, len(s.Prizes))
	for i, p := range s.Prizes {
		out[i].Prize = p.Name
	}
	for _, w := range wins {
		if w.State == storage.WinOpen || w.State == storage.WinClaimed {
			out[w.Prize].add(w.Name, w.Ticket)
		}
	}
	return out
}

// wonView tells a winner what he won.
type wonView struct {
	ID     int64
	Prize  string
	Ticket int64
	Until  bot.Moment
	Code   bool // the prize is a code
	Next   bool // an unclaimed one moves on
}

// tell lets a winner know, where the bot may write to him.
func (f family) tell(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, w storage.DrawWin) error {
	a, err := req.Tx.Account(ctx, w.AccountID)
	if err != nil {
		return err
	}
	all, _, err := req.Tx.CountCodes(ctx, d.ID, w.Prize)
	if err != nil {
		return err
	}
	view := wonView{ID: d.ID, Prize: s.Prizes[w.Prize].Name, Ticket: w.Ticket, Until: req.Moment(w.DueAt), Code: all > 0, Next: s.Forfeit == forfeitNext}
	_, err = req.Tell(ctx, a, bot.Reply{Template: "draw.you_won", Data: view, Choices: []bot.Choice{{Label: "draw.button_claim_now", Command: fmt.Sprintf("/claim %d", d.ID)}}})
	return err
}

// substitute gives the prize of a ticket to the next one of the same stream. It
// returns the change; To is 0 when nobody is left.
func (f family) substitute(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, w storage.DrawWin, reason string, claimed bool) (storage.DrawChange, error) {
	c := storage.DrawChange{At: req.Tx.Now, Prize: w.Prize, From: w.Ticket, Reason: reason}
	receipt, err := Receipt(ctx, req.Tx, d)
	if err != nil {
		return c, err
	}
	_, order, err := receipt.Drawn()
	if err != nil {
		return c, fmt.Errorf("draw %d: %w", d.ID, err)
	}
	for range receipt.Changes {
		order.Next()
	}
	c.To, _ = order.Next()
	if err := req.Tx.EndWin(ctx, d.ID, w.Ticket, storage.WinMoved, claimed); err != nil {
		return c, err
	}
	if err := req.Tx.AddChange(ctx, d.ID, c); err != nil || c.To == 0 {
		return c, err
	}
	wins, err := req.Tx.DrawWins(ctx, d.ID)
	if err != nil {
		return c, err
	}
	place := slices.MaxFunc(wins, func(a, b storage.DrawWin) int { return a.Place - b.Place }).Place + 1
	if d.Mode == storage.DrawInstant {
		place = max(place, int(d.FullAt)+1)
	}
	until := req.Tx.Now.Add(time.Duration(s.Claim) * time.Minute)
	if err := req.Tx.AddWin(ctx, storage.DrawWin{DrawID: d.ID, Place: place, Prize: w.Prize, Ticket: c.To, DueAt: until}); err != nil {
		return c, err
	}
	if err := planClaims(ctx, req, d, until); err != nil {
		return c, err
	}
	e, err := req.Tx.EntryByTicket(ctx, d.ID, c.To)
	if err != nil {
		return c, err
	}
	return c, f.tell(ctx, req, d, s, storage.DrawWin{Prize: w.Prize, Ticket: c.To, AccountID: e.AccountID, DueAt: until})
}
