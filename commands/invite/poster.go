package invite

import (
	"context"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
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
	view.Pictures, view.Follow = req.Caps.Pictures, req.Following()
	if err := view.askAgain(req, w); err != nil {
		return bot.Reply{}, err
	}
	c, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Community = c.Name
	choices := []bot.Choice{{Label: "invite.button_mine", Command: "/invites"}}
	if !view.drawn() {
		return bot.Reply{Template: "invite.no_poster", Data: view, Choices: choices}, nil
	}
	p := &chat.Poster{Title: view.Community, Link: view.Link}
	if p.Link == "" {
		p.Link = view.Scan
	}
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

// drawn reports whether there can be a poster. A QR code of which only the
// platform's own picture is known cannot be set into another one.
func (v *posterView) drawn() bool {
	return v.Pictures && (v.Link != "" || v.Scan != "" || v.QR == "")
}

// askAgain asks the network once more for a QR code by which people follow, when
// it was made before what it says was kept: the same comes back (see
// chat.Inviter). The command is put aside meanwhile.
func (v *posterView) askAgain(req *bot.Request, w storage.InviteWay) error {
	if v.drawn() || !v.Pictures || !v.Follow || req.Tx.Now.Sub(v.link.At) < failedFor || v.link.ExternalID == "" {
		return nil
	}
	return req.MakeWayAgain(req.Chat, w.Code, v.Name, v.link.ExternalID)
}

// posterButton leads to the poster where there can be one.
func posterButton(req *bot.Request, v wayView) []bot.Choice {
	if p := (posterView{wayView: v, Pictures: req.Caps.Pictures}); !p.drawn() {
		return nil
	}
	label := "invite.button_poster"
	if v.Link == "" && v.Scan == "" {
		label = "invite.button_poster_code"
	}
	return []bot.Choice{{Label: label, Command: "/invite poster"}}
}
