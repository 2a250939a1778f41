package wecombot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/envelope"
)

// mediaFor is how long the platform keeps what was uploaded (path 101463).
const mediaFor = 3 * 24 * time.Hour

func pictureFile(p *chat.Picture) *chat.File {
	name := "picture.png"
	if p.MIME == "image/jpeg" {
		name = "picture.jpg"
	}
	return &chat.File{Name: name, MIME: p.MIME, Data: p.Data}
}

// imagePayload is a picture as a message; it is uploaded if WeCom does not have
// it.
func (b *Bot) imagePayload(ctx context.Context, s *session, p *chat.Picture) (payload, error) {
	id, err := b.media.Handle(ctx, p, func(ctx context.Context) (string, time.Time, error) {
		made, err := b.upload(ctx, s, pictureFile(p))
		switch {
		case err != nil:
			return "", time.Time{}, b.sendError(err)
		case made.Image == nil || made.Image.ID == "":
			return "", time.Time{}, rejected("the picture was not taken as one")
		}
		return made.Image.ID, b.opts.Now().Add(mediaFor), nil
	})
	return payload{MsgType: mediaImage, Image: &media{id}}, err
}

// show sends the picture of a letter whose text has just gone out, the same
// way; or says why not.
func (b *Bot) show(ctx context.Context, s *session, d *draft, w way) (lost string) {
	var err error
	for range 2 {
		var p payload
		if p, err = b.imagePayload(ctx, s, d.picture); err == nil {
			err = b.sendOne(ctx, s, d, w, p)
		}
		if _, refused := errors.AsType[*ackError](err); !refused {
			break
		}
		b.media.Forget(ctx, d.picture) // it may be the handle that is not good any more
	}
	if err == nil {
		return ""
	}
	if se := b.sendError(err); se.Fault != chat.Unknown {
		b.guard.Give(d.place.Ref.ID, 1)
	}
	b.log.Warn("wecombot: a picture was not sent, its text was", "letter", d.letter.ID, "err", err)
	return err.Error()
}

// keyMark stands in a handle between the key of a picture and its address.
const keyMark = "|"

// picture is the first picture of a message, or of the one it quotes: its
// address is good for five minutes (path 100719).
func (b *body) picture() *chat.Picture {
	for _, m := range []carrier{{b.MsgType, b.Image.V, b.Mixed.V}, {b.Quote.V.MsgType, b.Quote.V.Image.V, b.Quote.V.Mixed.V}} {
		found := m.image
		if m.kind == "mixed" {
			for _, item := range m.mixed.Items {
				if item.V.MsgType == mediaImage && found.URL == "" {
					found = item.V.Image.V
				}
			}
		} else if m.kind != mediaImage {
			continue
		}
		if found.URL != "" {
			return &chat.Picture{Ref: chat.Ref{Domain: Domain, ID: string(found.Key) + keyMark + string(found.URL)}, Fleeting: true}
		}
	}
	return nil
}

// file is a file that was sent, which only private chats have (path 100719). Its
// name and its size are not told.
func (b *body) file() *chat.Attachment {
	f := b.File.V
	if b.MsgType != mediaFile || f.URL == "" {
		return nil
	}
	return &chat.Attachment{Ref: chat.Ref{Domain: Domain, ID: string(f.Key) + keyMark + string(f.URL)}}
}

// carrier is what can hold a picture.
type carrier struct {
	kind  word
	image image
	mixed mixed
}

// Fetch reads a picture or a file that came with a message and decrypts it: with the key
// of the message, or in callback mode with that of the bot.
func (b *Bot) Fetch(ctx context.Context, r chat.Ref, limit int) ([]byte, error) {
	key, address, ok := strings.Cut(r.ID, keyMark)
	if r.Domain != Domain || !ok || !b.fetchable(address) {
		return nil, rejected("this is no picture of the platform")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, rejected("the address of the picture cannot be used")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, &chat.SendError{Fault: chat.Retry, Err: bare(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode >= http.StatusInternalServerError:
		return nil, &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("HTTP %d", resp.StatusCode)}
	case resp.StatusCode != http.StatusOK:
		return nil, rejected("HTTP %d: its address is too old, or wrong", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+envelope.MaxPadding+1))
	if err != nil {
		return nil, &chat.SendError{Fault: chat.Retry, Err: bare(err)}
	}
	if len(data) > limit+envelope.MaxPadding {
		return nil, rejected("the picture has more than %d bytes", limit)
	}
	if key == "" {
		key = b.opts.EncodingAESKey
	}
	if data, err = envelope.OpenFile(key, data); err != nil {
		return nil, rejected("the picture cannot be decrypted")
	}
	if len(data) > limit {
		return nil, rejected("the picture has more than %d bytes", limit)
	}
	return data, nil
}

// fetchable reports whether a picture may be read from an address: it comes
// from the platform, but over the wire. No machine is named by its number
// there, and nothing goes unencrypted.
func (b *Bot) fetchable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" {
		return false
	}
	if b.base.Scheme == "http" && u.Host == b.base.Host {
		return u.Scheme == "http"
	}
	return u.Scheme == "https" && net.ParseIP(u.Hostname()) == nil && strings.Contains(u.Hostname(), ".")
}
