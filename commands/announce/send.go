package announce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// audited is what an audit row keeps of an announcement: its number, not its
// words.
type audited struct {
	ID     int64  `json:"id"`
	Target string `json:"target,omitempty"`
	Count  int    `json:"count"`
	DueAt  int64  `json:"due_at,omitempty"`
}

// confirmSend sends a draft, or plans it.
func confirmSend(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d draft
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionSend, err)
	}
	r, err := reachOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	// Between preview and confirmation he may have lost a chat, and somebody else
	// may have said the same.
	for _, id := range d.Chats {
		c, err := req.Tx.Chat(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		if !r.Operator && c.State == storage.ChatActive && !r.Has(id) {
			return bot.Reply{}, bot.Refuse("announce.lost_right", struct{ Title string }{c.Title})
		}
	}
	if lost, err := gone(ctx, req, d); err != nil || lost && !d.Told {
		if err != nil {
			return bot.Reply{}, err
		}
		return preview(ctx, req, d)
	}
	if !d.Anyway {
		same, err := saidBefore(ctx, req, d)
		if err != nil {
			return bot.Reply{}, err
		}
		if same.ID != 0 {
			return preview(ctx, req, d)
		}
	}
	if d.At != 0 && !d.at().After(req.Tx.Now) {
		return bot.Reply{}, bot.Refuse("announce.time_over", struct{ At bot.Moment }{req.Moment(d.at())})
	}
	return begin(ctx, req, d)
}

// begin makes an announcement of a draft.
func begin(ctx context.Context, req *bot.Request, d draft) (bot.Reply, error) {
	content, err := json.Marshal(d.Body)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("announcement: %w", err)
	}
	a := storage.Announcement{
		CommunityID: req.Community, ChatID: req.Chat.ID, AccountID: req.Account.ID, Target: d.Target, Content: string(content), Hash: d.Body.hash(),
		State: storage.AnnouncementSent, Corrects: d.Body.Corrects, SentAt: req.Tx.Now,
	}
	if d.At != 0 {
		a.State, a.DueAt, a.SentAt = storage.AnnouncementPlanned, d.at(), time.Time{}
	}
	if a, err = req.Tx.AddAnnouncement(ctx, a); err != nil {
		return bot.Reply{}, err
	}
	to := make([]storage.Addressee, 0, len(d.Chats))
	for _, id := range d.Chats {
		to = append(to, storage.Addressee{ChatID: id})
	}
	if err := req.Tx.AddAddressees(ctx, a.ID, to); err != nil {
		return bot.Reply{}, err
	}
	s, _, err := scopeOf(ctx, req, d)
	if err != nil {
		return bot.Reply{}, err
	}
	audit, err := req.Audit(ctx, actionSend, struct{}{}, audited{a.ID, a.Target, s.Count, d.At}, "", false)
	if err != nil {
		return bot.Reply{}, err
	}
	if d.At != 0 {
		err := setTimer(ctx, req, a, taskDue, "due", 0, d.at())
		return bot.Reply{
			Template: "announce.planned", Data: plannedView{ID: a.ID, At: req.Moment(d.at()), Scope: s, Audit: audit}, Public: !keepsPrivate(req),
			Choices: []bot.Choice{{Label: "announce.button_drop", Command: "/announce drop " + strconv.FormatInt(a.ID, 10)}},
		}, err
	}
	if err := post(ctx, req, a, nil); err != nil {
		return bot.Reply{}, err
	}
	return reportNow(ctx, req, a)
}

type plannedView struct {
	ID    int64
	At    bot.Moment
	Scope scope
	Audit int64
	Text  string
}

// setTimer plans a step of an announcement. n makes its key its own.
func setTimer(ctx context.Context, req *bot.Request, a storage.Announcement, task, what string, n int64, at interface{ UnixMilli() int64 }) error {
	text, err := json.Marshal(step{ID: a.ID, N: n})
	if err != nil {
		return fmt.Errorf("announcement timer: %w", err)
	}
	due := storage.FromMillis(at.UnixMilli())
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("announce:%d:%s:%d", a.ID, what, due.UnixMilli()), Task: task, ChatID: a.ChatID, Payload: string(text), DueAt: due,
	})
	return err
}

// step is what a timer of an announcement carries.
type step struct {
	ID int64 `json:"id"`
	N  int64 `json:"n"`
}

func stepOf(req *bot.Request) (step, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var s step
	if err := json.Unmarshal(due.Payload, &s); err != nil {
		return s, fmt.Errorf("announcement timer: %w", err)
	}
	return s, nil
}

// onDue sends a planned announcement, unless it is too late for it.
func onDue(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, err := stepOf(req)
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := req.Tx.Announcement(ctx, s.ID)
	if err != nil || a.State != storage.AnnouncementPlanned {
		return bot.Reply{}, err
	}
	if req.Tx.Now.Sub(a.DueAt) > lateMost {
		if err := req.Tx.MoveAnnouncement(ctx, a.ID, storage.AnnouncementPlanned, storage.AnnouncementMissed); err != nil {
			return bot.Reply{}, err
		}
		n := strconv.FormatInt(a.ID, 10)
		return bot.Reply{}, inform(ctx, req, a, bot.Reply{
			Template: "announce.missed", Data: struct {
				ID int64
				At bot.Moment
			}{a.ID, req.Moment(a.DueAt)},
			Choices: []bot.Choice{{Label: "announce.button_now", Command: "/announce send " + n}, {Label: "announce.button_drop", Command: "/announce drop " + n}},
		})
	}
	return bot.Reply{}, sendPlanned(ctx, req, a, storage.AnnouncementPlanned)
}

