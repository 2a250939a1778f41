// Package remind holds the reminders of activities: polls, draws, sign-up
// lists. It knows of them what storage.Activity tells and nothing else, so
// that no command family has to know it, nor it any family. What somebody
// wishes is read in rules.go, which knows no database.
package remind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	actionAdd = "remind.add"
	actionOff = "remind.off"

	taskDue = "remind.due"
)

// Commands of the family.
func Commands() []bot.Command {
	out := []bot.Command{
		{Name: "remind", Role: bot.Host, Menu: true, Run: run},
		{Name: "remind list", Role: bot.Host, Run: list},
		{Name: "remind off", Role: bot.Host, Run: off},
	}
	for _, kind := range []string{storage.ActivityPoll, storage.ActivityDraw, storage.ActivitySignup} {
		out = append(out, bot.Command{Name: kind + " remind", Role: bot.Host, Run: func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
			return add(ctx, req, kind, req.Args)
		}})
	}
	return out
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdd, Role: bot.Host, Run: confirmAdd, Undo: undoAdd},
		{Name: actionOff, Role: bot.Host, Undo: undoOff},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	timer := []chat.Kind{chat.Timer}
	return []bot.Listener{
		{Name: "remind.look", Kinds: timer, Task: storage.TaskLookAtPush, Run: look},
		{Name: "remind.due", Kinds: timer, Task: taskDue, Run: due},
		{Name: "remind.notice", Kinds: timer, Task: bot.TaskNotice, Run: notice},
		{Name: "remind.tick", Kinds: timer, Task: bot.TaskTick, Run: tick},
	}
}

// run is /remind: alone it lists; "poll 3 2h" reminds of an activity.
func run(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		return list(ctx, req)
	}
	kind := kindOf(req.Names().Word(req.Args.Lower(0)))
	if kind == "" {
		return bot.Reply{}, bot.Refuse("remind.usage", nil)
	}
	return add(ctx, req, kind, req.Args.From(1))
}

// view is what texts about a reminder show.
type view struct {
	ID     int64 // of the reminder
	Kind   string
	Number int64 // of the activity
	Title  string
	Lines  []lineView
	Chats  int
	Rule   string // as it was typed, "" = once
	Closes *bot.Moment
	Audit  int64
	Word   string
	Gone   []string // chats that the bot is not in
}

// lineView is an instant at which a chat is reminded.
type lineView struct {
	At    bot.Moment
	Event bool // before it takes place, not before it closes
	Quiet bool // a chat wants to be left alone then, and is
}

// planned is what a preview keeps.
type planned struct {
	Kind   string    `json:"kind"`
	ID     int64     `json:"id"`
	Before int       `json:"before,omitempty"` // minutes
	Rule   when.Rule `json:"rule,omitzero"`
	Said   string    `json:"said"`
}

// add previews reminders of an activity, or switches them off.
func add(ctx context.Context, req *bot.Request, kind string, args bot.Args) (bot.Reply, error) {
	id, ok := number(args.Word(0))
	if !ok {
		return bot.Reply{}, bot.Refuse("remind.which", view{Kind: kind})
	}
	a, err := find(ctx, req, kind, id)
	if err != nil {
		return bot.Reply{}, err
	}
	w, err := parse(args.Rest(1), req.Names().Word)
	var p *problemError
	if errors.As(err, &p) {
		return bot.Reply{}, bot.Refuse("remind.bad_"+p.Code, view{Kind: kind, Number: id, Word: p.Word})
	}
	if w.Off {
		return allOff(ctx, req, a)
	}
	if _, err := w.Rule.Begin("", req.Now, req.Now.Location()); err != nil {
		return bot.Reply{}, err
	}
	pl := planned{Kind: kind, ID: id, Before: int(w.Before / time.Minute), Rule: w.Rule, Said: w.Said}
	v, _, err := pl.preview(ctx, req, a)
	if err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("remind.title", v)
	if err != nil {
		return bot.Reply{}, err
	}
	r, err := req.Preview(ctx, actionAdd, title, pl, "remind.preview", v)
	if err == nil {
		r.Choices[0].Label = "remind.button_on"
	}
	return r, err
}

