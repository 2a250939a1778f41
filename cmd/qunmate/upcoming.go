package main

import (
	"context"
	"slices"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/sandbox"
	"qunmate/commands/announce"
	"qunmate/commands/remind"
	"qunmate/commands/schedule"
	"qunmate/storage"
)

const (
	// upcomingSpan is how far the sandbox's calendar looks ahead.
	upcomingSpan = 14 * 24 * time.Hour
	// upcomingMost is how many instants of one schedule it shows in a chat.
	upcomingMost = 56
)

// upcoming lists the posts, the reminders, the closes of polls, draws and lists
// and the planned announcements of the next fourteen days for the sandbox's page, where the clock can be moved to each of them.
func (h *house) upcoming(ctx context.Context) ([]sandbox.Entry, error) {
	var posts []schedule.Planned
	var reminders []remind.Planned
	var closings []remind.Closing
	var said []announce.Planned
	err := h.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		now := h.clock.Now()
		if posts, err = schedule.Upcoming(ctx, r, now, now.Add(upcomingSpan), upcomingMost); err != nil {
			return err
		}
		if reminders, err = remind.Upcoming(ctx, r, now, now.Add(upcomingSpan), upcomingMost); err != nil {
			return err
		}
		if closings, err = remind.Closings(ctx, r, now, now.Add(upcomingSpan)); err != nil {
			return err
		}
		said, err = announce.Upcoming(ctx, r, now, now.Add(upcomingSpan))
		return err
	})
	if err != nil {
		return nil, err
	}
	lines := entries{house: h, at: map[instant]int{}}
	for _, p := range posts {
		if err := lines.add("schedule", "schedule.entry", p.ID, p.At, p.Skip, p.Chat, p); err != nil {
			return nil, err
		}
	}
	for _, p := range reminders {
		if err := lines.add("remind", "remind.entry", p.ID, p.At, p.Skip, p.Chat, p); err != nil {
			return nil, err
		}
	}
	for _, c := range closings {
		if err := lines.add(c.Kind, "remind.closing", c.Number, c.At, c.Skip, c.Chat, c); err != nil {
			return nil, err
		}
	}
	out := lines.out
	for _, a := range said {
		e := sandbox.Entry{At: a.At, Kind: "announcement"}
		if e.Text, err = h.plain("announce.entry", a); err != nil {
			return nil, err
		}
		e.Note = a.Text
		for _, c := range a.Chats {
			place(&e, c)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b sandbox.Entry) int { return a.At.Compare(b.At) })
	return out, nil
}

// instant names what is one line of the calendar: what a schedule, a reminder or
// the close of an activity says at one instant, in several chats.
type instant struct {
	kind   string
	id, at int64
	skip   string
}

// entries makes the lines of the calendar.
type entries struct {
	house *house
	at    map[instant]int
	out   []sandbox.Entry
}

// add notes what is planned in a chat. kind is what the page calls it; the words
// are the text of the name, and what stands below it that with _note.
func (e *entries) add(kind, text string, id int64, at time.Time, skip string, c storage.Chat, data any) error {
	key := instant{kind, id, at.UnixMilli(), skip}
	i, known := e.at[key]
	if !known {
		line := sandbox.Entry{At: at, Kind: kind, Skip: skip != ""}
		var err error
		if line.Text, err = e.house.plain(text, data); err != nil {
			return err
		}
		if line.Note, err = e.house.plain(text+"_note", data); err != nil {
			return err
		}
		i, e.at[key] = len(e.out), len(e.out)
		e.out = append(e.out, line)
	}
	place(&e.out[i], c)
	return nil
}

// place notes one more chat that an entry is for.
func place(e *sandbox.Entry, c storage.Chat) {
	if c.Domain == sandbox.Domain {
		e.Chats = append(e.Chats, chat.Ref{Domain: c.Domain, ID: c.ExternalID})
	} else {
		e.Where = append(e.Where, c.Title)
	}
}

// plain is a text in the operators' language.
func (h *house) plain(name string, data any) (string, error) {
	text, err := h.texts.Render(h.cfg.Language, name, data)
	return chat.Plain(text), err
}
