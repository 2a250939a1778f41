package poll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/poll/ballot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

const actionPublish = "poll.publish"

// spec is a poll as its preview keeps it.
type spec struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Multi    bool     `json:"multi,omitempty"`
	Anon     bool     `json:"anon,omitempty"`
	Hide     bool     `json:"hide,omitempty"`
	Days     int      `json:"days,omitempty"`
	End      int64    `json:"end,omitempty"` // ms UTC, 0 = none
	Chats    []int64  `json:"chats"`
	Thread   string   `json:"thread,omitempty"` // of the chat it is started in
}

type previewView struct {
	view
	At    bot.Moment
	Chats []string
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// create previews a new poll.
func create(ctx context.Context, req *bot.Request, text string) (bot.Reply, error) {
	if req.Community == 0 {
		return bot.Reply{}, req.NoCommunity()
	}
	if err := mayHost(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	d, err := ballot.Parse(text, req.Names().Word, func(end string) bool {
		_, err := when.ParseMoment(end, req.Now, req.Now.Location())
		return err == nil || means(err)
	})
	if err != nil {
		return bot.Reply{}, badDraft(d, err)
	}
	var end time.Time
	if d.End != "" {
		m, err := when.ParseMoment(d.End, req.Now, req.Now.Location())
		if err != nil {
			return bot.Reply{}, badEnd(req, d, err)
		}
		end = m.At
	}
	chats, err := targets(ctx, req, d.All || req.Private)
	if err != nil {
		return bot.Reply{}, err
	}
	return preview(ctx, req, d, end, chats)
}

// preview shows a poll that is not published yet, with the other kind of
// secrecy one tap away: that button is the whole command.
func preview(ctx context.Context, req *bot.Request, d ballot.Draft, end time.Time, chats []storage.Chat) (bot.Reply, error) {
	s := spec{Question: d.Question, Options: d.Options, Multi: d.Multi, Anon: d.Anon, Hide: d.Hide || d.Anon, Days: d.Days, Thread: req.Event.Chat.Thread}
	v := previewView{At: req.Moment(end)}
	if !end.IsZero() {
		s.End = end.UnixMilli()
	}
	for _, c := range chats {
		s.Chats = append(s.Chats, c.ID)
		if len(chats) > 1 || req.Private {
			v.Chats = append(v.Chats, c.Title)
		}
	}
	p := s.poll(req)
	v.view = viewOf(req, p)
	title, err := req.Text("poll.preview_title", p.Question)
	if err != nil {
		return bot.Reply{}, err
	}
	r, err := req.Preview(ctx, actionPublish, title, s, "poll.preview", v)
	if err != nil {
		return r, err
	}
	r.Choices[0].Label = "poll.button_publish"
	other := d
	other.Anon = !d.Anon
	label := "poll.button_anonymous"
	if d.Anon {
		label = "poll.button_named"
	}
	r.Choices = []bot.Choice{r.Choices[0], {Label: label, Command: typed(other, end)}, r.Choices[1]}
	return r, nil
}

// typed is a draft as a command, its end as an instant that means the same
// later.
func typed(d ballot.Draft, end time.Time) string {
	var b strings.Builder
	b.WriteString("/poll " + d.Question)
	for _, o := range d.Options {
		b.WriteString(" | " + o)
	}
	if !end.IsZero() {
		b.WriteString(" --end " + when.Stamp(end))
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{d.Multi, "multi"}, {d.Anon, "anon"}, {d.Hide, "hide"}, {d.All, "all"}, {d.Days > 0, "joined " + strconv.Itoa(d.Days) + "d"}} {
		if f.on {
			b.WriteString(" --" + f.name)
		}
	}
	return b.String()
}

// badDraft says what is wrong; too many options are offered as two polls.
func badDraft(d ballot.Draft, err error) error {
	var p *ballot.ProblemError
	if !errors.As(err, &p) || p.Code != "many" || len(p.Options) > 2*ballot.MaxOptions {
		return problem(err)
	}
	half := (len(p.Options) + 1) / 2
	var choices []bot.Choice
	for i, part := range [][]string{p.Options[:half], p.Options[half:]} {
		one := d
		one.Options = part
		command := typed(one, time.Time{})
		if d.End != "" {
			command += " --end " + d.End
		}
		choices = append(choices, bot.Choice{Label: "poll.button_part", Data: struct{ N, Count int }{i + 1, len(part)}, Command: command})
	}
	return bot.Refuse("poll.bad_many", struct{ N int }{p.N}, choices...)
}

// means reports whether the trouble with a moment is not that it is none.
func means(err error) bool {
	var unclear *when.UnclearError
	var past *when.PastError
	var no *when.ImpossibleError
	return errors.As(err, &unclear) || errors.As(err, &past) || errors.As(err, &no)
}

// badEnd says why a deadline was not understood; where two may be meant, or it
// is too late for today, the others are one tap away.
func badEnd(req *bot.Request, d ballot.Draft, err error) error {
	var unclear *when.UnclearError
	var past *when.PastError
	var no *when.ImpossibleError
	switch {
	case errors.As(err, &unclear):
		v := struct {
			Past    bot.Moment
			Is      bool
			Choices []bot.Moment
		}{Past: req.Moment(unclear.Past), Is: !unclear.Past.IsZero()}
		var choices []bot.Choice
		for _, at := range unclear.Choices {
			v.Choices = append(v.Choices, req.Moment(at))
			choices = append(choices, bot.Choice{Label: "poll.moment", Data: req.Moment(at), Command: typed(d, at)})
		}
		return bot.Refuse("poll.end_unclear", v, choices...)
	case errors.As(err, &past):
		return bot.Refuse("poll.end_past", req.Moment(past.At))
	case errors.As(err, &no):
		return bot.Refuse("poll.end_impossible", struct{ Word string }{no.Text})
	}
	return bot.Refuse("poll.bad_end", struct{ Word string }{d.End})
}

// targets are the chats a poll goes to: this one, or all groups of the
// community in which the bot may speak.
func targets(ctx context.Context, req *bot.Request, all bool) ([]storage.Chat, error) {
	if !all {
		return []storage.Chat{req.Chat}, nil
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return nil, err
	}
	var out []storage.Chat
	for _, c := range chats {
		if caps := req.CapsOf(c); c.Kind == string(chat.Group) && caps.Push && !caps.Confirm {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, bot.Refuse("poll.no_group", nil)
	}
	return out, nil
}

func (s spec) poll(req *bot.Request) storage.Poll {
	p := storage.Poll{
		CommunityID: req.Community, ChatID: req.Chat.ID, AuthorID: author(req), Question: s.Question, Multi: s.Multi,
		Anonymous: s.Anon, Hidden: s.Hide, MinDays: s.Days,
	}
	if s.End > 0 {
		p.EndsAt = storage.FromMillis(s.End)
	}
	for i, o := range s.Options {
		p.Options = append(p.Options, storage.PollOption{Place: i + 1, Text: o})
	}
	return p
}

// publish opens a poll whose preview was confirmed.
func publish(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var s spec
	if err := json.Unmarshal(data, &s); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionPublish, err)
	}
	p := s.poll(req)
	if s.End > 0 && !p.EndsAt.After(req.Tx.Now) {
		return bot.Reply{}, bot.Refuse("poll.end_past", req.Moment(p.EndsAt))
	}
	chats, err := stillThere(ctx, req, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if p, err = open(ctx, req, p, chats); err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, actionPublish, struct{}{}, struct {
		Poll int64 `json:"poll"`
		spec
	}{p.ID, s}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.published", Data: struct {
		ID    int64
		Chats int
		Ends  string
	}{p.ID, len(chats), viewOf(req, p).Ends}}, nil
}

