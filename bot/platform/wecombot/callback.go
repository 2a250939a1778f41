package wecombot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/envelope"
)

// maxBody bounds a callback, as the official plugin does.
const maxBody = 1 << 20

// hook is the way from the handler to the engine while Run is running.
type hook struct {
	mu   sync.RWMutex // held for reading by calls under way
	link *link
}

// link is one Run.
type link struct {
	deliver chat.Deliver
	// bind makes the context of a call end with Run too.
	bind func(context.Context) (context.Context, context.CancelFunc)
}

func (h *hook) set(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.link = l
}

// serve lets the handler deliver until ctx ends; it then waits for calls under
// way, whose context has ended too.
func (b *Bot) serve(ctx context.Context, deliver chat.Deliver) {
	b.state.running(true)
	b.hook.set(&link{deliver: deliver, bind: func(call context.Context) (context.Context, context.CancelFunc) {
		both, cancel := context.WithCancel(call)
		stop := context.AfterFunc(ctx, cancel)
		return both, func() { stop(); cancel() }
	}})
	<-ctx.Done()
	b.hook.set(nil)
	b.state.running(false)
}

// Path is where the handler is mounted, "/wecom/<name>"; it is empty when the
// connection is a long one and has no handler.
func (b *Bot) Path() string {
	if b.opts.Mode != Callback {
		return ""
	}
	return "/wecom/" + b.opts.Name
}

// ServeHTTP answers the verification of the address and takes callbacks. An
// answer is 200 only after the event is committed. Whoever cannot sign gets
// 403 and learns nothing.
func (b *Bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.opts.Mode != Callback {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch r.Method {
	case http.MethodGet:
		b.verify(w, r)
	case http.MethodPost:
		b.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers with the plain text of echostr: no quotes, no line end, within
// a second (path 101033).
func (b *Bot) verify(w http.ResponseWriter, r *http.Request) {
	text, err := b.codec.Verify(envelope.ParseQuery(r.URL.Query()))
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	plainText(w, text)
}

func plainText(w http.ResponseWriter, text []byte) {
	// The official plugin answers as plain text too, also with JSON.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) //nolint:gosec // plain text by its header: a signed echo, or what we have sealed
}

// request is one callback that is being answered.
type request struct {
	w     http.ResponseWriter
	query envelope.Query
	until time.Time       // when the platform stops waiting, with some room
	ctx   context.Context //nolint:containedctx // ends with the call and with Run
}

func (b *Bot) receive(w http.ResponseWriter, r *http.Request) {
	b.hook.mu.RLock()
	defer b.hook.mu.RUnlock()
	if b.hook.link == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			status = http.StatusRequestEntityTooLarge
		}
		w.WriteHeader(status)
		return
	}
	sealed, err := envelope.FromJSON(data)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	query := envelope.ParseQuery(r.URL.Query())
	plain, err := b.codec.Open(query, sealed)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	ctx, cancel := b.hook.link.bind(r.Context())
	defer cancel()
	b.take(request{w: w, query: query, ctx: ctx, until: time.Now().Add(b.opts.Times.Passive)}, plain)
}

// take handles an authentic callback.
func (b *Bot) take(r request, plain []byte) {
	now := b.opts.Now()
	b.state.heard(now)
	body, err := parseBody(plain)
	if err != nil {
		b.log.Warn("wecombot: a callback could not be read", "bytes", len(plain))
		return // 200: repeating it would not help
	}
	if body.MsgType == "stream" {
		b.refresh(r, string(body.Stream.V.ID))
		return
	}
	d := decoder{botID: b.opts.BotID, mention: b.opts.Mention, now: b.opts.Now}
	via := replyToken{URL: b.trusted(string(body.ResponseURL))}
	// The nonce stands in for a missing msgid: it is new with every callback.
	ev, ok := d.read(body, via, r.query.Timestamp+"."+r.query.Nonce)
	if !ok {
		return
	}
	token := parseReply(ev.Reply)
	token.Key = keyOf(ev.ID)
	ev.Reply = token.String()
	b.talks.heard(ev, token, now)
	p := b.open.join(token.Key, now)
	defer b.open.leave(p)
	if err := b.hand(r, ev); err != nil {
		b.codec.Forget(r.query) // a repetition must not be taken for a replay
		b.log.Debug("wecombot: a callback was not taken in", "err", err)
		r.w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	said := b.reply(r, p)
	switch {
	case token.URL != "":
		b.talks.leave(ev.Chat.Ref.ID, token.URL, now)
	case !said && token.Kind == toMessage && !ended(r.ctx):
		// No other way to answer later: begin a bubble, which the platform then
		// asks for (path 101031).
		_ = b.say(r, payload{MsgType: "stream", Stream: &stream{ID: token.Key, Content: thinking}}) // else it asks again
	}
}

// thinking is shown in a bubble that has no text yet.
const thinking = "\u2026"

// hand delivers an event, again and again until the time for the answer is
// used up: the click of a card is called for only once (path 101835).
func (b *Bot) hand(r request, ev chat.Event) error {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := b.hook.link.deliver(r.ctx, []chat.Event{ev})
		if err == nil || ended(r.ctx) || time.Now().Add(pause).After(r.until) || !sleep(r.ctx, pause) {
			return err
		}
	}
}

// reply waits for the letter that answers the callback and writes it; true if
// there was one.
func (b *Bot) reply(r request, p *passive) bool {
	timer := time.NewTimer(time.Until(r.until))
	defer timer.Stop()
	select {
	case o := <-p.offers:
		o.done <- b.accept(r, p, o.body)
		return true
	case <-p.said: // a repetition: the answer to the first call may not have arrived
		return b.say(r, p.answer) == nil
	case <-timer.C:
	case <-r.ctx.Done():
	}
	return false
}

func (b *Bot) accept(r request, p *passive, body *payload) error {
	switch {
	case body == nil:
		return nil // it went another way: an empty answer
	case ended(r.ctx):
		return errGone
	}
	if err := b.say(r, *body); err != nil {
		return &lostError{err}
	}
	p.keep(*body)
	return nil
}

// say seals a passive reply and writes it.
func (b *Bot) say(r request, p payload) error {
	plain, err := encode(p)
	if err != nil {
		return err
	}
	sealed, err := b.codec.Seal(plain, r.query.Nonce)
	if err != nil {
		return err
	}
	text := sealed.JSON()
	r.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	plainText(r.w, text)
	if err := http.NewResponseController(r.w).Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// refresh answers the platform's question for an unfinished bubble. It asks
// for six minutes after the message (path 101031); we end it before.
func (b *Bot) refresh(r request, key string) {
	if len(key) != keySize {
		return
	}
	now := b.opts.Now()
	p := b.open.join(key, now)
	defer b.open.leave(p)
	if !b.reply(r, p) && !ended(r.ctx) {
		over := now.Sub(p.since) > bubbleFor
		_ = b.say(r, payload{MsgType: "stream", Stream: &stream{ID: key, Content: thinking, Finish: over}}) // the next question tells
	}
}

const keySize = 24

// keyOf is the key of the open request of an event: the same for a repetition,
// and good as the id of a bubble.
func keyOf(id chat.Ref) string {
	sum := sha256.Sum256([]byte(id.ID))
	return hex.EncodeToString(sum[:keySize/2])
}
