package announce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// onDraft runs a command that changes a draft, named by its preview.
func onDraft(run func(context.Context, *bot.Request, storage.Preview, draft) (bot.Reply, error)) func(context.Context, *bot.Request) (bot.Reply, error) {
	return func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
		n, ok := number(req.Args.Word(0))
		if !ok {
			return plain(ctx, req)
		}
		if _, err := reachOf(ctx, req); err != nil {
			return bot.Reply{}, err
		}
		p, err := req.Tx.PreviewByID(ctx, n)
		if errors.Is(err, storage.ErrNotFound) || err == nil && (p.Action != actionSend || p.AccountID != req.Account.ID || p.ChatID != req.Chat.ID ||
			p.State != storage.PreviewOpen || !p.ExpiresAt.After(req.Tx.Now)) {
			return bot.Reply{}, bot.Refuse("announce.no_draft", nil)
		}
		if err != nil {
			return bot.Reply{}, err
		}
		var kept struct {
			Data draft `json:"data"`
		}
		if err := json.Unmarshal([]byte(p.Data), &kept); err != nil {
			return bot.Reply{}, fmt.Errorf("preview %d: %w", p.ID, err)
		}
		return run(ctx, req, p, kept.Data)
	}
}

// plain is a text that begins like a sub-command: "/announce at eight we meet".
func plain(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all := bot.Words(req.Event.Text)
	skip := 1
	if w := all.Word(0); w == "/" {
		skip = 2
	}
	return compose(ctx, req, all.From(skip))
}

// setTime gives a draft its time.
func setTime(ctx context.Context, req *bot.Request, _ storage.Preview, d draft) (bot.Reply, error) {
	text := req.Args.Rest(1)
	if req.Names().Word(req.Args.Lower(1)) == "now" {
		d.At = 0
		return preview(ctx, req, d)
	}
	m, err := when.ParseMoment(text, req.Now, req.Now.Location())
	var unclear *when.UnclearError
	switch {
	case errors.As(err, &unclear):
		var choices []bot.Choice
		for _, at := range unclear.Choices[:min(len(unclear.Choices), 3)] {
			choices = append(choices, bot.Choice{Label: "announce.button_when", Data: req.Moment(at), Command: "/announce at " + req.Args.Word(0) + " " + when.Stamp(at)})
		}
		return bot.Reply{}, bot.Refuse("announce.which_time", struct{ Text string }{text}, choices...)
	case err != nil, m.DayOnly, m.At.Sub(req.Now) > 366*24*time.Hour:
		return bot.Reply{}, bot.Refuse("announce.bad_time", struct{ Text, ID string }{text, req.Args.Word(0)})
	}
	d.At = m.At.UnixMilli()
	return preview(ctx, req, d)
}

// setTarget gives a draft other addressees, or says what there is.
func setTarget(ctx context.Context, req *bot.Request, p storage.Preview, d draft) (bot.Reply, error) {
	r, err := reachOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	id := strconv.FormatInt(p.ID, 10)
	if d.Body.Corrects != 0 {
		return bot.Reply{}, bot.Refuse("announce.correction_target", nil)
	}
	if req.Args.Len() < 2 {
		return targets(ctx, req, r, id)
	}
	t, rest, known, err := resolve(ctx, req, r, req.Args.Rest(1))
	if err != nil {
		return bot.Reply{}, err
	}
	if !known || rest != "" {
		return bot.Reply{}, bot.Refuse("announce.bad_target", struct{ ID string }{id})
	}
	d.set(req, t)
	if len(d.Chats) == 0 && t.Kind != storage.TargetPeople {
		return bot.Reply{}, bot.Refuse("announce.nowhere", nil)
	}
	return preview(ctx, req, d)
}

// targets lists whom an announcement could be for, as buttons.
func targets(ctx context.Context, req *bot.Request, r reach, id string) (bot.Reply, error) {
	command := "/announce target " + id + " "
	choices := []bot.Choice{{Label: "announce.button_all", Data: len(r.Chats), Command: command + "all"}}
	if !req.Private && r.Has(req.Chat.ID) && len(r.Chats) > 1 {
		choices = append(choices, bot.Choice{Label: "announce.button_here", Command: command + "here"})
	}
	if t, err := req.CommunityTarget(ctx, family, r); err == nil && len(t.Chats) > 1 && len(t.Chats) < len(r.Chats) {
		choices = append(choices, bot.Choice{Label: "announce.button_community", Data: len(t.Chats), Command: command + "community"})
	}
	per := map[string]int{}
	for _, c := range r.Chats {
		per[bot.PlatformOf(c.Domain)]++
	}
	for _, p := range bot.PlatformWords {
		if n := per[p]; n > 0 && n < len(r.Chats) {
			choices = append(choices, bot.Choice{Label: "announce.button_platform", Data: platformCount{p, n}, Command: command + p})
		}
	}
	var others []storage.Chat
	for _, c := range r.Chats {
		if c.ID != req.Chat.ID && c.Kind != string(chat.Private) {
			others = append(others, c)
		}
	}
	for _, c := range others[:min(len(others), 5)] {
		label := c.Title
		if len(r.Titled(c.Title)) > 1 {
			surface, err := req.Text("announce.surface", bot.PlatformOf(c.Domain))
			if err != nil {
				return bot.Reply{}, err
			}
			label = surface + " " + label
		}
		choices = append(choices, bot.Choice{Label: "announce.button_chat", Data: label, Command: command + bot.ChatToken + strconv.FormatInt(c.ID, 10)})
	}
	return bot.Reply{Template: "announce.targets", Data: struct {
		ID    string
		Count int
	}{id, len(r.Chats)}, Choices: choices}, nil
}
