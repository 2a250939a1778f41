package wecombot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
)

// trusted is a response_url if it leads to the platform: it comes from the
// wire, and what is posted there is a member's answer. Https only, unless the
// configuration itself names a plain server.
func (b *Bot) trusted(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host != b.base.Host {
		return ""
	}
	if u.Scheme != "https" && (u.Scheme != "http" || b.base.Scheme != "http") {
		return ""
	}
	return u.String()
}

// spent remembers the response_urls that were used: each is good for one post
// (path 101138). It forgets by generations of an hour, their life.
type spent struct {
	mu          sync.Mutex
	now, before map[string]struct{}
	turned      time.Time
}

// take reports whether the address is unused, and uses it.
func (s *spent) take(address string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || now.Sub(s.turned) > urlFor {
		s.before, s.now, s.turned = s.now, map[string]struct{}{}, now
	}
	_, young := s.now[address]
	_, old := s.before[address]
	if young || old {
		return false
	}
	s.now[address] = struct{}{}
	return true
}

// give takes back a use that did not happen.
func (s *spent) give(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.now, address)
	delete(s.before, address)
}

// sendLate sends a letter whose callback is answered already: to its
// response_url, else to one of the chat that nobody needs, else by the chat's
// fallback.
func (b *Bot) sendLate(ctx context.Context, d *draft) error {
	now := b.opts.Now()
	p, se := b.latePayload(d)
	if se != nil {
		if _, ok := b.fallback(d); ok {
			return b.lastResort(ctx, d, se)
		}
		return se
	}
	own := d.token.URL
	if now.Sub(d.token.Seen) >= urlFor {
		own = ""
	}
	sent, refusal := b.postOnce(ctx, d, own, p)
	if !sent && refusal == nil {
		sent, refusal = b.postOnce(ctx, d, b.talks.spare(d.place.Ref.ID, now), p)
	}
	if ack, used := errors.AsType[*ackError](refusal); sent || (refusal != nil && !used) || (used && faultOf(ack.Code) != chat.Rejected) {
		return refusal
	}
	if d.token.Kind == toMessage && own == "" && d.token.Key != "" && now.Sub(d.token.Seen) < bubbleFor {
		// The platform will ask for the bubble in a moment.
		return &unsentError{errGone}
	}
	return b.lastResort(ctx, d, refusal)
}

// postOnce posts to an address that was not used before. Not sent and no
// error: there is none. A refusal by the platform means that nothing was
// shown: the address was used elsewhere, or is too old.
func (b *Bot) postOnce(ctx context.Context, d *draft, address string, p payload) (sent bool, err error) {
	to := b.trusted(address)
	if to == "" || !b.spent.take(to, b.opts.Now()) {
		return false, nil
	}
	err = b.post(ctx, to, p)
	if err == nil {
		b.remember(p)
		return true, nil
	}
	if f := b.sendError(err).Fault; f == chat.Retry || f == chat.Throttled {
		b.spent.give(to)
		b.guard.Give(d.place.Ref.ID, 1)
	}
	return false, err
}

// postRest sends what did not fit into a passive reply, a little later, so that
// it does not overtake the beginning.
func (b *Bot) postRest(ctx context.Context, d *draft, rest []string) error {
	for _, text := range rest {
		sleep(ctx, b.opts.Times.Rest) // a context that has ended is told by the post
		err := error(rejected("there is no response_url for the rest"))
		if to := b.trusted(d.token.URL); to != "" && b.spent.take(to, b.opts.Now()) {
			err = b.post(ctx, to, markdownPayload(text))
		}
		if err != nil {
			return &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only the beginning was sent: %w", err)}
		}
	}
	return nil
}

// latePayload is a draft as one message: a response_url takes markdown and
// cards. The official plugin avoids cards there in groups, and so do we; the
// text says how the choices are typed.
func (b *Bot) latePayload(d *draft) (payload, *chat.SendError) {
	if d.file != nil {
		return payload{}, rejected("a picture cannot be sent any more, only as the answer itself")
	}
	if d.card != nil && len(d.text) == 0 && d.place.Type == chat.Private {
		return cardPayload(d.card), nil
	}
	switch parts := renderParts(d.full); len(parts) {
	case 0:
		return payload{}, rejected("the letter has no text")
	case 1:
		return markdownPayload(parts[0]), nil
	default:
		return markdownPayload(b.cut(d, parts[0])), nil
	}
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// post sends to a response_url: plain JSON, not encrypted (path 101138).
func (b *Bot) post(ctx context.Context, to string, p payload) error {
	data, err := encode(p)
	if err != nil {
		return rejected("%w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.Times.Post)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { written.Store(info.Err == nil) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(data))
	if err != nil {
		return rejected("the response_url cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.http.Do(req)
	if err != nil {
		if written.Load() {
			return &lostError{bare(err)}
		}
		return &unsentError{bare(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	return posted(resp)
}

func posted(resp *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &lostError{bare(err)}
	}
	var ack struct {
		Code *number `json:"errcode"`
		Msg  word    `json:"errmsg"`
	}
	understood := json.Unmarshal(data, &ack) == nil && ack.Code != nil
	switch {
	case understood && *ack.Code != 0:
		return &ackError{Cmd: "response_url", Code: int64(*ack.Code), Msg: string(ack.Msg)}
	case understood, resp.StatusCode == http.StatusOK && len(data) == 0:
		return nil
	case resp.StatusCode >= 300 && resp.StatusCode < 500:
		return &ackError{Cmd: "response_url", Code: int64(resp.StatusCode), Msg: http.StatusText(resp.StatusCode)}
	}
	return &lostError{fmt.Errorf("HTTP %d: the answer is not WeCom's", resp.StatusCode)}
}