// find reads an activity that is open, or will take place, and that the sender
// may remind of: his own, or any as an administrator.
func find(ctx context.Context, req *bot.Request, kind string, id int64) (storage.Activity, error) {
	a, err := req.Tx.Activity(ctx, kind, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return a, err
	}
	if err != nil || a.CommunityID != req.Community {
		return a, bot.Refuse("remind.none", view{Kind: kind, Number: id})
	}
	if a.AuthorID == 0 || a.AuthorID != author(req) {
		ok, err := req.Is(ctx, bot.ChatAdmin)
		if err != nil {
			return a, err
		}
		if !ok {
			return a, bot.Refuse("remind.not_yours", view{Kind: kind, Number: id})
		}
	}
	if !a.Open && (a.Cancelled || !a.EventAt.After(req.Tx.Now)) {
		return a, bot.Refuse("remind.over", view{Kind: kind, Number: id, Title: a.Title})
	}
	return a, nil
}

func author(req *bot.Request) int64 {
	if req.Event.Sender.Anonymous {
		return 0
	}
	return req.Account.PersonID
}

// preview computes what a wish comes to: the rows, and how they are shown.
func (pl planned) preview(ctx context.Context, req *bot.Request, a storage.Activity) (view, []storage.Push, error) {
	v := view{Kind: a.Kind, Number: a.ID, Title: a.Title}
	if !a.ClosesAt.IsZero() {
		at := req.Moment(a.ClosesAt)
		v.Closes = &at
	}
	chats, err := chatsOf(ctx, req, a, false)
	if err != nil {
		return v, nil, err
	}
	if v.Chats = len(chats); v.Chats == 0 {
		return v, nil, bot.Refuse("remind.no_chat", v)
	}
	if pl.Before == 0 {
		v, pushes, err := pl.again(req, a, v)
		if err == nil {
			err = hushed(ctx, req, v.Lines, chats)
		}
		return v, pushes, err
	}
	var pushes []storage.Push
	for _, anchor := range []string{storage.PushClose, storage.PushEvent} {
		p := storage.Push{Kind: a.Kind, ActivityID: a.ID, Anchor: anchor, Before: time.Duration(pl.Before) * time.Minute, Said: pl.Said}
		at := p.Anchored(a)
		if anchor == storage.PushClose && a.ClosesAt.Equal(a.EventAt) || at.IsZero() || !p.Alive(a) || !at.After(req.Tx.Now) {
			continue // a list that closes when it begins is reminded of once
		}
		pushes = append(pushes, p)
		v.Lines = append(v.Lines, lineView{At: req.Moment(at), Event: anchor == storage.PushEvent})
	}
	if err := hushed(ctx, req, v.Lines, chats); err != nil {
		return v, nil, err
	}
	switch {
	case len(pushes) > 0:
		return v, pushes, nil
	case a.ClosesAt.IsZero() && a.EventAt.IsZero():
		return v, nil, bot.Refuse("remind.no_close", v)
	}
	return v, nil, bot.Refuse("remind.past", v)
}

// hushed marks the instants at which one of the chats wants to be left alone.
func hushed(ctx context.Context, req *bot.Request, lines []lineView, chats []place) error {
	for i := range lines {
		for _, c := range chats {
			quiet, err := quietAt(ctx, &req.Tx.Reader, c.ID, lines[i].At.T)
			if err != nil {
				return err
			}
			lines[i].Quiet = lines[i].Quiet || quiet
		}
	}
	return nil
}

