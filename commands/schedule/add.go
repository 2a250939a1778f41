package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"qunmate/bot"
	"qunmate/bot/chat"
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
	Chat      int64     `json:"chat"`
	Name      string    `json:"name"`
	Rule      when.Rule `json:"rule"`
	Template  string    `json:"template,omitempty"`
	Body      string    `json:"body,omitempty"`
	Missed    string    `json:"missed"`
	Late      int       `json:"late,omitempty"` // minutes
	Countdown string    `json:"countdown,omitempty"`
	Day       string    `json:"day,omitempty"` // what is counted down to
}

// job makes what the draft would be, for its preview.
func (d *draft) job(ctx context.Context, req *bot.Request, id int64) (job, error) {
	rule, err := json.Marshal(d.Rule)
	if err != nil {
		return job{}, fmt.Errorf("schedule: %w", err)
	}
	return load(ctx, req, storage.Schedule{
		ID: id, ChatID: d.Chat, Name: d.Name, Rule: string(rule), Template: d.Template, Body: d.Body, Missed: d.Missed,
		Late: time.Duration(d.Late) * time.Minute, Countdown: d.Countdown, CountdownDay: d.Day, State: storage.ScheduleActive, CreatedAt: req.Tx.Now,
	})
}

func add(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	home, err := target(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	d, crowd, err := read(req, home)
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Tx.NextSchedule(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	j, err := d.job(ctx, req, id)
	if err != nil {
		return bot.Reply{}, err
	}
	if !crowd {
		if err := quiet(ctx, req, &j); err != nil {
			return bot.Reply{}, err
		}
	}
	view, err := j.view(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(view.Turns) == 0 {
		return bot.Reply{}, bot.Refuse("schedule.never", nil)
	}
	reply, err := req.Preview(ctx, actionAdd, d.Name, d, "schedule.preview", view)
	if err == nil {
		reply.Choices[0].Label = "schedule.enable"
	}
	return reply, err
}

// target is the chat that gets the posts: this one; in a private chat the only
// group of the community.
func target(ctx context.Context, req *bot.Request) (storage.Chat, error) {
	if !req.Private {
		if !req.Caps.Push {
			return storage.Chat{}, bot.Refuse("schedule.no_push", nil)
		}
		return req.Chat, nil
	}
	all, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return storage.Chat{}, err
	}
	all = slices.DeleteFunc(all, func(c storage.Chat) bool { return c.Kind != string(chat.Group) || c.State != storage.ChatActive })
	if len(all) != 1 {
		return storage.Chat{}, bot.Refuse("schedule.where", struct{ Count int }{len(all)})
	}
	return all[0], nil
}

// read takes the words of the command apart. What cannot be meant is a Refusal
// with an example.
func read(req *bot.Request, home storage.Chat) (d draft, crowd bool, err error) {
	d = draft{Chat: home.ID, Name: req.Args.Word(0), Missed: storage.MissedLate, Late: int(lateDefault / time.Minute)}
	example := struct{ Name, What string }{Name: d.Name}
	rest := req.Args.Rest(1)
	if d.Name == "" || rest == "" || len([]rune(d.Name)) > mostName {
		return d, false, bot.Refuse("schedule.usage", example)
	}
	if cut, ok := strings.CutSuffix(rest, anyway); ok {
		rest, crowd = strings.TrimSpace(cut), true
	}
	if d.Rule, rest, err = readTime(req, d.Name, rest); err != nil {
		return d, false, err
	}
	if rest, err = d.options(req, rest); err != nil {
		return d, false, err
	}
	words := strings.Fields(rest)
	switch {
	case rest == "":
		return d, false, bot.Refuse("schedule.no_text", example)
	case req.Names().Word(strings.ToLower(words[0])) == "template":
		err = d.setTemplate(req, home, words)
	case len([]rune(rest)) > mostBody:
		err = bot.Refuse("schedule.too_long", struct{ Max int }{mostBody})
	default:
		d.Body = rest
	}
	return d, crowd, err
}

// setTemplate checks the name of a set: its file's, or what the set calls
// itself.
func (d *draft) setTemplate(req *bot.Request, home storage.Chat, words []string) error {
	name, lang := "", req.LanguageOf(home)
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
	switch {
	case d.Template == "":
		return bot.Refuse("schedule.no_template", view)
	case len(words) > 2:
		return bot.Refuse("schedule.template_rest", struct{ Rest string }{strings.Join(words[2:], " ")})
	}
	return nil
}

// readTime reads when: again and again, or once.
func readTime(req *bot.Request, name, text string) (when.Rule, string, error) {
	r, rest, err := when.RuleHead(text)
	if err == nil {
		return r, rest, nil
	}
	example := struct{ Name, What string }{name, ""}
	var no *when.ImpossibleError
	switch {
	case errors.As(err, &no):
		example.What = no.Text
		return r, "", bot.Refuse("schedule.impossible", example)
	case errors.Is(err, when.ErrNoClock):
		return r, "", bot.Refuse("schedule.no_clock", example)
	case errors.Is(err, when.ErrNoDay):
		return r, "", bot.Refuse("schedule.no_day", example)
	}
	m, rest, err := when.MomentHead(text, req.Now, req.Now.Location())
	var past *when.PastError
	var unclear *when.UnclearError
	switch {
	case errors.As(err, &no):
		example.What = no.Text
		return r, "", bot.Refuse("schedule.impossible", example)
	case errors.As(err, &past):
		return r, "", bot.Refuse("schedule.past", req.Moment(past.At))
	case errors.As(err, &unclear):
		var choices []bot.Choice
		for _, c := range unclear.Choices {
			choices = append(choices, bot.Choice{Label: "schedule.at_choice", Data: req.Moment(c), Command: "/schedule add " + name + " " + when.Stamp(c) + " " + rest})
		}
		view := struct{ Past *bot.Moment }{}
		if !unclear.Past.IsZero() {
			at := req.Moment(unclear.Past)
			view.Past = &at
		}
		return r, "", bot.Refuse("schedule.unclear", view, choices...)
	case err != nil:
		return r, "", bot.Refuse("schedule.no_time", example)
	case m.DayOnly:
		return r, "", bot.Refuse("schedule.no_clock", example)
	}
	return when.Rule{Kind: when.Once, At: m.At.UnixMilli()}, rest, nil
}

// options takes what stands at the end: conditions, what is done about a
// missed one, what is counted down to.
func (d *draft) options(req *bot.Request, text string) (string, error) {
	for {
		before := text
		text = d.Rule.Conditions(text)
		if head, words := lastWords(text, 2); len(words) == 2 && req.Names().Word(strings.ToLower(words[0])) == "missed" {
			if err := d.setMissed(req, strings.ToLower(words[1])); err != nil {
				return "", err
			}
			text = head
		}
		if head, words := lastWords(text, 3); len(words) == 3 && req.Names().Word(strings.ToLower(words[0])) == "countdown" {
			m, err := when.ParseMoment(words[1], req.Now, req.Now.Location())
			if err != nil {
				return "", bot.Refuse("schedule.countdown", nil)
			}
			d.Countdown, d.Day = words[2], m.At.Format(time.DateOnly)
			text = head
		}
		if text == before {
			return text, nil
		}
	}
}

// lastWords takes the last words off a text; nil when it has not so many.
func lastWords(text string, n int) (head string, words []string) {
	fields := strings.Fields(text)
	if len(fields) < n {
		return text, nil
	}
	head = text
	for range n {
		head = strings.TrimRightFunc(head, unicode.IsSpace)
		head = head[:strings.LastIndexFunc(head, unicode.IsSpace)+1]
	}
	return strings.TrimSpace(head), fields[len(fields)-n:]
}

func (d *draft) setMissed(req *bot.Request, word string) error {
	switch req.Names().Word(word) {
	case "skip":
		d.Missed, d.Late = storage.MissedSkip, 0
		return nil
	case "once":
		d.Missed, d.Late = storage.MissedOnce, 0
		return nil
	}
	l, err := when.Length(word)
	if err != nil || l < time.Minute || l > 24*time.Hour {
		return bot.Refuse("schedule.missed", nil)
	}
	d.Missed, d.Late = storage.MissedLate, int(l/time.Minute)
	return nil
}

// quiet refuses what would give the chat more than four posts within an hour,
// with what it already has; buttons make it less, or want it all the same.
func quiet(ctx context.Context, req *bot.Request, j *job) error {
	until := req.Tx.Now.AddDate(0, 0, 7)
	var all []time.Time
	gather := func(j *job) {
		for after := req.Tx.Now; len(all) < 4000; {
			t, ok := j.next(after)
			if !ok || t.At.After(until) {
				return
			}
			if after = t.At; t.Skip == "" {
				all = append(all, t.At)
			}
		}
	}
	gather(j)
	alone := when.Busiest(all)
	others, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return err
	}
	for _, s := range others {
		if s.ChatID != j.ChatID || s.State != storage.ScheduleActive {
			continue
		}
		o, err := load(ctx, req, s)
		if err != nil {
			return err
		}
		gather(&o)
	}
	slices.SortFunc(all, time.Time.Compare)
	n := when.Busiest(all)
	if n <= perHour {
		return nil
	}
	var choices []bot.Choice
	if alone > perHour {
		if _, rest, err := when.RuleHead(req.Args.Rest(1)); err == nil {
			choices = append(choices, bot.Choice{Label: "schedule.hourly", Command: "/schedule add " + j.Name + " hourly " + rest})
		}
	}
	choices = append(choices, bot.Choice{Label: "schedule.anyway", Command: "/schedule add " + req.Args.String() + " " + anyway})
	return bot.Refuse("schedule.flood", struct {
		Count, Max int
		Alone      bool
	}{n, perHour, alone > perHour}, choices...)
}

func confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d draft
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdd, err)
	}
	j, err := d.job(ctx, req, 0)
	if err != nil {
		return bot.Reply{}, err
	}
	if _, ok := j.next(req.Tx.Now); !ok {
		return bot.Reply{}, bot.Refuse("schedule.never", nil)
	}
	j.CreatedBy = req.Account.PersonID
	if req.Event.Sender.Anonymous {
		j.CreatedBy = 0
	}
	if j.Schedule, err = req.Tx.AddSchedule(ctx, j.Schedule); err != nil {
		return bot.Reply{}, err
	}
	if err := plan(ctx, req, j); err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionAdd, struct{}{}, struct {
		ID int64 `json:"id"`
		draft
	}{j.ID, d}, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := j.view(ctx, req)
	view.Audit = id
	return bot.Reply{Template: "schedule.added", Data: view}, err
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
