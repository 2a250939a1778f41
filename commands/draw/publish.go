package draw

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// card is what every text about a draw may name.
type card struct {
	ID         int64
	State      string
	Mode       string
	Full       int64
	Prizes     []Prize
	If         []Condition
	Bonus      []Bonus
	Cost       int64
	Closes     bot.Moment
	Facts      Facts
	Beacon     string
	Number     string
	Round      int64
	RoundAt    bot.Moment
	Commitment string
	ListSHA256 string
	Entrants   int
	Highest    Prize
	Moves      int
	Total      int
	Reason     string
}

func (f family) card(req *bot.Request, d storage.Draw, s Spec) card {
	c := card{
		ID: d.ID, State: d.State, Mode: d.Mode, Full: d.FullAt, Prizes: s.Prizes, If: s.If, Bonus: s.Bonus, Cost: d.Cost,
		Closes: req.Moment(d.ClosesAt), Facts: s.Facts, Beacon: d.Beacon, Number: d.NumberName, Round: d.Round,
		Commitment: d.Commitment, ListSHA256: d.ListSHA256, Highest: s.highest(), Moves: mostMoves, Total: s.count(), Reason: d.Reason,
	}
	if d.Round > 0 {
		c.RoundAt = req.Moment(fair.RoundTime(d.Round))
	}
	return c
}

// counted is the card with how many have entered.
func (f family) counted(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) (card, error) {
	c := f.card(req, d, s)
	var err error
	c.Entrants, err = req.Tx.CountEntries(ctx, d.ID)
	return c, err
}

// opening is the public message of a draw, as it stands now.
func (f family) opening(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) (bot.Reply, error) {
	c, err := f.counted(ctx, req, d, s)
	r := bot.Reply{Template: "draw.opened", Data: c, Slot: slot(d.ID), Once: true, Lane: storage.LaneActivity}
	if d.State == storage.DrawOpen {
		n := strconv.FormatInt(d.ID, 10)
		r.Choices = []bot.Choice{
			{Label: "draw.button_join", Command: "/join " + n},
			{Label: "draw.button_rules", Command: "/draw rules " + n},
			{Label: "draw.button_check", Command: "/draw check " + n},
		}
	}
	return r, err
}

const secretBytes, saltBytes = 32, 16

// publish is the confirmed word: from here on nothing can be tightened.
func (f family) publish(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	d, s, err := f.confirmed(ctx, req, data)
	if err != nil {
		return bot.Reply{}, err
	}
	switch {
	case d.State != storage.DrawDraft:
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	case !d.ClosesAt.After(req.Now), len(s.Prizes) == 0, len(s.missing()) > 0:
		return f.draft(ctx, req, d, s)
	}
	secret := make([]byte, secretBytes)
	f.Random(secret)
	d.State, d.OpenedAt, s.Guide = storage.DrawOpen, req.Tx.Now, 0
	d.Secret, d.Commitment = hex.EncodeToString(secret), fair.Commitment(secret)
	f.pin(&d)
	if d.Rules, err = rulesOf(d, s); err != nil {
		return bot.Reply{}, err
	}
	if err := store(ctx, req, &d, s, storage.DrawDraft); err != nil {
		return bot.Reply{}, err
	}
	if err := setClose(ctx, req, d); err != nil {
		return bot.Reply{}, err
	}
	if err := keep(ctx, req, s.Facts); err != nil {
		return bot.Reply{}, err
	}
	audit, err := req.Audit(ctx, actionPublish, nil, due{Draw: d.ID}, "", false)
	if err != nil {
		return bot.Reply{}, err
	}
	opening, err := f.opening(ctx, req, d, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, d, opening); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "draw.published_done", Data: struct{ ID, Audit int64 }{d.ID, audit}}, nil
}

// pin fixes the round of a timed draw: the first at or after its close.
func (f family) pin(d *storage.Draw) {
	if d.Mode == storage.DrawTimed && d.Beacon == fair.Drand {
		d.Round = fair.RoundAt(d.ClosesAt)
	}
}

func setClose(ctx context.Context, req *bot.Request, d storage.Draw) error {
	payload, err := encode(due{Draw: d.ID, Closes: d.ClosesAt.UnixMilli()})
	if err != nil {
		return err
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("draw:%d:close:%d", d.ID, d.ClosesAt.UnixMilli()), Task: taskFreeze, ChatID: d.ChatID, Payload: payload, DueAt: d.ClosesAt,
	})
	return err
}

