package schedule

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// skipEmpty is why a post was left out: its queue had nothing to say.
const skipEmpty = "empty"

// errEmpty: there is nothing in the queue.
var errEmpty = errors.New("the queue is empty")

// speak is what an occurrence says at an instant. Its text of a queue is
// decided once and remembered.
func (j *job) speak(ctx context.Context, req *bot.Request, o storage.Occurrence, at time.Time) (bot.Reply, error) {
	if j.QueueID == 0 {
		return j.reply(ctx, req, at)
	}
	item, err := req.Tx.PickOf(ctx, o.ID)
	if errors.Is(err, storage.ErrNotFound) {
		item, err = j.choose(ctx, req, o)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return said(item.Body), nil
}

// choose gives an occurrence its text.
func (j *job) choose(ctx context.Context, req *bot.Request, o storage.Occurrence) (storage.QueueItem, error) {
	q, err := req.Tx.QueueByID(ctx, j.QueueID)
	if err != nil {
		return storage.QueueItem{}, err
	}
	s, err := req.Tx.QueueStanding(ctx, q.ID, o.ChatID)
	if err != nil {
		return storage.QueueItem{}, err
	}
	i, fresh := nextItem(s, q.Mode == storage.QueueOnce)
	if i < 0 || q.State != storage.QueueActive {
		return storage.QueueItem{}, errEmpty
	}
	item := s.Items[i]
	take(&s, i, fresh)
	return item, req.Tx.Pick(ctx, o, item, s.Round)
}

// said is a post of plain text.
func said(body string) bot.Reply {
	return bot.Reply{
		Template: "schedule.body", Data: struct{ Lines []string }{strings.Split(body, "\n")},
		Lane: storage.LaneBroadcast, Once: true, Public: true,
	}
}

// tellEmpty tells the administrators once that a queue has nothing to say: when
// something is added they are told again.
func (j *job) tellEmpty(ctx context.Context, req *bot.Request) error {
	q, err := req.Tx.QueueByID(ctx, j.QueueID)
	if err != nil || !q.ToldAt.IsZero() {
		return err
	}
	q.ToldAt = req.Tx.Now
	if err := req.Tx.SetQueue(ctx, q); err != nil {
		return err
	}
	return req.Alert(ctx, j.chat, bot.Reply{Template: "schedule.queue_empty", Data: struct {
		ID          int64
		Name, Queue string
		Group       string
	}{j.ID, j.Name, q.Name, j.chat.Title}})
}

// coming is a post that is to come, as it is going to be.
type coming struct {
	turn
	Reply  bot.Reply
	Number int  // of the text in its queue
	Empty  bool // the queue has nothing for it
}

// ahead lists the next posts of a job as they are going to be, n that happen,
// with what is left out between them. Those that wait for the end of quiet hours
// come first.
func (j *job) ahead(ctx context.Context, req *bot.Request, n int) ([]coming, error) {
	var out []coming
	rows, err := req.Tx.OpenOccurrences(ctx, j.Job())
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		if o.ChatID == j.chat.ID && o.State == storage.Planned && o.MovedTo.After(req.Tx.Now) && !o.DueAt.After(req.Tx.Now) {
			c := coming{}
			c.At, c.To = o.DueAt.In(j.days.Zone(o.DueAt)), o.MovedTo.In(j.days.Zone(o.MovedTo))
			out = append(out, c)
		}
	}
	for _, t := range j.upcoming(req.Tx.Now, n-len(out)) {
		out = append(out, coming{turn: t})
	}
	if j.QueueID != 0 {
		return out, j.fill(ctx, req, out)
	}
	ahead := *j
	for i := range out {
		if out[i].Skip != "" {
			continue
		}
		if out[i].Reply, err = ahead.reply(ctx, req, out[i].To); err != nil {
			return nil, err
		}
		ahead.turn++
	}
	return out, nil
}

// fill gives posts that are to come the texts of their queue, with those that
// other schedules of the chat take from it in between.
func (j *job) fill(ctx context.Context, req *bot.Request, out []coming) error {
	q, err := req.Tx.QueueByID(ctx, j.QueueID)
	if err != nil {
		return err
	}
	standing, err := req.Tx.QueueStanding(ctx, q.ID, j.chat.ID)
	if err != nil || len(out) == 0 {
		return err
	}
	type slot struct {
		at  time.Time
		job int64
		own *coming
	}
	var slots []slot
	for i := range out {
		if out[i].Skip == "" {
			slots = append(slots, slot{out[i].To, j.ID, &out[i]})
		}
	}
	last := out[len(out)-1].To
	others, err := req.Tx.SchedulesIn(ctx, j.chat.ID)
	if err != nil {
		return err
	}
	for _, s := range others {
		if s.QueueID != q.ID || s.ID == j.ID {
			continue
		}
		o, _, err := loadIn(ctx, &req.Tx.Reader, s, j.chat.ID)
		if err != nil {
			return err
		}
		for after := req.Tx.Now; len(slots) < 1000; {
			t, ok := o.nextTurn(after)
			if !ok || t.At.After(last) {
				break
			}
			if after = t.At; t.Skip == "" {
				slots = append(slots, slot{t.To, s.ID, nil})
			}
		}
	}
	slices.SortStableFunc(slots, func(a, b slot) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return int(a.job - b.job)
	})
	for _, s := range slots {
		i, fresh := nextItem(standing, q.Mode == storage.QueueOnce)
		if i < 0 {
			if s.own != nil {
				s.own.Empty = true
			}
			continue
		}
		if s.own != nil {
			s.own.Reply, s.own.Number = said(standing.Items[i].Body), standing.Items[i].Number
		}
		take(&standing, i, fresh)
	}
	return nil
}

// setGone says that the set of texts of a schedule is not there any more.
func setGone(s storage.Schedule, err error) error {
	if errors.Is(err, errNoSet) {
		return bot.Refuse("schedule.no_set", s)
	}
	return err
}
