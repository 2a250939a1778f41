package checkin

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Actions, the names of their previews and audit rows.
const (
	actionSet    = "checkin.set"
	actionSwitch = "checkin.switch"
	actionDigest = "checkin.digest"
)

// change is what /checkin set asks for and its audit rows keep.
type change struct {
	Rule  Rule   `json:"rule"`
	Start int    `json:"start"` // of the day, minutes after midnight
	Zone  string `json:"zone"`
	// From is when it takes effect: in the row's After, what the undo needs.
	From int64 `json:"from"` // ms UTC
}

// setView is what the preview and its confirmation show.
type setView struct {
	Rule    Rule
	Start   int
	Was     Rule
	WasDay  int
	Diff    int64 // points more (or fewer) over the last 7 days
	Percent int
	Days    int
	From    bot.Moment
	Version int // of the rule; 0 = only the start of the day changes
	Audit   int64
}

func set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Names().Word(req.Args.Lower(0)) == "digest" {
		return setDigest(ctx, req)
	}
	now, err := current(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	want, err := parseSet(req, now)
	if err != nil {
		return bot.Reply{}, err
	}
	if want == now {
		return bot.Reply{}, bot.Refuse("checkin.set_same", nil)
	}
	from, err := firstDay(ctx, req, want)
	if err != nil {
		return bot.Reply{}, err
	}
	view := setView{Rule: want.Rule, Start: want.Start, Was: now.Rule, WasDay: now.Start, Days: replayDays, From: req.Moment(from)}
	before, after, err := replay(ctx, req, want.Rule)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Diff = after - before
	if before > 0 {
		view.Percent = int((view.Diff*100 + sign(view.Diff)*before/2) / before)
	}
	title, err := req.Text("checkin.set_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionSet, title, want, "checkin.set_preview", view)
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

// current is the newest rule, in force or not yet, with the day's start.
func current(ctx context.Context, req *bot.Request) (change, error) {
	rule, _, err := decodeRule(req.Tx.NewestRule(ctx, req.Community, FamilyRule))
	next := req.Days.Next(req.Tx.Now)
	return change{Rule: rule, Start: req.Days.Start(next), Zone: req.Days.Zone(next).String()}, err
}

// firstDay is the beginning of the first day that a change rules: the next one,
// where the start of the day moves too as the new clock has it. A move that was
// planned and is replaced does not count.
func firstDay(ctx context.Context, req *bot.Request, c change) (time.Time, error) {
	stored, err := req.Tx.Clocks(ctx, req.Community)
	if err != nil {
		return time.Time{}, err
	}
	var versions []chatday.Version
	for _, v := range stored {
		zone, err := time.LoadLocation(v.Timezone)
		if err != nil {
			return time.Time{}, fmt.Errorf("community clock: %w", err)
		}
		if len(versions) == 0 || !v.From.After(req.Tx.Now) {
			versions = append(versions, chatday.Version{From: v.From, Zone: zone, Start: v.DayStartsAt})
		}
	}
	inForce := chatday.New(versions...)
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("change: %w", err)
	}
	moved := chatday.Version{From: inForce.Next(req.Tx.Now), Zone: zone, Start: c.Start}
	return chatday.New(append(versions, moved)...).Next(req.Tx.Now), nil
}

// parseSet reads "base 5 streak 1 cap 7 reset 04:00" in any order; what is not
// named stays.
func parseSet(req *bot.Request, c change) (change, error) {
	a := req.Args
	if a.Len() == 0 || a.Len()%2 != 0 {
		return c, bot.Refuse("checkin.set_usage", nil)
	}
	for i := 0; i < a.Len(); i += 2 {
		value := a.Word(i + 1)
		var err error
		switch req.Names().Word(a.Lower(i)) {
		case "base":
			c.Rule.Base, err = number("base", value, maxBase)
		case "streak", "step":
			c.Rule.Step, err = number("streak", value, maxStep)
		case "cap":
			c.Rule.Cap, err = number("cap", value, maxCap)
		case "reset":
			c.Start, err = minutes(value)
		default:
			err = bot.Refuse("checkin.set_unknown", struct{ Word string }{a.Word(i)})
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

func number(what, value string, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(value, "+"))
	if err != nil || n < 0 || n > most {
		return 0, bot.Refuse("checkin.set_range", struct {
			What string
			Max  int
		}{what, most})
	}
	return n, nil
}

func minutes(value string) (int, error) {
	t, err := time.Parse("15:04", value)
	if err != nil {
		return 0, bot.Refuse("checkin.set_reset", struct{ Value string }{value})
	}
	return t.Hour()*60 + t.Minute(), nil
}

// replayDays is how far back a new rule is tried.
const replayDays = 7

// replay sums what the check-ins of the last seven full days brought, and what
// the new rule would have brought for the same ones.
func replay(ctx context.Context, req *bot.Request, rule Rule) (before, after int64, err error) {
	today := req.Days.Day(req.Now)
	rows, err := req.Tx.CheckinsBetween(ctx, req.Community, req.Days.Back(today, replayDays), req.Days.Prev(today))
	for _, c := range rows {
		if c.Repaired {
			continue
		}
		before += c.Gained
		after += int64(rule.Points(c.Streak).Total())
	}
	return before, after, err
}

func confirmSet(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want change
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionSet, err)
	}
	was, err := current(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	from, err := firstDay(ctx, req, want)
	if err != nil {
		return bot.Reply{}, err
	}
	want.From = from.UnixMilli()
	id, err := req.Audit(ctx, actionSet, was, want, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	version, err := apply(ctx, req, was, want, id)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "checkin.set_done", Data: setView{
		Rule: want.Rule, Start: want.Start, Version: version, Audit: id, From: req.Moment(storage.FromMillis(want.From)),
	}}, nil
}

// apply writes the parts of a change that differ and returns the version of
// the new rule, 0 if the rule stays.
func apply(ctx context.Context, req *bot.Request, was, want change, audit int64) (int, error) {
	if was.Start != want.Start {
		if _, err := req.ChangeClock(ctx, want.Zone, want.Start); err != nil {
			return 0, err
		}
	}
	if was.Rule != want.Rule {
		if err := addRule(ctx, req, FamilyRule, want.Rule, storage.FromMillis(want.From), audit); err != nil {
			return 0, err
		}
		_, version, err := decodeRule(req.Tx.NewestRule(ctx, req.Community, FamilyRule))
		return version, err
	}
	return 0, nil
}

// undoSet brings the former rule back: where the change is not in force yet it
// never will be; else the former rule holds again from the next day on.
func undoSet(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, want change
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	if err := json.Unmarshal([]byte(row.After), &want); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	now, err := current(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if now.Rule != want.Rule || now.Start != want.Start {
		return bot.Reply{}, bot.Refuse("checkin.undo_overtaken", struct{ ID int64 }{row.ID})
	}
	pending := want.From > req.Tx.Now.UnixMilli()
	from, err := firstDay(ctx, req, was)
	if err != nil {
		return bot.Reply{}, err
	}
	was.From = from.UnixMilli()
	if pending { // not a moment of it may rule
		was.From = min(was.From, want.From)
	}
	version, err := apply(ctx, req, want, was, row.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "checkin.set_undone", Data: struct {
		setView
		Pending bool
	}{setView{Rule: was.Rule, Start: was.Start, Version: version, From: req.Moment(storage.FromMillis(was.From))}, pending}}, nil
}
