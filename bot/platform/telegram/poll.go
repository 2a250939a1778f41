package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
)

const (
	pageSize = 100 // getUpdates, limit
	// pollSlack is how much longer than asked a poll may take.
	pollSlack = 15 * time.Second
	// quietFor: after this long without an update the offset is forgotten.
	// Update ids restart at random after a quiet week, and everything older
	// has been confirmed by the polls in between.
	quietFor = 24 * time.Hour
	// calmFor: a conflict is over after this long without another. Two
	// processes that displace each other succeed in turns, so that one good
	// poll proves nothing.
	calmFor = 2 * time.Minute
)

// allowedUpdates is what we ask for. The server's default leaves out
// chat_member, without which joins are not told.
var allowedUpdates = []string{
	"message", "edited_message", "callback_query", "chat_member",
	"my_chat_member", "chat_join_request", "poll", "poll_answer",
}

// poll asks for updates and confirms a page only after deliver has returned
// nil: confirming is asking with a higher offset.
func (t *Telegram) poll(ctx context.Context, deliver chat.Deliver) error {
	var offset int64
	last := time.Now()
	trouble := t.newTrouble("getUpdates")
	conflict := t.newConflict()
	for !ended(ctx) {
		if time.Since(last) > quietFor {
			offset = 0
		}
		raw, err := t.getUpdates(ctx, offset)
		if err != nil {
			if err := t.pollFailed(ctx, err, trouble, conflict); err != nil {
				return err
			}
			continue
		}
		conflict.calm()
		if len(raw) == 0 {
			trouble.over()
			continue
		}
		b := t.read(raw)
		if b.next == 0 {
			// Not one id in the page: asking again at once would spin.
			trouble.wait(ctx, errors.New("the updates have no ids"))
			continue
		}
		trouble.over()
		if !t.hand(ctx, deliver, b) {
			return nil
		}
		offset, last = b.next, time.Now()
	}
	return nil
}

func (t *Telegram) getUpdates(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	params := map[string]any{
		"limit": pageSize, "timeout": int(t.opts.Times.Poll / time.Second), "allowed_updates": allowedUpdates,
	}
	if offset != 0 {
		params["offset"] = offset
	}
	var page []json.RawMessage
	err := t.wire.call(ctx, t.opts.Times.Poll+pollSlack, "getUpdates", params, &page)
	return page, err
}

// hand delivers a batch until it is taken: skipping one would lose it. It
// returns false when ctx ended first; Telegram then delivers it again.
func (t *Telegram) hand(ctx context.Context, deliver chat.Deliver, b batch) bool {
	trouble := t.newTrouble("taking updates in")
	for len(b.events) > 0 {
		err := deliver(ctx, b.events)
		if err == nil {
			trouble.over()
			break
		}
		if !trouble.wait(ctx, err) {
			return false
		}
	}
	t.queries.arm(b.queries)
	return true
}

// pollFailed waits out a failed poll. It returns an error only for what no
// retry can mend.
func (t *Telegram) pollFailed(ctx context.Context, err error, trouble *trouble, conflict *conflict) error {
	if ended(ctx) {
		return nil
	}
	api, ok := errors.AsType[*apiError](err)
	switch {
	case wrongToken(err):
		return fmt.Errorf("%w: %w", ErrToken, err)
	case ok && api.Code == http.StatusConflict && strings.Contains(strings.ToLower(api.Description), "webhook"):
		t.dropWebhook(ctx, trouble)
	case ok && api.Code == http.StatusConflict:
		conflict.wait(ctx)
	default:
		trouble.wait(ctx, err)
	}
	return nil
}

// dropWebhook: polling is what the configuration asks for, and with a webhook
// set no poll is ever answered (Bot API, getUpdates). Nothing is lost by it:
// waiting updates stay.
func (t *Telegram) dropWebhook(ctx context.Context, trouble *trouble) {
	call, cancel := t.callContext(ctx, 0)
	defer cancel()
	if _, err := t.api.DeleteWebhook(call, &tg.DeleteWebhookParams{}); err != nil {
		trouble.wait(ctx, err)
		return
	}
	t.log.Warn("telegram: a webhook was set for this bot and has been removed, since it is configured for polling")
	// If somebody keeps setting it, do not race him.
	sleep(ctx, trouble.back.next())
}

// conflict is a second process polling with the same token.
type conflict struct {
	t    *Telegram
	back backoff
	last time.Time
	said bool
}

func (t *Telegram) newConflict() *conflict {
	return &conflict{t: t, back: backoff{
		min: t.opts.Times.RetryMin, max: t.opts.Times.ConflictMax, rand: t.opts.Rand,
	}}
}

func (c *conflict) wait(ctx context.Context) {
	if !c.said {
		c.t.log.Warn("telegram: another process is polling with the same token; stop one of them, members may be answered twice or late until then")
		c.said = true
	}
	sleep(ctx, c.back.next())
	c.last = time.Now()
}

// calm is called after a good poll.
func (c *conflict) calm() {
	if c.said && time.Since(c.last) > calmFor {
		c.t.log.Info("telegram: no other process is polling any more")
		c.said = false
		c.back.reset()
	}
}
