package signup

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	taskShow = "signup.show"
	taskEnd  = "signup.end"
	// showEvery bounds how often a public message is edited: often enough that
	// who signed up finds himself there, seldom enough for a group's budget of
	// twenty messages a minute.
	showEvery = 20 * time.Second
	// lateFrom: a deadline found so late was slept through; what people sent
	// meanwhile gets lateWait to arrive before the list is final.
	lateFrom = 30 * time.Second
	lateWait = time.Minute
)

// due is the payload of the family's timers.
type due struct {
	Signup int64 `json:"signup"`
}

func setTimer(ctx context.Context, req *bot.Request, task, key string, s storage.Signup, at time.Time) error {
	text, err := json.Marshal(due{s.ID})
	if err != nil {
		return fmt.Errorf("signup: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{Key: key, Task: task, ChatID: s.ChatID, Payload: string(text), DueAt: at})
	return err
}

// setEnd sets the timer of a deadline. The present instant is part of its key:
// a deadline may come back to where it was.
func setEnd(ctx context.Context, req *bot.Request, s storage.Signup) error {
	if s.EndsAt.IsZero() || s.State != storage.SignupOpen {
		return nil
	}
	return setTimer(ctx, req, taskEnd, fmt.Sprintf("signup:end:%d:%d:%d", s.ID, s.EndsAt.UnixMilli(), req.Tx.Now.UnixNano()), s, s.EndsAt)
}

func dueOf(ctx context.Context, req *bot.Request) (storage.Signup, chat.Due, error) {
	var d due
	at, _ := req.Event.Detail.(chat.Due)
	if err := json.Unmarshal(at.Payload, &d); err != nil {
		return storage.Signup{}, at, fmt.Errorf("signup: %w", err)
	}
	s, err := req.Tx.Signup(ctx, d.Signup)
	return s, at, err
}

// post says a list, or says it anew, in those of its chats that want it.
func post(ctx context.Context, req *bot.Request, s storage.Signup, wants func(chat.Caps) bool) error {
	return eachChat(ctx, req, s, func(there *bot.Request, caps chat.Caps) error {
		if !wants(caps) {
			return nil
		}
		r, err := card(ctx, there, s, caps)
		if err != nil {
			return err
		}
		return there.Post(ctx, there.Chat, r)
	})
}

// eachChat visits the chats of a list that the bot is in.
func eachChat(ctx context.Context, req *bot.Request, s storage.Signup, fn func(there *bot.Request, caps chat.Caps) error) error {
	chats, err := req.Tx.SignupChats(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, sc := range chats {
		c, err := req.Tx.Chat(ctx, sc.ChatID)
		if err != nil {
			return err
		}
		if c.State != storage.ChatActive {
			continue
		}
		there := *req
		there.Chat, there.Event.Chat.Thread = c, sc.Thread
		if err := fn(&there, req.CapsOf(c)); err != nil {
			return err
		}
	}
	return nil
}

// planShow asks for the public messages to be brought up to date soon.
func planShow(ctx context.Context, req *bot.Request, s storage.Signup) error {
	at := req.Tx.Now.Truncate(showEvery).Add(showEvery)
	if s.State != storage.SignupOpen || !s.EndsAt.IsZero() && !at.Before(s.EndsAt) {
		return nil // the end says it all
	}
	return setTimer(ctx, req, taskShow, fmt.Sprintf("signup:show:%d:%d", s.ID, at.UnixMilli()), s, at)
}

// refresh edits the public messages in place.
func refresh(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, _, err := dueOf(ctx, req)
	if err != nil || s.State != storage.SignupOpen {
		return bot.Reply{}, err // the end has said the last word
	}
	return bot.Reply{}, post(ctx, req, s, func(caps chat.Caps) bool { return caps.Edit })
}

// end closes a list whose time has come. A deadline that was moved has a timer
// of its own.
func end(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, at, err := dueOf(ctx, req)
	if err != nil || s.State != storage.SignupOpen || s.EndsAt.IsZero() || s.EndsAt.After(req.Tx.Now) {
		return bot.Reply{}, err
	}
	if late := req.Tx.Now.Sub(at.At); late > lateFrom && at.At.Equal(s.EndsAt) {
		return bot.Reply{}, setTimer(ctx, req, taskEnd, fmt.Sprintf("signup:end:%d:%d:late", s.ID, s.EndsAt.UnixMilli()), s, req.Tx.Now.Add(lateWait))
	}
	return bot.Reply{}, finish(ctx, req, s, storage.SignupClosed, 0, "")
}

// finish ends a list and says so once in every chat: the final list, or that it
// does not take place.
func finish(ctx context.Context, req *bot.Request, s storage.Signup, state string, by int64, reason string) error {
	from := s.State
	s.State, s.Reason, s.ClosedBy = state, reason, by
	if s.ClosedAt.IsZero() {
		s.ClosedAt = req.Tx.Now
	}
	if err := req.Tx.SetSignup(ctx, s, from); err != nil {
		return err
	}
	if err := post(ctx, req, s, func(caps chat.Caps) bool { return caps.Edit }); err != nil {
		return err
	}
	entries, err := req.Tx.SignupEntries(ctx, s.ID)
	if err != nil {
		return err
	}
	return eachChat(ctx, req, s, func(there *bot.Request, _ chat.Caps) error {
		v := viewOf(there, s)
		v.fill(entries, finalMost)
		r := bot.Reply{Template: "signup.final", Data: v, Public: true, Lane: storage.LaneActivity, Once: true}
		if state == storage.SignupCancelled {
			r.Template = "signup.cancelled"
		} else if v.More+v.QMore > 0 {
			r.Choices = []bot.Choice{allOf(s.ID)}
		}
		return there.Post(ctx, there.Chat, r)
	})
}

// pageView is a part of a whole list.
type pageView struct {
	view
	Mine entry // the reader's own line
	Wait bool  // he waits
	Page int
	Of   int
}

// show is /signup show 3: who is on the list, for the asker.
func show(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := named(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	entries, err := req.Tx.SignupEntries(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v := pageView{view: viewOf(req, s), Page: 1}
	in, queue := numbered(entries)
	most := pageLines
	if req.Exposed() {
		most = cardMost
	}
	v.Of = max(1, (len(in)+len(queue)+most-1)/most)
	if n, err := strconv.Atoi(req.Args.Word(1)); err == nil {
		v.Page = min(max(1, n), v.Of)
	}
	from := (v.Page - 1) * most
	for i := from; i < len(in)+len(queue) && i < from+most; i++ {
		if i < len(in) {
			v.In = append(v.In, in[i])
		} else {
			v.Queue = append(v.Queue, queue[i-len(in)])
		}
	}
	for _, e := range entries {
		if req.Account.ID == 0 || req.Event.Sender.Anonymous || e.PersonID != req.Account.PersonID {
			continue
		}
		v.Mine, v.Wait = placeOf(entries, e), e.State == storage.SignupWaiting
	}
	r := bot.Reply{Template: "signup.page", Data: v}
	if v.Page < v.Of {
		r.Choices = []bot.Choice{{Label: "signup.button_more", Command: fmt.Sprintf("/signup show %d %d", s.ID, v.Page+1)}}
	}
	if s.State == storage.SignupOpen {
		way := ways(v.view, false)
		if v.Mine.N > 0 {
			way = way[1:]
		} else {
			way = way[:1]
		}
		r.Choices = append(way, r.Choices...)
	}
	return r, nil
}

// placeOf is the line of a person as it is counted.
func placeOf(entries []storage.SignupEntry, mine storage.SignupEntry) entry {
	e := entry{Name: mine.Name, Extra: mine.Extra, Note: mine.Note}
	for _, o := range entries {
		if o.State == mine.State {
			e.N++
		}
		if o.ID == mine.ID {
			break
		}
	}
	return e
}
