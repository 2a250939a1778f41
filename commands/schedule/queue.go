package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

// queue runs the commands about queues of posts: what follows the word says
// what is to be done with which.
func queue(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rest := req.Args.From(1)
	switch req.Names().Word(req.Args.Lower(0)) {
	case "add":
		return fillQueue(ctx, req, rest)
	case "del":
		return dropFromQueue(ctx, req, rest)
	case "weight":
		return weigh(ctx, req, rest)
	case "once":
		return setMode(ctx, req, rest, storage.QueueOnce)
	case "loop":
		return setMode(ctx, req, rest, storage.QueueLoop)
	case "list":
		return showQueue(ctx, req, rest.Word(0))
	}
	return showQueue(ctx, req, req.Args.Word(0))
}

// queueNamed finds a queue by its name, or refuses with those there are.
func queueNamed(ctx context.Context, req *bot.Request, name string) (storage.QueueOfPosts, error) {
	all, err := req.Tx.QueuesOf(ctx, req.Community)
	if err != nil {
		return storage.QueueOfPosts{}, err
	}
	view := struct {
		Name   string
		Queues []string
	}{Name: name}
	for _, q := range all {
		if strings.EqualFold(q.Name, name) {
			return q, nil
		}
		view.Queues = append(view.Queues, q.Name)
	}
	return storage.QueueOfPosts{}, bot.Refuse("schedule.no_queue", view)
}

// queueLine is a queue in the list of queues.
type queueLine struct {
	Name  string
	Count int
	Once  bool
	Used  []int64 // schedules that post from it
}

// itemLine is a text in the list of a queue.
type itemLine struct {
	Number, Weight int
	Text           string
	Came           bool // in this round, here
}

