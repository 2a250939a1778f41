package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const (
	mostName = 20
	mostBody = 3000
	// anyway is the word of the button that wants more posts than an hour has.
	anyway = "--anyway"
)

// draft is what /schedule add asks for, and what its preview keeps.
type draft struct {
	Of        int64     `json:"of,omitempty"` // the schedule that is changed, 0 = a new one
	Chats     []int64   `json:"chats"`
	Name      string    `json:"name"`
	Rule      when.Rule `json:"rule"`
	Template  string    `json:"template,omitempty"`
	Body      string    `json:"body,omitempty"`
	Queue     int64     `json:"queue,omitempty"`
	Missed    string    `json:"missed"`
	Late      int       `json:"late,omitempty"` // minutes
	Quiet     string    `json:"quiet,omitempty"`
	Countdown string    `json:"countdown,omitempty"`
	Day       string    `json:"day,omitempty"` // what is counted down to
	Anyway    bool      `json:"anyway,omitempty"`
}

// schedule is what the draft would be.
func (d *draft) schedule(req *bot.Request, id int64) (storage.Schedule, error) {
	rule, err := json.Marshal(d.Rule)
	if err != nil {
		return storage.Schedule{}, fmt.Errorf("schedule: %w", err)
	}
	s := storage.Schedule{
		ID: id, CommunityID: req.Community, Name: d.Name, Rule: string(rule), Template: d.Template, Body: d.Body, QueueID: d.Queue, Missed: d.Missed,
		Late: time.Duration(d.Late) * time.Minute, Quiet: d.Quiet, Countdown: d.Countdown, CountdownDay: d.Day, State: storage.ScheduleActive,
		CreatedBy: req.Account.PersonID, CreatedAt: req.Tx.Now, ChangedAt: req.Tx.Now,
	}
	if req.Event.Sender.Anonymous {
		s.CreatedBy = 0
	}
	return s, nil
}

// series makes what the draft would be, for its preview.
func (d *draft) series(ctx context.Context, req *bot.Request, id int64) (series, error) {
	s, err := d.schedule(req, id)
	if err != nil {
		return series{}, err
	}
	was, err := req.Tx.ScheduleChats(ctx, d.Of)
	if err != nil {
		return series{}, err
	}
	var chats []storage.ScheduleChat
	for _, c := range d.Chats {
		one := storage.ScheduleChat{ScheduleID: id, ChatID: c}
		for _, w := range was {
			if w.ChatID == c {
				one.Turn = w.Turn
			}
		}
		chats = append(chats, one)
	}
	return loadFor(ctx, &req.Tx.Reader, s, chats)
}

// create makes a schedule of a draft.
func (d *draft) create(ctx context.Context, req *bot.Request) (series, error) {
	s, err := d.schedule(req, 0)
	if err != nil {
		return series{}, err
	}
	if s, err = req.Tx.AddSchedule(ctx, s, d.Chats); err != nil {
		return series{}, err
	}
	all, err := load(ctx, &req.Tx.Reader, s)
	if err != nil {
		return series{}, err
	}
	return all, planAll(ctx, req, all)
}

