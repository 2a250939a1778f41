package draw

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// Options are what the family is handed from outside.
type Options struct {
	// Random fills a slice with bytes that nobody can foresee.
	Random func([]byte)
	// Beacon, Chain and PublicKey say where the public randomness of new draws
	// comes from: drand, number or none.
	Beacon    string
	Chain     string
	PublicKey string
	// VerifyURL is the page on which everybody computes a receipt again, as members
	// of a domain reach it, "" if they cannot. Nil: nobody can.
	VerifyURL func(domain string) string
	// Invites counts the people somebody brought. Nil: nobody counts them yet.
	Invites func(ctx context.Context, req *bot.Request, personID int64) (int64, error)
}

// family is the commands with what they were handed.
type family struct{ Options }

// Commands of the family.
func Commands(o Options) []bot.Command {
	f := family{o}
	return []bot.Command{
		{Name: "draw", Role: bot.Host, Menu: true, Run: f.create},
		{Name: "draw set", Role: bot.Host, Run: f.set},
		{Name: "draw edit", Role: bot.Host, Run: f.edit},
		{Name: "draw preview", Role: bot.Host, Run: f.trial},
		{Name: "draw extend", Role: bot.Host, Run: f.extend},
		{Name: "draw add", Role: bot.Host, Run: f.add},
		{Name: "draw cancel", Role: bot.Host, Run: f.cancel},
		{Name: "draw reroll", Role: bot.Host, Run: f.reroll},
		{Name: "draw beacon", Role: bot.ChatAdmin, Run: f.paste},
		{Name: "draw codes", Role: bot.Host, Place: bot.PrivateOnly, Run: f.codes},
		{Name: "draw winners", Role: bot.Host, Place: bot.PrivateOnly, Run: f.winners},
		{Name: "draw rules", Impersonal: true, Run: f.rules},
		{Name: "draw check", Run: f.check},
		{Name: "draw list", Impersonal: true, Run: f.list},
		{Name: "join", Menu: true, Run: f.join},
		{Name: "leave", Menu: true, Run: f.leave},
		{Name: "claim", Menu: true, Run: f.claim},
		{Name: "verify", Menu: true, Run: f.verify},
		{Name: "why draw", Run: f.why},
	}
}

// Actions of the family.
func Actions(o Options) []bot.Action {
	f := family{o}
	return []bot.Action{
		{Name: actionPublish, Role: bot.Host, Run: f.publish, Cancel: f.drop, Shows: shows},
		{Name: actionExtend, Role: bot.Host, Run: f.confirmExtend},
		{Name: actionAdd, Role: bot.Host, Run: f.confirmAdd},
		{Name: actionCancel, Role: bot.Host, Run: f.confirmCancel},
		{Name: actionReroll, Role: bot.Host, Run: f.confirmReroll},
		{Name: actionCodes, Role: bot.Host, Run: f.confirmCodes, Secret: true},
		{Name: actionNumber, Role: bot.ChatAdmin, Run: f.confirmNumber},
	}
}

// Listeners of the family.
func Listeners(o Options) []bot.Listener {
	f := family{o}
	on := func(task string, run func(context.Context, *bot.Request) (bot.Reply, error)) bot.Listener {
		return bot.Listener{Name: task, Kinds: []chat.Kind{chat.Timer}, Task: task, Run: run}
	}
	return []bot.Listener{
		on(taskFreeze, f.onClose),
		on(taskCount, f.onCount),
		on(taskWait, f.onWait),
		on(TaskRound, f.onRound),
		on(taskClaims, f.onClaims),
		on(taskForget, f.onForget),
	}
}

// What is previewed, and the names of its audit rows.
const (
	actionPublish  = "draw.publish"
	actionExtend   = "draw.extend"
	actionAdd      = "draw.add"
	actionCancel   = "draw.cancel"
	actionReroll   = "draw.reroll"
	actionNumber   = "draw.number"
	actionDefaults = "draw.defaults"
	actionBeacon   = "draw.beacon"
	actionCodes    = "draw.codes"
)

// Deadlines.
const (
	taskFreeze = "draw.freeze"
	taskCount  = "draw.count"
	taskWait   = "draw.wait"
	taskClaims = "draw.claims"
	taskForget = "draw.forget"
	// TaskRound is the task of the event that brings a round of public
	// randomness; its payload is a Round.
	TaskRound = "draw.round"
)

// due is the payload of the family's timers, and what previews keep.
type due struct {
	Draw   int64  `json:"draw"`
	Closes int64  `json:"closes,omitempty"` // ms UTC: a freeze that was put off is not done
	Ticket int64  `json:"ticket,omitempty"`
	Reason string `json:"reason,omitempty"`
	Value  string `json:"value,omitempty"`
	Prizes string `json:"prizes,omitempty"`
}

