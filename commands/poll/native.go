package poll

import (
	"context"
	"errors"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// native reports whether a platform's own poll does all that this one asks for.
// It counts in one chat, by name and in the open; it knows nothing of who joined
// when. Where it does not, our own buttons do.
func native(p storage.Poll, caps chat.Caps, alone bool) bool {
	return caps.Polls && alone && !p.Anonymous && !p.Hidden && p.MinDays == 0
}

// nativeVote takes a vote of a platform's own poll. The client has shown it
// already, so nothing is said; one that comes too late or from somebody who left
// does not count here, and what counts is in the result.
func nativeVote(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	b, _ := req.Event.Detail.(chat.Ballot)
	if req.Chat.ID == 0 || req.Account.ID == 0 {
		return bot.Reply{}, req.Wait() // it came before Send told which poll this is
	}
	n, err := req.Tx.NativePoll(ctx, req.Event.ID.Domain, b.Poll)
	if err != nil {
		return bot.Reply{}, err
	}
	id, ok := slotPoll(n.Slot)
	if !ok {
		return bot.Reply{}, nil
	}
	p, err := req.Tx.Poll(ctx, id)
	if err != nil || over(p, req.At) {
		return bot.Reply{}, err
	}
	_, in, known, err := req.Tx.PollStay(ctx, p.ID, req.Account.PersonID)
	if err != nil || known && !in {
		return bot.Reply{}, err
	}
	if !known { // who can vote in it is in the chat: the poll cannot be forwarded
		if _, err := req.Tx.Enter(ctx, req.Chat.ID, req.Account.ID, req.At); err != nil {
			return bot.Reply{}, err
		}
	}
	var places []int
	for _, o := range b.Options {
		if o >= 0 && o < len(p.Options) {
			places = append(places, p.Options[o].Place)
		}
	}
	if len(places) == 0 || len(places) > 1 && !p.Multi {
		return bot.Reply{}, req.Tx.DropVote(ctx, p.ID, req.Account.PersonID)
	}
	return bot.Reply{}, req.Tx.SetVote(ctx, p.ID, req.Account.PersonID, req.Chat.ID, combine(nil, places, 0))
}

// nativeTold finds our poll behind a platform's own one by the number in front
// of its question: what Send returned was lost if the program died just then.
func nativeTold(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, _ := req.Event.Detail.(chat.PollState)
	_, err := req.Tx.NativePoll(ctx, req.Event.ID.Domain, s.Poll)
	if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	word, _, _ := strings.Cut(s.Question, " ")
	id, ok := number(word)
	if !ok {
		return bot.Reply{}, nil
	}
	p, err := req.Tx.Poll(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, eachChat(ctx, req, p, func(there *bot.Request, caps chat.Caps, alone bool) error {
		if there.Chat.Domain != req.Event.ID.Domain || !native(p, caps, alone) || !strings.HasSuffix(s.Question, p.Question) {
			return nil
		}
		if err := req.Tx.AddNativePoll(ctx, storage.NativePoll{Domain: there.Chat.Domain, NativeID: s.Poll, ChatID: there.Chat.ID, Slot: slot(p.ID)}); err != nil {
			return err
		}
		return req.Tx.WakeParked(ctx)
	})
}