func add(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, err := read(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	return preview(ctx, req, d)
}

// preview asks what has to be asked about a draft, and shows it.
func preview(ctx context.Context, req *bot.Request, d draft) (bot.Reply, error) {
	id, action := d.Of, actionEdit
	if id == 0 {
		action = actionAdd
		var err error
		if id, err = req.Tx.NextSchedule(ctx); err != nil {
			return bot.Reply{}, err
		}
	}
	all, err := d.series(ctx, req, id)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := d.ask(ctx, req, all); err != nil {
		return bot.Reply{}, err
	}
	view, err := all.view(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(view.Turns) == 0 {
		return bot.Reply{}, bot.Refuse("schedule.never", nil)
	}
	view.Change = d.Of != 0
	reply, err := req.Preview(ctx, action, d.Name, d, "schedule.preview", view)
	if err != nil {
		return reply, err
	}
	if d.Of == 0 {
		reply.Choices[0].Label = "schedule.enable"
	}
	if f := strings.Fields(reply.Choices[0].Command); len(f) == 2 {
		reply.Choices = slices.Insert(reply.Choices, 1, bot.Choice{Label: "schedule.button_edit", Command: "/schedule edit " + draftToken + f[1]})
	}
	return reply, nil
}

// ask refuses a draft with a question: it would flood a chat, or falls into its
// quiet hours.
func (d *draft) ask(ctx context.Context, req *bot.Request, all series) error {
	for i := range all.in {
		if !d.Anyway {
			if err := flood(ctx, req, d, &all.in[i]); err != nil {
				return err
			}
		}
		if err := loud(ctx, req, d, &all.in[i]); err != nil {
			return err
		}
	}
	return nil
}

// again is the command that says a draft once more, with something added.
func (d *draft) again(req *bot.Request, more string) string {
	return "/" + req.Command + " " + strings.TrimSpace(req.Args.String()) + " " + more
}

// loud asks about posts that somebody sets inside the quiet hours of a chat.
func loud(ctx context.Context, req *bot.Request, d *draft, j *job) error {
	own, err := req.Tx.Quiet(ctx, j.chat.ID)
	if err != nil || d.Quiet != storage.QuietAsChat {
		return err
	}
	h := hush{own.From, own.Until, own.Rule}
	if !h.set() {
		return nil
	}
	after := req.Tx.Now
	for range 7 * 24 * perHour { // a week of as many as may be, two years of rarer ones
		t, ok := j.next(after)
		if !ok || t.At.Sub(req.Tx.Now) > 2*366*24*time.Hour {
			return nil
		}
		after = t.At
		end, in := h.end(t.At)
		if !in || t.Skip != "" {
			continue
		}
		now := req.Tx.Now.In(t.At.Location())
		view := struct {
			At, End     bot.Moment
			From, Until int
			Group       string
		}{bot.Moment{T: t.At, Now: now}, bot.Moment{T: end, Now: now}, h.From, h.Until, j.chat.Title}
		return bot.Refuse("schedule.loud", view,
			bot.Choice{Label: "schedule.quiet_send", Command: d.again(req, "quiet send")},
			bot.Choice{Label: "schedule.quiet_move", Data: view.End, Command: d.again(req, "quiet move")},
			bot.Choice{Label: "schedule.quiet_skip", Command: d.again(req, "quiet skip")})
	}
	return nil
}

// read takes the words of the command apart. What cannot be meant is a Refusal
// with an example.
func read(ctx context.Context, req *bot.Request) (draft, error) {
	d := draft{Name: req.Args.Word(0), Missed: storage.MissedLate, Late: int(lateDefault / time.Minute)}
	example := struct{ Name, What string }{Name: d.Name}
	rest := req.Args.Rest(1)
	if d.Name == "" || rest == "" || len([]rune(d.Name)) > mostName {
		return d, bot.Refuse("schedule.usage", example)
	}
	to, rest, err := cutChats(ctx, req, rest)
	if err != nil {
		return d, err
	}
	head := strings.TrimSuffix(req.Args.String(), rest)
	rest = d.extras(rest)
	if d.Rule, rest, err = readTime(req, d.Name, head, rest, when.Rule{}); err != nil {
		return d, err
	}
	if rest, err = d.options(req, rest); err != nil {
		return d, err
	}
	if to == nil {
		if to, rest, err = cutLateChats(ctx, req, rest); err != nil {
			return d, err
		}
	}
	if to == nil {
		c, err := home(ctx, req)
		if err != nil {
			return d, err
		}
		to = []storage.Chat{c}
	}
	for _, c := range to {
		d.Chats = append(d.Chats, c.ID)
	}
	if rest == "" {
		return d, bot.Refuse("schedule.no_text", example)
	}
	err = d.setText(ctx, req, to, rest)
	return d, err
}

// setText reads what is said: a set of texts, a queue, or the text itself.
func (d *draft) setText(ctx context.Context, req *bot.Request, to []storage.Chat, rest string) error {
	d.Template, d.Body, d.Queue = "", "", 0
	words := strings.Fields(rest)
	switch req.Names().Word(strings.ToLower(words[0])) {
	case "template":
		return d.setTemplate(req, to, words)
	case "queue":
		return d.setQueue(ctx, req, words)
	}
	if len([]rune(rest)) > mostBody {
		return bot.Refuse("schedule.too_long", struct{ Max int }{mostBody})
	}
	d.Body = rest
	return nil
}

// setQueue checks the name of a queue, and that there is something in it.
func (d *draft) setQueue(ctx context.Context, req *bot.Request, words []string) error {
	name := ""
	if len(words) > 1 {
		name = words[1]
	}
	q, err := queueNamed(ctx, req, name)
	switch {
	case err != nil:
		return err
	case q.Items == 0:
		return bot.Refuse("schedule.queue_is_empty", q)
	case len(words) > 2:
		return bot.Refuse("schedule.template_rest", struct{ Rest string }{strings.Join(words[2:], " ")})
	}
	d.Queue = q.ID
	return nil
}

// setTemplate checks the name of a set: its file's, or what the set calls
// itself.
func (d *draft) setTemplate(req *bot.Request, to []storage.Chat, words []string) error {
	name, lang := "", req.LanguageOf(to[0])
	if len(words) > 1 {
		name = words[1]
	}
	faults := req.Posts().Refresh()
	view := struct {
		Name   string
		Sets   []string
		Faults []bot.PostFault
	}{Name: name, Faults: faults}
	for _, s := range req.Posts().Sets(lang) {
		title, _, _ := strings.Cut(strings.ReplaceAll(s.Title, "：", ":"), ":")
		if name != "" && (strings.EqualFold(s.Name, name) || strings.EqualFold(title, name)) {
			d.Template = s.Name
		}
		view.Sets = append(view.Sets, s.Name)
	}
	for _, c := range to[1:] { // each chat gets it in its own language
		if d.Template != "" && req.Posts().Count(req.LanguageOf(c), d.Template) == 0 {
			return bot.Refuse("schedule.no_template", view)
		}
	}
	switch {
	case d.Template == "":
		return bot.Refuse("schedule.no_template", view)
	case len(words) > 2:
		return bot.Refuse("schedule.template_rest", struct{ Rest string }{strings.Join(words[2:], " ")})
	}
	return nil
}

func confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d draft
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdd, err)
	}
	if err := d.still(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	all, err := d.create(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionAdd, struct{}{}, struct {
		ID int64 `json:"id"`
		draft
	}{all.ID, d}, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	view := all.brief(req)
	view.Audit = id
	return bot.Reply{Template: "schedule.added", Data: view}, nil
}

// still checks a draft at its confirmation: its time may have passed, and its
// author may have lost a chat.
func (d *draft) still(ctx context.Context, req *bot.Request) error {
	all, err := d.series(ctx, req, d.Of)
	if err != nil {
		return err
	}
	if _, ok := all.in[0].next(req.Tx.Now); !ok {
		return bot.Refuse("schedule.never", nil)
	}
	if len(all.in) == 1 && all.in[0].chat.CommunityID == req.Community {
		return nil // the role was checked
	}
	r, err := req.Reach(ctx)
	if err != nil {
		return err
	}
	for _, j := range all.in {
		if !r.Operator && !r.Has(j.chat.ID) && j.chat.State == storage.ChatActive {
			return bot.Refuse("schedule.lost_right", struct{ Title string }{j.chat.Title})
		}
	}
	return nil
}

func undoAdd(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal([]byte(row.After), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	s, err := req.Tx.Schedule(ctx, was.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "schedule.undone", Data: s}, req.Tx.SetScheduleState(ctx, s.ID, storage.ScheduleDeleted)
}
