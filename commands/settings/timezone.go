package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// clockState is what an audit row keeps of a change.
type clockState struct {
	dayClock
	From int64 `json:"from,omitempty"` // ms UTC, in the row's After
}

// clocks are a community's zone and start of the day: now, and what is planned.
type clocks struct {
	now      dayClock
	next     *storage.Clock // set, but not in force yet; nil = none
	inForce  []storage.Clock
	calendar chatday.Calendar // of what is in force, without what is planned
}

func readClocks(ctx context.Context, req *bot.Request) (clocks, error) {
	all, err := req.Tx.Clocks(ctx, req.Community)
	if err != nil {
		return clocks{}, err
	}
	var c clocks
	for _, v := range all {
		if v.From.After(req.Tx.Now) {
			c.next = &v
			continue
		}
		c.inForce = append(c.inForce, v)
		c.now = dayClock{v.Timezone, v.DayStartsAt}
	}
	if c.next != nil && c.now == (dayClock{c.next.Timezone, c.next.DayStartsAt}) {
		c.next = nil // an undone change, which changes nothing
	}
	c.calendar, err = calendar(c.inForce)
	return c, err
}

// felt is when a clock that comes into force at an instant is noticed: its first
// day begins. Where the zone moves, all times are told in it from the instant
// itself on.
func (c clocks) felt(want dayClock, from time.Time) (time.Time, error) {
	if want.Zone != c.now.Zone {
		return from, nil
	}
	after, err := calendar(append(slices.Clone(c.inForce), storage.Clock{From: from, Timezone: want.Zone, DayStartsAt: want.Start}))
	return after.Next(from.Add(-time.Millisecond)), err
}

func calendar(all []storage.Clock) (chatday.Calendar, error) {
	versions := make([]chatday.Version, 0, len(all))
	for _, c := range all {
		zone, err := time.LoadLocation(c.Timezone)
		if err != nil {
			return chatday.Calendar{}, fmt.Errorf("community clock: %w", err)
		}
		versions = append(versions, chatday.Version{From: c.From, Zone: zone, Start: c.DayStartsAt})
	}
	return chatday.New(versions...), nil
}

// timezoneView shows a clock, and a change of it.
type timezoneView struct {
	Now, New dayClock
	From     bot.Moment  // when New comes into force, by the clock in force now
	There    *bot.Moment // the same instant in the new zone, if clocks there differ
	Today    bot.Moment  // when the present day ends, in the new zone
	Tomorrow bot.Moment  // when the day after it ends
	Planned  *dayClock   // what is planned already, and would be replaced
	Still    bool        // New holds now: only what was planned is dropped
	Audit    int64
}

func (f family) timezone(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	c, err := readClocks(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view := timezoneView{Now: c.now}
	if c.next != nil {
		view.Planned = &dayClock{c.next.Timezone, c.next.DayStartsAt}
		from, err := c.felt(*view.Planned, c.next.From)
		if err != nil {
			return bot.Reply{}, err
		}
		view.From = req.Moment(from)
	}
	if req.Args.Len() == 0 {
		view.Today = req.Moment(req.Days.Next(req.Tx.Now))
		return bot.Reply{Template: "settings.tz", Data: view}, nil
	}
	words := make([]string, req.Args.Len())
	for i := range words {
		words[i] = req.Args.Word(i)
	}
	want, wrong := f.zones.parse(words, c.now)
	if wrong != nil {
		return bot.Reply{}, bot.Refuse(wrong.text, struct{ Word, Example string }{wrong.word, wrong.example})
	}
	if want == c.now && c.next == nil {
		return bot.Reply{}, bot.Refuse("settings.tz_same", view)
	}
	if err := view.plan(req, c, want); err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("settings.tz_title", want)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionTimezone, title, want, "settings.tz_preview", view)
}

// plan computes what a change would do to today and tomorrow.
func (v *timezoneView) plan(req *bot.Request, c clocks, want dayClock) error {
	from := c.calendar.Next(req.Tx.Now)
	after, err := calendar(append(c.inForce, storage.Clock{From: from, Timezone: want.Zone, DayStartsAt: want.Start}))
	if err != nil {
		return err
	}
	zone := after.Zone(from)
	there := func(t time.Time) bot.Moment {
		if want.Zone == c.now.Zone {
			return req.Moment(t)
		}
		// Told from afar it is written as a date: "tomorrow" in another zone is
		// another day.
		return bot.Moment{T: t.In(zone), Now: t.In(zone).AddDate(0, 0, -9)}
	}
	felt, err := c.felt(want, from)
	if err != nil {
		return err
	}
	today := after.Next(req.Tx.Now)
	v.New, v.From, v.Today, v.Tomorrow = want, req.Moment(felt), there(today), there(after.Next(today))
	if at := there(felt); at.T.Format(time.DateTime) != v.From.T.Format(time.DateTime) {
		v.There = &at
	}
	return nil
}

func confirmTimezone(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want dayClock
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionTimezone, err)
	}
	c, err := readClocks(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	before, err := newest(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	from, err := req.ChangeClock(ctx, want.Zone, want.Start)
	if err != nil {
		return bot.Reply{}, err
	}
	felt, err := c.felt(want, from)
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionTimezone, clockState{dayClock: before}, clockState{want, from.UnixMilli()}, "", true)
	return bot.Reply{Template: "settings.tz_done", Data: timezoneView{New: want, From: req.Moment(felt), Still: want == c.now, Audit: id}}, err
}

// newest is the clock set last, in force or not.
func newest(ctx context.Context, req *bot.Request) (dayClock, error) {
	all, err := req.Tx.Clocks(ctx, req.Community)
	if err != nil || len(all) == 0 {
		return dayClock{}, err
	}
	last := all[len(all)-1]
	return dayClock{last.Timezone, last.DayStartsAt}, nil
}

// undoTimezone brings the former clock back: where the change is not in force
// yet it never will be, else from the next boundary on.
func undoTimezone(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	before, after, err := audited[clockState](row)
	if err != nil {
		return bot.Reply{}, err
	}
	last, err := newest(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if last != after.dayClock {
		return bot.Reply{}, overtaken(row)
	}
	c, err := readClocks(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	from, err := req.ChangeClock(ctx, before.Zone, before.Start)
	if err != nil {
		return bot.Reply{}, err
	}
	felt, err := c.felt(before.dayClock, from)
	return bot.Reply{Template: "settings.tz_undone", Data: timezoneView{
		New: before.dayClock, From: req.Moment(felt), Still: before.dayClock == c.now,
	}}, err
}
