package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	// planMost bounds the rows one look writes; the rest comes with the next.
	planMost = 300
)

// payload is what a timer of ours carries.
type payload struct {
	ID int64 `json:"id"` // an occurrence, or with taskLook a schedule
}

func setTimer(ctx context.Context, req *bot.Request, task string, chatID, id int64, at time.Time) error {
	text, err := json.Marshal(payload{id})
	if err != nil {
		return fmt.Errorf("%s: %w", task, err)
	}
	// The present instant is part of the key: what was done may be due again.
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d:%d:%d", task, chatID, id, req.Tx.Now.UnixMilli()), Task: task, ChatID: chatID, Payload: string(text), DueAt: at,
	})
	return err
}

func payloadOf(req *bot.Request) (int64, error) {
	d, _ := req.Event.Detail.(chat.Due)
	var p payload
	err := json.Unmarshal(d.Payload, &p)
	return p.ID, err
}

// next is the first turn after an instant, in the zone that is in force then.
func (j *job) next(after time.Time) (when.Turn, bool) {
	zone := j.days.Zone(after)
	t, ok := j.rule.Next(after, zone)
	if !ok {
		return t, false
	}
	if there := j.days.Zone(t.At); there.String() != zone.String() {
		if moved, ok := j.rule.Next(after, there); ok {
			return moved, true
		}
	}
	return t, true
}

// gone reports that the bot is not in the chat.
func (j *job) gone() bool { return j.chat.State != storage.ChatActive || j.chat.Connection == "" }

// turn is an instant of a job as it is going to be.
type turn struct {
	when.Turn
	To time.Time // when it is really posted; with Skip, when it would have been
}

// nextTurn is the next instant with what quiet hours make of it.
func (j *job) nextTurn(after time.Time) (turn, bool) {
	t, ok := j.next(after)
	if !ok {
		return turn{}, false
	}
	out := turn{t, t.At}
	if t.Skip == "" {
		to, swallowed := j.real(t.At)
		out.To = to.In(t.At.Location())
		if swallowed {
			out.Skip = skipQuiet
		}
	}
	return out, true
}

// upcoming lists turns until n of them happen.
func (j *job) upcoming(after time.Time, n int) []turn {
	var out []turn
	for n > 0 && len(out) < 60 {
		t, ok := j.nextTurn(after)
		if !ok {
			break
		}
		out = append(out, t)
		after = t.At
		if t.Skip == "" {
			n--
		}
	}
	return out
}

// real is when an instant is really posted: in quiet hours at their end, or not
// at all. Of several that would come at one end only the last one does.
func (j *job) real(at time.Time) (to time.Time, swallowed bool) {
	end, in := j.quiet.end(at.In(j.days.Zone(at)))
	switch {
	case !in:
		return at, false
	case j.quiet.skips():
		return at, true
	}
	for after := at; ; {
		t, ok := j.next(after)
		if !ok || !t.At.Before(end) {
			return end, false
		}
		if after = t.At; t.Skip == "" {
			return end, true
		}
	}
}

// planAll plans a schedule in all of its chats.
func planAll(ctx context.Context, req *bot.Request, s series) error {
	for _, j := range s.in {
		if err := plan(ctx, req, j); err != nil {
			return err
		}
	}
	return nil
}

// plan writes what a schedule needs in a chat: an outcome for every instant that passed
// without one, and the next one that is to come.
func plan(ctx context.Context, req *bot.Request, j job) error {
	if j.State != storage.ScheduleActive && j.State != storage.SchedulePaused {
		return nil
	}
	done, err := planPast(ctx, req, &j)
	if err != nil || !done {
		return err
	}
	return planNext(ctx, req, &j)
}

// timely decides what becomes of a row whose instant has passed: it stays
// planned when it is not too late, or is to wait for the end of quiet hours.
func (j *job) timely(req *bot.Request, o storage.Occurrence) (state, reason string) {
	if j.gone() {
		return storage.Missed, storage.ReasonLeft
	}
	now, to := req.Tx.Now, o.MovedTo
	if to.IsZero() {
		var swallowed bool
		if to, swallowed = j.real(o.DueAt); swallowed {
			return storage.Skipped, skipQuiet
		}
	}
	switch {
	case to.After(now):
		return storage.Planned, ""
	case now.Sub(to) > allowed(j.Schedule):
		return storage.Missed, whyLate(req, to)
	case j.overtaken(o.DueAt, now):
		return storage.Missed, "overtaken"
	}
	return storage.Planned, ""
}

// planPast gives every instant since the last known one its row. done is false
// when there are more.
func planPast(ctx context.Context, req *bot.Request, j *job) (done bool, err error) {
	now, from := req.Tx.Now, j.ChangedAt
	last, err := req.Tx.OccurrenceUntil(ctx, j.Job(), j.chat.ID, now)
	switch {
	case err == nil:
		from = later(from, last.DueAt)
	case !errors.Is(err, storage.ErrNotFound):
		return false, err
	}
	for range planMost {
		t, ok := j.next(from)
		if !ok || t.At.After(now) {
			return true, nil
		}
		from = t.At
		o := storage.Occurrence{Job: j.Job(), ChatID: j.chat.ID, DueAt: t.At, State: storage.Planned}
		switch {
		case t.Skip != "":
			o.State, o.Reason = storage.Skipped, t.Skip
		case j.State == storage.SchedulePaused:
			o.State, o.Reason = storage.Skipped, "paused"
		default:
			o.State, o.Reason = j.timely(req, o)
		}
		if err := write(ctx, req, o); err != nil {
			return false, err
		}
	}
	return false, setTimer(ctx, req, taskLook, j.chat.ID, j.ID, now)
}