// sendPlanned sends what waited for its time, and shows its report.
func sendPlanned(ctx context.Context, req *bot.Request, a storage.Announcement, from string) error {
	if err := req.Tx.MoveAnnouncement(ctx, a.ID, from, storage.AnnouncementSent); err != nil {
		return err
	}
	a.State, a.SentAt = storage.AnnouncementSent, req.Tx.Now
	author, err := reachOfAuthor(ctx, req, a)
	if err != nil {
		return err
	}
	if err := post(ctx, req, a, &author); err != nil {
		return err
	}
	r, err := reportNow(ctx, req, a)
	if err != nil {
		return err
	}
	return inform(ctx, req, a, r)
}

// inform says something to an announcement's author where its report stands.
func inform(ctx context.Context, req *bot.Request, a storage.Announcement, r bot.Reply) error {
	c, err := req.Tx.Chat(ctx, a.ChatID)
	if err != nil {
		return err
	}
	who, err := req.Tx.Account(ctx, a.AccountID)
	if err != nil {
		return err
	}
	r.Public = c.Kind != string(chat.Private) && !req.CapsOf(c).Whispers
	return req.Inform(ctx, c, who, r)
}

// post enqueues the letters of an announcement, one per addressee. What waited
// for its time goes only where its author is still an administrator.
func post(ctx context.Context, req *bot.Request, a storage.Announcement, author *reach) error {
	if a.Target == storage.TargetPeople {
		if err := addRecipients(ctx, req, a); err != nil {
			return err
		}
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, d := range rows {
		if author != nil && !author.Operator && !author.Has(d.Chat.ID) && d.AccountID == 0 {
			err = req.Tx.AddAnnouncementFailure(ctx, a.ID, d.Chat.ID, storage.AnnouncePost, whyLostRight)
		} else {
			err = postTo(ctx, req, a, d, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// postTo enqueues the letter for one addressee, or notes why there is none.
func postTo(ctx context.Context, req *bot.Request, a storage.Announcement, d storage.Delivered, chosen bool) error {
	c, why, err := now(ctx, req, d.Chat)
	if err != nil {
		return err
	}
	if why != "" {
		return req.Tx.AddAnnouncementFailure(ctx, a.ID, d.Chat.ID, storage.AnnouncePost, why)
	}
	content, err := contentFor(ctx, req, a, d, c)
	if err != nil {
		return err
	}
	l := storage.Letter{ChatID: c.ID, Connection: c.Connection, Lane: storage.LaneBroadcast, Once: true, Kind: kindPost, Content: content}
	if d.AccountID != 0 {
		l.Kind, l.AccountID = kindDM, d.AccountID
	}
	return req.Tx.AddAnnouncementLetter(ctx, a.ID, storage.AnnouncePost, l, chosen)
}

// now is a chat as it stands, or why nothing can be sent there.
func now(ctx context.Context, req *bot.Request, c storage.Chat) (storage.Chat, string, error) {
	c, err := req.Tx.Chat(ctx, c.ID)
	switch {
	case err != nil:
		return c, "", err
	case c.State != storage.ChatActive || c.Connection == "":
		return c, whyRemoved, nil
	case req.CapsOf(c).MaxText == 0:
		return c, whyNoRoute, nil
	}
	return c, "", nil
}

// contentFor is an announcement as one chat gets it.
func contentFor(ctx context.Context, req *bot.Request, a storage.Announcement, d storage.Delivered, c storage.Chat) (string, error) {
	var b body
	if err := json.Unmarshal([]byte(a.Content), &b); err != nil {
		return "", fmt.Errorf("announcement %d: %w", a.ID, err)
	}
	out := chat.Content{Text: chat.Escape(b.Text)}
	// Where none can be shown the preview has said so. Only a picture of the same
	// network can be shown that is not kept.
	if p := b.Picture; req.CapsOf(c).Pictures && (p.On(c.Domain) || p != nil && p.ID != 0) {
		out.Picture = p
	}
	for _, x := range b.Buttons {
		out.Choices = append(out.Choices, chat.Choice{Label: x.Label, URL: x.URL})
	}
	speaks := *req
	if d.AccountID == 0 {
		if c.Language != "" {
			speaks.Language = c.Language
		}
	} else if p, err := personOf(ctx, req, d.AccountID); err != nil {
		return "", err
	} else if p.Language != "" {
		speaks.Language = p.Language
	}
	if b.Corrects != 0 {
		head, err := speaks.Text("announce.correction_head", nil)
		if err != nil {
			return "", err
		}
		out.Text = chat.Escape(head) + "<br>" + out.Text
	}
	if d.AccountID != 0 {
		foot, err := speaks.Text("announce.dm_foot", nil)
		if err != nil {
			return "", err
		}
		stop, err := speaks.Text("announce.button_dm_off", nil)
		if err != nil {
			return "", err
		}
		out.Text += "<br>" + chat.Escape(foot)
		out.Choices = append(out.Choices, chat.Choice{Label: stop, Command: "/dm off"})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("announcement %d: %w", a.ID, err)
	}
	return string(text), nil
}

func personOf(ctx context.Context, req *bot.Request, account int64) (storage.Person, error) {
	a, err := req.Tx.Account(ctx, account)
	if err != nil {
		return storage.Person{}, err
	}
	p, err := req.Tx.Person(ctx, a.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		return p, nil
	}
	return p, err
}
