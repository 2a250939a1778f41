package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// draftToken names a preview that is not confirmed yet: what its button says.
const draftToken = "draft:"

// edit changes a draft, or a schedule that is there: only what is said of it.
// Without a word it says how.
func edit(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	which := req.Args.Word(0)
	d, open, err := draftOf(ctx, req, which)
	if err != nil {
		return bot.Reply{}, err
	}
	if req.Args.Len() < 2 {
		return bot.Reply{Template: "schedule.edit_how", Data: struct {
			Which, Name string
			Queue       bool
		}{which, d.Name, d.Queue != 0}}, nil
	}
	if err := d.change(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	if open != 0 { // the new preview stands for the old one
		if err := req.Tx.ClosePreview(ctx, open, storage.PreviewCancelled); err != nil {
			return bot.Reply{}, err
		}
	}
	return preview(ctx, req, d)
}

// draftOf finds what is to be changed: the draft of an open preview, whose
// number it returns, or a schedule as a draft.
func draftOf(ctx context.Context, req *bot.Request, which string) (d draft, open int64, err error) {
	if word, ok := strings.CutPrefix(which, draftToken); ok {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return d, 0, bot.Refuse("schedule.no_draft", nil)
		}
		p, err := req.Tx.PreviewByID(ctx, n)
		if errors.Is(err, storage.ErrNotFound) || err == nil && (p.Action != actionAdd && p.Action != actionEdit || p.AccountID != req.Account.ID ||
			p.ChatID != req.Chat.ID || p.State != storage.PreviewOpen || !p.ExpiresAt.After(req.Tx.Now)) {
			return d, 0, bot.Refuse("schedule.no_draft", nil)
		}
		if err != nil {
			return d, 0, err
		}
		var kept struct {
			Data draft `json:"data"`
		}
		if err := json.Unmarshal([]byte(p.Data), &kept); err != nil {
			return d, 0, fmt.Errorf("preview %d: %w", p.ID, err)
		}
		return kept.Data, p.ID, nil
	}
	s, err := pickMine(ctx, req)
	if err != nil {
		return d, 0, err
	}
	return draftFrom(s), 0, nil
}

// draftFrom writes a schedule as the draft that would make it.
func draftFrom(s series) draft {
	d := draft{
		Of: s.ID, Name: s.Name, Rule: s.in[0].rule, Template: s.Template, Body: s.Body, Queue: s.QueueID, Missed: s.Missed,
		Late: int(s.Late.Minutes()), Quiet: s.Quiet, Countdown: s.Countdown, Day: s.CountdownDay, Anyway: true,
	}
	for _, j := range s.in {
		d.Chats = append(d.Chats, j.chat.ID)
	}
	return d
}

// change takes apart what is said of a draft: chats, a time, conditions and
// other options, what is posted. What is not spoken of stays.
func (d *draft) change(ctx context.Context, req *bot.Request) error {
	to, rest, err := cutChats(ctx, req, req.Args.Rest(1))
	if err != nil {
		return err
	}
	head := strings.TrimSuffix(req.Args.String(), rest)
	d.Anyway = d.Anyway && to == nil
	rest = d.extras(rest)
	if to != nil {
		d.Chats = nil
		for _, c := range to {
			d.Chats = append(d.Chats, c.ID)
		}
	}
	if rest == "" {
		return nil
	}
	was := d.Rule
	rule, after, err := readTime(req, d.Name, head, rest, was)
	var no *bot.Refusal
	switch {
	case err == nil:
		d.Rule, rest = rule, after
		d.Rule.Skip, d.Rule.Only, d.Anyway = was.Skip, was.Only, false
	case !errors.As(err, &no) || no.Reply.Template != "schedule.no_time":
		return err
	default: // "from 12-04" alone may be said of one that leaves weeks out
		if rest, err = begin(req, d.Name, &d.Rule, rest); err != nil {
			return err
		}
	}
	if rest, err = d.conditions(req, rest); err != nil || rest == "" {
		return err
	}
	var chats []storage.Chat
	for _, id := range d.Chats {
		c, err := req.Tx.Chat(ctx, id)
		if err != nil {
			return err
		}
		chats = append(chats, c)
	}
	return d.setText(ctx, req, chats, rest)
}

