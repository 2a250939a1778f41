package schedule

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// wrong is a post that went wrong, as the administrators are told of it.
type wrong struct {
	outcome
	ID    int64 // of the schedule
	Name  string
	Group string
	Late  int // minutes that were allowed
}

// notice tells the administrators what went wrong in a chat since they were
// told last: one message for what was missed, one for what is uncertain.
func notice(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, err := req.Tx.UntoldOccurrences(ctx, req.Chat.ID)
	if err != nil || len(rows) == 0 {
		return bot.Reply{}, err
	}
	for _, state := range []string{storage.Missed, storage.Uncertain} {
		if err := tell(ctx, req, state, rows); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{}, nil
}

func tell(ctx context.Context, req *bot.Request, state string, rows []storage.Occurrence) error {
	view := struct {
		Rows  []wrong
		More  int
		Count int
	}{}
	newest := map[string]int64{} // of each job
	var ids []string
	for _, o := range rows {
		if o.State != state {
			continue
		}
		if err := req.Tx.MarkTold(ctx, o.ID); err != nil {
			return err
		}
		w, err := wrongOf(ctx, req, o)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, w)
		newest[o.Job] = o.ID
		ids = append(ids, strconv.FormatInt(o.ID, 10))
	}
	if view.Count = len(view.Rows); view.Count == 0 {
		return nil
	}
	if view.More = max(0, view.Count-shown); view.More > 0 {
		view.Rows = view.Rows[view.More:] // the newest
	}
	r := bot.Reply{Template: "schedule.missed_notice", Data: view}
	if state == storage.Missed {
		ids = nil
		for _, id := range newest {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
		sortNumbers(ids)
		list := strings.Join(ids, " ")
		r.Choices = []bot.Choice{
			{Label: "schedule.send_now", Data: view, Command: "/schedule resend " + list},
			{Label: "schedule.understood", Command: "/schedule ack " + list},
		}
	} else {
		list := strings.Join(ids, " ")
		r.Template = "schedule.uncertain_notice"
		r.Choices = []bot.Choice{
			{Label: "schedule.it_did", Command: "/schedule went " + list},
			{Label: "schedule.send_again", Command: "/schedule resend " + list},
		}
	}
	return req.Alert(ctx, req.Chat, r)
}

func sortNumbers(ids []string) {
	for i := 1; i < len(ids); i++ {
		for k := i; k > 0 && (len(ids[k]) < len(ids[k-1]) || len(ids[k]) == len(ids[k-1]) && ids[k] < ids[k-1]); k-- {
			ids[k], ids[k-1] = ids[k-1], ids[k]
		}
	}
}

func wrongOf(ctx context.Context, req *bot.Request, o storage.Occurrence) (wrong, error) {
	w := wrong{outcome: outcomeOf(o, req.Now), Group: req.Chat.Title}
	if _, err := fmt.Sscanf(o.Job, "post:%d", &w.ID); err != nil {
		return w, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	s, err := req.Tx.Schedule(ctx, w.ID)
	w.Name, w.Late = s.Name, int(allowed(s)/time.Minute)
	return w, err
}

// chosen finds the occurrences that a button names, if they are of this
// community and in one of the states.
func chosen(ctx context.Context, req *bot.Request, states ...string) ([]storage.Occurrence, []job, error) {
	var rows []storage.Occurrence
	var jobs []job
	for i := range min(req.Args.Len(), 4*shown) {
		id, err := strconv.ParseInt(req.Args.Word(i), 10, 64)
		if err != nil {
			return nil, nil, bot.Refuse("common.bad_number", struct{ Word, Example string }{req.Args.Word(i), "/schedule log 3"})
		}
		o, err := req.Tx.Occurrence(ctx, id)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, nil, err
		}
		var sid int64
		if _, bad := fmt.Sscanf(o.Job, "post:%d", &sid); err != nil || bad != nil {
			continue
		}
		s, err := req.Tx.Schedule(ctx, sid)
		if err != nil {
			return nil, nil, err
		}
		j, _, err := loadIn(ctx, &req.Tx.Reader, s, o.ChatID)
		if err != nil {
			return nil, nil, err
		}
		for _, state := range states {
			if o.State == state && j.chat.CommunityID == req.Community {
				rows, jobs = append(rows, o), append(jobs, j)
			}
		}
	}
	if len(rows) == 0 {
		return nil, nil, bot.Refuse("schedule.settled", nil)
	}
	return rows, jobs, nil
}

// resendLife is how long a post that somebody asked for again may take.
const resendLife = time.Hour

// resend posts what was missed or is uncertain: somebody's own word.
func resend(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, jobs, err := chosen(ctx, req, storage.Missed, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		ID    int64 // of the schedule
		Count int
	}{}
	for i, o := range rows {
		j := jobs[i]
		if j.chat.State != storage.ChatActive {
			return bot.Reply{}, bot.Refuse("schedule.chat_left", struct{ Group string }{j.chat.Title})
		}
		reply, err := j.speak(ctx, req, o, req.Tx.Now)
		switch {
		case errors.Is(err, errNoSet):
			return bot.Reply{}, bot.Refuse("schedule.no_set", j.Schedule)
		case errors.Is(err, errEmpty):
			return bot.Reply{}, bot.Refuse("schedule.nothing_left", j.Schedule)
		case err != nil:
			return bot.Reply{}, err
		}
		reply.Until = req.Tx.Now.Add(resendLife)
		state, reason, err := j.enqueue(ctx, req, o, reply)
		if err != nil {
			return bot.Reply{}, err
		}
		if state != storage.Sending {
			return bot.Reply{}, bot.Refuse("schedule.chat_left", struct{ Group, Reason string }{j.chat.Title, reason})
		}
		if _, err := req.Audit(ctx, actionAgain, stateChange{o.ID, o.State}, stateChange{o.ID, state}, "", false); err != nil {
			return bot.Reply{}, err
		}
		view.ID, view.Count = j.ID, view.Count+1
	}
	return bot.Reply{Template: "schedule.resent", Data: view}, nil
}

// went notes that an uncertain post was seen in its chat.
func went(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, jobs, err := chosen(ctx, req, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, o := range rows {
		if err := req.Tx.MoveOccurrence(ctx, o.ID, storage.Uncertain, storage.Sent, "seen"); err != nil {
			return bot.Reply{}, err
		}
		if _, err := req.Audit(ctx, actionAgain, stateChange{o.ID, o.State}, stateChange{o.ID, storage.Sent}, "", false); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "schedule.noted", Data: struct{ ID int64 }{jobs[0].ID}}, nil
}

// ack closes a notice. What was missed stays missed.
func ack(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	_, jobs, err := chosen(ctx, req, storage.Missed, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "schedule.acked", Data: struct{ ID int64 }{jobs[0].ID}}, nil
}
