package schedule

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// chosenMost is how many occurrences a button can stand for.
const chosenMost = 1500

// chosen finds the occurrences that a button names, if they are in one of the
// states and their chats are the sender's to speak for.
func chosen(ctx context.Context, req *bot.Request, states ...string) ([]storage.Occurrence, []job, error) {
	var rows []storage.Occurrence
	var jobs []job
	look := lookup{req: req, jobs: map[string]map[int64]job{}}
	may, err := warrantOf(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	denied := !may.any()
	for i := range min(req.Args.Len(), chosenMost) {
		id, err := strconv.ParseInt(req.Args.Word(i), 10, 64)
		if err != nil {
			return nil, nil, bot.Refuse("common.bad_number", struct{ Word, Example string }{req.Args.Word(i), "/schedule log 3"})
		}
		o, err := req.Tx.Occurrence(ctx, id)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, nil, err
		}
		if err != nil || !strings.HasPrefix(o.Job, "post:") {
			continue
		}
		j, err := look.job(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		ok := may.speak(j.chat)
		if denied = denied || !ok; ok && slices.Contains(states, o.State) {
			rows, jobs = append(rows, o), append(jobs, j)
		}
	}
	switch {
	case len(rows) > 0:
		return rows, jobs, nil
	case denied:
		return nil, nil, &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "common.not_allowed", Data: struct{ Command, Role string }{req.Command, "admin"}}}
	}
	return nil, nil, bot.Refuse("schedule.settled", nil)
}

// warrant knows which chats the sender may speak for: an administrator here all
// of this community, and everybody those that he administers.
type warrant struct {
	community int64 // 0 = none
	reach     bot.Reach
}

func warrantOf(ctx context.Context, req *bot.Request) (warrant, error) {
	var w warrant
	if req.Community != 0 {
		here, err := req.Is(ctx, bot.ChatAdmin)
		if err != nil {
			return w, err
		}
		if here {
			w.community = req.Community
		}
	}
	var err error
	w.reach, err = req.Reach(ctx)
	return w, err
}

func (w warrant) any() bool { return w.community != 0 || w.reach.Operator || len(w.reach.Chats) > 0 }

func (w warrant) speak(c storage.Chat) bool {
	return w.community != 0 && c.CommunityID == w.community || w.reach.Operator || w.reach.Has(c.ID)
}

// noted writes down what somebody said of an occurrence, in the community whose
// chat it is about.
func (j *job) noted(ctx context.Context, req *bot.Request, o storage.Occurrence, state string) error {
	there := *req
	there.Community = j.chat.CommunityID
	_, err := there.Audit(ctx, actionAgain, stateChange{o.ID, o.State}, stateChange{o.ID, state}, "", false)
	return err
}

// resendLife is how long a post that somebody asked for again may take.
const resendLife = time.Hour

// resend posts what was missed or is uncertain: somebody's own word. What cannot
// be posted does not stop the rest.
func resend(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, jobs, err := chosen(ctx, req, storage.Missed, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		IDs   []int64 // of the schedules
		Count int
		Left  []string // chats that it cannot be posted in
		Rest  int      // posts that there is no text for
	}{}
	var refused error
	for i, o := range rows {
		j := jobs[i]
		if j.gone() {
			view.Left = append(view.Left, j.chat.Title)
			refused = bot.Refuse("schedule.chat_left", struct{ Group string }{j.chat.Title})
			continue
		}
		err := j.again(ctx, req, o)
		var no *bot.Refusal
		switch {
		case errors.As(err, &no):
			view.Rest++
			refused = err
			continue
		case err != nil:
			return bot.Reply{}, err
		}
		if view.Count++; !slices.Contains(view.IDs, j.ID) {
			view.IDs = append(view.IDs, j.ID)
		}
	}
	if view.Count == 0 {
		return bot.Reply{}, refused
	}
	return bot.Reply{Template: "schedule.resent", Data: view}, nil
}

// again posts an occurrence once more. A refusal has changed nothing.
func (j *job) again(ctx context.Context, req *bot.Request, o storage.Occurrence) error {
	reply, err := j.speak(ctx, req, o, req.Tx.Now)
	switch {
	case errors.Is(err, errNoSet):
		return bot.Refuse("schedule.no_set", j.Schedule)
	case errors.Is(err, errEmpty):
		return bot.Refuse("schedule.nothing_left", j.Schedule)
	case err != nil:
		return err
	}
	reply.Until = req.Tx.Now.Add(resendLife)
	state, _, err := j.enqueue(ctx, req, o, reply)
	if err != nil {
		return err
	}
	if state != storage.Sending { // its text cannot be rendered
		return bot.Refuse("schedule.no_set", j.Schedule)
	}
	return j.noted(ctx, req, o, state)
}

// went notes that an uncertain post was seen in its chat.
func went(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, jobs, err := chosen(ctx, req, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	for i, o := range rows {
		if err := req.Tx.MoveOccurrence(ctx, o.ID, storage.Uncertain, storage.Sent, "seen"); err != nil {
			return bot.Reply{}, err
		}
		if err := jobs[i].noted(ctx, req, o, storage.Sent); err != nil {
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
