package poll

import (
	"context"
	"fmt"
	"slices"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// named reads the number behind a sub-command and finds its poll.
func named(ctx context.Context, req *bot.Request) (storage.Poll, error) {
	id, ok := number(req.Args.Word(0))
	if !ok {
		return storage.Poll{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{req.Args.Word(0), "/" + req.Command + " 9"})
	}
	return find(ctx, req, id)
}

// authorOr lets a poll's author and holders of a role pass.
func authorOr(ctx context.Context, req *bot.Request, p storage.Poll, role bot.Role) (bool, error) {
	if p.AuthorID != 0 && p.AuthorID == author(req) {
		return true, nil
	}
	return req.Is(ctx, role)
}

// closeByHand is /poll close 9. It is final, so what is closed already is only
// shown again.
func closeByHand(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	p, err := named(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	ok, err := authorOr(ctx, req, p, bot.ChatAdmin)
	switch {
	case err != nil:
		return bot.Reply{}, err
	case !ok:
		return bot.Reply{}, bot.Refuse("poll.close_not_yours", nil)
	case p.State == storage.PollClosed:
		return bot.Reply{Template: "poll.late", Data: viewOf(req, p)}, nil
	}
	if _, err := req.Audit(ctx, "poll.close", struct{}{}, due{p.ID}, "", false); err != nil {
		return bot.Reply{}, err
	}
	if err := finish(ctx, req, p, author(req)); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "poll.closed", Data: struct{ ID int64 }{p.ID}}, nil
}

// readable refuses what a poll keeps to itself: names of an anonymous one for
// ever, figures of a hidden one until it is closed.
func readable(p storage.Poll) error {
	switch {
	case p.Anonymous:
		return bot.Refuse("poll.who_secret", struct{ ID int64 }{p.ID})
	case p.Hidden && p.State == storage.PollOpen:
		return bot.Refuse("poll.who_later", struct{ ID int64 }{p.ID})
	}
	return nil
}

// whoMost is how many names an option shows; all are in the table.
const whoMost = 20

type voters struct {
	line
	Names []string
	More  int
}

// who is /poll who 9: who chose what.
func who(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	p, err := named(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := readable(p); err != nil {
		return bot.Reply{}, err
	}
	all, err := req.Tx.PollVoters(ctx, p.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	var data struct {
		ID      int64
		Options []voters
	}
	data.ID = p.ID
	for i, l := range viewOf(req, p).Options {
		v := voters{line: l}
		for _, one := range all {
			if one.Place != p.Options[i].Place {
				continue
			}
			if len(v.Names) < whoMost {
				v.Names = append(v.Names, one.Name)
			} else {
				v.More++
			}
		}
		data.Options = append(data.Options, v)
	}
	return bot.Reply{Template: "poll.who", Data: data}, nil
}

// table is /poll csv 9: the result as a file, for its author and
// administrators.
func table(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	p, err := named(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	ok, err := authorOr(ctx, req, p, bot.ChatAdmin)
	switch {
	case err != nil:
		return bot.Reply{}, err
	case !ok:
		return bot.Reply{}, bot.Refuse("poll.csv_not_yours", nil)
	case !req.Caps.Files:
		return bot.Reply{}, bot.Refuse("poll.no_files", nil)
	case p.Hidden && p.State == storage.PollOpen:
		return bot.Reply{}, bot.Refuse("poll.who_later", struct{ ID int64 }{p.ID})
	}
	rows, err := tableRows(ctx, req, p)
	if err != nil {
		return bot.Reply{}, err
	}
	data, err := storage.CSV(rows)
	if err != nil {
		return bot.Reply{}, err
	}
	name := fmt.Sprintf("poll-%d.csv", p.ID)
	return bot.Reply{Template: "poll.file", Data: struct{ ID int64 }{p.ID}, File: &chat.File{Name: name, MIME: "text/csv; charset=utf-8", Data: data}}, nil
}

// tableRows has a line for each option, and below one for each choice.
func tableRows(ctx context.Context, req *bot.Request, p storage.Poll) ([][]string, error) {
	var heads [6]string
	for i, key := range []string{"option", "votes", "share", "voter", "at", "question"} {
		var err error
		if heads[i], err = req.Text("poll.csv_"+key, nil); err != nil {
			return nil, err
		}
	}
	rows := [][]string{{heads[5], p.Question}, {"", heads[0], heads[1], heads[2]}}
	for _, l := range viewOf(req, p).Options {
		rows = append(rows, []string{l.Letter, l.Text, itoa(int64(l.Votes)), fmt.Sprintf("%d%%", l.Percent)})
	}
	if p.Anonymous {
		return rows, nil
	}
	all, err := req.Tx.PollVoters(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	rows = append(rows, []string{}, []string{"", heads[0], heads[3], heads[4]})
	for _, v := range all {
		i := slices.IndexFunc(p.Options, func(o storage.PollOption) bool { return o.Place == v.Place })
		rows = append(rows, []string{viewOf(req, p).Options[i].Letter, p.Options[i].Text, v.Name, v.At.In(req.Now.Location()).Format("2006-01-02 15:04")})
	}
	return rows, nil
}
