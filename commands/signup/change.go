package signup

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// standing is what may change about a list, as previews and audit rows keep it.
type standing struct {
	ID    int64  `json:"id"`
	Seats int    `json:"seats"`
	Ends  int64  `json:"ends"`  // ms UTC, 0 = none
	Event int64  `json:"event"` // ms UTC, 0 = not said
	State string `json:"state"`
}

func standingOf(s storage.Signup) standing {
	st := standing{ID: s.ID, Seats: s.Seats, State: s.State}
	if !s.EndsAt.IsZero() {
		st.Ends = s.EndsAt.UnixMilli()
	}
	if !s.EventAt.IsZero() {
		st.Event = s.EventAt.UnixMilli()
	}
	return st
}

// onto puts a standing onto a list.
func (st standing) onto(s storage.Signup) storage.Signup {
	s.Seats, s.State, s.EndsAt, s.EventAt = st.Seats, st.State, time.Time{}, time.Time{}
	if st.Ends > 0 {
		s.EndsAt = storage.FromMillis(st.Ends)
	}
	if st.Event > 0 {
		s.EventAt = storage.FromMillis(st.Event)
	}
	return s
}

// change is a change of a list, before and after it is done.
type change struct {
	view
	Was   view
	Audit int64
	Name  string // who is taken off it
	Drop  bool   // fewer seats than before
}

// set is /signup set 3 full 15 until sat 10:00: seats and times of an open list.
func set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State != storage.SignupOpen {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	next, err := amend(req, s, req.Args.Rest(1))
	if err != nil {
		return bot.Reply{}, err
	}
	if standingOf(next) == standingOf(s) {
		return bot.Reply{}, bot.Refuse("signup.set_what", viewOf(req, s))
	}
	after := viewOf(req, next)
	v := change{view: after, Was: viewOf(req, s)}
	title, err := req.Text("signup.change_title", v)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionChange, title, [2]standing{standingOf(s), standingOf(next)}, "signup.change_preview", v)
}

// amend reads what is to be different: clauses as for a new list, or a deadline
// alone.
func amend(req *bot.Request, s storage.Signup, text string) (storage.Signup, error) {
	// A clause begins behind a title; this one is never seen.
	d, err := parse("- "+text, req.Names().Word, req.Now)
	if err == nil && d.Title != "-" || d.All || d.Remind != "" {
		d, err = parse("- until "+text, req.Names().Word, req.Now)
	}
	if err != nil {
		return s, problem(req, err)
	}
	if d.Seats > 0 {
		if d.Seats < s.Taken {
			return s, bot.Refuse("signup.seats_taken", viewOf(req, s))
		}
		s.Seats = d.Seats
	}
	switch {
	case !d.event.IsZero() && d.End == "" && s.EndsAt.Equal(s.EventAt):
		s.EventAt, s.EndsAt = d.event, d.event // it closes when it takes place
	case !d.event.IsZero():
		s.EventAt = d.event
	}
	if d.End != "" {
		s.EndsAt = d.ends
	}
	if !s.EventAt.IsZero() && s.EndsAt.After(s.EventAt) {
		return s, problem(req, &problemError{Code: "end_after"})
	}
	return s, nil
}

// confirmed finds the list of a preview and checks that the sender may change
// it yet.
func confirmed(ctx context.Context, req *bot.Request, id int64) (storage.Signup, error) {
	s, err := find(ctx, req, id)
	if err != nil {
		return s, err
	}
	return s, manages(ctx, req, s)
}

func confirmSet(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p [2]standing
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionChange, err)
	}
	s, err := confirmed(ctx, req, p[0].ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if standingOf(s) != p[0] {
		return bot.Reply{}, bot.Refuse("signup.overtaken", viewOf(req, s))
	}
	return apply(ctx, req, s, p[1], "signup.changed")
}

// apply gives a list another standing, says so and writes it down.
func apply(ctx context.Context, req *bot.Request, s storage.Signup, to standing, text string) (bot.Reply, error) {
	from, next := standingOf(s), to.onto(s)
	switch {
	case next.Seats > 0 && next.Seats < s.Taken:
		return bot.Reply{}, bot.Refuse("signup.seats_taken", viewOf(req, s))
	case next.State == storage.SignupOpen && to.Ends > 0 && !next.EndsAt.After(req.Tx.Now):
		return bot.Reply{}, bot.Refuse("signup.reopen_when", viewOf(req, next))
	}
	if err := req.Tx.SetSignup(ctx, next, s.State); err != nil {
		return bot.Reply{}, err
	}
	next, err := req.Tx.Signup(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := setEnd(ctx, req, next); err != nil {
		return bot.Reply{}, err
	}
	reopened := from.State != to.State
	if err := post(ctx, req, next, func(caps chat.Caps) bool { return caps.Edit }); err != nil {
		return bot.Reply{}, err
	}
	v := change{view: viewOf(req, next), Was: viewOf(req, s)}
	if err := eachChat(ctx, req, next, func(there *bot.Request, caps chat.Caps) error {
		if caps.Edit && !reopened {
			return nil // the message says it
		}
		r := bot.Reply{Template: "signup.changed_public", Data: v, Lane: storage.LaneActivity, Once: true}
		if reopened {
			r.Template, r.Choices = "signup.reopened_public", ways(v.view, false)
		}
		return there.Post(ctx, there.Chat, r)
	}); err != nil {
		return bot.Reply{}, err
	}
	if v.Audit, err = req.Audit(ctx, actionChange, from, standingOf(next), "", true); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: text, Data: v}, nil
}