// confirmed finds the draw of a preview that was confirmed.
func (f family) confirmed(ctx context.Context, req *bot.Request, data json.RawMessage) (storage.Draw, Spec, error) {
	var p due
	if err := json.Unmarshal(data, &p); err != nil {
		return storage.Draw{}, Spec{}, fmt.Errorf("preview of a draw: %w", err)
	}
	return manage(ctx, req, p.Draw)
}

// trialView is a drawing that does not count.
type trialView struct {
	card
	Eligible int
	Lines    []line
}

// trial draws among those who could enter now, from chance of the moment.
func (f family) trial(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw preview 12")
	if err != nil {
		return bot.Reply{}, err
	}
	if d.State != storage.DrawDraft {
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	}
	all, order, err := f.everybody(ctx, req, s)
	if err != nil {
		return bot.Reply{}, err
	}
	var list []fair.Entrant
	for _, id := range order {
		if _, ok := judgeAll(s.If, all[id]); ok {
			list = append(list, fair.Entrant{Ticket: id, Weight: weigh(s.Bonus, all[id])})
		}
	}
	seed := make([]byte, secretBytes)
	f.Random(seed)
	view := trialView{card: f.card(req, d, s), Eligible: len(list)}
	for _, p := range s.Prizes {
		view.Lines = append(view.Lines, line{Prize: p.Name})
	}
	for _, w := range fair.Winners(s.fairPrizes(), fair.NewUrn(seed, list)) {
		p, err := req.Tx.Person(ctx, w.Ticket)
		if err != nil {
			return bot.Reply{}, err
		}
		view.Lines[w.Prize].add(p.Name, 0)
	}
	return bot.Reply{Template: "draw.trial", Data: view, Choices: []bot.Choice{
		{Label: "draw.button_back", Command: fmt.Sprintf("/draw set %d", d.ID)},
	}}, nil
}

// rules shows the fifteen published facts.
func (f family) rules(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := named(ctx, req, "/draw rules 12")
	if err != nil {
		return bot.Reply{}, err
	}
	c, err := f.counted(ctx, req, d, s)
	return bot.Reply{Template: "draw.rules", Data: struct {
		card
		Hash string
	}{c, rulesHash(d.Rules)}}, err
}

// check tells a member how he stands to the conditions.
func (f family) check(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := named(ctx, req, "/draw check 12")
	if err != nil {
		return bot.Reply{}, err
	}
	who, err := f.standing(ctx, req, s, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := judgedView{ID: d.ID, Cost: d.Cost, Balance: req.Member.Balance, Weight: weigh(s.Bonus, who)}
	view.Conditions, view.OK = judgeAll(s.If, who)
	return bot.Reply{Template: "draw.checked", Data: view}, nil
}

// judgedView is how somebody stands to a draw.
type judgedView struct {
	ID         int64    `json:"draw"`
	Conditions []Judged `json:"conditions,omitempty"`
	OK         bool     `json:"ok"` // all conditions are fulfilled
	Cost       int64    `json:"cost,omitempty"`
	Balance    int64    `json:"balance,omitempty"`
	Weight     int64    `json:"weight,omitempty"`
}

// list names the draws one can enter.
func (f family) list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	open, err := req.Tx.DrawsOf(ctx, req.Community, storage.DrawOpen, 5)
	if err != nil {
		return bot.Reply{}, err
	}
	var cards []card
	var choices []bot.Choice
	for _, d := range open {
		s, err := decode(d)
		if err != nil {
			return bot.Reply{}, err
		}
		c, err := f.counted(ctx, req, d, s)
		if err != nil {
			return bot.Reply{}, err
		}
		cards = append(cards, c)
		choices = append(choices, bot.Choice{Label: "draw.button_join_n", Data: c, Command: fmt.Sprintf("/join %d", d.ID)})
	}
	return bot.Reply{Template: "draw.list", Data: struct{ Draws []card }{cards}, Choices: choices}, nil
}

// line names who won one prize.
type line struct {
	Prize string
	Names []string // masked, with the ticket
	More  int
}

// mostNames is how many winners of one prize a message names.
const mostNames = 20

func (l *line) add(name string, ticket int64) {
	if len(l.Names) == mostNames {
		l.More++
		return
	}
	name = mask(name)
	if ticket > 0 {
		name = fmt.Sprintf("%s(%d)", name, ticket)
	}
	l.Names = append(l.Names, name)
}

// mask leaves the first letter of a name: the winner knows himself by his
// ticket.
func mask(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return string(r) + "*"
	}
	return "*"
}
