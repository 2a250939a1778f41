package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"qunmate/bot"
	"qunmate/storage"
)

// mendView is what a retry, a recall or a correction says.
type mendView struct {
	ID     int64
	Count  int      // done
	Names  []string // of chats, where they are few
	Still  []misfortune
	Left   int // could not be done
	Queued int // taken back before it went out
}

// retry sends once more what failed, and nothing that may have arrived.
func retry(ctx context.Context, req *bot.Request, r reach, a storage.Announcement) (bot.Reply, error) {
	if a.State != storage.AnnouncementSent || !a.RecalledAt.IsZero() {
		return standingOf(ctx, req, a)
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := mendView{ID: a.ID}
	for _, d := range rows {
		if !canRetry(d) {
			continue
		}
		ok, why, err := mayRetry(ctx, req, r, a, d)
		if err != nil {
			return bot.Reply{}, err
		}
		if !ok {
			view.Left++
			if !isPrivate(d) && len(view.Still) < namesShown && keepsPrivate(req) {
				view.Still = append(view.Still, misfortune{Title: d.Chat.Title, Reason: why})
			}
			continue
		}
		if err := postTo(ctx, req, a, d, false); err != nil {
			return bot.Reply{}, err
		}
		view.Count++
		if !isPrivate(d) && keepsPrivate(req) {
			view.Names = append(view.Names, d.Chat.Title)
		}
	}
	if len(view.Names) > namesShown {
		view.Names = nil
	}
	if view.Count > 0 {
		if _, err := req.Audit(ctx, auditRetry, struct{}{}, audited{ID: a.ID, Count: view.Count}, "", false); err != nil {
			return bot.Reply{}, err
		}
		if err := watch(ctx, req, a, 0); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "announce.retried", Data: view, Public: !keepsPrivate(req)}, nil
}

// mayRetry looks at a chat as it is now: nothing new is tried where the bot
// still is not, where the asker is no administrator any more, or where somebody
// does not want it any more.
func mayRetry(ctx context.Context, req *bot.Request, r reach, a storage.Announcement, d storage.Delivered) (bool, string, error) {
	c, why, err := now(ctx, req, d.Chat)
	if err != nil || why != "" {
		return false, reason(why, isPrivate(d)), err
	}
	if d.AccountID != 0 {
		p, err := personOf(ctx, req, d.AccountID)
		if err != nil {
			return false, "", err
		}
		allowed, _, err := req.Tx.DMConsent(ctx, p.ID)
		return allowed, "opted_out", err
	}
	if !r.Operator && !r.Has(c.ID) && a.Target != storage.TargetPeople {
		return false, "lost_right", nil
	}
	return true, "", nil
}

// resending is what a preview of a repeat into one chat keeps.
type resending struct {
	ID       int64 `json:"id"`
	Position int   `json:"position"`
}

// resend asks whether to say it once more where it may have arrived.
func resend(ctx context.Context, req *bot.Request, r reach, a storage.Announcement) (bot.Reply, error) {
	n, ok := number(req.Args.Word(1))
	if !ok {
		return details(ctx, req, r, a)
	}
	d, err := unsure(ctx, req, a, int(n))
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		ID    int64
		Title string
	}{a.ID, d.Chat.Title}
	title, err := req.Text("announce.resend_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	reply, err := req.Preview(ctx, actionResend, title, resending{a.ID, d.Position}, "announce.resend_preview", view)
	reply.Public = !keepsPrivate(req)
	return reply, err
}

// unsure finds the chat of a position, if it is one where nobody knows.
func unsure(ctx context.Context, req *bot.Request, a storage.Announcement, position int) (storage.Delivered, error) {
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return storage.Delivered{}, err
	}
	i := slices.IndexFunc(rows, func(d storage.Delivered) bool { return d.Position == position })
	if i < 0 || outcomeOf(rows[i]) != uncertain || !a.RecalledAt.IsZero() {
		return storage.Delivered{}, bot.Refuse("announce.not_unsure", struct{ ID int64 }{a.ID})
	}
	return rows[i], nil
}

func confirmResend(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p resending
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionResend, err)
	}
	r, err := reachOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	a, err := find(ctx, req, r, p.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	d, err := unsure(ctx, req, a, p.Position)
	if err != nil {
		return bot.Reply{}, err
	}
	if ok, why, err := mayRetry(ctx, req, r, a, d); err != nil || !ok {
		view := mendView{ID: a.ID, Left: 1}
		if !isPrivate(d) && keepsPrivate(req) {
			view.Still = []misfortune{{Title: d.Chat.Title, Reason: why}}
		}
		return bot.Reply{Template: "announce.retried", Data: view, Public: !keepsPrivate(req)}, err
	}
	if err := postTo(ctx, req, a, d, true); err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, actionResend, struct{}{}, audited{ID: a.ID, Count: 1}, "", false); err != nil {
		return bot.Reply{}, err
	}
	view := mendView{ID: a.ID, Count: 1}
	if !isPrivate(d) && keepsPrivate(req) {
		view.Names = []string{d.Chat.Title}
	}
	return bot.Reply{Template: "announce.retried", Data: view, Public: !keepsPrivate(req)}, watch(ctx, req, a, 0)
}

