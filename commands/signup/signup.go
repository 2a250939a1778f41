// Package signup holds sign-up lists: who comes along, in which order, and who
// waits for a place. What people type is read in parse.go, which knows no
// database; who has a place follows from the order of the lines alone and is
// computed where they are stored.
package signup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// What is previewed, and the names of the audit rows.
const (
	actionPublish = "signup.publish"
	actionChange  = "signup.change"
	actionCancel  = "signup.cancel"
	actionRemove  = "signup.remove"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "signup", Place: bot.Anywhere, Impersonal: true, Menu: true, Run: run},
		{Name: "signup new", Place: bot.Anywhere, Impersonal: true, Run: create},
		{Name: "signup list", Place: bot.Anywhere, Impersonal: true, Run: unlessTitle(list)},
		{Name: "signup show", Place: bot.Anywhere, Impersonal: true, Run: show},
		{Name: "signup join", Place: bot.Anywhere, Run: join},
		{Name: "signup leave", Place: bot.Anywhere, Run: leave},
		{Name: "signup set", Place: bot.Anywhere, Impersonal: true, Run: set},
		{Name: "signup close", Place: bot.Anywhere, Impersonal: true, Run: closeByHand},
		{Name: "signup reopen", Place: bot.Anywhere, Impersonal: true, Run: reopen},
		{Name: "signup cancel", Place: bot.Anywhere, Impersonal: true, Run: cancel},
		{Name: "signup remove", Place: bot.Anywhere, Impersonal: true, Run: remove},
		{Name: "signup csv", Place: bot.Anywhere, Impersonal: true, Run: table},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionPublish, Role: bot.Host, Run: publish},
		{Name: actionChange, Role: bot.Host, Run: confirmSet, Undo: undoChange},
		{Name: actionCancel, Role: bot.Host, Run: confirmCancel},
		{Name: actionRemove, Role: bot.Host, Run: confirmRemove},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	timer := []chat.Kind{chat.Timer}
	return []bot.Listener{
		{Name: "signup.show", Kinds: timer, Task: taskShow, Run: refresh},
		{Name: "signup.end", Kinds: timer, Task: taskEnd, Run: end},
		{Name: "signup.moved", Kinds: timer, Task: storage.TaskSignupMoved, Run: tellMoved},
	}
}

// run is /signup: alone it lists, a number or "+1" signs up, a text makes a
// list.
func run(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		return list(ctx, req)
	}
	if l, err := parseLine(req.Args); l.ID > 0 || isExtra(req.Args.Word(0)) {
		if err != nil {
			return bot.Reply{}, problem(req, err)
		}
		if req.Event.Sender.Anonymous {
			return bot.Reply{}, bot.Refuse("common.anonymous", nil)
		}
		return join(ctx, req)
	}
	return create(ctx, req)
}

// unlessTitle lets a title begin with a word that is also a sub-command's.
func unlessTitle(fn func(context.Context, *bot.Request) (bot.Reply, error)) func(context.Context, *bot.Request) (bot.Reply, error) {
	return func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
		if req.Args.Len() == 0 {
			return fn(ctx, req)
		}
		there := *req
		there.Args = bot.Words(bot.Words(req.Event.Text).Rest(1))
		return create(ctx, &there)
	}
}

// number reads "3" or "#3" and nothing else.
func number(text string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64)
	return id, err == nil && id > 0
}

// named reads the number behind a sub-command and finds its list.
func named(ctx context.Context, req *bot.Request) (storage.Signup, error) {
	id, ok := number(req.Args.Word(0))
	if !ok {
		open, err := openHere(ctx, req)
		if err != nil {
			return storage.Signup{}, err
		}
		if req.Args.Len() == 0 && len(open) == 1 {
			return find(ctx, req, open[0])
		}
		return storage.Signup{}, bot.Refuse("signup.which", which{Command: req.Command, Open: open})
	}
	return find(ctx, req, id)
}

// which is a question after the number of a list.
type which struct {
	ID      int64
	Command string
	Open    []int64
}