// again is a reminder that comes again and again until its activity closes.
func (pl planned) again(req *bot.Request, a storage.Activity, v view) (view, []storage.Push, error) {
	v.Rule = pl.Said
	if often(pl.Rule, req.Now) {
		return v, nil, bot.Refuse("remind.often", v)
	}
	if !a.Open {
		return v, nil, bot.Refuse("remind.over", v)
	}
	after := req.Now
	for range 3 {
		at := nextTurn(pl.Rule, after, a.ClosesAt, req.Now.Location())
		if at.IsZero() {
			break
		}
		v.Lines, after = append(v.Lines, lineView{At: req.Moment(at)}), at
	}
	if len(v.Lines) == 0 {
		return v, nil, bot.Refuse("remind.past", v)
	}
	rule, err := json.Marshal(pl.Rule)
	if err != nil {
		return v, nil, fmt.Errorf("remind: %w", err)
	}
	return v, []storage.Push{{Kind: a.Kind, ActivityID: a.ID, Anchor: storage.PushRule, Rule: string(rule), Said: pl.Said}}, nil
}

// chatsOf are the chats of an activity that the bot may push to, and with gone
// those that it is not in: what is missed there is written down.
func chatsOf(ctx context.Context, req *bot.Request, a storage.Activity, gone bool) ([]place, error) {
	all, err := req.Tx.ActivityChats(ctx, a.Kind, a.ID)
	if err != nil {
		return nil, err
	}
	var out []place
	for _, ac := range all {
		c, err := req.Tx.Chat(ctx, ac.ChatID)
		if err != nil {
			return nil, err
		}
		if c.State == storage.ChatLeft && gone {
			out = append(out, place{c, ac.Thread})
			continue
		}
		caps := req.CapsOf(c)
		if c.Kind != string(chat.Private) && caps.Push && !caps.Confirm {
			out = append(out, place{c, ac.Thread})
		}
	}
	return out, nil
}

// place is a chat with the topic in it where an activity stands.
type place struct {
	storage.Chat

	thread string
}

func confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var pl planned
	if err := json.Unmarshal(data, &pl); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdd, err)
	}
	a, err := find(ctx, req, pl.Kind, pl.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v, pushes, err := pl.preview(ctx, req, a)
	if err != nil {
		return bot.Reply{}, err
	}
	var ids []int64
	for _, p := range pushes {
		p.CreatedBy = author(req)
		if p, err = req.Tx.AddPush(ctx, p); err != nil {
			return bot.Reply{}, err
		}
		ids = append(ids, p.ID)
	}
	v.ID = ids[0]
	if v.Audit, err = req.Audit(ctx, actionAdd, struct{}{}, struct {
		Pushes []int64 `json:"pushes"`
		planned
	}{ids, pl}, "", true); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "remind.added", Data: v}, nil
}

// listMost bounds the list of reminders.
const listMost = 5

// list is /remind alone: what a community is reminded of.
func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := req.Tx.OpenPushes(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	var data struct {
		Rows []view
		More int
	}
	for _, p := range all {
		a, err := req.Tx.Activity(ctx, p.Kind, p.ActivityID)
		if err != nil {
			return bot.Reply{}, err
		}
		if a.CommunityID != req.Community {
			continue
		}
		if len(data.Rows) == listMost {
			data.More++
			continue
		}
		v := view{ID: p.ID, Kind: p.Kind, Number: a.ID, Title: a.Title}
		if p.Anchor == storage.PushRule {
			v.Rule = p.Said
		}
		open, err := req.Tx.OpenOccurrences(ctx, p.Job())
		if err != nil {
			return bot.Reply{}, err
		}
		if i := slices.IndexFunc(open, func(o storage.Occurrence) bool { return o.State == storage.Planned }); i >= 0 {
			v.Lines = []lineView{{At: req.Moment(open[i].DueAt), Event: p.Anchor == storage.PushEvent}}
		}
		in, err := chatsOf(ctx, req, a, true)
		if err != nil {
			return bot.Reply{}, err
		}
		for _, c := range in {
			if c.State == storage.ChatLeft {
				v.Gone = append(v.Gone, c.Title)
			}
		}
		data.Rows = append(data.Rows, v)
	}
	return bot.Reply{Template: "remind.list", Data: data}, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