// recall takes back what can be: what has not left does not leave, what stands
// is deleted where the platform can and not too much time has passed.
func recall(ctx context.Context, req *bot.Request, _ reach, a storage.Announcement) (bot.Reply, error) {
	if a.State != storage.AnnouncementSent {
		return standingOf(ctx, req, a)
	}
	view := mendView{ID: a.ID}
	var err error
	if view.Queued, err = req.Tx.WithdrawAnnouncement(ctx, a.ID, whyRecalled); err != nil {
		return bot.Reply{}, err
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, d := range rows {
		c, why, err := now(ctx, req, d.Chat)
		if err != nil {
			return bot.Reply{}, err
		}
		switch {
		case why == "" && canRecall(d, req.CapsOf(c), req.Tx.Now):
			l := storage.Letter{ChatID: c.ID, Connection: c.Connection, Lane: storage.LaneActivity, Verb: storage.VerbDelete, Kind: kindRecall, Content: "{}", ExternalID: d.Message}
			if err := req.Tx.AddAnnouncementLetter(ctx, a.ID, storage.AnnounceRecall, l, false); err != nil {
				return bot.Reply{}, err
			}
			view.Count++
		case standing(d) || outcomeOf(d) == sending:
			view.Left++
		}
	}
	if err := req.Tx.MarkRecalled(ctx, a.ID); err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, auditRecall, struct{}{}, audited{ID: a.ID, Count: view.Count + view.Queued}, "", false); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Reply{Template: "announce.recalling", Data: view, Public: !keepsPrivate(req)}
	if view.Left > 0 {
		reply.Choices = []bot.Choice{{Label: "announce.button_correct", Command: fmt.Sprintf("/announce correct %d", a.ID)}}
	}
	return reply, watch(ctx, req, a, 0)
}

// correct prepares a correction for the chats where an announcement stands.
func correct(ctx context.Context, req *bot.Request, r reach, a storage.Announcement) (bot.Reply, error) {
	text := req.Args.Rest(1)
	if text == "" {
		return bot.Reply{}, bot.Refuse("announce.correct_what", struct{ ID int64 }{a.ID})
	}
	b, bad := readBody(text)
	if bad != "" {
		return bot.Reply{}, bot.Refuse(string(bad), struct{ Max int }{maxText})
	}
	if a.Target == storage.TargetPeople || a.State != storage.AnnouncementSent {
		return bot.Reply{}, bot.Refuse("announce.correct_not", struct{ ID int64 }{a.ID})
	}
	b.Corrects = a.ID
	var err error
	if b.Picture, err = req.KeepPicture(ctx, req.Event.Picture); err != nil {
		return bot.Reply{}, err
	}
	rows, err := req.Tx.Deliveries(ctx, a.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	d := draft{Target: storage.TargetChats, Body: b}
	for _, row := range rows {
		if standing(row) && row.Chat.State == storage.ChatActive && (r.Operator || r.Has(row.Chat.ID)) {
			d.Chats = append(d.Chats, row.Chat.ID)
		}
	}
	if len(d.Chats) == 0 {
		return bot.Reply{}, bot.Refuse("announce.correct_not", struct{ ID int64 }{a.ID})
	}
	return preview(ctx, req, d)
}

// drop gives up what has not gone out yet.
func drop(ctx context.Context, req *bot.Request, _ reach, a storage.Announcement) (bot.Reply, error) {
	if a.State != storage.AnnouncementPlanned && a.State != storage.AnnouncementMissed {
		return standingOf(ctx, req, a)
	}
	if err := req.Tx.MoveAnnouncement(ctx, a.ID, a.State, storage.AnnouncementCancelled); err != nil {
		return bot.Reply{}, err
	}
	audit, err := req.Audit(ctx, auditDrop, audited{ID: a.ID, Target: a.Target, DueAt: a.DueAt.UnixMilli()}, struct{}{}, "", false)
	return bot.Reply{Template: "announce.dropped", Data: plannedView{ID: a.ID, Audit: audit}, Public: !keepsPrivate(req)}, err
}

// sendMissed sends what missed its time, or what is planned, now.
func sendMissed(ctx context.Context, req *bot.Request, _ reach, a storage.Announcement) (bot.Reply, error) {
	if a.State != storage.AnnouncementMissed {
		return standingOf(ctx, req, a)
	}
	if _, err := req.Audit(ctx, actionSend, audited{ID: a.ID, DueAt: a.DueAt.UnixMilli()}, audited{ID: a.ID, Target: a.Target}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, sendPlanned(ctx, req, a, storage.AnnouncementMissed)
}