// stillThere are the chats of a preview that belong to the community yet.
func stillThere(ctx context.Context, req *bot.Request, s spec) ([]storage.PollChat, error) {
	chats, err := req.StillHere(ctx, s.Chats)
	if err != nil {
		return nil, err
	}
	if len(chats) == 0 {
		return nil, bot.Refuse("poll.no_group", nil)
	}
	out := make([]storage.PollChat, len(chats))
	for i, c := range chats {
		out[i].ChatID = c.ID
		if c.ID == req.Chat.ID {
			out[i].Thread = s.Thread
		}
	}
	return out, nil
}

// open stores a poll, says it in its chats and sets its deadline.
func open(ctx context.Context, req *bot.Request, p storage.Poll, chats []storage.PollChat) (storage.Poll, error) {
	// A private chat is no place of the poll; deadlines live in a group.
	p.ChatID = chats[0].ChatID
	for _, c := range chats {
		if c.ChatID == req.Chat.ID {
			p.ChatID = c.ChatID
		}
	}
	p, err := req.Tx.AddPoll(ctx, p, chats)
	if err != nil {
		return p, err
	}
	if err := post(ctx, req, p, func(storage.Chat, chat.Caps) bool { return true }); err != nil {
		return p, err
	}
	if p.EndsAt.IsZero() {
		return p, nil
	}
	return p, setTimer(ctx, req, taskEnd, fmt.Sprintf("poll:end:%d", p.ID), p, p.EndsAt)
}
