package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// list shows the tickets that nobody answered, or all of one.
func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Exposed() {
		return bot.Reply{}, bot.Refuse("feedback.private", struct{ Command string }{"/feedback list"})
	}
	if req.Args.Len() > 0 {
		f, err := pick(ctx, req)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Template: "feedback.one", Data: view(req, f), Choices: replyButtons(f)}, nil
	}
	all, total, err := req.Tx.OpenFeedback(ctx, req.Community, listed)
	if err != nil {
		return bot.Reply{}, err
	}
	r := bot.Reply{Template: "feedback.list", Data: struct {
		Tickets     []ticket
		Total, More int
	}{views(req, all), total, total - len(all)}}
	for _, f := range all {
		r.Choices = append(r.Choices, bot.Choice{Label: "feedback.button_read", Data: f, Command: fmt.Sprintf("/feedback list %d", f.Number)})
	}
	return r, nil
}

func replyButtons(f storage.Feedback) []bot.Choice {
	if f.State == storage.FeedbackClosed {
		return nil
	}
	return []bot.Choice{
		{Label: "feedback.button_reply", Command: fmt.Sprintf("/feedback reply %d", f.Number)},
		{Label: "feedback.button_close", Command: fmt.Sprintf("/feedback close %d", f.Number)},
	}
}

// rowMark stands before the row of a ticket in buttons, where its number would
// say two things.
const rowMark = "~"

// bothFor is how long the old numbers of tickets hold that came with their chat
// from another community.
const bothFor = 30 * 24 * time.Hour

// called finds the ticket of a number. Where one that came from another
// community had it too, the administrator is asked which.
func called(ctx context.Context, req *bot.Request, number int) (storage.Feedback, error) {
	f, err := req.Tx.Feedback(ctx, req.Community, number)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return f, err
	}
	was, no := req.Tx.FormerFeedback(ctx, req.Community, number, req.Tx.Now.Add(-bothFor))
	switch {
	case errors.Is(no, storage.ErrNotFound):
		return f, err
	case no != nil:
		return f, no
	case err != nil:
		return was, nil //nolint:nilerr // nothing has that number now
	}
	var choices []bot.Choice
	for _, one := range []storage.Feedback{was, f} {
		choices = append(choices, bot.Choice{Label: "feedback.button_which", Data: one, Command: strings.TrimSpace(fmt.Sprintf("/%s %s%d %s", req.Command, rowMark, one.ID, req.Args.Rest(1)))})
	}
	return f, bot.Refuse("feedback.which", struct{ Number, Now int }{number, was.Number}, choices...)
}

// pick finds the ticket that a command names by its number.
func pick(ctx context.Context, req *bot.Request) (storage.Feedback, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	row, byRow := strings.CutPrefix(word, rowMark)
	n, err := strconv.Atoi(row)
	if err != nil {
		return storage.Feedback{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 3"})
	}
	var f storage.Feedback
	if byRow {
		if f, err = req.Tx.FeedbackByID(ctx, int64(n)); err == nil && f.CommunityID != req.Community {
			err = storage.ErrNotFound
		}
	} else {
		f, err = called(ctx, req, n)
	}
	if errors.Is(err, storage.ErrNotFound) || err == nil && f.Text == "" {
		return f, bot.Refuse("feedback.no_such", struct{ Number int }{n})
	}
	return f, err
}

// reply answers a ticket. It cannot be taken back: the member has read it.
func reply(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		return bot.Reply{}, bot.Refuse("feedback.reply_usage", struct{ Number int }{3})
	}
	f, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	text, ok := clean(req.Args.Rest(1))
	switch {
	case text == "":
		return bot.Reply{}, bot.Refuse("feedback.reply_usage", view(req, f))
	case !ok:
		return bot.Reply{}, bot.Refuse("feedback.too_long", struct{ Max int }{maxText})
	}
	if err := req.Tx.ReplyFeedback(ctx, f.ID, req.Account.ID, text); err != nil {
		return bot.Reply{}, closedBefore(err, f)
	}
	// What was said stands with the ticket; the audit must not outlive its deletion.
	if _, err := req.Audit(ctx, actionReply, numbered{f.ID, f.Number}, numbered{f.ID, f.Number}, "", false); err != nil {
		return bot.Reply{}, err
	}
	v := view(req, f)
	v.Lines = strings.Split(text, "\n")
	if err := tell(ctx, req, f, "feedback.told_reply", v); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "feedback.replied", Data: v}, nil
}

// numbered is what the audit keeps of a ticket.
type numbered struct {
	ID     int64 `json:"id"`
	Number int   `json:"number"`
}

func closedBefore(err error, f storage.Feedback) error {
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Refuse("feedback.closed_before", struct{ Number int }{f.Number})
	}
	return err
}

// tell says something to whoever opened a ticket: in private where he can be
// written to, else where he said it. There everybody may read along, so then he
// is only told where to look.
func tell(ctx context.Context, req *bot.Request, f storage.Feedback, template string, v ticket) error {
	a, err := req.Tx.Account(ctx, f.AccountID)
	if err != nil {
		return err
	}
	if told, err := req.Tell(ctx, a, bot.Reply{Template: template, Data: v}); err != nil || told {
		return err
	}
	c, err := req.Tx.Chat(ctx, f.ChatID)
	if err != nil {
		return err
	}
	if !req.CapsOf(c).Whispers {
		template = "feedback.told_look"
	}
	return req.Inform(ctx, c, a, bot.Reply{Template: template, Data: v, Lane: storage.LaneActivity})
}

// closeOne closes a ticket and says so to whoever opened it.
func closeOne(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	f, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.CloseFeedback(ctx, f.ID); err != nil {
		return bot.Reply{}, closedBefore(err, f)
	}
	v := view(req, f)
	if v.Audit, err = req.Audit(ctx, actionClose, numbered{f.ID, f.Number}, numbered{f.ID, f.Number}, "", true); err != nil {
		return bot.Reply{}, err
	}
	if err := tell(ctx, req, f, "feedback.told_closed", v); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "feedback.closed", Data: v}, nil
}

func undoClose(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was numbered
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	err := req.Tx.ReopenFeedback(ctx, was.ID)
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, bot.Refuse("feedback.no_such", was)
	}
	return bot.Reply{Template: "feedback.reopened", Data: was}, err
}
