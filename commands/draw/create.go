package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// familyFacts is the community's rule that keeps the facts of its last draw.
const familyFacts = "draw"

// create makes a draft from one line; without one it begins a draft that is
// filled step by step.
func (f family) create(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 && req.Event.Sender.Anonymous {
		return bot.Reply{}, bot.Refuse("draw.usage", nil) // nobody to ask
	}
	if id, ok := onlyNumber(req.Args); ok {
		return f.show(ctx, req, id)
	}
	d, s, err := f.blank(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if req.Args.Len() == 0 {
		s.Guide = guideAsks
	}
	if req.Args.Len() > 0 {
		o, bad := parseDraw(req.Args.String(), req.Now)
		if len(bad) == 0 {
			bad = o.apply(&d, &s)
		}
		if len(bad) > 0 {
			return bot.Reply{}, wrong(req, 0, bad, false)
		}
	}
	if d.Spec, err = encode(s); err != nil {
		return bot.Reply{}, err
	}
	if d.ID, err = req.Tx.AddDraw(ctx, d); err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, req, d, s)
}

// blank is a draft with what this community's last draw said.
func (f family) blank(ctx context.Context, req *bot.Request) (storage.Draw, Spec, error) {
	d := storage.Draw{
		CommunityID: req.Community, ChatID: req.Chat.ID, State: storage.DrawDraft, Mode: storage.DrawTimed,
		Beacon: f.Beacon, Chain: f.Chain, PublicKey: f.PublicKey,
	}
	if !req.Event.Sender.Anonymous {
		d.AccountID = req.Account.ID
	}
	if req.Private { // it belongs to a group all the same
		chats, err := req.Tx.ChatsOf(ctx, req.Community)
		if err != nil {
			return d, Spec{}, err
		}
		if len(chats) > 0 {
			d.ChatID = chats[0].ID
		}
	}
	facts, err := defaults(ctx, req)
	return d, Spec{Facts: facts}, err
}

// defaults are the facts that the community's last draw published.
func defaults(ctx context.Context, req *bot.Request) (Facts, error) {
	var out Facts
	rule, err := req.Tx.NewestRule(ctx, req.Community, familyFacts)
	if errors.Is(err, storage.ErrNotFound) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(rule.Data), &out)
	}
	if err != nil {
		return out, fmt.Errorf("facts of draws: %w", err)
	}
	return out, nil
}

// keep makes the facts of a draw the community's defaults.
func keep(ctx context.Context, req *bot.Request, facts Facts) error {
	was, err := defaults(ctx, req)
	if err != nil || was == facts {
		return err
	}
	audit, err := req.Audit(ctx, actionDefaults, was, facts, "", false)
	if err != nil {
		return err
	}
	text, err := encode(facts)
	if err != nil {
		return err
	}
	_, err = req.Tx.AddRule(ctx, storage.Rule{CommunityID: req.Community, Family: familyFacts, Data: text, From: req.Tx.Now, AuditID: audit})
	return err
}

// complaint is what is to be put right.
type complaint struct {
	ID       int64 // of the draft, 0 = none yet
	Mistakes []Mistake
	Count    int
	Again    bool // a question is open: the answer is just written again
}

func wrong(req *bot.Request, id int64, bad []Mistake, again bool) error {
	var choices []bot.Choice
	for _, m := range bad {
		for _, at := range m.Times {
			if id == 0 {
				break // the line has to be typed again: it was not kept
			}
			choices = append(choices, bot.Choice{
				Label: "draw.button_at", Data: struct{ At bot.Moment }{req.Moment(at)},
				Command: fmt.Sprintf("/draw set %d until %s", id, when.Stamp(at)),
			})
		}
	}
	return bot.Refuse("draw.wrong", struct {
		complaint
		Choices []bot.Moment
	}{complaint{id, bad, len(bad), again}, moments(req, bad)}, choices...)
}

func moments(req *bot.Request, bad []Mistake) []bot.Moment {
	var out []bot.Moment
	for _, m := range bad {
		for _, at := range m.Times {
			out = append(out, req.Moment(at))
		}
	}
	return out
}

// set answers what a draft still lacks.
func (f family) set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := own(ctx, req, "/draw set 12")
	if err != nil {
		return bot.Reply{}, err
	}
	text := strings.TrimSpace(req.Args.Rest(1))
	if d.State != storage.DrawDraft {
		return bot.Reply{}, f.refuseChange(ctx, req, d)
	}
	if text == "" {
		return f.draft(ctx, req, d, s)
	}
	o, bad := parseSet(text, req.Now)
	if len(bad) == 0 {
		bad = o.apply(&d, &s)
	}
	if len(bad) > 0 {
		return bot.Reply{}, wrong(req, d.ID, bad, s.Guide > 0)
	}
	if o.If != nil && s.Guide == guideAsks {
		s.Guide = guideRest
	}
	if err := store(ctx, req, &d, s, storage.DrawDraft); err != nil {
		return bot.Reply{}, err
	}
	if o.Facts != (Facts{}) {
		if err := keep(ctx, req, s.Facts); err != nil {
			return bot.Reply{}, err
		}
	}
	return f.draft(ctx, req, d, s)
}

