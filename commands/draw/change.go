package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

// changeView is a change of a published draw, before and after it is done.
type changeView struct {
	card
	Was    bot.Moment
	Added  []Prize
	Reason string
	Prize  string
	Ticket int64
	Audit  int64

	Claimed bool // the prize that is passed on is claimed already
}

// open refuses what can be done to an open draw only.
func (f family) open(ctx context.Context, req *bot.Request, d storage.Draw) error {
	if d.State != storage.DrawOpen || !req.Now.Before(d.ClosesAt) {
		return f.refuseChange(ctx, req, d)
	}
	return nil
}

// extend puts the close off, and with it the round.
func (f family) extend(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw extend 12")
	if err == nil {
		err = f.open(ctx, req, d)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	var o Order
	if bad := o.until(strings.TrimSpace(req.Args.Rest(1)), req.Now); len(bad) > 0 {
		return bot.Reply{}, wrong(req, 0, bad, false)
	}
	if !o.Until.After(d.ClosesAt) {
		return bot.Reply{}, bot.Refuse("draw.only_later", struct{ Closes bot.Moment }{req.Moment(d.ClosesAt)})
	}
	view := changeView{Was: req.Moment(d.ClosesAt)}
	p := due{Draw: d.ID, Closes: o.Until.UnixMilli()}
	d.ClosesAt = o.Until
	f.pin(&d)
	view.card = f.card(req, d, s)
	return f.ask(ctx, req, actionExtend, p, "draw.extend_preview", view)
}

// ask shows a change and waits for the word.
func (f family) ask(ctx context.Context, req *bot.Request, action string, p due, text string, view changeView) (bot.Reply, error) {
	title, err := req.Text("draw.title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, action, title, p, text, view)
}

func (f family) confirmExtend(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	d, s, err := f.confirmedIn(ctx, req, data, &p)
	if err == nil {
		err = f.open(ctx, req, d)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	view := changeView{Was: req.Moment(d.ClosesAt)}
	until := storage.FromMillis(p.Closes)
	if !until.After(d.ClosesAt) {
		return bot.Reply{}, bot.Refuse("draw.only_later", struct{ Closes bot.Moment }{req.Moment(d.ClosesAt)})
	}
	d.ClosesAt = until
	f.pin(&d)
	return f.republish(ctx, req, d, s, actionExtend, "draw.extended", view)
}

// republish stores an open draw whose rules changed for the better, and says so
// in public.
func (f family) republish(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, action, text string, view changeView) (bot.Reply, error) {
	was := rulesHash(d.Rules)
	var err error
	if d.Rules, err = rulesOf(d, s); err != nil {
		return bot.Reply{}, err
	}
	if err := store(ctx, req, &d, s, storage.DrawOpen); err != nil {
		return bot.Reply{}, err
	}
	if err := setClose(ctx, req, d); err != nil {
		return bot.Reply{}, err
	}
	if view.Audit, err = req.Audit(ctx, action, map[string]string{"rules": was}, map[string]string{"rules": rulesHash(d.Rules)}, "", false); err != nil {
		return bot.Reply{}, err
	}
	if _, err := f.repaint(ctx, req, d, s); err != nil {
		return bot.Reply{}, err
	}
	if view.card, err = f.counted(ctx, req, d, s); err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, d, bot.Reply{Template: text, Data: view, Once: true}); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "draw.change_done", Data: view}, nil
}

func (f family) confirmedIn(ctx context.Context, req *bot.Request, data json.RawMessage, p *due) (storage.Draw, Spec, error) {
	if err := json.Unmarshal(data, p); err != nil {
		return storage.Draw{}, Spec{}, fmt.Errorf("preview of a draw: %w", err)
	}
	return manage(ctx, req, p.Draw)
}

// add puts more prizes into an open draw: nobody is worse off.
func (f family) add(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw add 12")
	if err == nil {
		err = f.open(ctx, req, d)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	text := strings.TrimSpace(req.Args.Rest(1))
	added, bad := parsePrizes(text)
	if d.Mode == storage.DrawInstant {
		bad = append(bad, Mistake{Code: "instant_add"})
	}
	if s, bad = more(s, added, bad); len(bad) > 0 {
		return bot.Reply{}, wrong(req, 0, bad, false)
	}
	return f.ask(ctx, req, actionAdd, due{Draw: d.ID, Prizes: text}, "draw.add_preview", changeView{card: f.card(req, d, s), Added: added})
}

// more appends prizes: the order of those that are there is the order in which
// they are drawn.
func more(s Spec, added []Prize, bad []Mistake) (Spec, []Mistake) {
	for _, p := range added {
		for _, old := range s.Prizes {
			if old.Name == p.Name {
				bad = append(bad, Mistake{Code: "twice", Text: p.Name})
			}
		}
	}
	s.Prizes = append(s.Prizes[:len(s.Prizes):len(s.Prizes)], added...)
	if len(s.Prizes) > mostPrizes {
		bad = append(bad, Mistake{Code: "many"})
	}
	return s, bad
}

func (f family) confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	d, s, err := f.confirmedIn(ctx, req, data, &p)
	if err == nil {
		err = f.open(ctx, req, d)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	added, bad := parsePrizes(p.Prizes)
	if s, bad = more(s, added, bad); len(bad) > 0 {
		return bot.Reply{}, wrong(req, 0, bad, false)
	}
	return f.republish(ctx, req, d, s, actionAdd, "draw.added", changeView{Added: added})
}

// cancel ends a draw that is not drawn, with a reason that is published. A
// draft just goes.
func (f family) cancel(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw cancel 12")
	if err != nil {
		return bot.Reply{}, err
	}
	view := changeView{Reason: strings.TrimSpace(req.Args.Rest(1))}
	if view.card, err = f.counted(ctx, req, d, s); err != nil {
		return bot.Reply{}, err
	}
	switch {
	case d.State == storage.DrawDraft:
		d.State = storage.DrawCancelled
		if err := req.Withdraw(ctx, actionPublish, d.ID); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Template: "draw.dropped", Data: view}, req.Tx.SetDraw(ctx, d, storage.DrawDraft)
	case d.State != storage.DrawOpen && d.State != storage.DrawFrozen:
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	case view.Reason == "":
		return bot.Reply{}, bot.Refuse("draw.cancel_reason", view)
	}
	return f.ask(ctx, req, actionCancel, due{Draw: d.ID, Reason: view.Reason}, "draw.cancel_preview", view)
}

func (f family) confirmCancel(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	d, s, err := f.confirmedIn(ctx, req, data, &p)
	if err != nil {
		return bot.Reply{}, err
	}
	if d.State != storage.DrawOpen && d.State != storage.DrawFrozen {
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	}
	view := changeView{card: f.card(req, d, s), Reason: p.Reason}
	if view.Audit, err = req.Audit(ctx, actionCancel, map[string]string{"state": d.State}, due{Draw: d.ID}, p.Reason, false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "draw.change_done", Data: view}, f.call(ctx, req, d, s, p.Reason)
}

// reroll passes one prize on, with a reason that is published:
// /draw reroll 12 咖啡券 9 中奖者放弃.
func (f family) reroll(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw reroll 12")
	if err != nil {
		return bot.Reply{}, err
	}
	if d.State != storage.DrawDrawn {
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	}
	view := changeView{card: f.card(req, d, s)}
	view.Ticket, view.Reason = ticketAndReason(req.Args.From(1), s)
	if view.Ticket == 0 {
		return bot.Reply{}, bot.Refuse("draw.reroll_usage", view)
	}
	w, err := f.holder(ctx, req, d, view.Ticket)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Prize, view.Claimed = s.Prizes[w.Prize].Name, w.State == storage.WinClaimed
	if view.Reason == "" {
		return bot.Reply{}, bot.Refuse("draw.reroll_reason", view)
	}
	return f.ask(ctx, req, actionReroll, due{Draw: d.ID, Ticket: view.Ticket, Reason: view.Reason}, "draw.reroll_preview", view)
}

// ticketAndReason reads "咖啡券 9 中奖者放弃"; the prize may be left out.
func ticketAndReason(args bot.Args, s Spec) (int64, string) {
	text := args.String()
	for _, p := range s.Prizes {
		if tail, ok := strings.CutPrefix(text, p.Name); ok {
			text = strings.TrimSpace(tail)
			break
		}
	}
	first, reason, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(first), "#"), 10, 64)
	if err != nil || n < 0 {
		return 0, ""
	}
	return n, strings.TrimSpace(reason)
}

