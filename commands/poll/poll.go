// Package poll holds polls and votes: one poll on every surface, whose figures
// come from the votes that are stored, whatever way they came. What people
// type is read in ballot, which knows no database.
package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/poll/ballot"
	"qunmate/storage"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "poll", Place: bot.Anywhere, Impersonal: true, Menu: true, Run: run},
		{Name: "poll list", Place: bot.Anywhere, Impersonal: true, Run: unlessNew(list)},
		{Name: "poll close", Place: bot.Anywhere, Impersonal: true, Run: unlessNew(closeByHand)},
		{Name: "poll who", Place: bot.Anywhere, Impersonal: true, Run: unlessNew(who)},
		{Name: "poll csv", Place: bot.Anywhere, Impersonal: true, Run: unlessNew(table)},
		{Name: "poll repeat", Place: bot.Anywhere, Impersonal: true, Run: unlessNew(repeat)},
		{Name: "vote", Place: bot.Anywhere, Run: vote, Secret: secret},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionPublish, Role: bot.Host, Run: publish},
		{Name: actionRepeat, Role: bot.Host, Run: confirmRepeat, Undo: undoRepeat},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	timer := []chat.Kind{chat.Timer}
	return []bot.Listener{
		{Name: "poll.show", Kinds: timer, Task: taskShow, Run: refresh},
		{Name: "poll.end", Kinds: timer, Task: taskEnd, Run: end},
		{Name: "poll.repeat", Kinds: timer, Task: taskRepeat, Run: again},
		{Name: "poll.vote", Kinds: []chat.Kind{chat.Vote}, Run: nativeVote},
		{Name: "poll.told", Kinds: []chat.Kind{chat.PollTold}, Run: nativeTold},
	}
}

// run is /poll: a number shows a poll, a text with options makes one.
func run(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		return list(ctx, req)
	}
	if id, ok := number(req.Args.String()); ok {
		return show(ctx, req, id)
	}
	return create(ctx, req, req.Args.String())
}

// unlessNew lets a question begin with a word that is also a sub-command's:
// what has options is a new poll.
func unlessNew(fn func(context.Context, *bot.Request) (bot.Reply, error)) func(context.Context, *bot.Request) (bot.Reply, error) {
	return func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
		text := req.Event.Text
		if req.Event.Kind == chat.Message && strings.ContainsAny(text, "|\uFF5C") {
			if _, rest, ok := strings.Cut(strings.TrimSpace(text), " "); ok {
				return create(ctx, req, rest)
			}
		}
		return fn(ctx, req)
	}
}

// number reads "9" or "#9" and nothing else.
func number(text string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "#"), "\uFF03"), 10, 64)
	return id, err == nil && id > 0
}

// find reads a poll that the sender may know of: one of his community, or one
// in a chat where he is.
func find(ctx context.Context, req *bot.Request, id int64) (storage.Poll, error) {
	p, err := req.Tx.Poll(ctx, id)
	if err == nil {
		ok, err := concerns(ctx, req, p)
		if err != nil || ok {
			return p, err
		}
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, err
	}
	open, err := openHere(ctx, req)
	if err != nil {
		return p, err
	}
	return p, bot.Refuse("poll.none", struct {
		ID   int64
		Open []int64
	}{id, open})
}

func concerns(ctx context.Context, req *bot.Request, p storage.Poll) (bool, error) {
	if p.CommunityID == req.Community {
		return true, nil
	}
	if req.Account.ID == 0 {
		return false, nil
	}
	_, in, _, err := req.Tx.PollStay(ctx, p.ID, req.Account.PersonID)
	return in, err
}

// listMost bounds lists: the newest five.
const listMost = 5

func openHere(ctx context.Context, req *bot.Request) ([]int64, error) {
	if req.Community == 0 {
		return nil, nil
	}
	polls, err := req.Tx.PollsOf(ctx, req.Community, storage.PollOpen, listMost)
	var out []int64
	for _, p := range slices.Backward(polls) {
		out = append(out, p.ID)
	}
	return out, err
}

// list is /poll list, and /poll alone: what can be voted on, and how to ask.
func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var data struct {
		Open, Closed []view
		Host         bool
	}
	if req.Community != 0 {
		for _, part := range []struct {
			state string
			into  *[]view
		}{{storage.PollOpen, &data.Open}, {storage.PollClosed, &data.Closed}} {
			polls, err := req.Tx.PollsOf(ctx, req.Community, part.state, listMost)
			if err != nil {
				return bot.Reply{}, err
			}
			for _, p := range polls {
				*part.into = append(*part.into, viewOf(req, p))
			}
		}
	}
	return bot.Reply{Template: "poll.list", Data: data}, nil
}

// mayHost refuses who may not start activities here.
func mayHost(ctx context.Context, req *bot.Request) error {
	ok, err := req.Is(ctx, bot.Host)
	if err != nil || ok {
		return err
	}
	return &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "common.not_allowed", Data: struct{ Command, Role string }{"poll", "host"}}}
}

// author is who is written down for what the sender does.
func author(req *bot.Request) int64 {
	if req.Event.Sender.Anonymous {
		return 0
	}
	return req.Account.PersonID
}

func slot(id int64) string { return fmt.Sprintf("poll:%d", id) }

func slotPoll(slot string) (int64, bool) {
	text, ok := strings.CutPrefix(slot, "poll:")
	if !ok {
		return 0, false
	}
	return number(text)
}

// problem makes the refusal of something that could not be read.
func problem(err error) error {
	var p *ballot.ProblemError
	if !errors.As(err, &p) {
		return err
	}
	return bot.Refuse("poll.bad_"+p.Code, struct {
		Word string
		N    int
	}{p.Word, p.N})
}
