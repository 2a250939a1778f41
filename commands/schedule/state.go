package schedule

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

func pause(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return switchTo(ctx, req, storage.SchedulePaused)
}

func resume(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return switchTo(ctx, req, storage.ScheduleActive)
}

func del(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return switchTo(ctx, req, storage.ScheduleDeleted)
}

// stateChange is what an audit row keeps.
type stateChange struct {
	ID    int64  `json:"id"`
	State string `json:"state"`
}

// switchTo changes the state of a schedule at once; /undo takes it back.
func switchTo(ctx context.Context, req *bot.Request, state string) (bot.Reply, error) {
	j, err := pickMine(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view := jobView{ID: j.ID, Name: j.Name, State: state}
	if j.State == state || (j.State == storage.ScheduleOver && state != storage.ScheduleDeleted) {
		view.State = j.State
		return bot.Reply{}, bot.Refuse("schedule.same", view)
	}
	was := j.State
	if err := change(ctx, req, &j, state); err != nil {
		return bot.Reply{}, err
	}
	brief := j.brief(req)
	brief.Audit, err = req.Audit(ctx, actionState, stateChange{j.ID, was}, stateChange{j.ID, state}, "", true)
	return bot.Reply{Template: "schedule.turned", Data: brief}, err
}

func change(ctx context.Context, req *bot.Request, s *series, state string) error {
	if err := req.Tx.SetScheduleState(ctx, s.ID, state); err != nil {
		return err
	}
	s.State = state
	for i := range s.in {
		s.in[i].State = state
	}
	return planAll(ctx, req, *s)
}

func undoState(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, is stateChange
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	if err := json.Unmarshal([]byte(row.After), &is); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	s, err := req.Tx.Schedule(ctx, was.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	j, err := load(ctx, &req.Tx.Reader, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State != is.State {
		return bot.Reply{}, bot.Refuse("schedule.undo_overtaken", s)
	}
	if err := change(ctx, req, &j, was.State); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "schedule.turned", Data: j.brief(req)}, nil
}

// sets lists what can be chosen as a template.
func sets(_ context.Context, req *bot.Request) (bot.Reply, error) {
	view := struct {
		Sets   []bot.PostSet
		Faults []bot.PostFault
	}{Faults: req.Posts().Refresh()}
	lang := req.Language
	if req.Chat.Kind == string(chat.Group) {
		lang = req.LanguageOf(req.Chat)
	}
	view.Sets = req.Posts().Sets(lang)
	return bot.Reply{Template: "schedule.sets", Data: view}, nil
}
