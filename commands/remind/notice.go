package remind

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// groupsShown is how many chats of a line are called by name.
const groupsShown = 3

// wrong is a reminder that went wrong in one chat or several, as the
// administrators are told of it.
type wrong struct {
	Kind   string
	Number int64
	Title  string
	At     bot.Moment
	Zone   string // of the clock, where chats have several
	Why    string
	Detail string
	Groups []string // the first of the chats
	More   int      // … that are not named
	Chats  int
}

// notice tells the administrators which reminders went wrong since they were
// told last, in whatever chats: each of them gets one message, together with
// the posts that went wrong.
func notice(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, err := req.Untold(ctx, storage.PushJob)
	if err != nil || len(rows) == 0 {
		return bot.Reply{}, err
	}
	var all []failed
	var chats []storage.Chat
	for _, o := range rows {
		if err := req.Tx.MarkTold(ctx, o.ID); err != nil {
			return bot.Reply{}, err
		}
		f, err := failedOf(ctx, req, o)
		if err != nil {
			return bot.Reply{}, err
		}
		all = append(all, f)
		if !slices.ContainsFunc(chats, func(c storage.Chat) bool { return c.ID == f.chat.ID }) {
			chats = append(chats, f.chat)
		}
	}
	return bot.Reply{}, req.AlertAll(ctx, chats, func(about []storage.Chat) (bot.Reply, error) {
		return report(req, all, about), nil
	})
}

// failed is an occurrence that went wrong, with what it was about.
type failed struct {
	storage.Occurrence

	chat storage.Chat
	of   storage.Activity
	days chatday.Calendar
}

func failedOf(ctx context.Context, req *bot.Request, o storage.Occurrence) (failed, error) {
	f := failed{Occurrence: o}
	var id int64
	if _, err := fmt.Sscanf(o.Job, storage.PushJob+"%d", &id); err != nil {
		return f, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	p, err := req.Tx.Push(ctx, id)
	if err != nil {
		return f, err
	}
	if f.of, err = req.Tx.Activity(ctx, p.Kind, p.ActivityID); err != nil {
		return f, err
	}
	if f.chat, err = req.Tx.Chat(ctx, o.ChatID); err != nil {
		return f, err
	}
	f.days, err = bot.CalendarOf(ctx, &req.Tx.Reader, f.chat.CommunityID)
	return f, err
}

// report words what went wrong in some chats: what was to be said of one
// activity at one instant is one line.
func report(req *bot.Request, all []failed, about []storage.Chat) bot.Reply {
	type line struct {
		kind, due, why string
		id             int64
	}
	v := struct {
		Group string
		Chats int
		Rows  []wrong // the newest
		More  int     // earlier ones
	}{}
	at, chats, zones := map[line]int{}, map[int64]bool{}, map[string]bool{}
	for _, f := range all {
		if !slices.ContainsFunc(about, func(c storage.Chat) bool { return c.ID == f.chat.ID }) {
			continue
		}
		zone := f.days.Zone(f.DueAt)
		why, detail, _ := strings.Cut(f.Reason, " ")
		if f.State == storage.Uncertain {
			why, detail = "uncertain", ""
		}
		key := line{f.of.Kind, f.DueAt.In(zone).Format(time.RFC3339), why + detail, f.of.ID}
		i, ok := at[key]
		if !ok {
			i, at[key] = len(v.Rows), len(v.Rows)
			v.Rows = append(v.Rows, wrong{
				Kind: f.of.Kind, Number: f.of.ID, Title: f.of.Title, At: bot.Moment{T: f.DueAt.In(zone), Now: req.Tx.Now.In(zone)}, Zone: zone.String(),
				Why: why, Detail: detail,
			})
		}
		v.Rows[i].add(f.chat.Title)
		v.Group = f.chat.Title
		chats[f.chat.ID], zones[zone.String()] = true, true
	}
	v.Chats, v.More = len(chats), max(0, len(v.Rows)-listMost)
	v.Rows = v.Rows[v.More:]
	for i := range v.Rows {
		if len(zones) == 1 {
			v.Rows[i].Zone = ""
		}
	}
	return bot.Reply{Template: "remind.notice", Data: v}
}

func (w *wrong) add(title string) {
	switch {
	case slices.Contains(w.Groups, title): // two reminders of one activity at one instant
		return
	case len(w.Groups) < groupsShown:
		w.Groups = append(w.Groups, title)
	default:
		w.More++
	}
	w.Chats++
}
