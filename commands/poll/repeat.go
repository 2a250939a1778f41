package poll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	actionRepeat = "poll.repeat"
	taskRepeat   = "poll.repeat"
	// repeatLate is how late a repetition still begins; later it is told.
	repeatLate = time.Hour
	// repeatLeast is the shortest pause between two: more often is noise.
	repeatLeast = time.Hour
	// turnsMost bounds the search for the next turn that is not left out.
	turnsMost = 400
)

type repetition struct {
	Poll int64     `json:"poll"`
	Said string    `json:"said"`
	Rule when.Rule `json:"rule"`
}

type repeatView struct {
	ID    int64
	Said  string
	Next  []bot.Moment
	Off   bool
	Audit int64
	Until bool // each ends when the next one begins
}

// repeat is /poll repeat 9 every friday 10:00, or off.
func repeat(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if err := mayHost(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	p, err := named(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if p.CommunityID != req.Community {
		return bot.Reply{}, bot.Refuse("poll.none", struct {
			ID   int64
			Open []int64
		}{p.ID, nil})
	}
	text := req.Args.Rest(1)
	if req.Names().Word(req.Args.Lower(1)) == "off" && req.Args.Len() == 2 {
		return repeatOff(ctx, req, p)
	}
	rule, rest, err := when.RuleHead(text)
	if err == nil {
		rest, err = rule.Begin(rest, req.Now, req.Now.Location())
	}
	var no *when.ImpossibleError
	switch {
	case errors.As(err, &no):
		return bot.Reply{}, bot.Refuse("poll.end_impossible", struct{ Word string }{no.Text})
	case err != nil || rest != "" || rule.Kind == when.Once:
		return bot.Reply{}, bot.Refuse("poll.bad_repeat", struct {
			ID   int64
			Word string
		}{p.ID, text})
	}
	v, err := upcoming(req, p, rule, text)
	if err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("poll.repeat_title", v)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionRepeat, title, repetition{p.ID, text, rule}, "poll.repeat_preview", v)
}

func upcoming(req *bot.Request, p storage.Poll, rule when.Rule, said string) (repeatView, error) {
	v := repeatView{ID: p.ID, Said: said, Until: p.EndsAt.IsZero()}
	var last time.Time
	for _, t := range rule.Upcoming(req.Now, req.Now.Location(), 3, turnsMost) {
		if t.Skip != "" {
			continue
		}
		if !last.IsZero() && t.At.Sub(last) < repeatLeast {
			return v, bot.Refuse("poll.repeat_often", struct{ ID int64 }{p.ID})
		}
		last = t.At
		v.Next = append(v.Next, req.Moment(t.At))
	}
	if len(v.Next) == 0 {
		return v, bot.Refuse("poll.bad_repeat", struct {
			ID   int64
			Word string
		}{p.ID, said})
	}
	return v, nil
}

func confirmRepeat(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var c repetition
	if err := json.Unmarshal(data, &c); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionRepeat, err)
	}
	p, err := req.Tx.Poll(ctx, c.Poll)
	if err != nil {
		return bot.Reply{}, err
	}
	rule, err := json.Marshal(c.Rule)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("poll: %w", err)
	}
	v, err := upcoming(req, p, c.Rule, c.Said)
	if err != nil {
		return bot.Reply{}, err
	}
	r, err := req.Tx.AddPollRepeat(ctx, storage.PollRepeat{PollID: p.ID, CommunityID: req.Community, AuthorID: author(req), Said: c.Said, Rule: string(rule)})
	if err != nil {
		return bot.Reply{}, err
	}
	if v.Audit, err = req.Audit(ctx, actionRepeat, struct{}{}, struct {
		Repeat int64 `json:"repeat"`
		repetition
	}{r.ID, c}, "", true); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.repeat_done", Data: v}, planTurn(ctx, req, p, r, req.Tx.Now)
}

func undoRepeat(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var c struct {
		Repeat int64 `json:"repeat"`
	}
	if err := json.Unmarshal([]byte(row.After), &c); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	r, err := req.Tx.PollRepeat(ctx, c.Repeat)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.repeat_off", Data: repeatView{ID: r.PollID}}, stopRepeat(ctx, req, r)
}

