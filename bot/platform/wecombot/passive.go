package wecombot

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform's checksum of pictures
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"qunmate/bot/chat"
)

const (
	// bubbleFor is how long an unfinished bubble is kept for its answer, of the
	// platform's six minutes.
	bubbleFor = 5 * time.Minute
	// repeatFor is how long an answer is kept for a repetition of its callback.
	repeatFor = time.Minute
)

// errGone: the caller hung up before the answer.
var errGone = errors.New("the platform does not wait any more")

// passives are the requests that wait for their answers, by key. A letter and
// its request meet here; whichever comes first waits for the other.
type passives struct {
	mu     sync.Mutex
	m      map[string]*passive
	pruned time.Time
}

type passive struct {
	offers chan offer
	since  time.Time     // of the first request
	said   chan struct{} // closed when answer is there
	answer payload

	mu      sync.Mutex
	waiting int
	gone    chan struct{} // closed when no request waits
	kept    bool
	last    time.Time // when a request came last
}

// offer is a letter for a request; without a body it only ends the waiting.
type offer struct {
	body *payload
	done chan error
}

// join makes a request wait, together with others of the same key.
func (o *passives) join(key string, now time.Time) *passive {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m == nil {
		o.m = map[string]*passive{}
	}
	p := o.m[key]
	if p == nil {
		o.prune(now)
		p = &passive{offers: make(chan offer), said: make(chan struct{}), since: now}
		o.m[key] = p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == 0 {
		p.gone = make(chan struct{})
	}
	p.waiting++
	p.last = now
	return p
}

// prune forgets requests that ended a while ago.
func (o *passives) prune(now time.Time) {
	if now.Sub(o.pruned) < 10*time.Second {
		return
	}
	o.pruned = now
	for key, p := range o.m {
		p.mu.Lock()
		old := p.waiting == 0 && (now.Sub(p.last) > bubbleFor || (p.kept && now.Sub(p.last) > repeatFor))
		p.mu.Unlock()
		if old {
			delete(o.m, key)
		}
	}
}

func (o *passives) leave(p *passive) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		close(p.gone)
	}
}

// find is a request that waits now.
func (o *passives) find(key string) (p *passive, gone <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p = o.m[key]; p == nil {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == 0 {
		return nil, nil
	}
	return p, p.gone
}

// keep remembers the answer, for repetitions.
func (p *passive) keep(body payload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.kept {
		p.kept, p.answer = true, body
		close(p.said)
	}
}

// sendPassive sends in callback mode: into the request that waits for this
// letter, else to a response_url.
func (b *Bot) sendPassive(ctx context.Context, d *draft) (chat.Sent, error) {
	body, rest, se := b.passiveBody(d)
	if se != nil {
		return chat.Sent{}, se
	}
	sent := chat.Sent{Shown: d.shown && (body == nil || body.Response == "")}
	if err := b.allow(d, 1+len(rest)); err != nil {
		return chat.Sent{}, err
	}
	if p, gone := b.open.find(d.token.Key); p != nil {
		o := offer{body: body, done: make(chan error, 1)}
		select {
		case p.offers <- o:
			err := <-o.done // the request is being written, or was given up at once
			switch {
			case body == nil || errors.Is(err, errGone):
			case err != nil:
				return chat.Sent{}, err
			default:
				b.remember(*body)
				return sent, b.postRest(ctx, d, rest)
			}
		case <-gone:
		case <-ctx.Done():
			b.guard.Give(d.place.Ref.ID, 1+len(rest))
			return chat.Sent{}, &unsentError{ctx.Err()}
		}
	}
	if d.picture != nil && len(d.full) > 0 {
		// Only an answer itself can hold a picture; the text can still go.
		d.file, sent.Lost = nil, "the answer took too long for a picture"
	}
	err := b.sendLate(ctx, d)
	if sent.Shown, sent.Via = d.shown, d.via; d.via != "" {
		sent.Lost = d.lost // that one had the whole letter
	}
	return sent, err
}

// cut ends a text that is longer than what may be sent: half an answer is
// better than none.
func (b *Bot) cut(d *draft, text string) string {
	b.log.Warn("wecombot: a text was cut, callback mode has no room for more", "letter", d.letter.ID)
	if room := maxText - len(thinking); len(text) > room {
		text = strings.ToValidUTF8(text[:room], "")
	}
	return text + thinking
}

// passiveBody is a draft as the answer to its callback (path 101031), and what
// is left of a text that is too long for one. Without a body it cannot be an
// answer to that.
func (b *Bot) passiveBody(d *draft) (*payload, []string, *chat.SendError) {
	if d.file != nil && mediaType(d.file) != mediaImage {
		return nil, nil, rejected("a file cannot be sent in callback mode, only a picture")
	}
	switch d.token.Kind {
	case toPress:
		if p, ok := b.cardUpdate(d); ok && d.file == nil && d.token.fresh(b.opts.Now()) && d.letter.To.Ref.ID != "" && (d.shown || d.place.Type == chat.Private) {
			return &p, nil, nil
		}
		return nil, nil, nil
	case toEntry:
		if p, ok := welcome(d); ok {
			return &p, nil, nil
		}
		return nil, nil, nil
	case toMessage:
	default:
		return nil, nil, nil
	}
	if d.card != nil && len(d.text) == 0 {
		p := cardPayload(d.card)
		return &p, nil, nil
	}
	parts := renderParts(d.text)
	p := payload{MsgType: "stream", Stream: &stream{ID: d.token.Key, Finish: true}}
	if len(parts) > 0 {
		p.Stream.Content = parts[0]
		parts = parts[1:]
	}
	if len(parts) > 1 {
		parts = []string{b.cut(d, parts[0])} // there is no way to send a third
	}
	if d.file != nil {
		sum := md5.Sum(d.file.Data) //nolint:gosec // as above
		p.Stream.Items = []streamItem{{MsgType: mediaImage, Image: streamImage{
			Base64: base64.StdEncoding.EncodeToString(d.file.Data), MD5: hex.EncodeToString(sum[:]),
		}}}
	}
	if d.card != nil && len(parts) == 0 {
		p.MsgType, p.Card = "stream_with_template_card", d.card
	}
	return &p, parts, nil
}
