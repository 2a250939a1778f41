package telegram

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

// Limits of sendPoll (Bot API): lengths in characters, and how far off the end
// may be for Telegram to keep it itself.
const (
	maxQuestion = 300
	maxChoice   = 100
	minChoices  = 2
	maxChoices  = 12
	maxExplain  = 200
	minOpen     = 5 * time.Second
	maxOpen     = 2_628_000 * time.Second
)

// native says whether a letter goes out as a poll of Telegram's own. What it
// cannot show goes out as text with buttons, which say the same.
func native(d draft, l chat.Letter) bool {
	p := l.Content.Poll
	if p == nil || !p.Native || p.Closed || l.Content.Private || d.chat > 0 || len16(p.Question) > maxQuestion || len(p.Options) < minChoices || len(p.Options) > maxChoices ||
		p.Right > len(p.Options) || len16(p.Explain) > maxExplain {
		return false
	}
	for _, o := range p.Options {
		if len16(o.Text) > maxChoice {
			return false
		}
	}
	return true
}

// pollSent is what we read of sendPoll's Message.
type pollSent struct {
	ID   int `json:"message_id"`
	Poll struct {
		ID string `json:"id"`
	} `json:"poll"`
}

// sendPoll sends a poll whose votes Telegram tells by name. Not done and no
// error: the server would not have it, nothing was shown.
func (t *Telegram) sendPoll(ctx context.Context, d draft, p *chat.Poll) (sent chat.Sent, done bool, err error) {
	type option struct {
		Text string `json:"text"`
	}
	options := make([]option, len(p.Options))
	for i, o := range p.Options {
		options[i] = option{o.Text}
	}
	params := map[string]any{
		"chat_id": d.chat, "question": p.Question, "options": options,
		"is_anonymous":            false, // else nobody is told who voted
		"allows_multiple_answers": p.Multi,
		"allows_revoting":         p.Right == 0,
		// A poll that was forwarded could be answered by people of other chats.
		"protect_content": true,
	}
	if p.Right > 0 {
		// One right answer has another name on servers before 9.6; each ignores
		// what it does not know (Bot API, sendPoll).
		params["type"], params["correct_option_id"], params["correct_option_ids"] = "quiz", p.Right-1, []int{p.Right - 1}
		if p.Explain != "" {
			params["explanation"] = p.Explain
		}
	}
	if d.thread != 0 {
		params["message_thread_id"] = d.thread
	}
	if left := p.Ends.Sub(t.opts.Now()); !p.Ends.IsZero() && left > minOpen && left < maxOpen {
		params["close_date"] = p.Ends.Unix()
	}
	var m pollSent
	if err := t.wire.call(ctx, t.opts.Times.Call, "sendPoll", params, &m); err != nil {
		api, ok := errors.AsType[*apiError](err)
		if ok && api.MigrateTo == 0 && (api.Code == http.StatusBadRequest || api.Code == http.StatusNotFound) {
			t.log.Warn("telegram: a poll is shown with buttons", "err", err)
			return sent, false, nil
		}
		return sent, true, err
	}
	if m.Poll.ID == "" {
		return sent, false, nil // a server that does not know what it was asked for
	}
	return chat.Sent{ID: posted{Message: m.ID, Poll: true}.String(), Poll: m.Poll.ID}, true, nil
}

// editPoll ends a poll of Telegram's own. It counts by itself, so any other
// change of it has been shown already.
func (t *Telegram) editPoll(ctx context.Context, d draft, p posted, l chat.Letter) (chat.Sent, error) {
	sent := chat.Sent{ID: l.Edit}
	if l.Content.Poll == nil || !l.Content.Poll.Closed {
		return sent, nil
	}
	var stopped struct{}
	err := t.wire.call(ctx, t.opts.Times.Call, "stopPoll", map[string]any{"chat_id": d.chat, "message_id": p.Message}, &stopped)
	if badRequest(err) {
		return sent, nil // its own end came first, or it is gone
	}
	return sent, err
}

// ballot is a vote in a poll of ours. Who votes in the name of a channel is
// nobody we know.
func (d decoder) ballot(a *models.PollAnswer) []chat.Event {
	if a.User == nil || a.User.ID == 0 || a.User.IsBot || a.PollID == "" {
		return nil
	}
	return []chat.Event{{
		Kind: chat.Vote, Sender: userOf(a.User), Detail: chat.Ballot{Poll: a.PollID, Options: a.OptionIDs},
		At: d.now().UTC().Truncate(time.Millisecond), // Telegram does not say when
	}}
}

// pollTold is the state of a poll; of others' polls we hear only when they are
// stopped.
func (d decoder) pollTold(p *models.Poll) []chat.Event {
	if p.ID == "" || p.IsAnonymous {
		return nil
	}
	return []chat.Event{{
		Kind: chat.PollTold, Detail: chat.PollState{Poll: p.ID, Question: p.Question, Closed: p.IsClosed},
		At: d.now().UTC().Truncate(time.Millisecond),
	}}
}

// pollID formats a posted poll.
func pollID(message int) string { return "p:" + strconv.Itoa(message) }
