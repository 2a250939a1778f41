package wecomcontact

import (
	"context"
	"time"

	"qunmate/bot/chat"
)

// What a task came to in one group (path 93338).
const (
	resultOpen      = 0
	resultSent      = 1
	resultNoContact = 2
	resultOther     = 3 // the group has got another broadcast
)

// watchTasks asks what became of broadcasts until ctx ends.
func (c *Contact) watchTasks(ctx context.Context, deliver chat.Deliver) {
	w := taskWatch{Contact: c, deliver: deliver, next: map[string]time.Time{}, reminded: map[string]bool{}, began: c.opts.Now()}
	trouble := c.newTrouble("broadcasts that wait")
	for {
		err := w.round(ctx)
		pause := c.opts.Times.Poll
		if err != nil {
			pause = max(pause, trouble.note(ctx, err))
		} else {
			trouble.over()
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

type taskWatch struct {
	*Contact
	deliver  chat.Deliver
	next     map[string]time.Time // when a task is asked about again
	reminded map[string]bool
	began    time.Time
}

// round asks about every task that it is time for. One call answers for all
// groups of a task.
func (w *taskWatch) round(ctx context.Context) error {
	waiting, err := w.opts.Store.Waiting(ctx)
	if err != nil {
		return err
	}
	now := w.opts.Now()
	byTask, order := map[string][]Task{}, []string{}
	for _, t := range waiting {
		if byTask[t.ID] == nil {
			order = append(order, t.ID)
		}
		byTask[t.ID] = append(byTask[t.ID], t)
	}
	for id := range w.next {
		if byTask[id] == nil {
			delete(w.next, id)
			w.withdrawn.Delete(id)
			delete(w.reminded, id)
		}
	}
	for _, id := range order {
		if now.Before(w.next[id]) {
			continue
		}
		if e := w.ask(ctx, id, byTask[id], now); e != nil {
			err = e
			continue
		}
		w.next[id] = now.Add(w.rhythm(now.Sub(byTask[id][0].Since)))
	}
	return err
}

// rhythm is the pause between two questions about a task of that age: the tap
// comes within the hour or at some time.
func (w *taskWatch) rhythm(age time.Duration) time.Duration {
	switch poll := w.opts.Times.Poll; {
	case age < time.Hour:
		return poll
	case age < 24*time.Hour:
		return 5 * poll
	default:
		return 30 * poll
	}
}

// ask looks at one task and delivers what became of it.
func (w *taskWatch) ask(ctx context.Context, id string, tasks []Task, now time.Time) error {
	msgID, sender, ok := splitID(id)
	if !ok {
		return w.tell(ctx, tasks, nil, "there is no such broadcast")
	}
	if _, gone := w.withdrawn.Load(id); gone {
		// Those for which it was taken back are settled; these were in the same task.
		return w.tell(ctx, tasks, nil, "taken back")
	}
	age := now.Sub(tasks[0].Since)
	results, err := w.api.results(ctx, msgID, sender)
	if err != nil {
		return err
	}
	if age >= w.opts.Times.Expire && open(tasks, results) {
		// Withdrawn before it is called expired: nobody may tap it afterwards.
		if err := w.api.cancel(ctx, msgID); err != nil {
			if !refused(err) { // it may have ended by itself
				return err
			}
		}
		if results, err = w.api.results(ctx, msgID, sender); err != nil {
			return err // a tap may have come in between
		}
		return w.tell(ctx, tasks, results, "expired")
	}
	if age >= w.opts.Times.Remind && !w.reminded[id] && daytime(now) && open(tasks, results) {
		w.reminded[id] = true
		// After a restart an old task may have been reminded before.
		if w.began.Before(tasks[0].Since.Add(w.opts.Times.Remind)) {
			if err := w.api.remind(ctx, msgID); err != nil {
				w.log.Warn("wecomcontact: the employee could not be reminded of a broadcast", "task", msgID, "err", err)
			}
		}
	}
	return w.tell(ctx, tasks, results, "")
}

// daytime keeps reminders out of the night of those who use WeCom.
func daytime(now time.Time) bool {
	hour := now.In(china()).Hour()
	return hour >= 9 && hour < 21
}

func open(tasks []Task, results map[string]int) bool {
	for _, t := range tasks {
		if results[t.Chat] == resultOpen {
			return true
		}
	}
	return false
}

// tell delivers the ends of a task. over is why those that are still open end
// as well; empty: they go on waiting.
func (w *taskWatch) tell(ctx context.Context, tasks []Task, results map[string]int, over string) error {
	var events []chat.Event
	for _, t := range tasks {
		d := chat.Delivery{ID: t.ID, Fate: chat.Confirmed}
		switch result := results[t.Chat]; {
		case result == resultSent:
		case result == resultNoContact:
			d.Fate, d.Reason = chat.Failed, "the group is not the sender's any more"
		case result == resultOther:
			d.Fate, d.Reason = chat.Failed, "the group has had its broadcasts of the day"
		case over == "":
			continue
		case over == "expired":
			d.Fate = chat.Expired
		default:
			d.Fate, d.Reason = chat.Failed, over
		}
		g, _ := w.group(t.Chat)
		g.Chat = t.Chat
		events = append(events, chat.Event{
			ID: eventRef(t.Chat, "task", t.ID, string(d.Fate)), Chat: placeOf(g), Kind: chat.Delivered, At: w.opts.Now().UTC(), Detail: d,
		})
	}
	if len(events) == 0 {
		return nil
	}
	return w.deliver(ctx, events)
}
