package signup

import (
	"context"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// How many lines of a list are shown: on the public message, where everybody
// reads along; in the final list; and of those who wait.
const (
	cardMost    = 12
	finalMost   = 30
	waitingMost = 3
	pageLines   = 30
)

// view is what texts about a list show.
type view struct {
	ID      int64
	Title   string
	Seats   int // 0 = no limit
	Taken   int // with those who are brought along
	Extra   int // who are brought along
	Waiting int
	Ends    string // "20:00", or with the day if that is another one; "" = no end
	Event   string // when it takes place, "" = not said
	AtEvent bool   // it closes when it takes place
	State   string
	Reason  string // of a cancellation
	Early   bool   // closed by hand

	In      []entry
	More    int // people on lines that are not shown
	Queue   []entry
	QMore   int
	Buttons bool
	Counted bool   // the message follows the list
	Typed   string // how one signs up by text
}

// entry is a line of a list.
type entry struct {
	N     int
	Name  string
	Extra int
	Note  string
}

func viewOf(req *bot.Request, s storage.Signup) view {
	v := view{ID: s.ID, Title: s.Title, Seats: s.Seats, Taken: s.Taken, Extra: s.Taken - s.Lines, Waiting: s.Waiting, State: s.State, Reason: s.Reason}
	v.Early = s.State == storage.SignupClosed
	if !s.EndsAt.IsZero() {
		v.Ends = stamp(s.EndsAt, req.Now)
		v.Early = v.Early && s.ClosedAt.Before(s.EndsAt)
	}
	if !s.EventAt.IsZero() {
		v.Event, v.AtEvent = stamp(s.EventAt, req.Now), s.EventAt.Equal(s.EndsAt)
	}
	return v
}

// fill puts lines into a view, so many of those with a place.
func (v *view) fill(entries []storage.SignupEntry, most int) {
	in, queue := numbered(entries)
	v.In, v.More = in, 0
	if len(in) > most {
		v.In, v.More = in[:most], people(in[most:])
	}
	v.Queue, v.QMore = queue, 0
	if len(queue) > waitingMost {
		v.Queue, v.QMore = queue[:waitingMost], people(queue[waitingMost:])
	}
}

// people counts who stands on lines, with those who are brought along.
func people(lines []entry) int {
	n := 0
	for _, l := range lines {
		n += 1 + l.Extra
	}
	return n
}

// numbered counts those with a place and those who wait, each from 1.
func numbered(entries []storage.SignupEntry) (in, queue []entry) {
	for _, e := range entries {
		l := entry{Name: e.Name, Extra: e.Extra, Note: e.Note}
		if e.State == storage.SignupIn {
			l.N = len(in) + 1
			in = append(in, l)
		} else {
			l.N = len(queue) + 1
			queue = append(queue, l)
		}
	}
	return in, queue
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

// ways are the buttons of a list that is open.
func ways(v view, all bool) []bot.Choice {
	n := itoa(v.ID)
	out := []bot.Choice{{Label: "signup.button_join", Command: "/signup join " + n}, {Label: "signup.button_leave", Command: "/signup leave " + n}}
	if all {
		out = append(out, allOf(v.ID))
	}
	return out
}

func allOf(id int64) bot.Choice {
	return bot.Choice{Label: "signup.button_all", Command: "/signup show " + itoa(id)}
}

// card is the public message of a list, in the form of a chat's platform.
func card(ctx context.Context, req *bot.Request, s storage.Signup, caps chat.Caps) (bot.Reply, error) {
	entries, err := req.Tx.SignupEntries(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v := viewOf(req, s)
	v.fill(entries, cardMost)
	v.Buttons, v.Counted = caps.Choices, caps.Edit
	if !v.Counted && s.State == storage.SignupOpen {
		v.In, v.Queue, v.More, v.QMore = nil, nil, 0, 0 // it would say so for ever
	}
	v.Typed = typedJoin(s.ID, caps)
	r := bot.Reply{Template: "signup.card", Data: v, Public: true, Slot: slot(s.ID), Lane: storage.LaneActivity}
	if s.State == storage.SignupOpen {
		r.Choices = ways(v, v.More+v.QMore > 0 || !v.Counted)
	} else if v.More+v.QMore > 0 {
		r.Choices = []bot.Choice{allOf(s.ID)}
	}
	return r, nil
}

// typedJoin is how somebody signs up by text.
func typedJoin(id int64, caps chat.Caps) string {
	text := "/signup join " + itoa(id)
	if caps.Mentioned && caps.Mention != "" {
		text = caps.Mention + " " + text
	}
	return text
}