func repeatOff(ctx context.Context, req *bot.Request, p storage.Poll) (bot.Reply, error) {
	r, err := req.Tx.RepeatOfPoll(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, bot.Refuse("poll.repeat_none", struct{ ID int64 }{p.ID})
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, "poll.repeat_off", r, struct{}{}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.repeat_off", Data: repeatView{ID: p.ID}}, stopRepeat(ctx, req, r)
}

func stopRepeat(ctx context.Context, req *bot.Request, r storage.PollRepeat) error {
	if err := req.Tx.SetPollRepeat(ctx, r.ID, false); err != nil {
		return err
	}
	open, err := req.Tx.OpenOccurrences(ctx, job(r))
	for _, o := range open {
		if err := req.Tx.MoveOccurrence(ctx, o.ID, o.State, storage.Skipped, "switched off"); err != nil {
			return err
		}
	}
	return err
}

func job(r storage.PollRepeat) string { return fmt.Sprintf("poll:%d", r.ID) }

// planTurn writes down the next instant of a repetition and sets its timer.
func planTurn(ctx context.Context, req *bot.Request, p storage.Poll, r storage.PollRepeat, after time.Time) error {
	next, err := turnAfter(req, r, after)
	if err != nil || next.IsZero() {
		return err
	}
	if _, err := req.Tx.Plan(ctx, job(r), p.ChatID, next); err != nil {
		return err
	}
	text, err := json.Marshal(struct {
		Repeat int64 `json:"repeat"`
	}{r.ID})
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("poll:repeat:%d:%d", r.ID, next.UnixMilli()), Task: taskRepeat, ChatID: p.ChatID, Payload: string(text), DueAt: next,
	})
	return err
}

// turnAfter is the next instant that is not left out, zero if there is none.
func turnAfter(req *bot.Request, r storage.PollRepeat, after time.Time) (time.Time, error) {
	var rule when.Rule
	if err := json.Unmarshal([]byte(r.Rule), &rule); err != nil {
		return time.Time{}, fmt.Errorf("poll repetition %d: %w", r.ID, err)
	}
	for _, t := range rule.Upcoming(after, req.Now.Location(), 1, turnsMost) {
		if t.Skip == "" {
			return t.At, nil
		}
	}
	return time.Time{}, nil
}

// again opens a repeated poll anew when its time has come, and ends the one
// before. One that was slept through for too long is told, never dropped in
// silence.
func again(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	_, at, err := dueOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	var d struct {
		Repeat int64 `json:"repeat"`
	}
	if err := json.Unmarshal(at.Payload, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("poll: %w", err)
	}
	r, err := req.Tx.PollRepeat(ctx, d.Repeat)
	if err != nil || !r.On {
		return bot.Reply{}, err
	}
	p, err := req.Tx.Poll(ctx, r.PollID)
	if err != nil {
		return bot.Reply{}, err
	}
	late := req.Tx.Now.Sub(at.At)
	if err := settleTurn(ctx, req, r, at.At, late <= repeatLate); err != nil {
		return bot.Reply{}, err
	}
	if late > repeatLate {
		if err := req.Alert(ctx, req.Chat, bot.Reply{Template: "poll.repeat_missed", Data: struct {
			ID int64
			At bot.Moment
		}{p.ID, req.Moment(at.At)}}); err != nil {
			return bot.Reply{}, err
		}
	} else if err := reopen(ctx, req, p, r); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, planTurn(ctx, req, p, r, req.Tx.Now)
}

// settleTurn gives the row of an instant its outcome.
func settleTurn(ctx context.Context, req *bot.Request, r storage.PollRepeat, at time.Time, went bool) error {
	open, err := req.Tx.OpenOccurrences(ctx, job(r))
	if err != nil {
		return err
	}
	for _, o := range open {
		switch {
		case !o.DueAt.Equal(at):
		case !went:
			return req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Missed, "the program was not running")
		default:
			if err := req.Tx.MoveOccurrence(ctx, o.ID, storage.Planned, storage.Sending, ""); err != nil {
				return err
			}
			return req.Tx.MoveOccurrence(ctx, o.ID, storage.Sending, storage.Sent, "")
		}
	}
	return nil
}

// reopen asks the same once more, for as long as the first time or until it is
// asked again.
func reopen(ctx context.Context, req *bot.Request, p storage.Poll, r storage.PollRepeat) error {
	last, err := req.Tx.LastOfRepeat(ctx, r.ID)
	if errors.Is(err, storage.ErrNotFound) {
		last, err = p.ID, nil
	}
	if err != nil {
		return err
	}
	before, err := req.Tx.Poll(ctx, last)
	if err != nil {
		return err
	}
	if before.State == storage.PollOpen {
		if err := finish(ctx, req, before, 0); err != nil {
			return err
		}
	}
	chats, err := req.Tx.PollChats(ctx, p.ID)
	if err != nil {
		return err
	}
	next := p
	next.ID, next.RepeatID, next.AuthorID, next.CommunityID = 0, r.ID, r.AuthorID, req.Community
	next.EndsAt = time.Time{}
	if !p.EndsAt.IsZero() {
		next.EndsAt = req.Tx.Now.Add(p.EndsAt.Sub(p.OpenedAt))
	}
	_, err = open(ctx, req, next, chats)
	return err
}
