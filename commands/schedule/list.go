package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// jobView shows a schedule.
type jobView struct {
	ID      int64
	Name    string
	Rule    when.Rule
	Zone    string
	Missed  string
	Late    int // minutes
	State   string
	Turns   []span
	Next    *bot.Moment // the next that happens
	At      bot.Moment  // the instant of one that happens once
	Guess   bool        // holidays of a year are not known yet
	Year    int         // … which
	Sample  []string    // line by line
	Where   string      // the chat, where it is not this one
	Faults  []bot.PostFault
	Audit   int64
	Anyway  bool
	Numbers []int64
}

// upcomingShown is how many instants a preview names.
const upcomingShown = 5

func (j *job) view(ctx context.Context, req *bot.Request) (jobView, error) {
	now := req.Tx.Now.In(j.days.Zone(req.Tx.Now))
	v := jobView{
		ID: j.ID, Name: j.Name, Rule: j.rule, Zone: now.Location().String(), Missed: j.Missed, Late: int(j.Late / time.Minute), State: j.State,
		At: bot.Moment{T: time.UnixMilli(j.rule.At).In(now.Location()), Now: now},
	}
	if j.ChatID != req.Chat.ID {
		v.Where = j.chat.Title
	}
	turns := j.upcoming(req.Tx.Now, upcomingShown)
	if len(turns) == 0 {
		return v, nil
	}
	v.Turns = spans(turns, now, varied(turns))
	at := turns[0].At
	for _, t := range turns {
		if t.Guess && !v.Guess {
			v.Guess, v.Year = true, t.At.Year()
		}
		if t.Skip == "" {
			v.Next = &bot.Moment{T: t.At, Now: now}
			at = t.At
			break
		}
	}
	for _, t := range turns {
		if t.Guess && !v.Guess {
			v.Guess, v.Year = true, t.At.Year()
		}
	}
	reply, err := j.reply(ctx, req, at)
	if err != nil {
		return v, nil //nolint:nilerr // a set that is gone has no sample; the log says so when it is due
	}
	sample, err := req.TextIn(j.chat, reply.Template, reply.Data)
	v.Sample = strings.Split(sample, "\n")
	v.Faults = req.Posts().Refresh()
	return v, err
}

func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("schedule.none", nil)
	}
	most := shown
	if req.Private {
		most = 2 * shown
	}
	view := struct {
		Jobs []jobView
		More int
	}{More: max(0, len(all)-most)}
	for _, s := range all[:min(len(all), most)] {
		j, err := load(ctx, req, s)
		if err != nil {
			return bot.Reply{}, err
		}
		view.Jobs = append(view.Jobs, j.brief(req))
	}
	return bot.Reply{Template: "schedule.list", Data: view}, nil
}

// brief is a line of the list.
func (j *job) brief(req *bot.Request) jobView {
	now := req.Tx.Now.In(j.days.Zone(req.Tx.Now))
	v := jobView{ID: j.ID, Name: j.Name, Rule: j.rule, State: j.State, At: bot.Moment{T: time.UnixMilli(j.rule.At).In(now.Location()), Now: now}}
	if j.ChatID != req.Chat.ID {
		v.Where = j.chat.Title
	}
	for _, t := range j.upcoming(req.Tx.Now, 1) {
		if t.Skip == "" {
			v.Next = &bot.Moment{T: t.At, Now: now}
		}
	}
	return v
}

func next(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	j, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := j.view(ctx, req)
	return bot.Reply{Template: "schedule.next", Data: view}, err
}

// logShown is how many outcomes /schedule log tells.
const logShown = 7

// outcome is a line of the log.
type outcome struct {
	At     bot.Moment
	State  string
	Why    string
	Detail string
	Up     bot.Moment // with the reason "down": since when the program runs again
}

func outcomeOf(o storage.Occurrence, now time.Time) outcome {
	out := outcome{At: bot.Moment{T: o.DueAt.In(now.Location()), Now: now}, State: o.State}
	out.Why, out.Detail = reasonOf(o.Reason)
	var ms int64
	if _, err := fmt.Sscan(out.Detail, &ms); err == nil && out.Why == "down" {
		out.Up = bot.Moment{T: time.UnixMilli(ms).In(now.Location()), Now: now}
	}
	return out
}

func log(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	j, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	rows, err := req.Tx.RecentOccurrences(ctx, j.Job(), req.Tx.Now, logShown)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		ID   int64
		Name string
		Rows []outcome // oldest first
	}{ID: j.ID, Name: j.Name}
	now := req.Tx.Now.In(j.days.Zone(req.Tx.Now))
	for _, o := range slices.Backward(rows) {
		view.Rows = append(view.Rows, outcomeOf(o, now))
	}
	return bot.Reply{Template: "schedule.log", Data: view}, nil
}

func pause(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return turn(ctx, req, storage.SchedulePaused)
}

func resume(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return turn(ctx, req, storage.ScheduleActive)
}

func del(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return turn(ctx, req, storage.ScheduleDeleted)
}

// stateChange is what an audit row keeps.
type stateChange struct {
	ID    int64  `json:"id"`
	State string `json:"state"`
}

// turn changes the state of a schedule at once; /undo takes it back.
func turn(ctx context.Context, req *bot.Request, state string) (bot.Reply, error) {
	j, err := pick(ctx, req)
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

func change(ctx context.Context, req *bot.Request, j *job, state string) error {
	if err := req.Tx.SetScheduleState(ctx, j.ID, state); err != nil {
		return err
	}
	j.State = state
	return plan(ctx, req, *j)
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
	j, err := load(ctx, req, s)
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
