package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// maxPhoto is the most bytes of a photo (Bot API, sendPhoto).
const maxPhoto = 10 << 20

// sendPicture sends a photo that Telegram has already, by its file_id, or a new
// one, whose file_id is kept for the next chat (Bot API, "Sending files").
func (t *Telegram) sendPicture(ctx context.Context, d draft, caption string, buttons bool) (*models.Message, error) {
	if d.picture.Native(Domain) {
		return t.sendPhoto(ctx, d, &models.InputFileString{Data: d.picture.Ref.ID}, caption, buttons)
	}
	if id := t.photos.Known(ctx, d.picture); id != "" {
		m, err := t.sendPhoto(ctx, d, &models.InputFileString{Data: id}, caption, buttons)
		if !badRequest(err, "file identifier", "file_id") {
			return m, err
		}
		t.photos.Forget(ctx, d.picture)
	}
	m, err := t.sendPhoto(ctx, d, &models.InputFileUpload{Filename: "picture", Data: bytes.NewReader(d.picture.Data)}, caption, buttons)
	if err == nil {
		if p := largest(m.Photo); p != nil {
			t.photos.Keep(ctx, d.picture, p.FileID)
		}
	}
	return m, err
}

func (t *Telegram) sendPhoto(ctx context.Context, d draft, photo models.InputFile, caption string, buttons bool) (*models.Message, error) {
	ctx, cancel := t.callContext(ctx, len(d.picture.Data))
	defer cancel()
	p := &tg.SendPhotoParams{
		ChatID: d.chat, MessageThreadID: d.thread, Photo: photo, ReceiverUserID: d.receiver, CallbackQueryID: d.query,
	}
	if caption != "" {
		p.Caption, p.ParseMode = caption, models.ParseModeHTML
	}
	if caption != "" || len(d.parts) == 0 {
		p.ReplyParameters = d.token.parameters()
	}
	if buttons && d.buttons != nil {
		p.ReplyMarkup = d.buttons
	}
	return t.api.SendPhoto(ctx, p)
}

// largest is the largest size of a photo, nil if there is none.
func largest(sizes []models.PhotoSize) *models.PhotoSize {
	var best *models.PhotoSize
	for i, p := range sizes {
		if p.FileID != "" && (best == nil || p.Width*p.Height > best.Width*best.Height) {
			best = &sizes[i]
		}
	}
	return best
}

// Fetch downloads a photo by its file_id: getFile tells where it is for an hour
// (Bot API, getFile). The address holds the token.
func (t *Telegram) Fetch(ctx context.Context, r chat.Ref, limit int) ([]byte, error) {
	if r.Domain != Domain || r.ID == "" {
		return nil, rejected("%s is no photo of this platform", r)
	}
	f, err := t.api.GetFile(ctx, &tg.GetFileParams{FileID: r.ID})
	if err != nil {
		return nil, t.sendError(err)
	}
	switch {
	case f.FileSize > int64(limit):
		return nil, rejected("the photo has %d bytes, %d are the most", f.FileSize, limit)
	case f.FilePath == "" || strings.Contains(f.FilePath, ".."):
		return nil, &chat.SendError{Fault: chat.Retry, Err: errors.New("getFile: the answer holds no path")}
	}
	data, err := t.wire.file(ctx, f.FilePath, limit)
	if err != nil {
		return nil, t.sendError(err)
	}
	return data, nil
}

// file reads a file of the server, to a limit.
func (w *wire) file(ctx context.Context, path string, limit int) ([]byte, error) {
	const method = "file"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.files+path, http.NoBody)
	if err != nil {
		return nil, &wireError{Method: method, Local: true, Err: w.redact(err)}
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, &wireError{Method: method, Err: w.redact(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, &apiError{Method: method, Code: resp.StatusCode, Description: http.StatusText(resp.StatusCode)}
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return nil, &wireError{Method: method, Err: w.redact(err)}
	}
	if len(data) > limit {
		return nil, &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("the photo has more than %d bytes", limit)}
	}
	return data, nil
}
