package schedule

import (
	"context"
	"slices"
	"time"

	"qunmate/storage"
)

// Planned is an instant of a schedule that is to come.
type Planned struct {
	At   time.Time
	Chat storage.Chat
	ID   int64 // of the schedule
	Name string
	// Skip and Key say why it is left out: "weekend", or "holiday" and which
	// one; "" is one that happens.
	Skip, Key string
}

// Upcoming lists what is to come between two instants, at most so many of each
// schedule, soonest first: the calendar of the sandbox's page.
func Upcoming(ctx context.Context, r *storage.Reader, from, until time.Time, most int) ([]Planned, error) {
	all, err := r.OpenSchedules(ctx)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, s := range all {
		if s.State != storage.ScheduleActive {
			continue
		}
		j, err := loadFrom(ctx, r, s)
		if err != nil {
			return nil, err
		}
		after := from
		for range most {
			t, ok := j.next(after)
			if !ok || t.At.After(until) {
				break
			}
			after = t.At
			p := Planned{At: t.At, Chat: j.chat, ID: s.ID, Name: s.Name}
			p.Skip, p.Key = reasonOf(t.Skip)
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return a.At.Compare(b.At) })
	return out, nil
}