// holder finds who holds a prize with a ticket.
func (f family) holder(ctx context.Context, req *bot.Request, d storage.Draw, ticket int64) (storage.DrawWin, error) {
	wins, err := req.Tx.DrawWins(ctx, d.ID)
	if err != nil {
		return storage.DrawWin{}, err
	}
	for _, w := range wins {
		if w.Ticket == ticket && (w.State == storage.WinOpen || w.State == storage.WinClaimed) {
			return w, nil
		}
	}
	return storage.DrawWin{}, bot.Refuse("draw.no_holder", struct{ ID, Ticket int64 }{d.ID, ticket})
}

func (f family) confirmReroll(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	d, s, err := f.confirmedIn(ctx, req, data, &p)
	if err != nil {
		return bot.Reply{}, err
	}
	w, err := f.holder(ctx, req, d, p.Ticket)
	if err != nil {
		return bot.Reply{}, err
	}
	view := changeView{card: f.card(req, d, s), Reason: p.Reason}
	if view.Audit, err = req.Audit(ctx, actionReroll, nil, due{Draw: d.ID, Ticket: p.Ticket}, p.Reason, false); err != nil {
		return bot.Reply{}, err
	}
	c, err := f.substitute(ctx, req, d, s, w, p.Reason, true)
	if err != nil {
		return bot.Reply{}, err
	}
	moved := movedView{ID: d.ID, Lines: []movedLine{{Prize: s.Prizes[w.Prize].Name, From: c.From, To: c.To}}, Reason: p.Reason}
	if err := post(ctx, req, d, bot.Reply{Template: "draw.rerolled", Data: moved, Once: true}); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "draw.change_done", Data: view}, nil
}