// undoChange takes back a change of seats or times, or a close by hand.
func undoChange(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, is standing
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	if err := json.Unmarshal([]byte(row.After), &is); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	s, err := req.Tx.Signup(ctx, was.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if standingOf(s) != is {
		return bot.Reply{}, bot.Refuse("signup.overtaken", viewOf(req, s))
	}
	if was.State == storage.SignupClosed { // a reopened list
		return bot.Reply{Template: "signup.undone", Data: viewOf(req, s)}, finish(ctx, req, s, was.State, author(req), "")
	}
	return apply(ctx, req, s, was, "signup.undone")
}

// closeByHand is /signup close 3. It takes effect at once and can be undone.
func closeByHand(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State != storage.SignupOpen {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	before := standingOf(s)
	if err := finish(ctx, req, s, storage.SignupClosed, author(req), ""); err != nil {
		return bot.Reply{}, err
	}
	if s, err = req.Tx.Signup(ctx, s.ID); err != nil {
		return bot.Reply{}, err
	}
	v := change{view: viewOf(req, s)}
	if v.Audit, err = req.Audit(ctx, actionChange, before, standingOf(s), "", true); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "signup.closed", Data: v}, nil
}

// reopen is /signup reopen 3 [sat 10:00].
func reopen(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	switch {
	case err != nil:
		return bot.Reply{}, err
	case s.State == storage.SignupOpen:
		return bot.Reply{}, bot.Refuse("signup.is_open", viewOf(req, s))
	case s.State == storage.SignupCancelled:
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	next := s
	if text := req.Args.Rest(1); text != "" {
		if next, err = amend(req, s, text); err != nil {
			return bot.Reply{}, err
		}
	}
	to := standingOf(next)
	to.State = storage.SignupOpen
	return apply(ctx, req, s, to, "signup.reopened")
}

// ending is what a preview of a cancellation keeps.
type ending struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// cancel is /signup cancel 3 rain: it does not take place, and everybody is
// told why.
func cancel(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State == storage.SignupCancelled {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	reason := clean(req.Args.Rest(1))
	if r := []rune(reason); len(r) > mostTitle {
		return bot.Reply{}, problem(req, &problemError{Code: "long_reason", N: mostTitle})
	}
	s.Reason = reason
	v := viewOf(req, s)
	title, err := req.Text("signup.cancel_title", v)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionCancel, title, ending{s.ID, reason}, "signup.cancel_preview", v)
}

func confirmCancel(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p ending
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionCancel, err)
	}
	s, err := confirmed(ctx, req, p.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State == storage.SignupCancelled {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	before := standingOf(s)
	if err := finish(ctx, req, s, storage.SignupCancelled, author(req), p.Reason); err != nil {
		return bot.Reply{}, err
	}
	after := before
	after.State = storage.SignupCancelled
	if _, err := req.Audit(ctx, actionCancel, before, after, p.Reason, false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "signup.cancel_done", Data: viewOf(req, s)}, nil
}

// table is /signup csv 3: the list as a file.
func table(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := owned(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if !req.Caps.Files {
		return bot.Reply{}, bot.Refuse("signup.no_files", nil)
	}
	entries, err := req.Tx.SignupEntries(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	var words [7]string
	for i, key := range []string{"place", "name", "extra", "note", "state", "at", "waits"} {
		if words[i], err = req.Text("signup.csv_"+key, nil); err != nil {
			return bot.Reply{}, err
		}
	}
	rows := [][]string{words[:6]}
	for _, e := range entries {
		state := ""
		if e.State == storage.SignupWaiting {
			state = words[6]
		}
		rows = append(rows, []string{
			strconv.Itoa(placeOf(entries, e).N), e.Name, strconv.Itoa(e.Extra), e.Note, state, e.At.In(req.Now.Location()).Format("2006-01-02 15:04"),
		})
	}
	data, err := storage.CSV(rows)
	if err != nil {
		return bot.Reply{}, err
	}
	name := fmt.Sprintf("signup-%d.csv", s.ID)
	return bot.Reply{Template: "signup.file", Data: which{ID: s.ID}, File: &chat.File{Name: name, MIME: "text/csv; charset=utf-8", Data: data}}, nil
}
