package wecomhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"

	"github.com/silenceper/wechat/v2/util"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/robot"
)

// Send is one attempt. If a later part of a letter fails after an earlier one
// was accepted, the error is Unknown whatever the cause: half of it has been
// read, and sending the letter again would repeat it.
//
// Nothing that was sent can be edited or taken back, so Sent.ID is empty.
func (r *Robot) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	d, se := r.compose(l)
	if se != nil {
		return chat.Sent{}, se
	}
	if wait := r.guard.Take("", d.count(), r.opts.Now()); wait > 0 {
		return chat.Sent{}, &chat.SendError{Fault: chat.Throttled, After: wait, Err: errTooMany}
	}
	lost, se := r.carry(ctx, d)
	if se != nil {
		// What the platform refused for the rate counts there all the same; an
		// uncertain letter may have arrived.
		if se.Fault != chat.Unknown && se.Fault != chat.Throttled {
			r.guard.Give("", d.count())
		}
		return chat.Sent{}, se
	}
	return chat.Sent{Lost: lost}, nil
}

// StandIn says a letter of the robot's group that another connection into that
// group could not deliver. It counts among the robot's own messages.
func (r *Robot) StandIn(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	l.Chat, l.Reply = r.Chat(), ""
	return r.Send(ctx, l)
}

// carry sends the messages, and then the picture; that it was not taken costs
// only itself, unless it is all there is.
func (r *Robot) carry(ctx context.Context, d *draft) (lost string, se *chat.SendError) {
	all := d.messages
	if d.file != nil {
		id, se := r.upload(ctx, d.file)
		if se != nil {
			return "", se
		}
		m := robot.WebhookSendFileOption{MsgType: kindFile}
		m.File.MediaID = id
		all = append([]any{m}, all...)
	}
	for i, m := range all {
		if se := r.say(ctx, m); se != nil {
			if i > 0 {
				se = &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only %d of %d parts were sent: %w", i, len(all), se.Err)}
			}
			return "", se
		}
	}
	if d.picture == nil {
		return "", nil
	}
	se = r.say(ctx, imageOf(&chat.File{MIME: d.picture.MIME, Data: d.picture.Data}))
	if se == nil || len(all) == 0 {
		return "", se
	}
	r.log.Warn("wecomhook: a picture was not sent, its text was", "err", se)
	return se.Err.Error(), nil
}

// say sends one message. The library forgets the errcode of the answer; Do
// finds it.
func (r *Robot) say(ctx context.Context, m any) *chat.SendError {
	err := r.client.Do(ctx, "webhook/send", r.key, func(t wxhttp.Ticket) error {
		_, err := robot.NewClient(&workcontext.Context{}).RobotBroadcast(string(t), m)
		return err
	})
	return r.sendError(err)
}

// upload hands a file over, which nobody sees by that: whatever happens may be
// tried again. The library cannot.
func (r *Robot) upload(ctx context.Context, f *chat.File) (string, *chat.SendError) {
	var got struct {
		ID string `json:"media_id"`
	}
	err := r.client.Do(ctx, "webhook/upload_media", r.key, func(t wxhttp.Ticket) error {
		address := DefaultBaseURL + "/cgi-bin/webhook/upload_media?" + url.Values{"key": {string(t)}, "type": {kindFile}}.Encode()
		data, err := util.PostFileByStream("media", f.Name, address, f.Data)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &got)
	})
	if err == nil && got.ID == "" {
		err = errors.New("webhook/upload_media: the answer holds no media_id")
	}
	se := r.sendError(err)
	if se != nil && se.Fault == chat.Unknown {
		se = &chat.SendError{Fault: chat.Retry, Err: se.Err}
	}
	return got.ID, se
}

// codeGone is what the platform says of a robot that was removed from its group,
// or never was (path 99110).
const codeGone = 93000

// sendError sorts a failure of a call into what it means for a letter. That the
// robot is gone is said once.
func (r *Robot) sendError(err error) *chat.SendError {
	if err == nil {
		r.gone.Store(false)
		return nil
	}
	if wxhttp.Code(err) == codeGone && !r.gone.Swap(true) {
		r.log.Error("wecomhook: the platform does not know the robot; it was removed from its group, or key is wrong", "err", err)
	}
	return wxhttp.SendError(err)
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}
