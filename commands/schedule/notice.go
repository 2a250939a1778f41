package schedule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// wrong is posts of a schedule that went wrong at an instant, in one chat or
// several, as the administrators are told of them.
type wrong struct {
	outcome
	ID     int64 // of the schedule
	Name   string
	Groups []string // the first of the chats
	More   int      // … that are not named
	Chats  int
	Zone   string // of the clock, where chats have several
	Late   int    // minutes that were allowed
}

// summary is what went wrong in one way.
type summary struct {
	Rows  []wrong // the newest
	Count int
	More  int // earlier ones
	Chats int
	All   bool // each is the newest of its schedule and chat
	Both  bool // something else went wrong the other way

	newest, ids []int64 // of the occurrences
}

// notice tells the administrators what went wrong since they were told last, in
// whatever chats: each of them gets one message.
func notice(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	rows, err := req.Untold(ctx, storage.PostJob)
	if err != nil || len(rows) == 0 {
		return bot.Reply{}, err
	}
	look := lookup{req: req, jobs: map[string]map[int64]job{}}
	var chats []storage.Chat
	known := map[int64]bool{}
	for _, o := range rows {
		if err := req.Tx.MarkTold(ctx, o.ID); err != nil {
			return bot.Reply{}, err
		}
		j, err := look.job(ctx, o)
		if err != nil {
			return bot.Reply{}, err
		}
		if !known[o.ChatID] {
			known[o.ChatID] = true
			chats = append(chats, j.chat)
		}
	}
	return bot.Reply{}, req.AlertAll(ctx, chats, func(about []storage.Chat) (bot.Reply, error) {
		return look.say(ctx, rows, about)
	})
}

// lookup reads every schedule once, however many chats it has.
type lookup struct {
	req  *bot.Request
	jobs map[string]map[int64]job
}

// job is the schedule of an occurrence in its chat.
func (l *lookup) job(ctx context.Context, o storage.Occurrence) (job, error) {
	if j, ok := l.jobs[o.Job][o.ChatID]; ok {
		return j, nil
	}
	var id int64
	if _, err := fmt.Sscanf(o.Job, "post:%d", &id); err != nil {
		return job{}, fmt.Errorf("occurrence %d of %s: %w", o.ID, o.Job, err)
	}
	s, err := l.req.Tx.Schedule(ctx, id)
	if err != nil {
		return job{}, err
	}
	if l.jobs[o.Job] == nil {
		all, err := load(ctx, &l.req.Tx.Reader, s)
		if err != nil {
			return job{}, err
		}
		l.jobs[o.Job] = map[int64]job{}
		for _, j := range all.in {
			l.jobs[o.Job][j.chat.ID] = j
		}
	}
	j, ok := l.jobs[o.Job][o.ChatID]
	if !ok { // it is not for this chat any more
		if j, _, err = loadIn(ctx, &l.req.Tx.Reader, s, o.ChatID); err != nil {
			return j, err
		}
		l.jobs[o.Job][o.ChatID] = j
	}
	return j, nil
}

// say words what went wrong in some chats.
func (l *lookup) say(ctx context.Context, rows []storage.Occurrence, about []storage.Chat) (bot.Reply, error) {
	in := map[int64]bool{}
	for _, c := range about {
		in[c.ID] = true
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(o storage.Occurrence) bool { return !in[o.ChatID] })
	missed, err := l.sum(ctx, rows, storage.Missed)
	if err != nil {
		return bot.Reply{}, err
	}
	unsure, err := l.sum(ctx, rows, storage.Uncertain)
	if err != nil {
		return bot.Reply{}, err
	}
	missed.Both = missed.Count > 0 && unsure.Count > 0
	unsure.Both = missed.Both
	r := bot.Reply{Template: "schedule.missed_notice", Data: missed}
	if missed.Count > 0 {
		list := numbers(missed.newest)
		r.Choices = []bot.Choice{
			{Label: "schedule.send_now", Data: missed, Command: "/schedule resend " + list},
			{Label: "schedule.understood", Command: "/schedule ack " + list},
		}
	}
	if unsure.Count > 0 {
		list := numbers(unsure.ids)
		r.Choices = append(r.Choices,
			bot.Choice{Label: "schedule.it_did", Data: unsure, Command: "/schedule went " + list},
			bot.Choice{Label: "schedule.send_again", Data: unsure, Command: "/schedule resend " + list})
		r.Template, r.Data = "schedule.uncertain_notice", unsure
	}
	if missed.Both {
		r.Template, r.Data = "schedule.wrong_notice", struct{ Missed, Uncertain summary }{missed, unsure}
	}
	return r, nil
}

// sum gathers the rows of a state: those of one schedule, instant and reason
// are one line.
func (l *lookup) sum(ctx context.Context, rows []storage.Occurrence, state string) (summary, error) {
	type line struct{ job, due, reason string }
	type place struct {
		job  string
		chat int64
	}
	var v summary
	at, newest, chats, zones := map[line]int{}, map[place]int64{}, map[int64]bool{}, map[string]bool{}
	for _, o := range rows {
		if o.State != state {
			continue
		}
		j, err := l.job(ctx, o)
		if err != nil {
			return v, err
		}
		zone := j.days.Zone(o.DueAt)
		key := line{o.Job, o.DueAt.In(zone).Format(time.RFC3339), o.Reason}
		if state == storage.Uncertain {
			key.reason = ""
		}
		i, ok := at[key]
		if !ok {
			i = len(v.Rows)
			at[key] = i
			v.Rows = append(v.Rows, wrong{
				outcome: outcomeOf(o, l.req.Tx.Now.In(zone)), ID: j.ID, Name: j.Name, Zone: zone.String(), Late: int(allowed(j.Schedule) / time.Minute),
			})
		}
		v.Rows[i].add(j.chat.Title)
		newest[place{o.Job, o.ChatID}] = o.ID
		chats[o.ChatID], zones[zone.String()] = true, true
		v.ids = append(v.ids, o.ID)
	}
	v.Count, v.Chats, v.All = len(v.Rows), len(chats), len(newest) == len(v.ids)
	v.newest = slices.Sorted(maps.Values(newest))
	v.More = max(0, v.Count-shown)
	v.Rows = v.Rows[v.More:]
	for i := range v.Rows {
		if len(zones) == 1 {
			v.Rows[i].Zone = ""
		}
	}
	return v, nil
}

func (w *wrong) add(title string) {
	w.Chats++
	if len(w.Groups) < groupsShown {
		w.Groups = append(w.Groups, title)
	} else {
		w.More++
	}
}

// numbers names occurrences in a button: the newest, if they are too many for one.
func numbers(ids []int64) string {
	var out []string
	for _, id := range ids[max(0, len(ids)-chosenMost):] {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return strings.Join(out, " ")
}
