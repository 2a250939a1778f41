package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// jobView shows a schedule.
type jobView struct {
	ID      int64
	Name    string
	Rule    when.Rule
	Zone    string
	Zones   bool // the chats have several
	Missed  string
	Late    int // minutes
	Quiet   *quietView
	State   string
	Turns   []span
	Next    *bot.Moment // the next that happens
	At      bot.Moment  // the instant of one that happens once
	From    *bot.Moment // the day from which on one that leaves days or weeks out counts
	Guess   bool        // holidays of a year are not known yet
	Year    int         // … which
	Sample  []string    // line by line
	Queue   string      // the queue the sample is from
	Empty   bool        // … and it has nothing
	Groups  []string    // the chats, where it is not this one alone
	More    int         // … that are not named
	Gone    []string    // chats that the bot is not in
	Away    bool        // … and the one that speaks for it is among them
	Faults  []bot.PostFault
	Audit   int64
	Change  bool // of one that is there
	Numbers []int64
}

// quietView says what quiet hours do to a schedule.
type quietView struct {
	From, Until int // minutes
	Rule        string
}

const (
	// upcomingShown is how many instants a preview names.
	upcomingShown = 5
	// groupsShown is how many chats are called by name.
	groupsShown = 3
)

// brief is a line of the list.
func (s *series) brief(req *bot.Request) jobView {
	j := s.at(req.Chat.ID)
	now := req.Tx.Now.In(j.days.Zone(req.Tx.Now))
	v := jobView{
		ID: s.ID, Name: s.Name, Rule: j.rule, Zone: now.Location().String(), Missed: s.Missed, Late: int(s.Late / time.Minute), State: s.State,
		At: bot.Moment{T: time.UnixMilli(j.rule.At).In(now.Location()), Now: now}, Away: j.gone(),
	}
	for _, t := range j.upcoming(req.Tx.Now, 1) {
		if t.Skip == "" {
			v.Next = &bot.Moment{T: t.To, Now: now}
		}
	}
	for _, other := range s.in {
		if other.gone() {
			v.Gone = append(v.Gone, other.chat.Title)
		}
		v.Zones = v.Zones || other.days.Zone(req.Tx.Now).String() != v.Zone
		if len(s.in) == 1 && other.chat.ID == req.Chat.ID {
			continue
		}
		if len(v.Groups) < groupsShown {
			v.Groups = append(v.Groups, other.chat.Title)
		} else {
			v.More++
		}
	}
	return v
}

// view is what a preview shows.
func (s *series) view(ctx context.Context, req *bot.Request) (jobView, error) {
	v := s.brief(req)
	j := s.at(req.Chat.ID)
	now := v.At.Now
	turns := j.upcoming(req.Tx.Now, upcomingShown)
	if len(turns) == 0 {
		return v, nil
	}
	v.fill(turns, now)
	if j.rule.Gap > 0 {
		v.From = &bot.Moment{T: j.rule.Start(), Now: now}
	}
	v.Quiet = j.quietIn(turns)
	next, err := j.ahead(ctx, req, 1)
	if err != nil {
		return v, nil //nolint:nilerr // a set that is gone has no sample; the log says so when it is due
	}
	if j.QueueID != 0 {
		q, err := req.Tx.QueueByID(ctx, j.QueueID)
		if err != nil {
			return v, err
		}
		v.Queue = q.Name
	}
	v.Faults = req.Posts().Refresh()
	for _, c := range next {
		if v.Empty = c.Empty; c.Skip != "" || c.Empty {
			continue
		}
		v.Sample, err = j.lines(req, c.Reply)
		return v, err
	}
	return v, nil
}

// fill puts instants into a view.
func (v *jobView) fill(turns []turn, now time.Time) {
	v.Turns = spans(turns, now, varied(turns))
	for _, t := range turns {
		if t.Guess && !v.Guess {
			v.Guess, v.Year = true, t.At.Year()
		}
	}
}

// quietIn says what quiet hours do to some instants, nil if nothing.
func (j *job) quietIn(turns []turn) *quietView {
	for _, t := range turns {
		if t.Skip == skipQuiet || t.Skip == "" && !t.To.Equal(t.At) || j.Quiet != storage.QuietAsChat && j.quiet.set() {
			return &quietView{j.quiet.From, j.quiet.Until, j.quiet.Rule}
		}
	}
	return nil
}

// lines is a post as its chat is going to read it.
func (j *job) lines(req *bot.Request, r bot.Reply) ([]string, error) {
	text, err := req.TextIn(j.chat, r.Template, r.Data)
	return strings.Split(text, "\n"), err
}

