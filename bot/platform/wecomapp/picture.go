package wecomapp

import (
	"context"
	"regexp"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// show sends the picture of a letter, which is uploaded if WeCom does not have
// it.
func (a *App) show(ctx context.Context, d *draft) *chat.SendError {
	for again := false; ; again = true {
		id, err := a.media.Handle(ctx, d.picture, func(ctx context.Context) (string, time.Time, error) {
			id, err := a.api.client.UploadImage(ctx, wxhttp.HostWeCom, a.api.tokens, d.picture.MIME, d.picture.Data)
			if err != nil {
				return "", time.Time{}, a.sendError(err)
			}
			return id, a.opts.Now().Add(wxhttp.MediaFor), nil
		})
		if err != nil {
			return unseen(chat.AsSendError(err))
		}
		if !sleep(ctx, a.opts.Times.Gap-a.people.sinceAnswer(d.user)) {
			return &chat.SendError{Fault: chat.Retry, Err: ctx.Err()}
		}
		err = a.api.send(ctx, outgoing{To: d.user, Agent: a.opts.AgentID, MsgType: mediaImage, Image: &media{id}})
		if again || wxhttp.Code(err) != wxhttp.CodeMedia {
			return a.sendError(err)
		}
		a.media.Forget(ctx, d.picture)
	}
}

// unseen is a failure of something that nobody would have seen: it may be tried
// again.
func unseen(se *chat.SendError) *chat.SendError {
	if se.Fault == chat.Unknown {
		return &chat.SendError{Fault: chat.Retry, Err: se.Err}
	}
	return se
}

// mediaMark stands before the media_id of a picture that somebody sent.
const mediaMark = "media:"

var mediaForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// picture is what a message shows (path 90239). Its address, PicUrl, comes over
// the wire; the media_id leads to the platform's own server.
func (in inbound) picture() *chat.Picture {
	if in.Type != mediaImage || !mediaForm.MatchString(in.Media) {
		return nil
	}
	return &chat.Picture{Ref: chat.Ref{Domain: Domain, ID: mediaMark + in.Media}, Fleeting: true}
}

// Fetch reads a picture that a member sent, for three days.
func (a *App) Fetch(ctx context.Context, r chat.Ref, limit int) ([]byte, error) {
	id, ok := strings.CutPrefix(r.ID, mediaMark)
	if r.Domain != Domain || !ok || !mediaForm.MatchString(id) {
		return nil, rejected("this is no picture of the app")
	}
	data, err := a.api.client.Media(ctx, wxhttp.HostWeCom, a.api.tokens, id, limit)
	if err != nil {
		return nil, a.sendError(err)
	}
	return data, nil
}
