package telegram

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
)

// queryFor is how long after a press its query id may go with an ephemeral
// message (Bot API 10.2: 15 s), less a second for the way.
const queryFor = 14 * time.Second

// maxRefusals: so many ephemeral messages refused in a row mean that this
// server wants something else than we send.
const maxRefusals = 3

// whispers is what is known about ephemeral messages (Bot API 10.2). A server
// that does not know them would show a private text to everybody, so they are
// used only after a probe without a message (see probe), and no more after
// the first message that does not prove itself.
type whispers struct {
	proven    atomic.Bool // the probe came back
	confirmed atomic.Bool // a message has been private indeed
	off       atomic.Bool // never again in this process
	refusals  atomic.Int32
}

func (w *whispers) usable() bool { return w.proven.Load() && !w.off.Load() }

// whisper sends a private letter into a group, in the first way that works:
// an ephemeral message, the pop-up of a press, a direct message if there is
// nothing to reply to, and at last a reply that everybody sees for the short
// while until the engine deletes it (Sent.Shown).
func (t *Telegram) whisper(ctx context.Context, d draft, l chat.Letter) (chat.Sent, error) {
	to := idOf(l.To.Ref)
	if to < 0 || l.To.Anonymous {
		to = 0 // nobody in particular can be reached
	}
	if d.file != nil {
		return t.handFile(ctx, d, to)
	}
	if to != 0 && l.Chat.Type != chat.Channel && t.whispers.usable() {
		sent, err := t.ephemeral(ctx, d, to)
		if !t.refused(err) {
			return sent, err
		}
	}
	if text := alertText(l.Content.Text); text != "" && d.token.Query != "" && d.buttons == nil && t.queries.claim(d.token.Query) {
		done, err := t.alert(ctx, d.token.Query, text)
		if done || err != nil {
			return chat.Sent{}, err
		}
	}
	if to != 0 && d.token == (replyToken{}) {
		sent, err := t.direct(ctx, d, to)
		if !unreachable(t.sendError(err)) {
			return sent, err
		}
	}
	list, err := t.post(ctx, d)
	return chat.Sent{ID: formatPosted(list), Shown: true}, err
}

// ephemeral sends into the group what only one member sees.
func (t *Telegram) ephemeral(ctx context.Context, d draft, to int64) (chat.Sent, error) {
	d.receiver = to
	if d.token.Query != "" && t.opts.Now().Sub(d.token.Seen) < queryFor {
		d.query = d.token.Query
	}
	list, err := t.post(ctx, d)
	sent := chat.Sent{ID: formatPosted(list)}
	for _, p := range list {
		sent.Shown = sent.Shown || p.Receiver == 0
	}
	if err == nil && !sent.Shown {
		t.whispers.confirmed.Store(true)
		t.whispers.refusals.Store(0)
	}
	return sent, err
}

// disprove ends the use of ephemeral messages: one was shown to everybody.
func (t *Telegram) disprove(why string) {
	if !t.whispers.off.Swap(true) {
		t.log.Warn("telegram: private answers in groups are sent as short replies from now on", "reason", why)
	}
}

// refused reports an ephemeral message that was not accepted as such. Nothing
// was shown, so another way may be tried at once.
func (t *Telegram) refused(err error) bool {
	api, ok := errors.AsType[*apiError](err)
	if !ok || api.MigrateTo != 0 || (api.Code != http.StatusBadRequest && api.Code != http.StatusForbidden) {
		return false
	}
	if t.whispers.refusals.Add(1) >= maxRefusals && !t.whispers.confirmed.Load() {
		t.disprove("the server refuses ephemeral messages")
	}
	return true
}

// alert answers a press with a pop-up. Not done and no error: the press was
// too old, nothing was shown.
func (t *Telegram) alert(ctx context.Context, query, text string) (done bool, err error) {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	_, err = t.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{
		CallbackQueryID: query, Text: text, ShowAlert: true,
	})
	if badRequest(err) {
		return false, nil
	}
	if se := t.sendError(err); se != nil && (se.Fault == chat.Retry || se.Fault == chat.Throttled) {
		t.queries.reopen(query)
	}
	return err == nil, err
}

// direct writes to the member himself. It works only if he has started the
// bot (Bot API: 403 "bot can't initiate conversation with a user").
func (t *Telegram) direct(ctx context.Context, d draft, to int64) (chat.Sent, error) {
	d.chat, d.inChat, d.thread, d.token = to, to, 0, replyToken{}
	list, err := t.post(ctx, d)
	return chat.Sent{ID: formatPosted(list)}, err
}

// handFile gives a private file to its owner. A file is somebody's data and
// is never shown in a group, not even for a while: it goes directly, or as an
// ephemeral message once one of those has been private indeed, or not at all.
func (t *Telegram) handFile(ctx context.Context, d draft, to int64) (chat.Sent, error) {
	if to == 0 {
		return chat.Sent{}, rejected("a private file has no receiver")
	}
	sent, err := t.direct(ctx, d, to)
	if !unreachable(t.sendError(err)) {
		return sent, err
	}
	if t.whispers.usable() && t.whispers.confirmed.Load() {
		sent, err := t.ephemeral(ctx, d, to)
		if !t.refused(err) {
			return sent, err
		}
	}
	return chat.Sent{}, rejected("a private file cannot be handed over: %w", err)
}

func unreachable(se *chat.SendError) bool {
	return se != nil && (se.Fault == chat.Gone || se.Fault == chat.Rejected)
}

// answerEmpty ends the progress bar of a press without a word. What certainly
// did not happen is tried twice more; a press is not worth more than that.
func (t *Telegram) answerEmpty(ctx context.Context, query string) {
	back := backoff{min: t.opts.Times.RetryMin, max: t.opts.Times.RetryMax, rand: t.opts.Rand}
	for range 3 {
		err := t.answerOnce(ctx, query)
		se := t.sendError(err)
		if se == nil {
			return
		}
		wait := back.next()
		if se.Fault == chat.Throttled {
			wait = se.After
		} else if se.Fault != chat.Retry {
			t.log.Debug("telegram: a press was not answered", "err", se)
			return
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (t *Telegram) answerOnce(ctx context.Context, query string) error {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	_, err := t.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: query})
	return err
}
