package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// filling is what the preview of new texts keeps.
type filling struct {
	Name  string `json:"name"`
	Texts []text `json:"texts"`
}

// fillView shows it.
type fillView struct {
	Name  string
	Count int // new texts
	Total int // with those that are there
	New   bool
	Texts []itemLine
	More  int
	Audit int64
}

// fillQueue puts texts into a queue, and makes it if it is not there.
func fillQueue(ctx context.Context, req *bot.Request, args bot.Args) (bot.Reply, error) {
	name := args.Word(0)
	typed := strings.TrimSpace(args.Rest(1))
	if head, tail, ok := strings.Cut(name, "="); ok { // "tips=text"
		name, typed = head, strings.TrimSpace(tail+" "+typed)
	}
	typed = strings.TrimPrefix(strings.TrimPrefix(typed, "="), "＝")
	if name == "" || len([]rune(name)) > mostName {
		return bot.Reply{}, bot.Refuse("schedule.queue_usage", struct{ Max int }{mostAtOnce})
	}
	texts, bad := readTexts(typed, func(w string) bool { return req.Names().Word(w) == "weight" })
	if bad != "" {
		limit := mostAtOnce
		if bad == "schedule.too_long" {
			limit = mostBody
		}
		return bot.Reply{}, bot.Refuse(bad, struct{ Max int }{limit})
	}
	q, err := queueNamed(ctx, req, name)
	var no *bot.Refusal
	if err != nil && !errors.As(err, &no) {
		return bot.Reply{}, err
	}
	view := fillView{Name: name, Count: len(texts), Total: q.Items + len(texts), New: q.ID == 0, More: max(0, len(texts)-shown)}
	if q.ID != 0 {
		view.Name = q.Name
	}
	if view.Total > mostItems {
		return bot.Reply{}, bot.Refuse("schedule.queue_full", struct{ Max int }{mostItems})
	}
	for _, t := range texts[:min(len(texts), shown)] {
		view.Texts = append(view.Texts, itemLine{Weight: t.Weight, Text: firstWords(t.Body)})
	}
	return req.Preview(ctx, actionFill, view.Name, filling{view.Name, texts}, "schedule.fill_preview", view)
}

// filled is what an audit row keeps: numbers, not words.
type filled struct {
	Queue int64   `json:"queue"`
	Made  bool    `json:"made,omitempty"`
	Items []int64 `json:"items"`
}

func confirmFill(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var f filling
	if err := json.Unmarshal(data, &f); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionFill, err)
	}
	q, err := queueNamed(ctx, req, f.Name)
	var no *bot.Refusal
	done := filled{Made: errors.As(err, &no)}
	if done.Made {
		q, err = req.Tx.AddQueue(ctx, req.Community, f.Name)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if q.Items+len(f.Texts) > mostItems {
		return bot.Reply{}, bot.Refuse("schedule.queue_full", struct{ Max int }{mostItems})
	}
	done.Queue = q.ID
	by := req.Account.PersonID
	if req.Event.Sender.Anonymous {
		by = 0
	}
	for _, t := range f.Texts {
		i, err := req.Tx.AddQueueItem(ctx, q.ID, t.Body, t.Weight, by)
		if err != nil {
			return bot.Reply{}, err
		}
		done.Items = append(done.Items, i.ID)
	}
	if q, err = req.Tx.QueueByID(ctx, q.ID); err != nil {
		return bot.Reply{}, err
	}
	if !q.ToldAt.IsZero() { // when it runs empty again, that is said again
		q.ToldAt = time.Time{}
		if err := req.Tx.SetQueue(ctx, q); err != nil {
			return bot.Reply{}, err
		}
	}
	view := fillView{Name: q.Name, Count: len(f.Texts), Total: q.Items, New: done.Made}
	view.Audit, err = req.Audit(ctx, actionFill, struct{}{}, done, "", true)
	return bot.Reply{Template: "schedule.filled", Data: view}, err
}

func undoFill(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was filled
	if err := json.Unmarshal([]byte(row.After), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	view := fillView{}
	for _, id := range was.Items {
		i, err := req.Tx.QueueItem(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		if i.State == storage.QueueActive {
			i.State = storage.QueueDeleted
			view.Count++
			if err := req.Tx.SetQueueItem(ctx, i); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	q, err := req.Tx.QueueByID(ctx, was.Queue)
	view.Name, view.Total = q.Name, q.Items
	return bot.Reply{Template: "schedule.unfilled", Data: view}, err
}
