package main

import (
	"context"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/sandbox"
	"qunmate/commands/schedule"
	"qunmate/storage"
)

const (
	// upcomingSpan is how far the sandbox's calendar looks ahead.
	upcomingSpan = 14 * 24 * time.Hour
	// upcomingMost is how many instants of one schedule it shows.
	upcomingMost = 28
)

// upcoming lists the posts of the next fourteen days for the sandbox's page,
// where the clock can be moved to each of them.
func (h *house) upcoming(ctx context.Context) ([]sandbox.Entry, error) {
	var planned []schedule.Planned
	err := h.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		now := h.clock.Now()
		planned, err = schedule.Upcoming(ctx, r, now, now.Add(upcomingSpan), upcomingMost)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []sandbox.Entry
	for _, p := range planned {
		text, err := h.texts.Render(h.cfg.Language, "schedule.entry", p)
		if err != nil {
			return nil, err
		}
		e := sandbox.Entry{At: p.At, Text: chat.Plain(text)}
		if p.Chat.Domain == sandbox.Domain {
			e.Chat = chat.Ref{Domain: p.Chat.Domain, ID: p.Chat.ExternalID}
		}
		out = append(out, e)
	}
	return out, nil
}
