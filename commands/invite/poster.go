package invite

import (
	"context"

	"qunmate/bot"
	"qunmate/bot/chat"
)

// posterView is what stands on a poster, and beside it.
type posterView struct {
	wayView

	Name      string // of who invites
	Community string
	Pictures  bool // can be sent here
	Follow    bool // one follows here, and joins no group
}

// poster shows a person's link as a picture to pass on. The link stands beside
// it as a text, which goes out whatever becomes of the picture.
func (f family) poster(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	w, err := f.wayOf(ctx, req, req.Account.PersonID, "")
	if err != nil {
		return bot.Reply{}, err
	}
	view := posterView{Name: req.Account.Name}
	if view.wayView, err = f.show(ctx, req, w, req.Account.Name); err != nil {
		return bot.Reply{}, err
	}
	c, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Community = c.Name
	choices := []bot.Choice{{Label: "invite.button_mine", Command: "/invites"}}
	view.Pictures, view.Follow = req.Caps.Pictures, req.Following()
	// A QR code that is the platform's own picture cannot be set into another one.
	if !req.Caps.Pictures || view.Link == "" && view.QR != "" {
		return bot.Reply{Template: "invite.no_poster", Data: view, Choices: choices}, nil
	}
	p := &chat.Poster{Title: view.Community, Link: view.Link}
	if p.Link == "" {
		p.Code = view.Code
	}
	for name, into := range map[string]*string{"invite.poster_by": &p.By, "invite.poster_how": &p.How, "invite.poster_note": &p.Note} {
		if *into, err = req.Text(name, view); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "invite.poster", Data: view, Choices: choices, Poster: p}, nil
}

// posterButton leads to the poster where there can be one.
func posterButton(req *bot.Request, v wayView) []bot.Choice {
	if v.Link == "" && v.QR != "" || !req.Caps.Pictures {
		return nil
	}
	label := "invite.button_poster"
	if v.Link == "" {
		label = "invite.button_poster_code"
	}
	return []bot.Choice{{Label: label, Command: "/invite poster"}}
}
