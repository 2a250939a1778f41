package bot

import (
	"context"
	"strings"
	"time"

	"qunmate/storage"
)

// TaskNotice is the timer of a notice about posts that went wrong, of whatever
// family: its listeners raise theirs, and everybody is told once. The trigger
// outbox_occurrence sets it, too.
const TaskNotice = "schedule.notice"

const (
	// NoticeAfter is how long after something went wrong its notice comes: what
	// goes wrong at one time is gathered into one message.
	NoticeAfter = 3 * time.Second
	// gatherMost is how long a notice waits for what goes wrong right after.
	gatherMost = 30 * time.Second
)

// Untold lists what went wrong of jobs whose names begin so, in whatever chats,
// and nobody was told of yet, earliest first. While things go wrong right now
// that is nothing: a timer to come tells all of it. That the bot is not in a
// chat any more is told once, until it is back.
func (req *Request) Untold(ctx context.Context, prefix string) ([]storage.Occurrence, error) {
	if req.untold == nil { // asked once: what one family has told must not change what is young
		rows, err := req.Tx.UntoldOccurrences(ctx)
		if err != nil {
			return nil, err
		}
		if gathers(rows, req.Tx.Now) {
			rows = nil
		}
		if rows, err = req.news(ctx, rows); err != nil {
			return nil, err
		}
		req.untold = &rows
	}
	var out []storage.Occurrence
	for _, o := range *req.untold {
		if strings.HasPrefix(o.Job, prefix) {
			out = append(out, o)
		}
	}
	return out, nil
}

// news leaves out what is the same as before: that nothing can be posted in a
// chat that the bot has left. The rows keep it.
func (req *Request) news(ctx context.Context, rows []storage.Occurrence) ([]storage.Occurrence, error) {
	var out []storage.Occurrence
	known := map[int64]bool{}
	for _, o := range rows {
		if o.Reason != storage.ReasonLeft {
			out = append(out, o)
			continue
		}
		told, asked := known[o.ChatID]
		if !asked {
			var err error
			if told, err = req.Tx.ToldOfLeaving(ctx, o.ChatID); err != nil {
				return nil, err
			}
			known[o.ChatID] = told
		}
		if !told {
			out = append(out, o)
		} else if err := req.Tx.MarkTold(ctx, o.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// gathers reports that something went wrong just now: its own timer is still to
// come and tells everything.
func gathers(rows []storage.Occurrence, now time.Time) bool {
	young := false
	for _, o := range rows {
		age := now.Sub(o.SettledAt)
		if age > gatherMost {
			return false
		}
		young = young || age >= 0 && age < NoticeAfter
	}
	return young
}
