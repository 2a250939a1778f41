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
	actionEdit  = "schedule edit"
	actionQueue = "schedule queue"
	actionFill  = "schedule queue add"
	actionQuiet = "schedule quiet"

	taskDue  = "schedule.due"
	taskLook = "schedule.look"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "schedule", Role: bot.ChatAdmin, Menu: true, Run: list},
		{Name: "schedule add", Role: bot.ChatAdmin, Run: add},
		{Name: "schedule edit", Role: bot.ChatAdmin, Run: edit},
		{Name: "schedule queue", Role: bot.ChatAdmin, Run: queue},
		{Name: "schedule quiet", Role: bot.ChatAdmin, Run: quiet},
		{Name: "schedule list", Role: bot.ChatAdmin, Run: list},
		{Name: "schedule next", Role: bot.ChatAdmin, Run: next},
		{Name: "schedule log", Role: bot.ChatAdmin, Run: log},
		{Name: "schedule pause", Role: bot.ChatAdmin, Run: pause},
		{Name: "schedule resume", Role: bot.ChatAdmin, Run: resume},
		{Name: "schedule del", Role: bot.ChatAdmin, Run: del},
		{Name: "schedule templates", Role: bot.ChatAdmin, Run: sets},
		// The buttons of a notice about the chats of several communities: see chosen.
		{Name: "schedule resend", Place: bot.Anywhere, Impersonal: true, Run: resend},
		{Name: "schedule went", Place: bot.Anywhere, Impersonal: true, Run: went},
		{Name: "schedule ack", Place: bot.Anywhere, Impersonal: true, Run: ack},
		{Name: "sop", Role: bot.ChatAdmin, Menu: true, Run: sopList},
		{Name: "sop list", Role: bot.ChatAdmin, Run: sopList},
		{Name: "sop start", Role: bot.ChatAdmin, Run: sopStart},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdd, Role: bot.ChatAdmin, Run: confirmAdd, Undo: undoAdd},
		{Name: actionEdit, Role: bot.ChatAdmin, Run: confirmEdit, Undo: undoEdit},
		{Name: actionState, Role: bot.ChatAdmin, Undo: undoState},
		{Name: actionFill, Role: bot.ChatAdmin, Run: confirmFill, Undo: undoFill},
		{Name: actionQueue, Role: bot.ChatAdmin, Undo: undoQueue},
		{Name: actionQuiet, Role: bot.ChatAdmin, Run: confirmQuiet, Undo: undoQuiet},
		{Name: actionBook, Role: bot.ChatAdmin, Run: confirmBook, Undo: undoBook},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	timer := []chat.Kind{chat.Timer}
	return []bot.Listener{
		{Name: "schedule due", Kinds: timer, Task: taskDue, Run: due},
		{Name: "schedule look", Kinds: timer, Task: taskLook, Run: look},
		{Name: "schedule notice", Kinds: timer, Task: bot.TaskNotice, Run: notice},
		{Name: "schedule tick", Kinds: timer, Task: bot.TaskTick, Run: tick},
	}
}

// job is a schedule in one of its chats, with what is needed to compute it.
type job struct {
	storage.Schedule
	rule  when.Rule
	chat  storage.Chat
	turn  int // how many posts of its set were taken there
	days  chatday.Calendar
	quiet hush
}

// series is a schedule in all of its chats.
type series struct {
	storage.Schedule
	in []job
}

// load reads a schedule in all of its chats.
func load(ctx context.Context, r *storage.Reader, s storage.Schedule) (series, error) {
	chats, err := r.ScheduleChats(ctx, s.ID)
	if err != nil {
		return series{}, err
	}
	return loadFor(ctx, r, s, chats)
}

func loadFor(ctx context.Context, r *storage.Reader, s storage.Schedule, chats []storage.ScheduleChat) (series, error) {
	out := series{Schedule: s}
	var rule when.Rule
	if err := json.Unmarshal([]byte(s.Rule), &rule); err != nil {
		return out, fmt.Errorf("schedule %d: %w", s.ID, err)
	}
	for _, c := range chats {
		j := job{Schedule: s, rule: rule, turn: c.Turn}
		var err error
		if j.chat, err = r.Chat(ctx, c.ChatID); err != nil {
			return out, err
		}
		if j.days, err = bot.CalendarOf(ctx, r, j.chat.CommunityID); err != nil {
			return out, err
		}
		own, err := r.Quiet(ctx, c.ChatID)
		if err != nil {
			return out, err
		}
		j.quiet = hushOf(s, own)
		out.in = append(out.in, j)
	}
	return out, nil
}

// loadIn reads a schedule in one chat. One that it is not for any more is a job
// all the same, and not ok: there may be rows of it.
func loadIn(ctx context.Context, r *storage.Reader, s storage.Schedule, chatID int64) (j job, ok bool, err error) {
	all, err := load(ctx, r, s)
	if err != nil {
		return job{}, false, err
	}
	for _, j := range all.in {
		if j.chat.ID == chatID {
			return j, true, nil
		}
	}
	one, err := loadFor(ctx, r, s, []storage.ScheduleChat{{ScheduleID: s.ID, ChatID: chatID}})
	if err != nil {
		return job{}, false, err
	}
	return one.in[0], false, nil
}

// at is the job that speaks for a series here: that of this chat, else the
// first that the bot is in.
func (s *series) at(chatID int64) *job {
	first := 0
	for i := range s.in {
		if s.in[i].chat.ID == chatID {
			return &s.in[i]
		}
		if s.in[first].gone() && !s.in[i].gone() {
			first = i
		}
	}
	return &s.in[first]
}

// seen reports whether a series is the business of a community: it was asked
// for there, or posts there.
func (s *series) seen(community int64) bool {
	for _, j := range s.in {
		if j.chat.CommunityID == community {
			return true
		}
	}
	return s.CommunityID == community && community != 0
}

// mine reports whether it may be changed there: it was asked for there, or
// posts nowhere else.
func (s *series) mine(community int64) bool {
	if s.CommunityID == community {
		return true
	}
	for _, j := range s.in {
		if j.chat.CommunityID != community {
			return false
		}
	}
	return true
}

// pick finds the schedule that a command names by its number.
func pick(ctx context.Context, req *bot.Request) (series, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return series{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 3"})
	}
	s, err := req.Tx.Schedule(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return series{}, err
	}
	if err == nil {
		all, err := load(ctx, &req.Tx.Reader, s)
		if err != nil || (len(all.in) > 0 && all.seen(req.Community) && s.State != storage.ScheduleDeleted) {
			return all, err
		}
	}
	open, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return series{}, err
	}
	view := struct {
		ID   int64
		Open []int64
	}{ID: id}
	for _, s := range open[:min(len(open), shown)] {
		view.Open = append(view.Open, s.ID)
	}
	return series{}, bot.Refuse("schedule.no_such", view)
}

// pickMine is pick for a change: who does not ask where it was set must reach
// all of its chats.
func pickMine(ctx context.Context, req *bot.Request) (series, error) {
	s, err := pick(ctx, req)
	if err != nil || s.mine(req.Community) {
		return s, err
	}
	r, err := req.Reach(ctx)
	if err != nil {
		return s, err
	}
	for _, j := range s.in {
		if !r.Operator && !r.Has(j.chat.ID) {
			return s, bot.Refuse("schedule.not_yours", s.Schedule)
		}
	}
	return s, nil
}
