package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

// gone reports whether a draft has a picture that cannot be had any more.
func gone(ctx context.Context, req *bot.Request, d draft) (bool, error) {
	if d.Body.Picture == nil {
		return false, nil
	}
	state, err := req.PictureState(ctx, d.Body.Picture)
	return state == storage.PictureLost, err
}

// onPicture puts a picture that was sent alone, 1:1, into the draft that waits
// there: some platforms cannot send a picture and a text together.
func onPicture(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	p := req.Event.Picture
	if p == nil || !req.Private || strings.TrimSpace(req.Event.Text) != "" {
		return bot.Reply{}, nil
	}
	open, err := req.Tx.OpenPreviews(ctx, req.Chat.ID, req.Account.ID, req.Tx.Now)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, old := range open {
		if old.Action != actionSend {
			continue
		}
		var kept struct {
			Data draft `json:"data"`
		}
		if err := json.Unmarshal([]byte(old.Data), &kept); err != nil {
			return bot.Reply{}, fmt.Errorf("preview %d: %w", old.ID, err)
		}
		d := kept.Data
		if d.Body.Picture, err = req.KeepPicture(ctx, p); err != nil {
			return bot.Reply{}, err
		}
		d.Told, d.Anyway = false, false
		return preview(ctx, req, d) // the new one takes the place of the old
	}
	return bot.Reply{}, nil
}
