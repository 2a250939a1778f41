package wecombot

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform's checksum of uploads
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// payload is the body of a message of ours, in every way there is to send one.
type payload struct {
	ChatID   string `json:"chatid,omitempty"`
	ChatType int    `json:"chat_type,omitempty"` // 1 single, 2 group, absent: the server finds out

	MsgType  string   `json:"msgtype,omitempty"`
	Markdown *content `json:"markdown,omitempty"`
	Text     *content `json:"text,omitempty"`
	Card     *card    `json:"template_card,omitempty"`
	Stream   *stream  `json:"stream,omitempty"`
	Image    *media   `json:"image,omitempty"`
	File     *media   `json:"file,omitempty"`

	Response string   `json:"response_type,omitempty"` // of an update of a card
	Users    []string `json:"userids,omitempty"`
}

type (
	content struct {
		Content string `json:"content"`
	}
	media struct {
		ID string `json:"media_id"`
	}
	// stream is the bubble of a passive reply; ours are finished at once,
	// except when an answer takes its time (see passive.go).
	stream struct {
		ID      string       `json:"id"`
		Finish  bool         `json:"finish"`
		Content string       `json:"content"`
		Items   []streamItem `json:"msg_item,omitempty"`
	}
	streamItem struct {
		MsgType string      `json:"msgtype"`
		Image   streamImage `json:"image"`
	}
	streamImage struct {
		Base64 string `json:"base64"`
		MD5    string `json:"md5"`
	}
)

func markdownPayload(text string) payload {
	return payload{MsgType: "markdown", Markdown: &content{text}}
}

func cardPayload(c *card) payload { return payload{MsgType: "template_card", Card: c} }

// Limits of media: of one chunk before base64 and of their number (path
// 101463), of pictures and files (path 90253).
const (
	chunkBytes = 512 << 10
	maxChunks  = 100
	maxImage   = 10 << 20
	maxFile    = 20 << 20
)

const (
	mediaImage = "image"
	mediaFile  = "file"
)

// mediaType is what a file is sent as; "" if it is too big for anything.
func mediaType(f *chat.File) string {
	switch kind := strings.ToLower(f.MIME); {
	case isPicture(kind) && len(f.Data) <= maxImage:
		return mediaImage
	case len(f.Data) <= maxFile && len(f.Data) > 0:
		return mediaFile
	}
	return ""
}

func isPicture(mime string) bool { return mime == "image/png" || mime == "image/jpeg" }

// upload hands a file to the server, chunk after chunk: side by side they were
// measured to time out. Nothing is shown by it, so that whatever happens may
// be tried again.
func (b *Bot) upload(ctx context.Context, s *session, f *chat.File) (payload, error) {
	kind := mediaType(f)
	if kind == "" {
		return payload{}, rejected("a file of %d bytes cannot be sent, at most %d can", len(f.Data), maxFile)
	}
	if wait := b.guard.Take(uploads, 1, b.opts.Now()); wait > 0 {
		return payload{}, &chat.SendError{Fault: chat.Throttled, After: wait, Err: errors.New("too many uploads")}
	}
	id, err := b.uploadChunks(ctx, s, kind, f)
	if err != nil {
		if _, lost := errors.AsType[*lostError](err); lost {
			err = &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("upload: %w", err)}
		}
		return payload{}, err
	}
	p := payload{MsgType: kind}
	if kind == mediaImage {
		p.Image = &media{id}
	} else {
		p.File = &media{id}
	}
	return p, nil
}

func (b *Bot) uploadChunks(ctx context.Context, s *session, kind string, f *chat.File) (string, error) {
	sum := md5.Sum(f.Data) //nolint:gosec // as above
	chunks := (len(f.Data) + chunkBytes - 1) / chunkBytes
	var begun struct {
		UploadID string `json:"upload_id"`
	}
	err := b.ask(ctx, s, cmdInit, struct {
		Type     string `json:"type"`
		Filename string `json:"filename"`
		Size     int    `json:"total_size"`
		Chunks   int    `json:"total_chunks"`
		MD5      string `json:"md5"`
	}{kind, f.Name, len(f.Data), chunks, hex.EncodeToString(sum[:])}, 0, &begun)
	if err != nil {
		return "", err
	}
	for i := range chunks {
		part := f.Data[i*chunkBytes : min(len(f.Data), (i+1)*chunkBytes)]
		// The official SDK counts from 0, its type file says from 1; from 0 was
		// measured to work.
		err := b.ask(ctx, s, cmdChunk, struct {
			UploadID string `json:"upload_id"`
			Index    int    `json:"chunk_index"`
			Data     string `json:"base64_data"`
		}{begun.UploadID, i, base64.StdEncoding.EncodeToString(part)}, len(part), nil)
		if err != nil {
			return "", err
		}
	}
	var done struct {
		MediaID string `json:"media_id"`
	}
	err = b.ask(ctx, s, cmdFinish, begun, 0, &done)
	return done.MediaID, err
}

// ask is a call with an answer. Big frames get a second more per 64 KiB, the
// pace of a slow line.
func (b *Bot) ask(ctx context.Context, s *session, cmd string, body any, bytes int, answer any) error {
	f, err := s.call(ctx, cmd, newReqID(cmd), body, b.opts.Times.Ack+time.Duration(bytes>>16)*time.Second)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(f.Body, answer); err != nil {
		return &ackError{Cmd: cmd, Msg: "the answer cannot be read"}
	}
	return nil
}