func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("schedule.unknown_part", struct{ Word string }{req.Args.Word(0)})
	}
	all, err := req.Tx.SchedulesOf(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("schedule.none", nil)
	}
	most := shown
	if req.Private {
		most = 2 * shown
	}
	view := struct {
		Jobs []jobView
		More int
	}{More: max(0, len(all)-most)}
	for _, s := range all[:min(len(all), most)] {
		one, err := load(ctx, &req.Tx.Reader, s)
		if err != nil {
			return bot.Reply{}, err
		}
		if len(one.in) > 0 {
			view.Jobs = append(view.Jobs, one.brief(req))
		}
	}
	return bot.Reply{Template: "schedule.list", Data: view}, nil
}

// postView is a post that is to come.
type postView struct {
	At     bot.Moment
	To     *bot.Moment // when it is posted instead, after quiet hours
	Lines  []string
	Number int // of the text in its queue
	Empty  bool
	Cut    int // letters of the whole, where not all of it is shown
}

// elsewhere is a further chat of a schedule.
type elsewhere struct {
	Title string
	Next  *bot.Moment
	Zone  string // of its clock, where that is another one
	Gone  bool   // the bot is not in it
}

// next shows the next five posts as they are going to be.
func next(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	j := s.at(req.Chat.ID)
	view := struct {
		jobView
		Group    string // whose posts these are, where there are several chats
		Posts    []postView
		Others   []elsewhere
		MoreChat int
		Figures  bool // some of what they say is only known when they are posted
	}{jobView: s.brief(req), Figures: s.Template != ""}
	now := view.At.Now
	view.fill(j.upcoming(req.Tx.Now, upcomingShown), now)
	posts, err := j.ahead(ctx, req, upcomingShown)
	if err != nil {
		return bot.Reply{}, setGone(s.Schedule, err)
	}
	for _, c := range posts {
		if c.Skip != "" {
			continue
		}
		p := postView{At: bot.Moment{T: c.At, Now: now}, Number: c.Number, Empty: c.Empty}
		if !c.To.Equal(c.At) {
			p.To = &bot.Moment{T: c.To, Now: now}
		}
		if !c.Empty {
			if p.Lines, err = j.lines(req, c.Reply); err != nil {
				return bot.Reply{}, err
			}
		}
		view.Posts = append(view.Posts, p)
		if c.Empty { // and so are those that follow
			break
		}
	}
	shorten(view.Posts)
	if len(s.in) > 1 {
		view.Group = j.chat.Title
		for i := range s.in {
			o := &s.in[i]
			switch {
			case o.chat.ID == j.chat.ID:
			case len(view.Others) == shown:
				view.MoreChat++
			default:
				view.Others = append(view.Others, o.elsewhere(req, view.Zone))
			}
		}
	}
	return bot.Reply{Template: "schedule.next", Data: view}, nil
}

func (j *job) elsewhere(req *bot.Request, here string) elsewhere {
	e := elsewhere{Title: j.chat.Title, Gone: j.gone()}
	if zone := j.days.Zone(req.Tx.Now).String(); zone != here {
		e.Zone = zone
	}
	for _, t := range j.upcoming(req.Tx.Now, 1) {
		if t.Skip == "" {
			e.Next = &bot.Moment{T: t.To, Now: req.Tx.Now.In(t.To.Location())}
		}
	}
	return e
}

// logShown is how many outcomes /schedule log tells.
const logShown = 7

// outcome is a line of the log.
type outcome struct {
	At     bot.Moment
	State  string
	Why    string
	Detail string
	Up     bot.Moment // with the reason "down": since when the program runs again
	To     *bot.Moment
}

func outcomeOf(o storage.Occurrence, now time.Time) outcome {
	out := outcome{At: bot.Moment{T: o.DueAt.In(now.Location()), Now: now}, State: o.State}
	out.Why, out.Detail = reasonOf(o.Reason)
	var ms int64
	if _, err := fmt.Sscan(out.Detail, &ms); err == nil && out.Why == "down" {
		out.Up = bot.Moment{T: time.UnixMilli(ms).In(now.Location()), Now: now}
	}
	if !o.MovedTo.IsZero() {
		out.To = &bot.Moment{T: o.MovedTo.In(now.Location()), Now: now}
	}
	return out
}

// chatLog is the log of one chat.
type chatLog struct {
	Title string    // "" where there is only one
	Rows  []outcome // oldest first
}

func log(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		ID    int64
		Name  string
		Chats []chatLog
		More  int
	}{ID: s.ID, Name: s.Name, More: max(0, len(s.in)-shown)}
	for _, j := range s.in[:min(len(s.in), shown)] {
		rows, err := req.Tx.RecentOccurrences(ctx, s.Job(), j.chat.ID, req.Tx.Now, logShown)
		if err != nil {
			return bot.Reply{}, err
		}
		one := chatLog{}
		if len(s.in) > 1 {
			one.Title = j.chat.Title
		}
		now := req.Tx.Now.In(j.days.Zone(req.Tx.Now))
		for _, o := range slices.Backward(rows) {
			one.Rows = append(one.Rows, outcomeOf(o, now))
		}
		view.Chats = append(view.Chats, one)
	}
	return bot.Reply{Template: "schedule.log", Data: view}, nil
}
