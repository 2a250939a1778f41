package announce

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// draft is an announcement that waits for its author's word: what a preview
// keeps.
type draft struct {
	Target string  `json:"target"`
	Chats  []int64 `json:"chats,omitempty"`
	Mute   int     `json:"mute,omitempty"` // chats left out: the bot may not speak there first
	Body   body    `json:"body"`
	At     int64   `json:"at,omitempty"`     // ms UTC, 0 = at once
	Anyway bool    `json:"anyway,omitempty"` // the same was said before, and is to be said again
	Told   bool    `json:"told,omitempty"`   // that the picture cannot be had
}

func (d *draft) at() time.Time { return storage.FromMillis(d.At) }

// announce prepares an announcement, or shows one by its number.
func announce(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return compose(ctx, req, req.Args)
}

func compose(ctx context.Context, req *bot.Request, args bot.Args) (bot.Reply, error) {
	r, err := reachOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if n, ok := number(args.Word(0)); ok && args.Len() == 1 {
		return show(ctx, req, r, n)
	}
	t, rest, known, err := resolve(ctx, req, r, args.String())
	if err != nil {
		return bot.Reply{}, err
	}
	b, bad := readBody(rest)
	if bad != "" {
		return bot.Reply{}, bot.Refuse(string(bad), struct{ Max int }{maxText})
	}
	if b.Picture, err = req.KeepPicture(ctx, req.Event.Picture); err != nil {
		return bot.Reply{}, err
	}
	if !known && len(t.Chats) == 0 {
		return whereTo(r, args.String())
	}
	d := draft{Target: t.Kind, Body: b}
	d.set(req, t)
	if len(d.Chats) == 0 && t.Kind != storage.TargetPeople {
		return bot.Reply{}, bot.Refuse("announce.nowhere", nil)
	}
	return preview(ctx, req, d)
}

func (d *draft) set(req *bot.Request, t bot.Target) {
	chats, mute := reachable(req, t.Chats)
	d.Target, d.Mute, d.Chats = t.Kind, mute, nil
	for _, c := range chats {
		d.Chats = append(d.Chats, c.ID)
	}
}

func number(word string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
	return n, err == nil && n > 0
}

// whereTo asks whom a text is for that was typed where no chat is at hand.
func whereTo(r reach, text string) (bot.Reply, error) {
	choices := []bot.Choice{{Label: "announce.button_all", Data: len(r.Chats), Command: "/announce all " + text}}
	for _, c := range r.Chats[:min(len(r.Chats), 3)] {
		choices = append(choices, bot.Choice{Label: "announce.button_chat", Data: c.Title, Command: "/announce " + bot.ChatToken + strconv.FormatInt(c.ID, 10) + " " + text})
	}
	return bot.Reply{}, bot.Refuse("announce.where", struct{ Count int }{len(r.Chats)}, choices...)
}

// previewView is what a preview shows.
type previewView struct {
	Lines     []string
	Count     int // lines of the whole text
	More      bool
	Buttons   []button
	Picture   bool
	Lost      int  // chats that will not see the picture
	Gone      bool // nobody will: it could not be fetched
	Corrects  int64
	Scope     scope
	At        *bot.Moment
	Same      int64 // an announcement that said the same
	SameAt    bot.Moment
	SamePlan  bool // … and is still to go out
	Suggested bot.Moment
}

// scope is whom it is for, in numbers.
type scope struct {
	Target    string
	Count     int
	Names     []string // of the chats, where they are few
	Platforms []platformCount
	Confirm   int // chats where a person has to tap
	Used      int // of these chats, how many had one today
	Mute      int
	People    bool
	Full      int // people who had all of their direct messages of this month
}

type platformCount struct {
	Platform string
	Count    int
}

// scopeOf counts whom a draft is for.
func scopeOf(ctx context.Context, req *bot.Request, d draft) (scope, int, error) {
	s := scope{Target: d.Target, Mute: d.Mute}
	if d.Target == storage.TargetPeople {
		who, full, err := recipients(ctx, req)
		s.People, s.Count, s.Full = true, len(who), full
		return s, 0, err
	}
	s.Count = len(d.Chats)
	lost := 0
	for _, id := range d.Chats {
		c, err := req.Tx.Chat(ctx, id)
		if err != nil {
			return s, 0, err
		}
		if len(d.Chats) <= namesShown {
			s.Names = append(s.Names, c.Title)
		}
		p := bot.PlatformOf(c.Domain)
		i := slices.IndexFunc(s.Platforms, func(x platformCount) bool { return x.Platform == p })
		if i < 0 {
			i, s.Platforms = len(s.Platforms), append(s.Platforms, platformCount{Platform: p})
		}
		s.Platforms[i].Count++
		caps := req.CapsOf(c)
		if !caps.Pictures {
			lost++
		}
		if caps.Confirm {
			s.Confirm++
			used, err := req.Tx.SentSince(ctx, c.ID, today(req))
			if err != nil {
				return s, 0, err
			}
			if used > 0 {
				s.Used++
			}
		}
	}
	return s, lost, nil
}

