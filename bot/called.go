package bot

import (
	"context"
	"time"

	"qunmate/storage"
)

// calledPause is how long a person who says the bot's name and nothing else is
// not answered again: it is said with a smile, too.
const calledPause = 10 * time.Minute

// called answers somebody in a group who says the bot's name and nothing else
// with a line that says what to write. A sticker in reply to a message of the
// bot does not say its name.
func (e *Engine) called(ctx context.Context, req *Request) (Reply, error) {
	if req.Private || req.Event.ByReply || req.Account.ID == 0 {
		return Reply{}, nil
	}
	first, err := req.Tx.Refuse(ctx, req.Chat.ID, req.Account.ID, storage.AboutCall, req.Tx.Now.Add(calledPause))
	if err != nil || !first {
		return Reply{}, err
	}
	v := struct {
		Call string // what must stand before a command here
		Deaf bool   // words need a slash
	}{}
	if v.Call, err = req.Call(); err != nil {
		return Reply{}, err
	}
	v.Deaf = !req.Caps.Hears && v.Call == ""
	return Reply{Template: "common.called", Data: v, Brief: "common.called", Crowd: "common.called"}, nil
}
