package schedule

import (
	"context"
	"slices"
	"time"

	"qunmate/storage"
)

// Planned is an instant of a schedule that is to come.
type Planned struct {
	At   time.Time // when it is really posted
	Chat storage.Chat
	ID   int64 // of the schedule
	Name string
	// Skip and Key say why it is left out: "weekend", "left" (by the bot), or
	// "holiday" and which one; "" is one that happens.
	Skip, Key string
	Quiet     bool // it waits for the end of quiet hours
	// What it posts: the beginning of its text, or the name of its set of
	// texts or of its queue.
	Text, Template, Queue string
}

// Upcoming lists what is to come between two instants, at most so many of each
// schedule and chat, soonest first: the calendar of the sandbox's page.
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
		in, err := load(ctx, r, s)
		if err != nil {
			return nil, err
		}
		waiting, err := r.OpenOccurrences(ctx, s.Job())
		if err != nil {
			return nil, err
		}
		says := Planned{ID: s.ID, Name: s.Name, Text: firstWords(s.Body), Template: s.Template}
		if s.QueueID != 0 {
			q, err := r.QueueByID(ctx, s.QueueID)
			if err != nil {
				return nil, err
			}
			says.Queue = q.Name
		}
		for _, j := range in.in {
			for _, o := range waiting {
				if o.ChatID == j.chat.ID && o.State == storage.Planned && o.MovedTo.After(from) && !o.DueAt.After(from) {
					p := says
					p.At, p.Chat, p.Quiet = o.MovedTo, j.chat, true
					if j.gone() {
						p.Skip = storage.ReasonLeft
					}
					out = append(out, p)
				}
			}
			out = append(out, j.planned(says, from, until, most)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return a.At.Compare(b.At) })
	return out, nil
}

func (j *job) planned(says Planned, after, until time.Time, most int) []Planned {
	var out []Planned
	for range most {
		t, ok := j.nextTurn(after)
		if !ok || t.To.After(until) {
			break
		}
		after = t.At
		p := says
		p.At, p.Chat, p.Quiet = t.To, j.chat, !t.To.Equal(t.At)
		if p.Skip, p.Key = reasonOf(t.Skip); p.Skip == "" && j.gone() {
			p.Skip = storage.ReasonLeft
		}
		out = append(out, p)
	}
	return out
}
