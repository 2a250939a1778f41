package schedule

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// readTime reads when: again and again, or once. head is what was typed before
// it.
func readTime(req *bot.Request, name, head, text string, was when.Rule) (when.Rule, string, error) {
	r, rest, err := when.RuleHead(text)
	if err == nil {
		if r.Kind == was.Kind && r.Gap == was.Gap && slices.Equal(r.Days, was.Days) {
			r.From = was.From // another hour does not move the weeks
		}
		rest, err = begin(req, name, &r, rest)
		return r, rest, err
	}
	example := struct{ Name, What string }{name, ""}
	var no *when.ImpossibleError
	var unknown *when.UnknownError
	switch {
	case errors.As(err, &unknown):
		example.What = unknown.Text
		return r, "", bot.Refuse("schedule.unknown_rule", example)
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
			choices = append(choices, bot.Choice{Label: "schedule.at_choice", Data: req.Moment(c), Command: "/" + req.Command + " " + head + when.Stamp(c) + " " + rest})
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

// begin settles from when on a rule that leaves days or weeks out counts.
func begin(req *bot.Request, name string, r *when.Rule, text string) (string, error) {
	rest, err := r.Begin(text, req.Now, req.Now.Location())
	var no *when.ImpossibleError
	if errors.As(err, &no) {
		return "", bot.Refuse("schedule.impossible", struct{ Name, What string }{name, no.Text})
	}
	return rest, err
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
		if head, words := lastWords(text, 2); len(words) == 2 && req.Names().Word(strings.ToLower(words[0])) == "quiet" {
			switch how := req.Names().Word(strings.ToLower(words[1])); how {
			case storage.QuietSend, storage.QuietMove, storage.QuietSkip:
				d.Quiet, text = how, head
			}
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

// extras takes the words that only buttons add.
func (d *draft) extras(text string) string {
	for _, after := range []string{"quiet send", "quiet move", "quiet skip"} {
		head, ok := strings.CutSuffix(text, anyway+" "+after)
		if ok { // the second question comes after the first one
			d.Quiet, text = strings.TrimPrefix(after, "quiet "), head+anyway
		}
	}
	if head, ok := strings.CutSuffix(text, anyway); ok {
		d.Anyway, text = true, strings.TrimSpace(head)
	}
	return text
}

// flood refuses what would give a chat more than four posts within an hour,
// with what it already has; buttons make it less, or want it all the same.
func flood(ctx context.Context, req *bot.Request, d *draft, j *job) error {
	until := req.Tx.Now.AddDate(0, 0, 7)
	var all []time.Time
	gather := func(j *job) {
		for after := req.Tx.Now; len(all) < 4000; {
			t, ok := j.nextTurn(after)
			if !ok || t.At.After(until) {
				return
			}
			if after = t.At; t.Skip == "" {
				all = append(all, t.To)
			}
		}
	}
	gather(j)
	alone := when.Busiest(all)
	others, err := req.Tx.SchedulesIn(ctx, j.chat.ID)
	if err != nil {
		return err
	}
	for _, s := range others {
		if s.ID == j.ID {
			continue
		}
		o, _, err := loadIn(ctx, &req.Tx.Reader, s, j.chat.ID)
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
	if alone > perHour && d.Of == 0 {
		if _, rest, err := when.RuleHead(req.Args.Rest(1)); err == nil {
			choices = append(choices, bot.Choice{Label: "schedule.hourly", Command: "/schedule add " + d.Name + " hourly " + rest})
		}
	}
	choices = append(choices, bot.Choice{Label: "schedule.anyway", Command: d.again(req, anyway)})
	return bot.Refuse("schedule.flood", struct {
		Count, Max int
		Alone      bool
	}{n, perHour, alone > perHour}, choices...)
}