// write stores a new occurrence with the timer that goes with its state.
func write(ctx context.Context, req *bot.Request, o storage.Occurrence) error {
	o, fresh, err := req.Tx.AddOccurrence(ctx, o)
	if err != nil || !fresh {
		return err
	}
	switch o.State {
	case storage.Planned:
		return setTimer(ctx, req, taskDue, o.ChatID, o.ID, o.DueAt)
	case storage.Missed:
		return setTimer(ctx, req, bot.TaskNotice, o.ChatID, o.ID, req.Tx.Now.Add(bot.NoticeAfter))
	}
	return nil
}

// overtaken: of several that are late, only the newest is made up for.
func (j *job) overtaken(at, now time.Time) bool {
	if j.Missed != storage.MissedOnce {
		return false
	}
	for range planMost {
		t, ok := j.next(at)
		if !ok || t.At.After(now) {
			return false
		}
		if t.Skip == "" {
			return true
		}
		at = t.At
	}
	return false
}

// whyLate tells a program that was not running from a machine that slept.
func whyLate(req *bot.Request, at time.Time) string {
	if at.Before(req.Started()) {
		return fmt.Sprintf("down %d", req.Started().UnixMilli())
	}
	return "asleep"
}

// planNext makes sure that the next instant has its row and its timer. After a
// clock that ran ahead was put right, instants come again that have rows: those
// that never began are planned anew.
func planNext(ctx context.Context, req *bot.Request, j *job) error {
	after := req.Tx.Now
	for range planMost {
		t, ok := j.next(after)
		if !ok {
			return end(ctx, req, j)
		}
		after = t.At
		o, err := req.Tx.OccurrenceAt(ctx, j.Job(), j.chat.ID, t.At)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			o = storage.Occurrence{Job: j.Job(), ChatID: j.chat.ID, DueAt: t.At, State: storage.Planned}
			if t.Skip != "" {
				o.State, o.Reason = storage.Skipped, t.Skip
			}
			if err := write(ctx, req, o); err != nil || t.Skip == "" {
				return err
			}
		case err != nil:
			return err
		case o.State == storage.Planned:
			return nil
		case t.Skip == "" && o.StartedAt.IsZero() && (o.State == storage.Missed || o.State == storage.Skipped):
			if err := req.Tx.MoveOccurrence(ctx, o.ID, o.State, storage.Planned, ""); err != nil {
				return err
			}
			return setTimer(ctx, req, taskDue, o.ChatID, o.ID, o.DueAt)
		}
	}
	return setTimer(ctx, req, taskLook, j.chat.ID, j.ID, req.Tx.Now.Add(time.Hour))
}

// end closes a schedule that has no further instant, once the last one has its
// outcome.
func end(ctx context.Context, req *bot.Request, j *job) error {
	open, err := req.Tx.OpenOccurrences(ctx, j.Job())
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.State == storage.Planned {
			return nil
		}
	}
	return req.Tx.SetScheduleState(ctx, j.ID, storage.ScheduleOver)
}

// look plans one schedule, by its timer.
func look(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, err := payloadOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	s, err := req.Tx.Schedule(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	j, ok, err := loadIn(ctx, &req.Tx.Reader, s, req.Chat.ID)
	if err != nil || !ok {
		return bot.Reply{}, err
	}
	return bot.Reply{}, plan(ctx, req, j)
}

// overdue is how long after its instant a row that is still planned was lost by
// its timer.
const overdue = 2 * time.Minute

// tick looks at all schedules, at every start and every hour: the clock may
// have been put right, and a zone may have changed. One that cannot be planned
// does not stop the others.
func tick(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	all, err := req.Tx.OpenSchedules(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, s := range all {
		err := req.Tx.Savepoint(ctx, func(ctx context.Context) error {
			all, err := load(ctx, &req.Tx.Reader, s)
			if err != nil {
				return err
			}
			if err := rearm(ctx, req, s.Job()); err != nil {
				return err
			}
			return planAll(ctx, req, all)
		})
		if errors.Is(err, storage.ErrTxLost) {
			return bot.Reply{}, err
		}
		if err != nil { // its own event names the fault
			if err := lookAgain(ctx, req, s); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	return bot.Reply{}, nil
}

// lookAgain plans a schedule in each of its chats by an event of its own.
func lookAgain(ctx context.Context, req *bot.Request, s storage.Schedule) error {
	chats, err := req.Tx.ScheduleChats(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, c := range chats {
		if err := setTimer(ctx, req, taskLook, c.ChatID, s.ID, req.Tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// rearm sets the timer of a planned row anew that none has fired for.
func rearm(ctx context.Context, req *bot.Request, name string) error {
	open, err := req.Tx.OpenOccurrences(ctx, name)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.State == storage.Planned && req.Tx.Now.Sub(o.When()) > overdue {
			if err := setTimer(ctx, req, taskDue, o.ChatID, o.ID, req.Tx.Now); err != nil {
				return err
			}
		}
	}
	return nil
}
