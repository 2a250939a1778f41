package poll

import (
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/poll/ballot"
	"qunmate/storage"
)

// view is what texts about a poll show.
type view struct {
	ID        int64
	Question  string
	Options   []line
	Voters    int
	Multi     bool
	Anonymous bool
	Hidden    bool // anonymous ones too: figures come with the end
	MinDays   int
	Ends      string // "20:00", or with the day if that is another one; "" = no end
	Closed    bool
	Early     bool   // closed by hand
	Figures   bool   // may be shown
	Wide      bool   // an option a line
	Typed     string // how a vote is typed, "" if that need not be said
	Buttons   bool
	Counted   bool     // the message follows the votes
	Mine      []string // what the reader chose
	Voted     bool     // the reader has a vote
}

type line struct {
	Letter  string
	Text    string
	Votes   int
	Percent int
}

// wideFrom is how much text of options one line holds, in Latin letters; a
// Chinese one takes the room of two.
const wideFrom = 40

func wide(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

func viewOf(req *bot.Request, p storage.Poll) view {
	v := view{
		ID: p.ID, Question: p.Question, Voters: p.Voters, Multi: p.Multi, Anonymous: p.Anonymous, Hidden: p.Hidden, MinDays: p.MinDays,
		Closed: p.State == storage.PollClosed, Figures: !p.Hidden || p.State == storage.PollClosed,
	}
	if !p.EndsAt.IsZero() {
		v.Ends = stamp(p.EndsAt, req.Now)
		v.Early = v.Closed && p.ClosedAt.Before(p.EndsAt)
	}
	width := 0
	for _, o := range p.Options {
		l := line{Letter: ballot.Letter(o.Place), Text: o.Text, Votes: o.Votes}
		if p.Voters > 0 {
			l.Percent = (o.Votes*200 + p.Voters) / (2 * p.Voters)
		}
		v.Options = append(v.Options, l)
		width += wide(o.Text) + 5
	}
	v.Wide = width > wideFrom
	return v
}

// stamp writes an instant so that it stays right while the message stands: the
// time of today, else with the day.
func stamp(t, now time.Time) string {
	t = t.In(now.Location())
	y, m, d := t.Date()
	ny, nm, nd := now.Date()
	switch {
	case y == ny && m == nm && d == nd:
		return t.Format("15:04")
	case y == ny:
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

func texts(options []storage.PollOption) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Text
	}
	return out
}

// chosen are the words of some places.
func chosen(p storage.Poll, places []int) []string {
	var out []string
	for _, o := range p.Options {
		for _, place := range places {
			if o.Place == place {
				out = append(out, o.Text)
			}
		}
	}
	return out
}

// best orders options by votes for a result; equals stay in their order.
func best(lines []line) []line {
	out := append([]line(nil), lines...)
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && out[j].Votes > out[j-1].Votes; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// ways are the buttons of a poll. An anonymous vote for several has none: each
// tap would be a vote that cannot be changed. Several may be chosen by adding one after
// the other; a second tap on the same changes nothing.
func ways(p storage.Poll) []bot.Choice {
	if p.Multi && p.Anonymous {
		return nil
	}
	var out []bot.Choice
	sign := ""
	if p.Multi {
		sign = "+"
	}
	for _, o := range p.Options {
		out = append(out, bot.Choice{Label: "poll.option", Data: o.Text, Command: voteCommand(p.ID) + " " + sign + ballot.Letter(o.Place)})
	}
	if p.Multi {
		out = append(out, bot.Choice{Label: "poll.button_clear", Command: voteCommand(p.ID) + " retract"})
	}
	return out
}

func voteCommand(id int64) string { return "/vote " + itoa(id) }

// card is the public message of a poll, in the form of a chat's platform.
func card(req *bot.Request, p storage.Poll, caps chat.Caps) bot.Reply {
	v := viewOf(req, p)
	v.Buttons = caps.Choices && len(ways(p)) > 0
	if v.Counted = caps.Edit; !v.Counted && !v.Closed {
		v.Figures = false // it would say 0 for ever
	}
	v.Typed = voteCommand(p.ID) + " A"
	if p.Multi {
		v.Typed += ",B"
	}
	if caps.Mentioned && caps.Mention != "" {
		v.Typed = caps.Mention + " " + v.Typed
	}
	r := bot.Reply{Template: "poll.card", Data: v, Public: true, Slot: slot(p.ID), Lane: storage.LaneActivity}
	if v.Closed {
		return r
	}
	r.Choices = ways(p)
	r.Poll = &chat.Poll{Question: "#" + itoa(p.ID) + " " + p.Question, Command: voteCommand(p.ID), Multi: p.Multi, Ends: p.EndsAt}
	for _, o := range p.Options {
		r.Poll.Options = append(r.Poll.Options, chat.PollOption{Key: ballot.Letter(o.Place), Text: o.Text})
	}
	return r
}
