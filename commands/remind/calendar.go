package remind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// Planned is an instant of a reminder that is to come.
type Planned struct {
	At     time.Time
	Chat   storage.Chat
	ID     int64 // of the reminder
	Kind   string
	Number int64 // of the activity
	Title  string
	Event  bool // before it takes place, not before it closes
	Again  bool // it comes again and again
	// Skip is why it is left out: "quiet" hours, or the bot has "left"; "" is one
	// that happens.
	Skip string
}

// Upcoming lists what is to come between two instants, at most so many of each
// reminder and chat, soonest first: the calendar of the sandbox's page.
func Upcoming(ctx context.Context, r *storage.Reader, from, until time.Time, most int) ([]Planned, error) {
	all, err := r.OpenPushes(ctx)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, p := range all {
		a, err := r.Activity(ctx, p.Kind, p.ActivityID)
		if err != nil {
			return nil, err
		}
		if !p.Alive(a) {
			continue
		}
		turns, err := turnsOf(ctx, r, p, a, from, until, most)
		if err != nil || len(turns) == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		chats, err := goesTo(ctx, r, p, a)
		if err != nil {
			return nil, err
		}
		for _, c := range chats {
			for _, at := range turns {
				v := Planned{At: at, Chat: c, ID: p.ID, Kind: a.Kind, Number: a.ID, Title: a.Title, Event: p.Anchor == storage.PushEvent, Again: p.Anchor == storage.PushRule}
				quiet, err := quietAt(ctx, r, c.ID, at)
				switch {
				case err != nil:
					return nil, err
				case c.State != storage.ChatActive:
					v.Skip = storage.ReasonLeft
				case quiet:
					v.Skip = "quiet"
				}
				out = append(out, v)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return a.At.Compare(b.At) })
	return out, nil
}

// turnsOf lists the instants of a reminder between two others, in the zone of
// its activity.
func turnsOf(ctx context.Context, r *storage.Reader, p storage.Push, a storage.Activity, from, until time.Time, most int) ([]time.Time, error) {
	days, err := bot.CalendarOf(ctx, r, a.CommunityID)
	if err != nil {
		return nil, err
	}
	if p.Anchor != storage.PushRule {
		at := p.Anchored(a)
		if !at.After(from) || at.After(until) {
			return nil, nil
		}
		return []time.Time{at.In(days.Zone(at))}, nil
	}
	var rule when.Rule
	if err := json.Unmarshal([]byte(p.Rule), &rule); err != nil {
		return nil, fmt.Errorf("push %d: %w", p.ID, err)
	}
	var out []time.Time
	for at := from; len(out) < most; {
		if at = nextTurn(rule, at, a.ClosesAt, days.Zone(at)); at.IsZero() || at.After(until) {
			break
		}
		out = append(out, at)
	}
	return out, nil
}

// goesTo are the chats of a reminder: those in which its next instant is
// planned. One that is brand new is not planned yet and goes to the groups of
// its activity.
func goesTo(ctx context.Context, r *storage.Reader, p storage.Push, a storage.Activity) ([]storage.Chat, error) {
	open, err := r.OpenOccurrences(ctx, p.Job())
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, o := range open {
		if o.State == storage.Planned && !slices.Contains(ids, o.ChatID) {
			ids = append(ids, o.ChatID)
		}
	}
	if len(ids) == 0 {
		if _, err := r.LastOccurrence(ctx, p.Job()); !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		all, err := r.ActivityChats(ctx, a.Kind, a.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			ids = append(ids, c.ChatID)
		}
	}
	var out []storage.Chat
	for _, id := range ids {
		c, err := r.Chat(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.Kind != string(chat.Private) {
			out = append(out, c)
		}
	}
	return out, nil
}
