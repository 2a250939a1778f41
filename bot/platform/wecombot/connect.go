package wecombot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"qunmate/bot/chat"

	"github.com/coder/websocket"
)

// errDisplaced ends a connection when another process has subscribed with the
// same bot id (path 101463, disconnected_event).
var errDisplaced = errors.New("another process has taken the connection over")

// connect keeps the long connection up until ctx ends.
func (b *Bot) connect(ctx context.Context, deliver chat.Deliver) error {
	b.state.running(true)
	defer b.state.running(false)
	b.inbox.open()
	feeding := make(chan struct{})
	// What has been read is taken in even when we are asked to stop.
	feed, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(feeding)
		b.feed(feed, ctx, deliver)
	}()
	err := b.keepConnected(ctx)
	late := time.AfterFunc(b.opts.Times.Flush, stop)
	b.inbox.close()
	<-feeding
	late.Stop()
	stop()
	return err
}

func (b *Bot) keepConnected(ctx context.Context) error {
	lost := b.newTrouble("long connection")
	rival := &rival{b: b}
	for !ended(ctx) {
		began := b.opts.Now()
		err := b.once(ctx, lost, rival)
		switch {
		case ended(ctx):
			return nil
		case errors.Is(err, ErrCredentials):
			return err
		case errors.Is(err, errDisplaced):
			lost.over()
			if !rival.wait(ctx) {
				return nil
			}
		default:
			if b.opts.Now().Sub(began) > 2*b.opts.Times.Ping {
				lost.back.reset() // it held: this is a new trouble
			}
			lost.wait(ctx, err)
		}
	}
	return nil
}

// once is one connection, from dialling to its end.
func (b *Bot) once(ctx context.Context, lost *trouble, rival *rival) error {
	s, err := b.dial(ctx, b.received, func(s *session) { b.live.Store(s) })
	if err != nil {
		return err
	}
	defer func() {
		b.live.CompareAndSwap(s, nil)
		b.state.disconnected()
		s.close(errStopping)
	}()
	if err := b.subscribe(ctx, s); err != nil {
		return err
	}
	b.state.connected(b.opts.Now())
	lost.works()
	return b.hold(ctx, s, rival)
}

// dial makes the handshake and starts reading. The reader calls take for each
// callback, and ready once the server has accepted us.
func (b *Bot) dial(ctx context.Context, take func(*session, frame), ready func(*session)) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Times.Dial)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, b.opts.WebSocketURL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: b.opts.Transport, CheckRedirect: noRedirect},
	})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", bare(err))
	}
	s := newSession(ctx, conn, b.opts, b.log)
	s.take = func(f frame) { take(s, f) }
	s.ready = func() { ready(s) }
	go s.listen()
	return s, nil
}

// subscribe makes the connection ours: the server then sends what is for this
// bot here, and nowhere else.
func (b *Bot) subscribe(ctx context.Context, s *session) error {
	_, err := s.call(ctx, cmdSubscribe, s.subReq, struct {
		BotID  string `json:"bot_id"`
		Secret string `json:"secret"`
	}{b.opts.BotID, b.opts.Secret}, b.opts.Times.Ack)
	if ack, ok := errors.AsType[*ackError](err); ok {
		ack.Msg = strings.ReplaceAll(ack.Msg, b.opts.Secret, "***")
		if ack.Code == codeCredentials {
			// The server leaves the connection open (measured); there is no use in it.
			return fmt.Errorf("%w: %w", ErrCredentials, ack)
		}
	}
	return err
}

// hold pings until the connection or ctx ends.
func (b *Bot) hold(ctx context.Context, s *session, rival *rival) error {
	tick := time.NewTicker(b.opts.Times.Ping)
	defer tick.Stop()
	alone := time.NewTimer(b.opts.Times.Alone)
	defer alone.Stop()
	for {
		select {
		case <-ctx.Done():
			s.drain(b.opts.Times.Linger)
			return ctx.Err()
		case <-s.life.Done():
			return s.cause()
		case <-alone.C:
			rival.gone()
		case <-tick.C:
			if err := s.ping(); err != nil { //nolint:contextcheck // a write ends with the connection, not with its caller
				return err
			}
		}
	}
}

// received takes a callback of the server. It runs in the reader.
func (b *Bot) received(s *session, f frame) {
	if f.Cmd != cmdMessage && f.Cmd != cmdEvent {
		b.log.Debug("wecombot: an unknown command", "cmd", f.Cmd, "req_id", f.Headers.ReqID)
		return
	}
	req := string(f.Headers.ReqID)
	body, err := parseBody(f.Body)
	if err != nil {
		b.log.Warn("wecombot: a callback could not be read", "req_id", req, "bytes", len(f.Body))
		return
	}
	if f.Cmd == cmdEvent && body.Event.V.Type == eventDisplaced {
		s.end(errDisplaced)
		return
	}
	now := b.opts.Now()
	b.state.heard(now)
	d := decoder{botID: b.opts.BotID, mention: b.opts.Mention, now: b.opts.Now}
	ev, ok := d.read(body, replyToken{Req: req}, req)
	if !ok {
		return
	}
	b.talks.heard(ev, parseReply(ev.Reply), now)
	b.inbox.put(s.life, ev)
}

// rival is another process that subscribes with the same bot id. Two that
// always reconnect would kick each other for ever (measured), so that we wait
// longer each time and then leave it to the other.
type rival struct {
	b     *Bot
	tries int
}

// wait pauses before the next attempt to take the connection over; after the
// last one it waits for the end. False: ctx ended.
func (r *rival) wait(ctx context.Context) bool {
	pauses := r.b.opts.Times.Takeover
	now := r.b.opts.Now()
	first := r.tries == 0
	if first {
		r.b.log.Error("wecombot: another process has connected with the same bot_id; this one hears nothing and sends nothing until it may try again; stop one of them")
	}
	if r.tries >= len(pauses) {
		r.b.log.Warn("wecombot: the other process keeps the connection, this one gives up; stop the other and start this one again", "tries", r.tries)
		r.b.state.displaced(now, r.tries, time.Time{})
		r.b.opts.Alarm(r.b.state.finding())
		<-ctx.Done()
		return false
	}
	pause := pauses[r.tries]
	r.tries++
	r.b.state.displaced(now, r.tries, now.Add(pause))
	if first {
		r.b.opts.Alarm(r.b.state.finding())
	}
	return sleep(ctx, pause)
}

// gone is called when the connection has been ours for long enough.
func (r *rival) gone() {
	if r.tries > 0 {
		r.b.log.Info("wecombot: no other process takes the connection any more")
		r.tries = 0
		r.b.opts.Alarm(r.b.state.finding())
	}
}
