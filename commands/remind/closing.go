package remind

import (
	"context"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// Closing is the close of an activity that is to come, in one of the groups it
// stands in.
type Closing struct {
	At     time.Time
	Chat   storage.Chat
	Kind   string
	Number int64
	Title  string
	Skip   string // "left": the bot is not in the group, which is not told
}

// Closings lists the closes between two instants: the calendar of the sandbox's
// page.
func Closings(ctx context.Context, r *storage.Reader, from, until time.Time) ([]Closing, error) {
	all, err := r.Closing(ctx, from, until)
	if err != nil {
		return nil, err
	}
	var out []Closing
	for _, a := range all {
		places, err := r.ActivityChats(ctx, a.Kind, a.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			c, err := r.Chat(ctx, p.ChatID)
			if err != nil {
				return nil, err
			}
			if c.Kind == string(chat.Private) {
				continue
			}
			v := Closing{At: a.ClosesAt, Chat: c, Kind: a.Kind, Number: a.ID, Title: a.Title}
			if c.State != storage.ChatActive {
				v.Skip = storage.ReasonLeft
			}
			out = append(out, v)
		}
	}
	return out, nil
}
