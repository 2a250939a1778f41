package poll

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	taskShow = "poll.show"
	taskEnd  = "poll.end"
	// showEvery bounds how often a public message is edited.
	showEvery = time.Minute
	// lateFrom: a deadline found so late was slept through; what people sent
	// meanwhile gets lateWait to arrive before the count.
	lateFrom = 30 * time.Second
	lateWait = time.Minute
)

type due struct {
	Poll int64 `json:"poll"`
}

func setTimer(ctx context.Context, req *bot.Request, task, key string, p storage.Poll, at time.Time) error {
	text, err := json.Marshal(due{p.ID})
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{Key: key, Task: task, ChatID: p.ChatID, Payload: string(text), DueAt: at})
	return err
}

func dueOf(req *bot.Request) (due, chat.Due, error) {
	var d due
	at, _ := req.Event.Detail.(chat.Due)
	if err := json.Unmarshal(at.Payload, &d); err != nil {
		return d, at, fmt.Errorf("poll: %w", err)
	}
	return d, at, nil
}

// post says a poll, or says it anew, in those of its chats that want it.
func post(ctx context.Context, req *bot.Request, p storage.Poll, wants func(storage.Chat, chat.Caps) bool) error {
	return eachChat(ctx, req, p, func(there *bot.Request, caps chat.Caps, alone bool) error {
		if !wants(there.Chat, caps) {
			return nil
		}
		r := card(there, p, caps)
		if r.Poll != nil {
			r.Poll.Native = native(p, caps, alone)
		}
		return there.Post(ctx, there.Chat, r)
	})
}

// eachChat visits the chats of a poll that the bot is in. alone says that there
// is no other one.
func eachChat(ctx context.Context, req *bot.Request, p storage.Poll, fn func(there *bot.Request, caps chat.Caps, alone bool) error) error {
	chats, err := req.Tx.PollChats(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, pc := range chats {
		c, err := req.Tx.Chat(ctx, pc.ChatID)
		if err != nil {
			return err
		}
		if c.State != storage.ChatActive {
			continue
		}
		there := *req
		there.Chat, there.Event.Chat.Thread = c, pc.Thread
		if err := fn(&there, req.CapsOf(c), len(chats) == 1); err != nil {
			return err
		}
	}
	return nil
}

// planShow asks for the public messages to be brought up to date at the end of
// this minute.
func planShow(ctx context.Context, req *bot.Request, p storage.Poll) error {
	at := req.Tx.Now.Truncate(showEvery).Add(showEvery)
	if !p.EndsAt.IsZero() && !at.Before(p.EndsAt) {
		return nil // the end says it all
	}
	return setTimer(ctx, req, taskShow, fmt.Sprintf("poll:show:%d:%d", p.ID, at.UnixMilli()), p, at)
}

// refresh edits the public messages in place.
func refresh(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, _, err := dueOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	p, err := req.Tx.Poll(ctx, d.Poll)
	if err != nil || p.State != storage.PollOpen {
		return bot.Reply{}, err // the end has said the last word
	}
	var lookup error
	err = post(ctx, req, p, func(c storage.Chat, caps chat.Caps) bool {
		if !caps.Edit {
			return false
		}
		own, err := req.Tx.IsNativePoll(ctx, c.ID, slot(p.ID))
		lookup = err
		return !own // it counts by itself
	})
	if err == nil {
		err = lookup
	}
	return bot.Reply{}, err
}

// end closes a poll whose time has come.
func end(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, at, err := dueOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	p, err := req.Tx.Poll(ctx, d.Poll)
	if err != nil || p.State != storage.PollOpen {
		return bot.Reply{}, err
	}
	if late := req.Tx.Now.Sub(at.At); late > lateFrom && at.At.Equal(p.EndsAt) {
		return bot.Reply{}, setTimer(ctx, req, taskEnd, fmt.Sprintf("poll:end:%d:late", p.ID), p, req.Tx.Now.Add(lateWait))
	}
	return bot.Reply{}, finish(ctx, req, p, 0)
}

// finish counts for the last time and says the result once in every chat.
func finish(ctx context.Context, req *bot.Request, p storage.Poll, by int64) error {
	if err := req.Tx.ClosePoll(ctx, p.ID, by); err != nil {
		return err
	}
	p, err := req.Tx.Poll(ctx, p.ID)
	if err != nil {
		return err
	}
	return eachChat(ctx, req, p, func(there *bot.Request, caps chat.Caps, _ bool) error {
		own, err := req.Tx.IsNativePoll(ctx, there.Chat.ID, slot(p.ID))
		if err != nil {
			return err
		}
		if caps.Edit || own {
			r := card(there, p, caps)
			if own {
				r.Poll = &chat.Poll{Closed: true}
			}
			if err := there.Post(ctx, there.Chat, r); err != nil {
				return err
			}
		}
		if err := there.Post(ctx, there.Chat, result(there, p)); err != nil {
			return err
		}
		if c := chart(there, p); c != nil && caps.Pictures {
			return there.Post(ctx, there.Chat, *c)
		}
		return nil
	})
}

// result is the public message that ends a poll. It is never sent twice.
func result(req *bot.Request, p storage.Poll) bot.Reply {
	v := viewOf(req, p)
	v.Options = best(v.Options)
	r := bot.Reply{Template: "poll.result", Data: v, Public: true, Lane: storage.LaneActivity, Once: true}
	if !p.Anonymous && p.Voters > 0 {
		r.Choices = []bot.Choice{{Label: "poll.button_who", Command: "/poll who " + itoa(p.ID)}}
	}
	return r
}

// chart is the picture beside a result, nil where nobody voted.
func chart(req *bot.Request, p storage.Poll) *bot.Reply {
	if p.Voters == 0 {
		return nil
	}
	v := viewOf(req, p)
	c := &chat.Chart{Title: fmt.Sprintf("#%d %s", p.ID, p.Question)}
	for _, l := range v.Options {
		c.Bars = append(c.Bars, chat.Bar{Label: l.Text, Value: l.Votes, Share: fmt.Sprintf("%d%%", l.Percent)})
	}
	return &bot.Reply{Template: "poll.chart", Data: v, Public: true, Lane: storage.LaneActivity, Once: true, Chart: c}
}

// show is /poll 9: how it stands, for the asker.
func show(ctx context.Context, req *bot.Request, id int64) (bot.Reply, error) {
	p, err := find(ctx, req, id)
	if err != nil {
		return bot.Reply{}, err
	}
	v := viewOf(req, p)
	if req.Account.ID != 0 && !req.Event.Sender.Anonymous {
		places, voted, err := req.Tx.PollVote(ctx, p.ID, req.Account.PersonID)
		if err != nil {
			return bot.Reply{}, err
		}
		v.Mine, v.Voted = chosen(p, places), voted
	}
	r := bot.Reply{Template: "poll.status", Data: v}
	switch {
	case !v.Closed:
		r.Choices = ways(p)
	case !p.Anonymous && p.Voters > 0:
		r.Choices = []bot.Choice{{Label: "poll.button_who", Command: "/poll who " + itoa(p.ID)}}
	}
	if v.Closed {
		v.Options = best(v.Options)
		r.Data = v
	}
	return r, nil
}
