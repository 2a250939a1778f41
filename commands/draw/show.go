package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

// onlyNumber reads "/draw 1": a number and nothing else is no prize.
func onlyNumber(args bot.Args) (int64, bool) {
	if args.Len() != 1 {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(args.Word(0), "#"), 10, 64)
	return n, err == nil && n >= 0
}

// show is the card of a draw as it stands, and a draft for those who make it.
func (f family) show(ctx context.Context, req *bot.Request, id int64) (bot.Reply, error) {
	d, err := req.Tx.Draw(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	draft := d.State == storage.DrawDraft && (req.Role >= bot.ChatAdmin || d.AccountID == req.Account.ID)
	if err != nil || d.CommunityID != req.Community || d.OpenedAt.IsZero() && !draft {
		return bot.Reply{}, bot.Refuse("draw.show_none", struct{ ID int64 }{id})
	}
	s, err := decode(d)
	if err != nil {
		return bot.Reply{}, err
	}
	if draft {
		return f.draft(ctx, req, d, s)
	}
	r, err := f.opening(ctx, req, d, s)
	r.Slot, r.Once, r.Lane = "", false, storage.LaneAnswer // an answer, not the public message
	return r, err
}

// shows is the number that the preview of a draft bears.
func shows(data json.RawMessage) int64 {
	var p due
	if json.Unmarshal(data, &p) != nil {
		return 0
	}
	return p.Draw
}

// drop ends a draft that lacks something with its preview. One that lacks
// nothing stays: what was cancelled is to publish it now.
func (f family) drop(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of a draw: %w", err)
	}
	d, err := req.Tx.Draw(ctx, p.Draw)
	if err != nil || d.State != storage.DrawDraft || d.CommunityID != req.Community {
		return bot.Reply{}, err
	}
	s, err := decode(d)
	if err != nil || len(s.missing()) == 0 {
		return bot.Reply{}, err
	}
	d.State = storage.DrawCancelled
	return bot.Reply{Template: "draw.dropped", Data: f.card(req, d, s)}, req.Tx.SetDraw(ctx, d, storage.DrawDraft)
}