// find reads a list that the sender may know of: one of his community, or one
// in a chat where he is.
func find(ctx context.Context, req *bot.Request, id int64) (storage.Signup, error) {
	s, err := req.Tx.Signup(ctx, id)
	if err == nil {
		ok, err := concerns(ctx, req, s)
		if err != nil || ok {
			return s, err
		}
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return s, err
	}
	open, err := openHere(ctx, req)
	if err != nil {
		return s, err
	}
	return s, bot.Refuse("signup.none", which{ID: id, Open: open})
}

func concerns(ctx context.Context, req *bot.Request, s storage.Signup) (bool, error) {
	if s.CommunityID == req.Community {
		return true, nil
	}
	if req.Account.ID == 0 || req.Event.Sender.Anonymous {
		return false, nil
	}
	in, _, err := req.Tx.SignupStay(ctx, s.ID, req.Account.PersonID)
	return in, err
}

// listMost bounds lists of lists: the newest five.
const listMost = 5

func openHere(ctx context.Context, req *bot.Request) ([]int64, error) {
	if req.Community == 0 {
		return nil, nil
	}
	all, err := req.Tx.SignupsOf(ctx, req.Community, storage.SignupOpen, listMost)
	var out []int64
	for _, s := range slices.Backward(all) {
		out = append(out, s.ID)
	}
	return out, err
}

// list is /signup alone: what can be signed up for, and how to ask.
func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var data struct{ Open []view }
	if req.Community != 0 {
		all, err := req.Tx.SignupsOf(ctx, req.Community, storage.SignupOpen, listMost)
		if err != nil {
			return bot.Reply{}, err
		}
		for _, s := range all {
			data.Open = append(data.Open, viewOf(req, s))
		}
	}
	if len(data.Open) == 0 && overheard(req) {
		return bot.Reply{}, nil // people say it to each other, too
	}
	r := bot.Reply{Template: "signup.list", Data: data}
	if len(data.Open) == 1 {
		r.Choices = ways(data.Open[0], false)
	}
	return r, nil
}

// overheard: a bare word in a group that nobody said to the bot.
func overheard(req *bot.Request) bool {
	return !req.Private && !req.Event.ToBot && req.Event.Kind == chat.Message && !strings.HasPrefix(bot.Words(req.Event.Text).Word(0), "/")
}

// mayHost refuses who may not start activities here.
func mayHost(ctx context.Context, req *bot.Request) error {
	ok, err := req.Is(ctx, bot.Host)
	if err != nil || ok {
		return err
	}
	open, err := openHere(ctx, req)
	if err != nil {
		return err
	}
	return &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "signup.host_only", Data: which{Open: open}}}
}

// owned finds a list that the sender may manage: his own, or any as an
// administrator.
func owned(ctx context.Context, req *bot.Request) (storage.Signup, error) {
	s, err := named(ctx, req)
	if err != nil {
		return s, err
	}
	return s, manages(ctx, req, s)
}

func manages(ctx context.Context, req *bot.Request, s storage.Signup) error {
	if s.AuthorID != 0 && s.AuthorID == author(req) {
		return nil
	}
	ok, err := req.Is(ctx, bot.ChatAdmin)
	if err != nil || ok && s.CommunityID == req.Community {
		return err
	}
	return bot.Refuse("signup.not_yours", which{ID: s.ID})
}

// author is who is written down for what the sender does.
func author(req *bot.Request) int64 {
	if req.Event.Sender.Anonymous {
		return 0
	}
	return req.Account.PersonID
}

func slot(id int64) string { return fmt.Sprintf("signup:%d", id) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// problem makes the refusal of something that could not be read; where two
// times may be meant, each is one tap away.
func problem(req *bot.Request, err error, again ...draft) error {
	var p *problemError
	if !errors.As(err, &p) {
		return err
	}
	v := struct {
		Word    string
		N       int
		Which   string
		At      bot.Moment
		Past    bool
		Choices []bot.Moment
	}{Word: p.Word, N: p.N, Which: p.Which, Past: !p.At.IsZero()}
	if v.Past {
		v.At = req.Moment(p.At)
	}
	var choices []bot.Choice
	for _, c := range p.Choices {
		v.Choices = append(v.Choices, req.Moment(c))
		for _, d := range again {
			choices = append(choices, bot.Choice{Label: "signup.moment", Data: req.Moment(c), Command: d.at(p.Which, c)})
		}
	}
	return bot.Refuse("signup.bad_"+p.Code, v, choices...)
}
