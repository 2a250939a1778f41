package announce

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// reportView is what a report shows.
type reportView struct {
	ID       int64
	Tally    tally
	People   bool
	More     int // chats that failed and are not named
	Corrects int64
	Recalled bool
	Hide     bool // everybody sees it: no names
}

// viewOf counts an announcement for its report.
func viewOf(a storage.Announcement, rows []storage.Delivered, hide bool) reportView {
	v := reportView{ID: a.ID, Tally: count(rows), People: a.Target == storage.TargetPeople, Corrects: a.Corrects, Recalled: !a.RecalledAt.IsZero(), Hide: hide}
	if n := len(v.Tally.Bad); n > namesShown {
		v.More, v.Tally.Bad = n-namesShown, v.Tally.Bad[:namesShown]
	}
	if n := len(v.Tally.Unsure); n > namesShown {
		v.Tally.Unsure = v.Tally.Unsure[:namesShown]
	}
	if hide {
		v.Tally.Bad, v.Tally.Unsure, v.More = nil, nil, 0
	}
	return v
}

// choices are the buttons of a report: what can be done about it now.
func (v reportView) choices(rows []storage.Delivered) []bot.Choice {
	n := strconv.FormatInt(v.ID, 10)
	var out []bot.Choice
	if !v.Recalled && slices.ContainsFunc(rows, canRetry) {
		out = append(out, bot.Choice{Label: "announce.button_retry", Command: "/announce retry " + n})
	}
	if !v.Recalled && v.Tally.Delivered+v.Tally.Waiting+v.Tally.Sending > 0 {
		out = append(out, bot.Choice{Label: "announce.button_recall", Command: "/announce recall " + n})
	}
	return append(out, bot.Choice{Label: "announce.button_details", Command: "/announce details " + n})
}

func slot(id int64) string { return fmt.Sprintf("announce:%d", id) }

// report is an announcement's report as a message that is edited in place.
func report(ctx context.Context, req *bot.Request, a storage.Announcement, public bool) (bot.Reply, tally, error) {
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, tally{}, err
	}
	v := viewOf(a, rows, public)
	return bot.Reply{Template: "announce.report", Data: v, Choices: v.choices(rows), Slot: slot(a.ID), Public: public}, count(rows), nil
}

// reportNow is the first report, and keeps an eye on what comes.
func reportNow(ctx context.Context, req *bot.Request, a storage.Announcement) (bot.Reply, error) {
	c, err := req.Tx.Chat(ctx, a.ChatID)
	if err != nil {
		return bot.Reply{}, err
	}
	r, t, err := report(ctx, req, a, c.Kind != string(chat.Private) && !req.CapsOf(c).Whispers)
	if err != nil {
		return bot.Reply{}, err
	}
	if !req.CapsOf(c).Edit {
		r.Slot = "" // the end of it is a message of its own
	}
	if err := req.Tx.SetShown(ctx, a.ID, t.mark()); err != nil {
		return bot.Reply{}, err
	}
	return r, watch(ctx, req, a, 0)
}

// watch looks at an announcement again, after the nth pause.
func watch(ctx context.Context, req *bot.Request, a storage.Announcement, n int64) error {
	return setTimer(ctx, req, a, taskWatch, "watch", n, req.Tx.Now.Add(watchGap(int(n))))
}

