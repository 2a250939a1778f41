package settings

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
)

const pseudonymLength = 4

// myData explains what can be done with one's own data.
func myData(_ context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("settings.mydata_unknown", struct{ Word string }{req.Args.Word(0)})
	}
	return bot.Reply{Template: "settings.mydata", Data: struct{ Private bool }{req.Private}}, nil
}

// export hands the person everything that is kept about him, as a file.
func export(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if !req.Caps.Files {
		return bot.Reply{}, bot.Refuse("settings.mydata_no_files", nil)
	}
	data, err := req.Tx.PersonData(ctx, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return bot.Reply{}, fmt.Errorf("own data: %w", err)
	}
	name := "qunmate-" + req.Now.Format("2006-01-02") + ".json"
	return bot.Reply{
		Template: "settings.mydata_file",
		File:     &chat.File{Name: name, MIME: "application/json", Data: text},
	}, nil
}

// eraseView says in numbers what an erasure takes and what it leaves.
type eraseView struct {
	Points    int64
	Entries   int
	Checkins  int
	Pseudonym string
	Marks     bool // of votes in anonymous polls that are open
}

func erase(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("settings.mydata_unknown", struct{ Word string }{req.Args.Word(0)})
	}
	view, err := summary(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("settings.erase_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionErase, title, struct{}{}, "settings.erase_preview", view)
}

func summary(ctx context.Context, req *bot.Request) (eraseView, error) {
	var view eraseView
	members, err := req.Tx.AllMembershipsOf(ctx, req.Account.PersonID)
	if err != nil {
		return view, err
	}
	for _, m := range members {
		entries, checkins, err := req.Tx.CountOf(ctx, m.ID)
		if err != nil {
			return view, err
		}
		view.Points += m.Balance
		view.Entries += entries
		view.Checkins += checkins
	}
	view.Marks, err = req.Tx.MarksVotes(ctx, req.Account.PersonID)
	return view, err
}

func (f family) confirmErase(ctx context.Context, req *bot.Request, _ json.RawMessage) (bot.Reply, error) {
	name, err := req.Text("settings.pseudonym", struct{ Tag string }{newCode(f.Random, pseudonymLength)})
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := summary(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Pseudonym = name
	// The answer goes first: what is deleted would set its place in the outbox
	// free, and a letter in a place that was passed already is not found.
	if err := req.Answer(ctx, bot.Reply{Template: "settings.erased", Data: view}); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.BlankPrivateChats(ctx, req.Account.PersonID); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, req.Tx.ErasePerson(ctx, req.Account.PersonID, name)
}