// showQueue lists the queues, or what is in one.
func showQueue(ctx context.Context, req *bot.Request, name string) (bot.Reply, error) {
	if name == "" {
		return queues(ctx, req)
	}
	q, err := queueNamed(ctx, req, name)
	if err != nil {
		return bot.Reply{}, err
	}
	s, err := req.Tx.QueueStanding(ctx, q.ID, req.Chat.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	most := 2 * shown
	if req.Private {
		most = 6 * shown
	}
	view := struct {
		queueLine
		Items []itemLine
		More  int
	}{queueLine: queueLine{Name: q.Name, Count: len(s.Items), Once: q.Mode == storage.QueueOnce}, More: max(0, len(s.Items)-most)}
	for _, i := range s.Items[:min(len(s.Items), most)] {
		view.Items = append(view.Items, itemLine{i.Number, i.Weight, firstWords(i.Body), i.Taken >= i.Weight})
	}
	return bot.Reply{Template: "schedule.queue", Data: view}, nil
}

// firstWords is how a text is called in a list.
func firstWords(body string) string {
	line, _, more := strings.Cut(body, "\n")
	if r := []rune(line); len(r) > 24 {
		return string(r[:24]) + "…"
	}
	if more {
		return line + "…"
	}
	return line
}

func queues(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := req.Tx.QueuesOf(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	schedules, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Queues []queueLine
		More   int
	}{More: max(0, len(all)-2*shown)}
	for _, q := range all[:min(len(all), 2*shown)] {
		l := queueLine{Name: q.Name, Count: q.Items, Once: q.Mode == storage.QueueOnce}
		for _, s := range schedules {
			if s.QueueID == q.ID {
				l.Used = append(l.Used, s.ID)
			}
		}
		view.Queues = append(view.Queues, l)
	}
	return bot.Reply{Template: "schedule.queues", Data: view}, nil
}

// queueChange is what an audit row keeps of a change to a queue: one text, or
// the whole of it.
type queueChange struct {
	Queue  int64  `json:"queue"`
	Item   int64  `json:"item,omitempty"`
	Weight int    `json:"weight,omitempty"`
	State  string `json:"state,omitempty"`
	Mode   string `json:"mode,omitempty"`
}

// queueView says what was changed.
type queueView struct {
	Name   string
	Number int
	Weight int
	Text   string
	Count  int
	Mode   string
	Used   []int64
	Audit  int64
}

// itemOf finds a text by the name of its queue and its number.
func itemOf(ctx context.Context, req *bot.Request, args bot.Args) (storage.QueueOfPosts, storage.QueueItem, error) {
	q, err := queueNamed(ctx, req, args.Word(0))
	if err != nil {
		return q, storage.QueueItem{}, err
	}
	n, err := strconv.Atoi(strings.TrimPrefix(args.Word(1), "#"))
	if err != nil {
		return q, storage.QueueItem{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{args.Word(1), "/schedule queue del " + q.Name + " 3"})
	}
	i, err := req.Tx.QueueItemNumbered(ctx, q.ID, n)
	if errors.Is(err, storage.ErrNotFound) || err == nil && i.State != storage.QueueActive {
		err = bot.Refuse("schedule.no_item", queueView{Name: q.Name, Number: n})
	}
	return q, i, err
}

// dropFromQueue takes a text out of a queue, or the queue away that nothing
// posts from.
func dropFromQueue(ctx context.Context, req *bot.Request, args bot.Args) (bot.Reply, error) {
	if args.Len() == 1 {
		return dropQueue(ctx, req, args.Word(0))
	}
	q, i, err := itemOf(ctx, req, args)
	if err != nil {
		return bot.Reply{}, err
	}
	i.State = storage.QueueDeleted
	if err := req.Tx.SetQueueItem(ctx, i); err != nil {
		return bot.Reply{}, err
	}
	view := queueView{Name: q.Name, Number: i.Number, Text: firstWords(i.Body), Count: q.Items - 1}
	view.Audit, err = req.Audit(ctx, actionQueue, queueChange{Queue: q.ID, Item: i.ID, Weight: i.Weight, State: storage.QueueActive},
		queueChange{Queue: q.ID, Item: i.ID, Weight: i.Weight, State: i.State}, "", true)
	return bot.Reply{Template: "schedule.item_gone", Data: view}, err
}

func dropQueue(ctx context.Context, req *bot.Request, name string) (bot.Reply, error) {
	q, err := queueNamed(ctx, req, name)
	if err != nil {
		return bot.Reply{}, err
	}
	view := queueView{Name: q.Name, Count: q.Items}
	all, err := req.Tx.OpenSchedules(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, s := range all {
		if s.QueueID == q.ID {
			view.Used = append(view.Used, s.ID)
		}
	}
	if len(view.Used) > 0 {
		return bot.Reply{}, bot.Refuse("schedule.queue_used", view)
	}
	was := queueChange{Queue: q.ID, State: q.State, Mode: q.Mode}
	q.State = storage.QueueDeleted
	if err := req.Tx.SetQueue(ctx, q); err != nil {
		return bot.Reply{}, err
	}
	view.Audit, err = req.Audit(ctx, actionQueue, was, queueChange{Queue: q.ID, State: q.State, Mode: q.Mode}, "", true)
	return bot.Reply{Template: "schedule.queue_gone", Data: view}, err
}

// weigh changes how often a text comes in a round.
func weigh(ctx context.Context, req *bot.Request, args bot.Args) (bot.Reply, error) {
	q, i, err := itemOf(ctx, req, args)
	if err != nil {
		return bot.Reply{}, err
	}
	n, err := strconv.Atoi(args.Word(2))
	if err != nil || n < 1 || n > mostWeight {
		return bot.Reply{}, bot.Refuse("schedule.bad_weight", struct{ Max int }{mostWeight})
	}
	was := queueChange{Queue: q.ID, Item: i.ID, Weight: i.Weight, State: i.State}
	i.Weight = n
	if err := req.Tx.SetQueueItem(ctx, i); err != nil {
		return bot.Reply{}, err
	}
	view := queueView{Name: q.Name, Number: i.Number, Weight: n, Text: firstWords(i.Body)}
	view.Audit, err = req.Audit(ctx, actionQueue, was, queueChange{Queue: q.ID, Item: i.ID, Weight: n, State: i.State}, "", true)
	return bot.Reply{Template: "schedule.weighed", Data: view}, err
}

// setMode says what a queue does after a round.
func setMode(ctx context.Context, req *bot.Request, args bot.Args, mode string) (bot.Reply, error) {
	q, err := queueNamed(ctx, req, args.Word(0))
	if err != nil {
		return bot.Reply{}, err
	}
	was := queueChange{Queue: q.ID, State: q.State, Mode: q.Mode}
	q.Mode = mode
	if err := req.Tx.SetQueue(ctx, q); err != nil {
		return bot.Reply{}, err
	}
	view := queueView{Name: q.Name, Mode: mode}
	view.Audit, err = req.Audit(ctx, actionQueue, was, queueChange{Queue: q.ID, State: q.State, Mode: mode}, "", true)
	return bot.Reply{Template: "schedule.queue_mode", Data: view}, err
}

func undoQueue(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was queueChange
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	q, err := req.Tx.QueueByID(ctx, was.Queue)
	if err != nil {
		return bot.Reply{}, err
	}
	view := queueView{Name: q.Name}
	if was.Item != 0 {
		i, err := req.Tx.QueueItem(ctx, was.Item)
		if err != nil {
			return bot.Reply{}, err
		}
		i.Weight, i.State = was.Weight, was.State
		return bot.Reply{Template: "schedule.queue_back", Data: view}, req.Tx.SetQueueItem(ctx, i)
	}
	if q.State == storage.QueueDeleted { // another one may have its name by now
		taken, err := queueNamed(ctx, req, q.Name)
		var no *bot.Refusal
		switch {
		case err == nil && taken.ID != q.ID:
			return bot.Reply{}, bot.Refuse("schedule.queue_name_taken", view)
		case err != nil && !errors.As(err, &no):
			return bot.Reply{}, err
		}
	}
	q.State, q.Mode = was.State, was.Mode
	return bot.Reply{Template: "schedule.queue_back", Data: view}, req.Tx.SetQueue(ctx, q)
}