func store(ctx context.Context, req *bot.Request, d *storage.Draw, s Spec, from string) error {
	var err error
	if d.Spec, err = encode(s); err != nil {
		return err
	}
	return req.Tx.SetDraw(ctx, *d, from)
}

// edit is set for those who look for it; a published draw is never tightened.
func (f family) edit(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return f.set(ctx, req)
}

// refuseChange says what can still be done to a draw that is public.
func (f family) refuseChange(ctx context.Context, req *bot.Request, d storage.Draw) error {
	n, err := req.Tx.CountEntries(ctx, d.ID)
	if err != nil {
		return err
	}
	return bot.Refuse("draw.published", struct {
		ID       int64
		State    string
		Entrants int
	}{d.ID, d.State, n})
}

// draftView is a draft before it is published.
type draftView struct {
	card
	Eligible, People int
	Failed           []failed
	Missing          []string
	Step             string // the first thing to say, in a draft that is made step by step
	Private          bool   // of that: nobody else is there
	Call             string // what the answer must begin with
	Have             int    // facts that are there
	Of               int
	Highest          Prize
	Unpriced         bool
	Late             bool // the closing time is over
}

// failed counts those whom a condition keeps out.
type failed struct {
	Condition
	Count int
}

// draft shows a draft with what it lacks, or asks for the word to publish it.
func (f family) draft(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) (bot.Reply, error) {
	view := draftView{card: f.card(req, d, s), Missing: s.missing(), Of: facts, Highest: s.highest(), Late: !d.ClosesAt.IsZero() && !d.ClosesAt.After(req.Now)}
	view.Have = facts - len(view.Missing)
	for _, p := range s.Prizes {
		view.Unpriced = view.Unpriced || p.Fen == 0
	}
	switch {
	case len(s.Prizes) == 0:
		view.Step = "prizes"
	case d.ClosesAt.IsZero() || view.Late:
		view.Step = "until"
	case s.Guide == guideAsks:
		view.Step = "if"
	case s.Guide == guideRest && len(view.Missing) > 0:
		view.Step = view.Missing[0]
	}
	var err error
	if view.Step != "" {
		view.Private = req.Private
		if view.Call, err = req.Call(); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{
			Template: "draw.step", Data: view, Ask: fmt.Sprintf("/draw set %d %s", d.ID, view.Step),
			Choices: append(steps(req, d, view.Step), bot.Choice{Label: "common.cancel", Command: fmt.Sprintf("/draw cancel %d", d.ID)}),
		}, nil
	}
	if view.Eligible, view.People, view.Failed, err = f.census(ctx, req, s); err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("draw.title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	lacking := len(view.Missing) > 0 // it is open all the same: /cancel ends it
	template := "draw.ready"
	if lacking {
		template = "draw.preview"
	}
	r, err := req.Preview(ctx, actionPublish, title, due{Draw: d.ID}, template, view)
	if err != nil {
		return r, err
	}
	if lacking {
		r.Choices = append(steps(req, d, view.Missing[0]), bot.Choice{Label: "common.cancel", Command: fmt.Sprintf("/draw cancel %d", d.ID)})
		return r, nil
	}
	r.Choices[0].Label = "draw.button_publish"
	r.Choices = []bot.Choice{r.Choices[0], {Label: "draw.button_trial", Command: fmt.Sprintf("/draw preview %d", d.ID)}, r.Choices[1]}
	return r, nil
}

// evening is the hour that buttons offer for the close.
const evening = 20

// steps are buttons with usual answers to what is asked.
func steps(req *bot.Request, d storage.Draw, what string) []bot.Choice {
	var out []bot.Choice
	add := func(label string, data any, set string) {
		out = append(out, bot.Choice{Label: label, Data: data, Command: fmt.Sprintf("/draw set %d %s", d.ID, set)})
	}
	switch what {
	case "until":
		y, m, day := req.Now.Date()
		for i := range 3 {
			at := time.Date(y, m, day+i, evening, 0, 0, 0, req.Now.Location())
			if at.Sub(req.Now) >= time.Hour {
				add("draw.button_at", struct{ At bot.Moment }{req.Moment(at)}, "until "+when.Stamp(at))
			}
		}
	case "if":
		add("draw.button_anybody", nil, "if none")
		add("draw.button_joined", nil, "if joined>=3d")
	case "claim":
		add("draw.button_claim", struct{ Minutes int64 }{48 * 60}, "claim 48h")
		add("draw.button_claim", struct{ Minutes int64 }{7 * 24 * 60}, "claim 7d")
	case "forfeit":
		add("draw.button_next", nil, "forfeit next")
		add("draw.button_void", nil, "forfeit void")
	}
	return out
}
