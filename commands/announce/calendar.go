package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qunmate/storage"
)

// Planned is an announcement that waits for its time.
type Planned struct {
	At     time.Time
	ID     int64
	Text   string // its first words
	Chats  []storage.Chat
	People bool // direct messages
}

// Upcoming lists what waits for its time between two instants, soonest first:
// the calendar of the sandbox's page.
func Upcoming(ctx context.Context, r *storage.Reader, from, until time.Time) ([]Planned, error) {
	all, err := r.PlannedAnnouncements(ctx, from, until)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, a := range all {
		p := Planned{At: a.DueAt, ID: a.ID, People: a.Target == storage.TargetPeople}
		var b body
		if err := json.Unmarshal([]byte(a.Content), &b); err != nil {
			return nil, fmt.Errorf("announcement %d: %w", a.ID, err)
		}
		if lines, more := firstLines(b.Text, 1, calendarLetters); len(lines) > 0 {
			if p.Text = lines[0]; more {
				p.Text += "…"
			}
		}
		rows, err := r.Deliveries(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			p.Chats = append(p.Chats, d.Chat)
		}
		out = append(out, p)
	}
	return out, nil
}

// calendarLetters is how much of an announcement the calendar shows.
const calendarLetters = 60