// conditions reads the options of a change. Conditions that are named stand for
// those that were there; "skip nothing" ends them.
func (d *draft) conditions(req *bot.Request, text string) (string, error) {
	was := d.Rule
	d.Rule.Skip, d.Rule.Only = nil, nil
	if head, words := lastWords(text, 2); len(words) == 2 && req.Names().Word(strings.ToLower(words[0])) == "skip" &&
		req.Names().Word(strings.ToLower(words[1])) == "none" {
		return d.options(req, head)
	}
	rest, err := d.options(req, text)
	if len(d.Rule.Skip)+len(d.Rule.Only) == 0 {
		d.Rule.Skip, d.Rule.Only = was.Skip, was.Only
	}
	return rest, err
}

// edited is what an audit row keeps of a change.
type edited struct {
	ID    int64 `json:"id"`
	Draft draft `json:"draft"`
}

func confirmEdit(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d draft
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionEdit, err)
	}
	s, err := req.Tx.Schedule(ctx, d.Of)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State == storage.ScheduleDeleted {
		return bot.Reply{}, bot.Refuse("schedule.no_such", struct {
			ID   int64
			Open []int64
		}{d.Of, nil})
	}
	if err := d.still(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	was, err := load(ctx, &req.Tx.Reader, s)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := d.apply(ctx, req, s)
	if err != nil {
		return bot.Reply{}, err
	}
	view := all.brief(req)
	view.Audit, err = req.Audit(ctx, actionEdit, edited{s.ID, draftFrom(was)}, edited{s.ID, d}, "", true)
	return bot.Reply{Template: "schedule.edited", Data: view}, err
}

// apply gives a schedule what a draft says.
func (d *draft) apply(ctx context.Context, req *bot.Request, s storage.Schedule) (series, error) {
	to, err := d.schedule(req, s.ID)
	if err != nil {
		return series{}, err
	}
	if s.State == storage.SchedulePaused {
		to.State = s.State
	}
	if err := req.Tx.ChangeSchedule(ctx, to, d.Chats); err != nil {
		return series{}, err
	}
	if s, err = req.Tx.Schedule(ctx, s.ID); err != nil {
		return series{}, err
	}
	all, err := load(ctx, &req.Tx.Reader, s)
	if err != nil {
		return series{}, err
	}
	return all, planAll(ctx, req, all)
}

func undoEdit(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, is edited
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
	now, err := load(ctx, &req.Tx.Reader, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.State == storage.ScheduleDeleted || !same(draftFrom(now), is.Draft) {
		return bot.Reply{}, bot.Refuse("schedule.undo_overtaken", s)
	}
	all, err := was.Draft.apply(ctx, req, s)
	return bot.Reply{Template: "schedule.edited", Data: all.brief(req)}, err
}

// same reports whether two drafts make the same schedule.
func same(a, b draft) bool {
	return slices.Equal(a.Chats, b.Chats) && sameRule(a.Rule, b.Rule) && a.Template == b.Template && a.Body == b.Body && a.Queue == b.Queue &&
		a.Missed == b.Missed && a.Late == b.Late && a.Quiet == b.Quiet && a.Countdown == b.Countdown && a.Day == b.Day
}

func sameRule(a, b when.Rule) bool {
	return a.Kind == b.Kind && slices.Equal(a.Times, b.Times) && slices.Equal(a.Days, b.Days) && slices.Equal(a.Nth, b.Nth) && a.Gap == b.Gap && a.From == b.From && a.Month == b.Month && a.Day == b.Day &&
		a.Every == b.Every && a.Cron == b.Cron && a.At == b.At && slices.Equal(a.Skip, b.Skip) && slices.Equal(a.Only, b.Only)
}
