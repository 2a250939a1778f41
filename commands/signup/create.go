package signup

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// spec is a list as its preview keeps it.
type spec struct {
	Title  string  `json:"title"`
	Seats  int     `json:"seats,omitempty"`
	Ends   int64   `json:"ends,omitempty"`   // ms UTC, 0 = none
	Event  int64   `json:"event,omitempty"`  // ms UTC, 0 = not said
	Before int     `json:"before,omitempty"` // minutes
	Chats  []int64 `json:"chats"`
	Thread string  `json:"thread,omitempty"` // of the chat it is started in
}

// reminder is one that a list will give.
type reminder struct {
	At    bot.Moment
	Event bool
}

type previewView struct {
	view
	At        bot.Moment // the end
	On        bot.Moment // the event
	Chats     []string
	Reminders []reminder
}

// create previews a new list.
func create(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Community == 0 {
		return bot.Reply{}, req.NoCommunity()
	}
	if err := mayHost(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	d, err := parse(req.Args.String(), req.Names().Word, req.Now)
	if err != nil {
		return bot.Reply{}, problem(req, err, d)
	}
	chats, err := targets(ctx, req, d.All || req.Private)
	if err != nil {
		return bot.Reply{}, err
	}
	s := spec{Title: d.Title, Seats: d.Seats, Before: int(d.before / time.Minute), Thread: req.Event.Chat.Thread}
	v := previewView{At: req.Moment(d.ends), On: req.Moment(d.event)}
	if !d.ends.IsZero() {
		s.Ends = d.ends.UnixMilli()
	}
	if !d.event.IsZero() {
		s.Event = d.event.UnixMilli()
	}
	for _, c := range chats {
		s.Chats = append(s.Chats, c.ID)
		if len(chats) > 1 || req.Private {
			v.Chats = append(v.Chats, c.Title)
		}
	}
	v.view = viewOf(req, s.signup(req))
	for _, p := range s.pushes(req.Now) {
		at := storage.FromMillis(s.Ends)
		if p.Anchor == storage.PushEvent {
			at = storage.FromMillis(s.Event)
		}
		v.Reminders = append(v.Reminders, reminder{At: req.Moment(at.Add(-p.Before)), Event: p.Anchor == storage.PushEvent})
	}
	title, err := req.Text("signup.preview_title", d.Title)
	if err != nil {
		return bot.Reply{}, err
	}
	r, err := req.Preview(ctx, actionPublish, title, s, "signup.preview", v)
	if err != nil {
		return r, err
	}
	r.Choices[0].Label = "signup.button_publish"
	return r, nil
}

// targets are the groups a list goes to: this one, or all of the community.
func targets(ctx context.Context, req *bot.Request, all bool) ([]storage.Chat, error) {
	if !all {
		return []storage.Chat{req.Chat}, nil
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return nil, err
	}
	var out []storage.Chat
	for _, c := range chats {
		if caps := req.CapsOf(c); c.Kind == string(chat.Group) && caps.Push && !caps.Confirm {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, bot.Refuse("signup.no_group", nil)
	}
	return out, nil
}

func (s spec) signup(req *bot.Request) storage.Signup {
	out := storage.Signup{CommunityID: req.Community, ChatID: req.Chat.ID, AuthorID: author(req), Title: s.Title, Seats: s.Seats, State: storage.SignupOpen}
	if s.Ends > 0 {
		out.EndsAt = storage.FromMillis(s.Ends)
	}
	if s.Event > 0 {
		out.EventAt = storage.FromMillis(s.Event)
	}
	return out
}

// pushes are the reminders of a list that are still to come: before it closes
// and before it takes place, one if that is the same.
func (s spec) pushes(now time.Time) []storage.Push {
	var out []storage.Push
	before := time.Duration(s.Before) * time.Minute
	if before == 0 {
		return nil
	}
	if s.Ends > 0 && s.Ends != s.Event && storage.FromMillis(s.Ends).Add(-before).After(now) {
		out = append(out, storage.Push{Kind: storage.ActivitySignup, Anchor: storage.PushClose, Before: before})
	}
	if s.Event > 0 && storage.FromMillis(s.Event).Add(-before).After(now) {
		out = append(out, storage.Push{Kind: storage.ActivitySignup, Anchor: storage.PushEvent, Before: before})
	}
	return out
}

// publish opens a list whose preview was confirmed.
func publish(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var sp spec
	if err := json.Unmarshal(data, &sp); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionPublish, err)
	}
	s := sp.signup(req)
	if sp.Ends > 0 && !s.EndsAt.After(req.Tx.Now) {
		return bot.Reply{}, problem(req, &problemError{Code: "past", At: s.EndsAt, Which: clauseEnd})
	}
	chats, err := stillThere(ctx, req, sp)
	if err != nil {
		return bot.Reply{}, err
	}
	s.ChatID = chats[0].ChatID // a private chat is no place of a list; deadlines live in a group
	for _, c := range chats {
		if c.ChatID == req.Chat.ID {
			s.ChatID = c.ChatID
		}
	}
	if s, err = req.Tx.AddSignup(ctx, s, chats); err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, s, func(chat.Caps) bool { return true }); err != nil {
		return bot.Reply{}, err
	}
	if err := setEnd(ctx, req, s); err != nil {
		return bot.Reply{}, err
	}
	for _, p := range sp.pushes(req.Tx.Now) {
		p.ActivityID, p.CreatedBy = s.ID, author(req)
		if _, err := req.Tx.AddPush(ctx, p); err != nil {
			return bot.Reply{}, err
		}
	}
	if _, err := req.Audit(ctx, actionPublish, struct{}{}, struct {
		Signup int64 `json:"signup"`
		spec
	}{s.ID, sp}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "signup.published", Data: struct {
		ID    int64
		Chats int
		Ends  string
	}{s.ID, len(chats), viewOf(req, s).Ends}}, nil
}

// stillThere are the chats of a preview that belong to the community yet.
func stillThere(ctx context.Context, req *bot.Request, s spec) ([]storage.SignupChat, error) {
	chats, err := req.StillHere(ctx, s.Chats)
	if err != nil {
		return nil, err
	}
	if len(chats) == 0 {
		return nil, bot.Refuse("signup.no_group", nil)
	}
	out := make([]storage.SignupChat, len(chats))
	for i, c := range chats {
		out[i].ChatID = c.ID
		if c.ID == req.Chat.ID {
			out[i].Thread = s.Thread
		}
	}
	return out, nil
}