// today is the midnight before now: platforms count by the calendar's day.
func today(req *bot.Request) time.Time {
	y, m, d := req.Now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, req.Now.Location())
}

// preview stores a draft and shows it; what was said before is asked about
// first.
func preview(ctx context.Context, req *bot.Request, d draft) (bot.Reply, error) {
	view := previewView{Buttons: d.Body.Buttons, Picture: d.Body.Picture != nil, Corrects: d.Body.Corrects, Count: strings.Count(d.Body.Text, "\n") + 1}
	view.Lines, view.More = firstLines(d.Body.Text, 12, 600)
	var err error
	if view.Scope, view.Lost, err = scopeOf(ctx, req, d); err != nil {
		return bot.Reply{}, err
	}
	if view.Scope.People && view.Scope.Count == 0 {
		return bot.Reply{}, bot.Refuse("announce.no_people", view.Scope)
	}
	if d.Body.Picture == nil {
		view.Lost = 0
	}
	if view.Gone, err = gone(ctx, req, d); err != nil {
		return bot.Reply{}, err
	}
	d.Told = d.Told || view.Gone
	if d.At != 0 {
		at := req.Moment(d.at())
		view.At = &at
	}
	template := "announce.preview"
	if !d.Anyway {
		same, err := saidBefore(ctx, req, d)
		if err != nil {
			return bot.Reply{}, err
		}
		if same.ID != 0 {
			// His yes to this question is his word that it may be said twice.
			template, d.Anyway = "announce.again", true
			view.Same, view.SameAt, view.SamePlan = same.ID, req.Moment(same.SentAt), same.State == storage.AnnouncementPlanned
			if view.SamePlan {
				view.SameAt = req.Moment(same.DueAt)
			}
		}
	}
	title, err := req.Text("announce.title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	reply, err := req.Preview(ctx, actionSend, title, d, template, view)
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Public = !keepsPrivate(req)
	confirm, id := reply.Choices[0].Command, ""
	if f := strings.Fields(confirm); len(f) == 2 {
		id = f[1]
	}
	reply.Choices = buttonsOf(req, d, template, confirm, id)
	return reply, nil
}

// buttonsOf are the buttons of a preview.
func buttonsOf(req *bot.Request, d draft, template, confirm, id string) []bot.Choice {
	cancel := bot.Choice{Label: "common.cancel", Command: "/cancel " + id}
	if template == "announce.again" {
		return []bot.Choice{{Label: "announce.button_anyway", Command: confirm}, cancel}
	}
	if d.At != 0 {
		return []bot.Choice{{Label: "announce.button_plan", Data: req.Moment(d.at()), Command: confirm}, {Label: "announce.button_now", Command: "/announce at " + id + " now"}, cancel}
	}
	at := suggested(req.Now)
	out := []bot.Choice{{Label: "announce.button_send", Command: confirm}, {Label: "announce.button_at", Data: req.Moment(at), Command: "/announce at " + id + " " + when.Stamp(at)}}
	if d.Body.Corrects == 0 {
		out = append(out, bot.Choice{Label: "announce.button_target", Command: "/announce target " + id})
	}
	return append(out, cancel)
}

// keepsPrivate reports whether an answer here is for the asker's eyes alone. A
// preview and a report that everybody sees stay, but are said to all: they must
// not be taken back after seconds, as private answers are.
func keepsPrivate(req *bot.Request) bool { return req.Private || req.Caps.Whispers }

// sameWithin is how long the same text is asked about.
const sameWithin = 24 * time.Hour

// saidBefore finds an announcement that said the same to one of the same chats,
// or is going to.
func saidBefore(ctx context.Context, req *bot.Request, d draft) (storage.Announcement, error) {
	all, err := req.Tx.SameAnnouncements(ctx, d.Body.hash(), req.Tx.Now.Add(-sameWithin))
	if err != nil {
		return storage.Announcement{}, err
	}
	for _, a := range all {
		if d.Target == storage.TargetPeople || a.Target == storage.TargetPeople {
			if a.Target == d.Target {
				return a, nil
			}
			continue
		}
		rows, err := req.Tx.Deliveries(ctx, a.ID)
		if err != nil {
			return storage.Announcement{}, err
		}
		if slices.ContainsFunc(rows, func(r storage.Delivered) bool {
			return slices.Contains(d.Chats, r.Chat.ID) && outcomeOf(r) != recalled && outcomeOf(r) != withdrawn && outcomeOf(r) != failed
		}) {
			return a, nil
		}
	}
	return storage.Announcement{}, nil
}
