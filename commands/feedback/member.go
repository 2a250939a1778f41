package feedback

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// ticket is what the texts know of a ticket.
type ticket struct {
	Number int
	Name   string
	Place  string   // the group's title, "" = said in private
	Lines  []string // of the text
	Short  string
	Age    Age
	State  string
	Reply  string
	Audit  int64
}

func view(req *bot.Request, f storage.Feedback) ticket {
	return ticket{
		Number: f.Number, Name: f.Name, Lines: strings.Split(f.Text, "\n"), Short: excerpt(f.Text), State: f.State,
		Reply: excerpt(f.Reply), Age: ageOf(req.Tx.Now.Sub(f.CreatedAt)),
	}
}

// file opens a ticket and tells the administrators.
func file(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	text, ok := clean(req.Args.String())
	if text == "" {
		return bot.Reply{}, bot.Refuse("feedback.usage", nil)
	}
	if !ok {
		return bot.Reply{}, bot.Refuse("feedback.too_long", struct{ Max int }{maxText})
	}
	n, err := req.Tx.FeedbackSince(ctx, req.Community, req.Account.PersonID, req.Tx.Now.Add(-time.Hour))
	if err != nil {
		return bot.Reply{}, err
	}
	if n >= perHour {
		return bot.Reply{}, bot.Refuse("feedback.too_many", struct{ Max int }{perHour})
	}
	f, err := req.Tx.AddFeedback(ctx, storage.Feedback{CommunityID: req.Community, ChatID: req.Chat.ID, AccountID: req.Account.ID, Name: req.Account.Name, Text: text})
	if err != nil {
		return bot.Reply{}, err
	}
	if err := alert(ctx, req, f); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "feedback.filed", Data: view(req, f)}, nil
}

// alert tells the administrators of a new ticket. Where none of them can be
// written to it ends up in the group: what was said in private is not quoted.
func alert(ctx context.Context, req *bot.Request, f storage.Feedback) error {
	v, place := view(req, f), req.Chat
	if !req.Private {
		v.Place = req.Chat.Title
		button := bot.Choice{Label: "feedback.button_reply", Command: fmt.Sprintf("/feedback reply %d", f.Number)}
		return req.Alert(ctx, place, bot.Reply{Template: "feedback.alert", Data: v, Choices: []bot.Choice{button}})
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil || len(chats) == 0 {
		return err
	}
	button := bot.Choice{Label: "feedback.button_list", Command: "/feedback list"}
	return req.Alert(ctx, chats[0], bot.Reply{Template: "feedback.alert_private", Data: v, Choices: []bot.Choice{button}})
}

// mine lists a member's own newest tickets.
func mine(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Exposed() {
		return bot.Reply{}, bot.Refuse("feedback.private", struct{ Command string }{"/feedback mine"})
	}
	all, err := req.Tx.FeedbackOf(ctx, req.Community, req.Account.PersonID, listed)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "feedback.mine", Data: struct{ Tickets []ticket }{views(req, all)}}, nil
}

func views(req *bot.Request, all []storage.Feedback) []ticket {
	out := make([]ticket, len(all))
	for i, f := range all {
		out[i] = view(req, f)
	}
	return out
}