// movedView says in public which prizes moved on.
type movedView struct {
	ID     int64
	Lines  []movedLine
	Reason string
}

type movedLine struct {
	Prize    string
	From, To int64
	Void     bool // by the rules nobody gets it
}

// onClaims looks after prizes whose time to claim is over.
func (f family) onClaims(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	_, d, s, err := f.timer(ctx, req)
	if err != nil || d.State != storage.DrawDrawn {
		return bot.Reply{}, err
	}
	reason, err := req.Text("draw.reason_unclaimed", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	wins, err := req.Tx.DrawWins(ctx, d.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	moves, err := f.moves(ctx, req, d)
	if err != nil {
		return bot.Reply{}, err
	}
	view := movedView{ID: d.ID, Reason: reason}
	for _, w := range wins {
		if w.State != storage.WinOpen || w.DueAt.IsZero() || w.DueAt.After(req.Tx.Now) {
			continue
		}
		l := movedLine{Prize: s.Prizes[w.Prize].Name, From: w.Ticket, Void: s.Forfeit != forfeitNext || moves[w.Ticket] >= mostMoves}
		if l.Void {
			err = req.Tx.EndWin(ctx, d.ID, w.Ticket, storage.WinVoid, false)
		} else {
			var c storage.DrawChange
			c, err = f.substitute(ctx, req, d, s, w, reason, false)
			l.To = c.To
		}
		if err != nil && !errors.Is(err, storage.ErrDuplicate) {
			return bot.Reply{}, err
		}
		view.Lines = append(view.Lines, l)
	}
	if len(view.Lines) == 0 {
		return bot.Reply{}, nil
	}
	return bot.Reply{}, post(ctx, req, d, bot.Reply{Template: "draw.moved", Data: view, Once: true})
}

// moves counts how often the prize that a ticket holds has moved on.
func (f family) moves(ctx context.Context, req *bot.Request, d storage.Draw) (map[int64]int, error) {
	changes, err := req.Tx.DrawChanges(ctx, d.ID)
	out := map[int64]int{}
	for _, c := range changes { // oldest first
		out[c.To] = out[c.From] + 1
	}
	return out, err
}