// onWatch brings a report up to date, until nothing of it is under way.
func onWatch(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := stepOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := req.Tx.Announcement(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	open, err := refresh(ctx, req, a)
	if err != nil || !open {
		return bot.Reply{}, err
	}
	return bot.Reply{}, watch(ctx, req, a, s.N+1)
}

// refresh edits a report if it says something else by now, and reports whether
// more is to come. Where messages cannot be edited only the end is said.
func refresh(ctx context.Context, req *bot.Request, a storage.Announcement) (open bool, err error) {
	c, err := req.Tx.Chat(ctx, a.ChatID)
	if err != nil {
		return false, err
	}
	caps := req.CapsOf(c)
	r, t, err := report(ctx, req, a, c.Kind != string(chat.Private) && !caps.Whispers)
	if err != nil || t.mark() == a.Shown || t.open() && !caps.Edit {
		return t.open(), err
	}
	if !caps.Edit {
		r.Slot = ""
	}
	if err := req.Tx.SetShown(ctx, a.ID, t.mark()); err != nil {
		return false, err
	}
	return t.open(), inform(ctx, req, a, r)
}

// onDelivered: a person has tapped what waited for him.
func onDelivered(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, _ := req.Event.Detail.(chat.Delivery)
	id, err := req.Tx.AnnouncementOf(ctx, req.Chat.ID, d.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, nil
	}
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := req.Tx.Announcement(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = refresh(ctx, req, a)
	return bot.Reply{}, err
}

// visible reports whether the sender may see an announcement: its author, an
// operator, and who administers the chat it was asked for in.
func visible(ctx context.Context, req *bot.Request, r reach, a storage.Announcement) (bool, error) {
	if r.Operator || r.Has(a.ChatID) || a.AccountID == req.Account.ID {
		return true, nil
	}
	if req.Event.Sender.Anonymous {
		return false, nil
	}
	who, err := req.Tx.Account(ctx, a.AccountID)
	return err == nil && who.PersonID == req.Account.PersonID, err
}

// onNumber runs a command about an announcement, named by its number.
func onNumber(run func(context.Context, *bot.Request, reach, storage.Announcement) (bot.Reply, error)) func(context.Context, *bot.Request) (bot.Reply, error) {
	return func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
		n, ok := number(req.Args.Word(0))
		if !ok {
			return plain(ctx, req)
		}
		r, err := reachOf(ctx, req)
		if err != nil {
			return bot.Reply{}, err
		}
		a, err := find(ctx, req, r, n)
		if err != nil {
			return bot.Reply{}, err
		}
		return run(ctx, req, r, a)
	}
}

func find(ctx context.Context, req *bot.Request, r reach, n int64) (storage.Announcement, error) {
	a, err := req.Tx.Announcement(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return a, bot.Refuse("announce.no_such", struct{ ID int64 }{n})
	}
	if err != nil {
		return a, err
	}
	ok, err := visible(ctx, req, r, a)
	if err == nil && !ok {
		err = bot.Refuse("announce.no_such", struct{ ID int64 }{n})
	}
	return a, err
}

// show tells how an announcement stands.
func show(ctx context.Context, req *bot.Request, r reach, n int64) (bot.Reply, error) {
	a, err := find(ctx, req, r, n)
	if err != nil {
		return bot.Reply{}, err
	}
	return standingOf(ctx, req, a)
}

func standingOf(ctx context.Context, req *bot.Request, a storage.Announcement) (bot.Reply, error) {
	public := !keepsPrivate(req)
	if a.State == storage.AnnouncementSent {
		reply, _, err := report(ctx, req, a, public)
		reply.Slot = "" // a copy: the one that is kept up to date may stand far above
		return reply, err
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	v := lineOf(req, a, rows)
	reply := bot.Reply{Template: "announce.unsent", Data: v, Public: public}
	if a.State == storage.AnnouncementPlanned {
		reply.Choices = []bot.Choice{{Label: "announce.button_drop", Command: "/announce drop " + strconv.FormatInt(a.ID, 10)}}
	}
	return reply, nil
}

// line is an announcement in a list.
type line struct {
	ID     int64
	Text   string
	State  string
	At     bot.Moment
	Tally  tally
	People bool
}

func lineOf(req *bot.Request, a storage.Announcement, rows []storage.Delivered) line {
	var b body
	_ = json.Unmarshal([]byte(a.Content), &b) // of an unreadable one the number is left
	text, more := firstLines(b.Text, 1, 16)
	l := line{ID: a.ID, Text: strings.Join(text, ""), State: a.State, At: req.Moment(a.SentAt), Tally: count(rows), People: a.Target == storage.TargetPeople}
	if more && !strings.HasSuffix(l.Text, "…") {
		l.Text += "…"
	}
	if a.State != storage.AnnouncementSent {
		l.At = req.Moment(a.DueAt)
	}
	return l
}

// listMost is how many announcements a list names.
const listMost = 5

// listed shows the newest announcements that the sender may see.
func listed(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return plain(ctx, req)
	}
	r, err := reachOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	var lines []line
	for before := int64(0); len(lines) < listMost; {
		page, err := req.Tx.Announcements(ctx, before, 50)
		if err != nil {
			return bot.Reply{}, err
		}
		for _, a := range page {
			before = a.ID
			ok, err := visible(ctx, req, r, a)
			if err != nil {
				return bot.Reply{}, err
			}
			if !ok || len(lines) == listMost {
				continue
			}
			rows, err := req.Tx.Deliveries(ctx, a.ID)
			if err != nil {
				return bot.Reply{}, err
			}
			lines = append(lines, lineOf(req, a, rows))
		}
		if len(page) < 50 {
			break
		}
	}
	return bot.Reply{Template: "announce.list", Data: lines, Public: !keepsPrivate(req)}, nil
}

// chatLine is one chat in the details of a report.
type chatLine struct {
	Position int
	Title    string
	State    outcome
	Reason   string
	Bare     bool // without the picture
	At       bot.Moment
	Via      string // the connection that carried it, where it was not the chat's own
}

const detailsMost = 10

// details tells what became of an announcement chat by chat, the troubles first;
// of people only how many. Where everybody would read it, only numbers.
func details(ctx context.Context, req *bot.Request, _ reach, a storage.Announcement) (bot.Reply, error) {
	if a.State != storage.AnnouncementSent || !keepsPrivate(req) {
		return standingOf(ctx, req, a)
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Report reportView
		Lines  []chatLine
		More   int
	}{Report: viewOf(a, rows, false)}
	view.Report.Tally = count(rows)
	reply := bot.Reply{Template: "announce.details"}
	if a.Target != storage.TargetPeople {
		order := []outcome{failed, uncertain, waiting, sending, withdrawn, recalled, delivered}
		slices.SortStableFunc(rows, func(x, y storage.Delivered) int {
			return slices.Index(order, outcomeOf(x)) - slices.Index(order, outcomeOf(y))
		})
		for _, d := range rows {
			l := chatLine{Position: d.Position, Title: d.Chat.Title, State: outcomeOf(d), Bare: bare(d), At: req.Moment(d.SettledAt), Via: d.Via}
			if l.State == failed {
				l.Reason = reason(d.Error, false)
			}
			if len(view.Lines) == detailsMost {
				view.More = len(rows) - detailsMost
				break
			}
			view.Lines = append(view.Lines, l)
			if l.State == uncertain && len(reply.Choices) < 3 {
				reply.Choices = append(reply.Choices, bot.Choice{Label: "announce.button_resend", Data: l.Title, Command: fmt.Sprintf("/announce resend %d %d", a.ID, d.Position)})
			}
		}
		if view.More > 0 && req.Caps.Files {
			reply.File, err = fileOf(req, a, rows)
		}
	}
	reply.Data = view
	reply.Choices = append(reply.Choices, slices.DeleteFunc(view.Report.choices(rows), func(c bot.Choice) bool { return c.Label == "announce.button_details" })...)
	return reply, err
}

// fileOf is the whole report as a table. Cells that a spreadsheet would run
// begin with an apostrophe.
func fileOf(req *bot.Request, a storage.Announcement, rows []storage.Delivered) (*chat.File, error) {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.Write([]string{"position", "chat", "platform", "outcome", "reason", "at", "tries", "via"}) // Error tells below
	for _, d := range rows {
		why, at, title := "", "", d.Chat.Title
		if outcomeOf(d) == failed {
			why = reason(d.Error, false)
		} else if bare(d) {
			why = "no_picture"
		}
		if !d.SettledAt.IsZero() {
			at = d.SettledAt.In(req.Now.Location()).Format(time.RFC3339)
		}
		if title != "" && strings.ContainsAny(title[:1], "=+-@\t\r") {
			title = "'" + title
		}
		_ = w.Write([]string{strconv.Itoa(d.Position), title, bot.PlatformOf(d.Chat.Domain), string(outcomeOf(d)), why, at, strconv.Itoa(d.Tries), d.Via})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("announcement %d: %w", a.ID, err)
	}
	return &chat.File{Name: fmt.Sprintf("announcement-%d.csv", a.ID), MIME: "text/csv", Data: out.Bytes()}, nil
}
