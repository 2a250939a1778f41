package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const actionBook = "sop start"

// step is one post of a playbook: on its day, counted from 1, at a time.
type step struct {
	Day    int    `json:"day"`
	Minute int    `json:"minute"` // after midnight
	Name   string `json:"name"`
	Body   string `json:"body"`
}

// parseBook reads a playbook: lines "1 09:00 name text". A line that is none is
// left out: the texts of the program have a test, an operator sees it in the
// preview.
func parseBook(text string) []step {
	var out []step
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		day, err := strconv.Atoi(f[0])
		at, err2 := time.Parse("15:04", f[1])
		if err != nil || err2 != nil || day < 1 || day > 366 {
			continue
		}
		out = append(out, step{day, at.Hour()*60 + at.Minute(), f[2], strings.Join(f[3:], " ")})
	}
	return out
}

// book is a playbook that can be chosen.
type book struct {
	Key, Title string
	Steps      []step
	Days       int
}

// books lists the playbooks of a chat's language.
func books(req *bot.Request, c storage.Chat) ([]book, error) {
	list, err := req.TextIn(c, "sop.books", nil)
	if err != nil {
		return nil, err
	}
	var out []book
	for item := range strings.SplitSeq(list, ";") {
		key, title, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok {
			continue
		}
		text, err := req.TextIn(c, "sop.book_"+key, nil)
		if err != nil {
			return nil, err
		}
		b := book{Key: key, Title: title, Steps: parseBook(text)}
		for _, s := range b.Steps {
			b.Days = max(b.Days, s.Day)
		}
		out = append(out, b)
	}
	return out, nil
}

func sopList(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	home, err := home(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := books(req, home)
	return bot.Reply{Template: "sop.list", Data: struct{ Books []book }{all}}, err
}

// started is what the preview of a playbook keeps.
type started struct {
	Chat  int64  `json:"chat"`
	Title string `json:"title"`
	From  string `json:"from"` // the date of day 1
	Steps []step `json:"steps"`
}

// planned is one post in the preview.
type planned struct {
	At   bot.Moment
	Name string
	Body string
}

func sopStart(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	home, err := home(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := books(req, home)
	if err != nil {
		return bot.Reply{}, err
	}
	var chosen book
	for _, b := range all {
		if w := req.Args.Word(0); w != "" && (strings.EqualFold(w, b.Key) || strings.EqualFold(w, b.Title)) {
			chosen = b
		}
	}
	if len(chosen.Steps) == 0 {
		return bot.Reply{}, bot.Refuse("sop.no_book", struct {
			Name  string
			Books []book
		}{req.Args.Word(0), all})
	}
	from := req.Now.AddDate(0, 0, 1)
	if rest := req.Args.Rest(1); rest != "" {
		m, err := when.ParseMoment(rest, req.Now, req.Now.Location())
		if err != nil {
			return bot.Reply{}, bot.Refuse("sop.no_day", struct{ Name string }{chosen.Title})
		}
		from = m.At
	}
	d := started{home.ID, chosen.Title, from.Format(time.DateOnly), chosen.Steps}
	view := struct {
		Title string
		Where string
		Posts []planned
	}{Title: chosen.Title}
	if home.ID != req.Chat.ID {
		view.Where = home.Title
	}
	for _, s := range d.Steps {
		at, err := d.at(s, req.Now.Location())
		if err != nil {
			return bot.Reply{}, err
		}
		if at.After(req.Now) {
			view.Posts = append(view.Posts, planned{req.Moment(at), s.Name, s.Body})
		}
	}
	if len(view.Posts) == 0 {
		return bot.Reply{}, bot.Refuse("sop.no_day", struct{ Name string }{chosen.Title})
	}
	reply, err := req.Preview(ctx, actionBook, chosen.Title, d, "sop.preview", view)
	if err == nil {
		reply.Choices[0].Label = "schedule.enable"
	}
	return reply, err
}

// at is the instant of a step.
func (d *started) at(s step, zone *time.Location) (time.Time, error) {
	from, err := time.Parse(time.DateOnly, d.From)
	return when.Instant(from.AddDate(0, 0, s.Day-1).Add(time.Duration(s.Minute)*time.Minute), zone), err
}

func confirmBook(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d started
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionBook, err)
	}
	var ids []int64
	for _, s := range d.Steps {
		at, err := d.at(s, req.Now.Location())
		if err != nil {
			return bot.Reply{}, err
		}
		if !at.After(req.Now) {
			continue
		}
		// A post of a playbook that is a few hours late is still wanted.
		one := draft{Chats: []int64{d.Chat}, Name: s.Name, Rule: when.Rule{Kind: when.Once, At: at.UnixMilli()}, Body: s.Body, Missed: storage.MissedLate, Late: bookLate}
		all, err := one.create(ctx, req)
		if err != nil {
			return bot.Reply{}, err
		}
		ids = append(ids, all.ID)
	}
	if len(ids) == 0 {
		return bot.Reply{}, bot.Refuse("sop.no_day", struct{ Name string }{d.Title})
	}
	id, err := req.Audit(ctx, actionBook, struct{}{}, bookIDs{ids}, d.Title, true)
	return bot.Reply{Template: "sop.started", Data: struct {
		Title string
		Count int
		Audit int64
	}{d.Title, len(ids), id}}, err
}

// bookLate is how many minutes late a post of a playbook may be.
const bookLate = 180

type bookIDs struct {
	IDs []int64 `json:"ids"`
}

// undoBook deletes what has not been posted yet.
func undoBook(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was bookIDs
	if err := json.Unmarshal([]byte(row.After), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	n := 0
	for _, id := range was.IDs {
		s, err := req.Tx.Schedule(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		if s.State != storage.ScheduleActive && s.State != storage.SchedulePaused {
			continue
		}
		if err := req.Tx.SetScheduleState(ctx, id, storage.ScheduleDeleted); err != nil {
			return bot.Reply{}, err
		}
		n++
	}
	return bot.Reply{Template: "sop.undone", Data: struct{ Count int }{n}}, nil
}
