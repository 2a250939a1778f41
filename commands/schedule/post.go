package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// errNoSet: the set of texts of a schedule is not there any more.
var errNoSet = errors.New("no such set of posts")

// reply is what a schedule without a queue says at an instant.
func (j *job) reply(ctx context.Context, req *bot.Request, at time.Time) (bot.Reply, error) {
	if j.Template == "" {
		return said(j.Body), nil
	}
	r := bot.Reply{Lane: storage.LaneBroadcast, Once: true, Public: true}
	req.Posts().Refresh() // a broken file leaves the last good one
	count := req.Posts().Count(req.LanguageOf(j.chat), j.Template)
	if count == 0 {
		return r, fmt.Errorf("%w: %s", errNoSet, j.Template)
	}
	r.Template = fmt.Sprintf("post/%s.%d", j.Template, turnOf(j.ID, j.turn, count))
	var err error
	r.Data, err = j.post(ctx, req, at)
	return r, err
}

// post is what a text of a set can say at an instant.
func (j *job) post(ctx context.Context, req *bot.Request, at time.Time) (bot.Post, error) {
	here := at.In(j.days.Zone(at))
	p := bot.Post{Members: j.chat.HeadCount, Group: j.chat.Title}
	if err := j.dated(req, here, &p); err != nil {
		return p, err
	}
	if err := j.figures(ctx, req, here, &p); err != nil {
		return p, err
	}
	if j.Countdown != "" {
		if day, err := time.Parse(time.DateOnly, j.CountdownDay); err == nil {
			today := time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, time.UTC)
			if p.Days = int(day.Sub(today) / (24 * time.Hour)); p.Days > 0 {
				p.Countdown = j.Countdown
			} else {
				p.Days = 0
			}
		}
	}
	return p, nil
}

// dated fills in what the calendar says of the date.
func (j *job) dated(req *bot.Request, here time.Time, p *bot.Post) error {
	d, tomorrow := when.DayOf(here), when.DayOf(here.AddDate(0, 0, 1))
	p.Off, p.MakeUp = d.Off, d.MakeUp
	for _, w := range []struct {
		to   *string
		name string
		data any
	}{
		{&p.Date, "schedule.date", struct{ Month, Day int }{int(here.Month()), here.Day()}},
		{&p.Weekday, "schedule.weekday", (int(here.Weekday()) + 6) % 7},
		{&p.Lunar, "schedule.lunar", d},
		{&p.Term, "schedule.term", d.Term},
		{&p.NextTerm, "schedule.term", tomorrow.Term},
		{&p.Festival, "schedule.festival", d.Festival},
		{&p.Holiday, "schedule.festival", d.Holiday},
	} {
		text, err := req.TextIn(j.chat, w.name, w.data)
		if err != nil {
			return err
		}
		*w.to = text
	}
	return nil
}

// figures fills in what the community did. Of days that are still to come it
// says what is known now.
func (j *job) figures(ctx context.Context, req *bot.Request, here time.Time, p *bot.Post) error {
	if known := req.Tx.Now.In(here.Location()).AddDate(0, 0, 1); here.After(known) {
		here = known
	}
	community, today := j.chat.CommunityID, j.days.Day(here)
	yesterday := j.days.Prev(today)
	var err error
	if p.CheckedIn, err = req.Tx.DayCheckins(ctx, community, yesterday); err != nil {
		return err
	}
	for day, n := yesterday, 0; n < 7; day, n = j.days.Prev(day), n+1 {
		c, err := req.Tx.DayCheckins(ctx, community, day)
		if err != nil {
			return err
		}
		p.Week += c
	}
	for _, k := range []struct {
		ranking storage.Ranking
		name    *string
		value   *int
	}{
		{storage.Ranking{Community: community, Kind: "streak", AliveFrom: yesterday}, &p.Streaker, &p.Longest},
		{storage.Ranking{Community: community, Kind: storage.ScorePoints, Period: "w" + chatday.Week(yesterday)}, &p.Top, &p.TopPoints},
		{storage.Ranking{Community: community, Kind: storage.ScoreInvite, Period: chatday.Month(yesterday)}, &p.Inviter, &p.Invited},
	} {
		top, err := req.Tx.Top(ctx, k.ranking, 1)
		if err != nil {
			return err
		}
		if len(top) > 0 {
			*k.name, *k.value = top[0].Name, int(top[0].Value)
		}
	}
	return nil
}
