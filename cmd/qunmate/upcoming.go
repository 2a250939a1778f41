package main

import (
	"context"
	"slices"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/sandbox"
	"qunmate/commands/announce"
	"qunmate/commands/schedule"
	"qunmate/storage"
)

const (
	// upcomingSpan is how far the sandbox's calendar looks ahead.
	upcomingSpan = 14 * 24 * time.Hour
	// upcomingMost is how many instants of one schedule it shows in a chat.
	upcomingMost = 56
)

// upcoming lists the posts and the planned announcements of the next fourteen
// days for the sandbox's page, where the clock can be moved to each of them.
func (h *house) upcoming(ctx context.Context) ([]sandbox.Entry, error) {
	var posts []schedule.Planned
	var said []announce.Planned
	err := h.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		now := h.clock.Now()
		if posts, err = schedule.Upcoming(ctx, r, now, now.Add(upcomingSpan), upcomingMost); err != nil {
			return err
		}
		said, err = announce.Upcoming(ctx, r, now, now.Add(upcomingSpan))
		return err
	})
	if err != nil {
		return nil, err
	}
	out, err := h.postEntries(posts)
	if err != nil {
		return nil, err
	}
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

// postEntries makes one line of what a schedule posts in several chats at one
// instant.
func (h *house) postEntries(posts []schedule.Planned) ([]sandbox.Entry, error) {
	type instant struct {
		id   int64
		at   int64
		skip string
	}
	lines := map[instant]int{}
	var out []sandbox.Entry
	for _, p := range posts {
		at := instant{p.ID, p.At.UnixMilli(), p.Skip}
		i, known := lines[at]
		if !known {
			e := sandbox.Entry{At: p.At, Kind: "schedule", Skip: p.Skip != ""}
			var err error
			if e.Text, err = h.plain("schedule.entry", p); err != nil {
				return nil, err
			}
			if e.Note, err = h.plain("schedule.entry_note", p); err != nil {
				return nil, err
			}
			i, lines[at] = len(out), len(out)
			out = append(out, e)
		}
		place(&out[i], p.Chat)
	}
	return out, nil
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
