package help

import (
	"context"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// CheckinRule is what a check-in is worth.
type CheckinRule struct {
	On      bool
	Base    int64 // points of every check-in
	Step    int64 // points more per day of the streak
	Cap     int64 // at most this much more
	Version int
	Since   time.Time    // in force from here on; zero: it always was
	Next    *CheckinRule // set, but not in force yet
}

// TalkRule is what speaking is worth; nothing by default.
type TalkRule struct {
	Points  int64 // points of a message, 0 = none
	Cap     int64 // at most this much a day
	Version int
	Since   time.Time
	Next    *TalkRule
}

// Sources tell the figures of the rules that other families own.
type Sources struct {
	Checkin func(context.Context, *bot.Request) (CheckinRule, error)
	Talk    func(context.Context, *bot.Request) (TalkRule, error)
	Answer  AnswerRule
	// Invites says in words what bringing somebody is worth, "" where nobody can
	// be brought; nil is nowhere.
	Invites func(context.Context, *bot.Request) (string, error)
}

// AnswerRule is what an accepted answer is worth; nothing where Points is 0.
type AnswerRule struct {
	Points  int
	PerDay  int // to one member on a day at most
	PerPair int // acceptances between the same two that count in a month
}

// dayClock is a zone with its start of the day, from an instant on.
type dayClock struct {
	Zone  string
	Start int
	From  bot.Moment
}

type rulesView struct {
	Checkin CheckinRule
	Since   *bot.Moment // of the check-in rule
	Next    *CheckinRule
	NextAt  bot.Moment
	Talk    TalkRule
	Answer  AnswerRule
	TalkTo  *TalkRule // the next talk rule
	TalkAt  bot.Moment
	Clock   dayClock
	Change  *dayClock // the next clock
	Invites string    // the rule in words
	Draws   bool      // there are lucky draws
}

func (s Sources) rules(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	c, err := s.Checkin(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	t, err := s.Talk(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	v := rulesView{Checkin: c, Next: c.Next, Talk: t, TalkTo: t.Next, Answer: s.Answer}
	if !c.Since.IsZero() {
		since := req.Moment(c.Since)
		v.Since = &since
	}
	if c.Next != nil {
		v.NextAt = req.Moment(c.Next.Since)
	}
	if t.Next != nil {
		v.TalkAt = req.Moment(t.Next.Since)
	}
	v.Draws = req.Can("draw")
	if s.Invites != nil {
		if v.Invites, err = s.Invites(ctx, req); err != nil {
			return bot.Reply{}, err
		}
	}
	v.Clock, v.Change, err = clocks(ctx, req)
	return bot.Reply{Template: "help.rules", Data: v}, err
}

// clocks finds the zone and start of the day in force, and the next ones.
func clocks(ctx context.Context, req *bot.Request) (now dayClock, next *dayClock, err error) {
	now = dayClock{Zone: req.Days.Zone(req.Now).String(), Start: req.Days.Start(req.Now)}
	versions, err := req.Tx.Clocks(ctx, req.Community)
	if err != nil {
		return now, nil, err
	}
	for _, c := range versions {
		if c.From.After(req.Tx.Now) && !same(now, c) {
			from := c.From
			if c.Timezone == now.Zone { // what a change of it says: when its first day begins
				from = req.Days.Next(from.Add(-time.Millisecond))
			}
			return now, &dayClock{Zone: c.Timezone, Start: c.DayStartsAt, From: req.Moment(from)}, nil
		}
	}
	return now, nil, nil
}

// same: an undone change leaves a version that changes nothing.
func same(d dayClock, c storage.Clock) bool { return d.Zone == c.Timezone && d.Start == c.DayStartsAt }
