package signup

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"qunmate/bot"
	"qunmate/storage"
)

// removal is what a preview of taking somebody off a list keeps.
type removal struct {
	ID    int64 `json:"id"`
	Entry int64 `json:"entry"`
}

// remove is /signup remove 3 2: takes the second line off a list.
func remove(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State != storage.SignupOpen {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	n, err := strconv.Atoi(req.Args.Word(1))
	entries, lost := req.Tx.SignupEntries(ctx, s.ID)
	if lost != nil {
		return bot.Reply{}, lost
	}
	if err != nil || n < 1 || n > len(entries) {
		return bot.Reply{}, bot.Refuse("signup.remove_who", change{view: viewOf(req, s)})
	}
	e := entries[n-1] // those who wait are counted on
	v := change{view: viewOf(req, s), Name: e.Name}
	title, err := req.Text("signup.remove_title", v)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionRemove, title, removal{s.ID, e.ID}, "signup.remove_preview", v)
}

func confirmRemove(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p removal
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionRemove, err)
	}
	s, err := confirmed(ctx, req, p.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	entries, err := req.Tx.SignupEntries(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, e := range entries {
		if e.ID != p.Entry || s.State != storage.SignupOpen {
			continue
		}
		if err := req.Tx.LeaveSignup(ctx, e); err != nil {
			return bot.Reply{}, err
		}
		if _, err := req.Audit(ctx, actionRemove, p, struct{}{}, "", false); err != nil {
			return bot.Reply{}, err
		}
		a, err := req.Tx.Account(ctx, e.AccountID)
		if err != nil {
			return bot.Reply{}, err
		}
		if _, err := req.Tell(ctx, a, bot.Reply{Template: "signup.removed_told", Data: viewOf(req, s), Lane: storage.LaneActivity}); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Template: "signup.removed", Data: change{view: viewOf(req, s), Name: e.Name}}, planShow(ctx, req, s)
	}
	return bot.Reply{}, bot.Refuse("signup.overtaken", viewOf(req, s))
}
