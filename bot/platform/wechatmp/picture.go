package wechatmp

import (
	"context"
	"regexp"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"

	oacontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// maxImage is the most bytes of a picture: WeCom's figure for the same call
// (path 90253), for the sheet has none of the account's own.
const maxImage = 10 << 20

// show sends a picture, which is uploaded if WeChat does not have it.
func (a *Account) show(ctx context.Context, openid string, p *chat.Picture) *chat.SendError {
	for again := false; ; again = true {
		id, err := a.media.Handle(ctx, p, func(ctx context.Context) (string, time.Time, error) {
			id, err := a.api.client.UploadImage(ctx, wxhttp.HostWeChat, a.api.tokens, p.MIME, p.Data)
			if err != nil {
				return "", time.Time{}, a.sendError(err)
			}
			return id, a.opts.Now().Add(wxhttp.MediaFor), nil
		})
		if err != nil {
			se := chat.AsSendError(err)
			if se.Fault == chat.Unknown { // nobody saw anything
				se = &chat.SendError{Fault: chat.Retry, Err: se.Err}
			}
			return se
		}
		stale, se := a.sayImage(ctx, openid, id)
		if again || !stale {
			return se
		}
		a.media.Forget(ctx, p)
	}
}

// sayImage sends a picture as a customer service message; stale says that the
// platform does not know it any more.
func (a *Account) sayImage(ctx context.Context, openid, id string) (stale bool, se *chat.SendError) {
	if !sleep(ctx, a.opts.Times.Gap-a.people.sinceAnswer(openid)) {
		return false, &chat.SendError{Fault: chat.Retry, Err: ctx.Err()}
	}
	err := a.api.do(ctx, "message/custom/send", func(c *oacontext.Context) error {
		return message.NewMessageManager(c).Send(message.NewCustomerImgMessage(openid, id))
	})
	if err != nil {
		return wxhttp.Code(err) == wxhttp.CodeMedia, a.serviceError(openid, err)
	}
	a.noService.Store(false)
	a.people.sent(openid)
	return false, nil
}

// mediaMark stands before the media_id of a picture that somebody sent.
const mediaMark = "media:"

var mediaForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// picture is what a message shows. Its address, PicUrl, comes over the wire; the
// media_id leads to the platform's own server.
func (d decoder) picture(in inbound) *chat.Picture {
	if in.Type != "image" || !mediaForm.MatchString(in.Media) {
		return nil
	}
	return &chat.Picture{Ref: chat.Ref{Domain: d.domain, ID: mediaMark + in.Media}, Fleeting: true}
}

// Fetch reads a picture that somebody sent, for three days.
func (a *Account) Fetch(ctx context.Context, r chat.Ref, limit int) ([]byte, error) {
	id, ok := strings.CutPrefix(r.ID, mediaMark)
	if r.Domain != a.Domain() || !ok || !mediaForm.MatchString(id) {
		return nil, rejected("this is no picture of the account")
	}
	data, err := a.api.client.Media(ctx, wxhttp.HostWeChat, a.api.tokens, id, limit)
	if err != nil {
		return nil, a.sendError(err)
	}
	return data, nil
}
