// Package schedule is the repeated posts of a chat: greetings, pushes,
// reminders. The rules are in rules.go and know no database.
package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	actionAdd   = "schedule add"
	actionState = "schedule state"
	actionAgain = "schedule resend"

	taskDue    = "schedule.due"
	taskLook   = "schedule.look"
	taskNotice = "schedule.notice" // also set by the trigger outbox_occurrence
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "schedule", Role: bot.ChatAdmin, Menu: true, Run: list},
		{Name: "schedule add", Role: bot.ChatAdmin, Run: add},
		{Name: "schedule list", Role: bot.ChatAdmin, Run: list},
		{Name: "schedule next", Role: bot.ChatAdmin, Run: next},
		{Name: "schedule log", Role: bot.ChatAdmin, Run: log},
		{Name: "schedule pause", Role: bot.ChatAdmin, Run: pause},
		{Name: "schedule resume", Role: bot.ChatAdmin, Run: resume},
		{Name: "schedule del", Role: bot.ChatAdmin, Run: del},
		{Name: "schedule templates", Role: bot.ChatAdmin, Run: sets},
		{Name: "schedule resend", Role: bot.ChatAdmin, Run: resend},
		{Name: "schedule went", Role: bot.ChatAdmin, Run: went},
		{Name: "schedule ack", Role: bot.ChatAdmin, Run: ack},
		{Name: "sop", Role: bot.ChatAdmin, Menu: true, Run: sopList},
		{Name: "sop list", Role: bot.ChatAdmin, Run: sopList},
		{Name: "sop start", Role: bot.ChatAdmin, Run: sopStart},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdd, Role: bot.ChatAdmin, Run: confirmAdd, Undo: undoAdd},
		{Name: actionState, Role: bot.ChatAdmin, Undo: undoState},
		{Name: actionBook, Role: bot.ChatAdmin, Run: confirmBook, Undo: undoBook},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	timer := []chat.Kind{chat.Timer}
	return []bot.Listener{
		{Name: "schedule due", Kinds: timer, Task: taskDue, Run: due},
		{Name: "schedule look", Kinds: timer, Task: taskLook, Run: look},
		{Name: "schedule notice", Kinds: timer, Task: taskNotice, Run: notice},
		{Name: "schedule tick", Kinds: timer, Task: bot.TaskTick, Run: tick},
	}
}

// job is a schedule with what is needed to compute it.
type job struct {
	storage.Schedule
	rule when.Rule
	chat storage.Chat
	days chatday.Calendar
}

func load(ctx context.Context, req *bot.Request, s storage.Schedule) (job, error) {
	return loadFrom(ctx, &req.Tx.Reader, s)
}

func loadFrom(ctx context.Context, r *storage.Reader, s storage.Schedule) (job, error) {
	j := job{Schedule: s}
	if err := json.Unmarshal([]byte(s.Rule), &j.rule); err != nil {
		return j, fmt.Errorf("schedule %d: %w", s.ID, err)
	}
	var err error
	if j.chat, err = r.Chat(ctx, s.ChatID); err != nil {
		return j, err
	}
	j.days, err = bot.CalendarOf(ctx, r, j.chat.CommunityID)
	return j, err
}

// pick finds the schedule that a command names by its number.
func pick(ctx context.Context, req *bot.Request) (job, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return job{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 3"})
	}
	s, err := req.Tx.Schedule(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return job{}, err
	}
	if err == nil {
		j, err := load(ctx, req, s)
		if err != nil || (j.chat.CommunityID == req.Community && s.State != storage.ScheduleDeleted) {
			return j, err
		}
	}
	open, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return job{}, err
	}
	view := struct {
		ID   int64
		Open []int64
	}{ID: id}
	for _, s := range open[:min(len(open), shown)] {
		view.Open = append(view.Open, s.ID)
	}
	return job{}, bot.Refuse("schedule.no_such", view)
}