// number reads the draw's number in front of the other words.
func number(req *bot.Request, example string) (int64, error) {
	w := strings.TrimPrefix(req.Args.Word(0), "#")
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || n <= 0 {
		return 0, bot.Refuse("common.bad_number", struct{ Word, Example string }{w, example})
	}
	return n, nil
}

// overheard: a bare word in a group that nobody said to the bot. Where there
// never was a draw, people mean something else by it.
func overheard(ctx context.Context, req *bot.Request) (bool, error) {
	if req.Args.Len() > 0 || req.Private || req.Event.ToBot || req.Event.Kind != chat.Message || strings.HasPrefix(strings.TrimSpace(req.Event.Text), "/") {
		return false, nil
	}
	some, err := req.Tx.DrawsOf(ctx, req.Community, "", 1)
	return len(some) == 0, err
}

// lookup finds a published draw of this community.
func lookup(ctx context.Context, req *bot.Request, id int64) (storage.Draw, Spec, error) {
	d, err := req.Tx.Draw(ctx, id)
	missing := errors.Is(err, storage.ErrNotFound) || err == nil && (d.CommunityID != req.Community || d.OpenedAt.IsZero())
	if err != nil && !missing {
		return d, Spec{}, err
	}
	if missing {
		return d, Spec{}, noSuch(ctx, req, id)
	}
	s, err := decode(d)
	return d, s, err
}

// noSuch refuses a number that is none and names those that are.
func noSuch(ctx context.Context, req *bot.Request, id int64) error {
	open, err := req.Tx.DrawsOf(ctx, req.Community, storage.DrawOpen, 5)
	if err != nil {
		return err
	}
	return bot.Refuse("draw.no_such", struct {
		ID   int64
		Open []storage.Draw
	}{id, open})
}

// named finds the published draw whose number a command begins with.
func named(ctx context.Context, req *bot.Request, example string) (storage.Draw, Spec, error) {
	switch quiet, err := overheard(ctx, req); {
	case err != nil:
		return storage.Draw{}, Spec{}, err
	case quiet:
		return storage.Draw{}, Spec{}, bot.Refuse("", nil)
	}
	id, err := number(req, example)
	if err != nil {
		return storage.Draw{}, Spec{}, err
	}
	return lookup(ctx, req, id)
}

// own finds a draw, drafts included, that the sender may manage: his own, or
// any as an administrator.
func own(ctx context.Context, req *bot.Request, example string) (storage.Draw, Spec, error) {
	id, err := number(req, example)
	if err != nil {
		return storage.Draw{}, Spec{}, err
	}
	return manage(ctx, req, id)
}

func manage(ctx context.Context, req *bot.Request, id int64) (storage.Draw, Spec, error) {
	d, err := req.Tx.Draw(ctx, id)
	missing := errors.Is(err, storage.ErrNotFound) || err == nil && d.CommunityID != req.Community
	if err != nil && !missing {
		return d, Spec{}, err
	}
	if missing {
		return d, Spec{}, noSuch(ctx, req, id)
	}
	if req.Role < bot.ChatAdmin && d.AccountID != req.Account.ID {
		return d, Spec{}, bot.Refuse("draw.not_yours", struct{ ID int64 }{d.ID})
	}
	s, err := decode(d)
	return d, s, err
}

// slot is the address of a draw's public message.
func slot(id int64) string { return fmt.Sprintf("draw:%d", id) }

// post says something in every group of the draw's community.
func post(ctx context.Context, req *bot.Request, d storage.Draw, r bot.Reply) error {
	r.Lane = storage.LaneActivity
	return everywhere(ctx, req, d, func(c storage.Chat) error { return req.Post(ctx, c, r) })
}

// repaint brings the public message of a draw up to date where messages can be
// edited, and reports whether they can be everywhere.
func (f family) repaint(ctx context.Context, req *bot.Request, d storage.Draw, s Spec) (bool, error) {
	r, err := f.opening(ctx, req, d, s)
	if err != nil {
		return false, err
	}
	all := true
	err = everywhere(ctx, req, d, func(c storage.Chat) error {
		if !req.CapsOf(c).Edit {
			all = false
			return nil
		}
		r.Once = false
		return req.Post(ctx, c, r)
	})
	return all, err
}

func everywhere(ctx context.Context, req *bot.Request, d storage.Draw, fn func(storage.Chat) error) error {
	chats, err := req.Tx.ChatsOf(ctx, d.CommunityID)
	if err != nil {
		return err
	}
	for _, c := range chats {
		if c.Kind == string(chat.Private) {
			continue
		}
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}
