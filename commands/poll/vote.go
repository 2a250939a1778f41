package poll

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/poll/ballot"
	"qunmate/storage"
)

// voted is what answers to a vote show.
type voted struct {
	ID        int64
	Name      string
	Choice    []string
	Before    []string // what was chosen before, if that is another
	Same      bool
	Anonymous bool
	Seen      bool   // what was typed stands in the group for all to read
	Ends      string // "" = no end
	Over      bool   // it was sent in time and came later
}

// vote is /vote 9 A: by text, by button and by card alike.
func vote(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Event.Sender.Anonymous {
		return bot.Reply{}, bot.Refuse("common.anonymous", nil)
	}
	id, text, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	p, err := find(ctx, req, id)
	if err != nil {
		return bot.Reply{}, err
	}
	if over(p, req.At) {
		return bot.Reply{}, tooLate(req, p)
	}
	if text == "" {
		return show(ctx, req, id)
	}
	if err := mayVote(ctx, req, p); err != nil {
		return bot.Reply{}, err
	}
	if req.Names().Word(strings.ToLower(text)) == "retract" {
		return retract(ctx, req, p)
	}
	places, how, err := ballot.Choose(text, texts(p.Options))
	if err != nil {
		return bot.Reply{}, bot.Refuse("poll.bad_choice", viewOf(req, p))
	}
	return cast(ctx, req, p, places, how)
}

// secret reports whether a vote may not be kept beside its voter. Only a poll
// that is known to be a named one lets it be.
func secret(ctx context.Context, req *bot.Request) (bool, error) {
	id, _, err := pick(ctx, req)
	if err != nil {
		return true, nil //nolint:nilerr // which poll is meant is not known: it may be a secret one
	}
	p, err := req.Tx.Poll(ctx, id)
	return err != nil || p.Anonymous, nil //nolint:nilerr // the same
}

// pick reads which poll is meant, and what is behind the number. Without a
// number it is the only one that is open.
func pick(ctx context.Context, req *bot.Request) (int64, string, error) {
	if id, ok := number(req.Args.Word(0)); ok {
		return id, req.Args.Rest(1), nil
	}
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	if digits := len(word) - len(strings.TrimLeft(word, "0123456789")); digits > 0 && digits < len(word) { // "9A"
		if id, ok := number(word[:digits]); ok {
			return id, strings.TrimSpace(word[digits:] + " " + req.Args.Rest(1)), nil
		}
	}
	open, err := openHere(ctx, req)
	if err != nil {
		return 0, "", err
	}
	if len(open) == 1 && req.Args.Len() > 0 {
		return open[0], req.Args.String(), nil
	}
	return 0, "", bot.Refuse("poll.which", struct{ Open []int64 }{open})
}

// over reports whether a vote of an instant comes too late.
func over(p storage.Poll, at time.Time) bool {
	return p.State == storage.PollClosed || !p.EndsAt.IsZero() && !at.Before(p.EndsAt)
}

// tooLate refuses with the result, once there is one.
func tooLate(req *bot.Request, p storage.Poll) error { return bot.Refuse("poll.late", viewOf(req, p)) }

// mayVote checks that the sender is a member of a chat of the poll, and has
// been for long enough.
func mayVote(ctx context.Context, req *bot.Request, p storage.Poll) error {
	since, in, _, err := req.Tx.PollStay(ctx, p.ID, req.Account.PersonID)
	if err != nil {
		return err
	}
	if !in {
		return bot.Refuse("poll.not_member", struct{ ID int64 }{p.ID})
	}
	if p.MinDays == 0 {
		return nil
	}
	if wait := since.AddDate(0, 0, p.MinDays).Sub(req.At); wait > 0 {
		return bot.Refuse("poll.too_new", struct{ Days, Left int }{p.MinDays, int((wait + 24*time.Hour - 1) / (24 * time.Hour))})
	}
	return nil
}

// cast stores a vote and answers it.
func cast(ctx context.Context, req *bot.Request, p storage.Poll, places []int, how ballot.How) (bot.Reply, error) {
	before, has, err := req.Tx.PollVote(ctx, p.ID, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	data := voted{ID: p.ID, Name: req.Account.Name, Anonymous: p.Anonymous, Ends: viewOf(req, p).Ends}
	data.Over = over(p, req.Now)
	if !p.Anonymous {
		places = combine(before, places, how)
	}
	switch {
	case len(places) == 0: // the last one was taken out
		return retract(ctx, req, p)
	case len(places) > 1 && !p.Multi:
		return bot.Reply{}, bot.Refuse("poll.one_only", viewOf(req, p))
	case p.Anonymous && has:
		return bot.Reply{}, bot.Refuse("poll.secret_twice", data)
	case p.Anonymous:
		if err := req.Tx.CastSecret(ctx, p.ID, req.Account.PersonID, places); err != nil {
			return bot.Reply{}, err
		}
		data.Seen = !req.Private && req.Event.Kind == chat.Message
		// What was chosen is not repeated: the answer waits in a row with a name.
		return bot.Reply{Template: "poll.secret", Data: data}, planShow(ctx, req, p)
	}
	data.Choice = chosen(p, places)
	if has && slices.Equal(before, places) {
		data.Same = true
		return bot.Reply{Template: "poll.voted", Data: data}, nil
	}
	data.Before = chosen(p, before)
	if err := req.Tx.SetVote(ctx, p.ID, req.Account.PersonID, req.Chat.ID, places); err != nil {
		return bot.Reply{}, err
	}
	r := bot.Reply{Template: "poll.voted", Data: data}
	if !p.Hidden {
		r.Brief = "poll.voted_brief" // in one message with others it is for everybody to read
	}
	return r, planShow(ctx, req, p)
}

// combine is what stands after a choice, in order.
func combine(before, places []int, how ballot.How) []int {
	out := slices.Clone(places)
	switch how {
	case ballot.Add:
		out = append(out, before...)
	case ballot.Remove:
		out = slices.DeleteFunc(slices.Clone(before), func(p int) bool { return slices.Contains(places, p) })
	case ballot.Replace:
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// retract takes the sender's vote back.
func retract(ctx context.Context, req *bot.Request, p storage.Poll) (bot.Reply, error) {
	before, has, err := req.Tx.PollVote(ctx, p.ID, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	data := voted{ID: p.ID, Before: chosen(p, before), Anonymous: p.Anonymous, Ends: viewOf(req, p).Ends}
	switch {
	case !has:
		return bot.Reply{Template: "poll.nothing_to_retract", Data: data}, nil
	case p.Anonymous:
		return bot.Reply{}, bot.Refuse("poll.secret_twice", data)
	}
	if err := req.Tx.DropVote(ctx, p.ID, req.Account.PersonID); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.retracted", Data: data}, planShow(ctx, req, p)
}
