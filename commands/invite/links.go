package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// failedFor is how long a link that could not be made is not asked for again.
const failedFor = 10 * time.Minute

// wayView is what /invite shows.
type wayView struct {
	Link, QR, Code string
	Scan           string // what the QR code says, where it can be drawn
	Rule           Rule
	Failed         bool
	Came           int
	Source         string
	Call           string // how the code is spoken here
	Asks           bool   // who uses the link asks to be let in

	link storage.InviteLink // it is open
}

// invite shows a person's own way into the group: a link where the network
// makes one, the code everywhere.
func (f family) invite(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("invite.no_argument", nil)
	}
	w, err := f.wayOf(ctx, req, req.Account.PersonID, "")
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := f.show(ctx, req, w, req.Account.Name)
	if err != nil {
		return bot.Reply{}, err
	}
	mine, err := req.Tx.InvitesBy(ctx, req.Community, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, i := range mine {
		if i.State != storage.InviteRejected {
			view.Came++
		}
	}
	template := "invite.way"
	if req.Following() {
		template = "invite.follow_way"
	}
	return bot.Reply{Template: template, Data: view, Choices: append(posterButton(req, view), bot.Choice{Label: "invite.button_mine", Command: "/invites"})}, nil
}

// wayOf finds or makes a way.
func (f family) wayOf(ctx context.Context, req *bot.Request, person int64, source string) (storage.InviteWay, error) {
	w, err := req.Tx.InviteWayOf(ctx, req.Community, person)
	if source != "" {
		all, err2 := req.Tx.InviteSources(ctx, req.Community)
		w, err = storage.InviteWay{}, storage.ErrNotFound
		if err2 != nil {
			return w, err2
		}
		for _, one := range all {
			if strings.EqualFold(one.Source, source) {
				w, err = one, nil
			}
		}
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return w, err
	}
	for n := range uint64(50) {
		code := f.codeOf(req.Community, person, source, n)
		if _, err := req.Tx.InviteWayByCode(ctx, code); err == nil {
			continue
		} else if !errors.Is(err, storage.ErrNotFound) {
			return w, err
		}
		return req.Tx.AddInviteWay(ctx, storage.InviteWay{CommunityID: req.Community, PersonID: person, Source: source, Code: code})
	}
	return w, errors.New("no free invite code was found")
}

// show finds or asks for the link of a way in the group that is meant. While
// the network is asked the command is put aside.
func (f family) show(ctx context.Context, req *bot.Request, w storage.InviteWay, name string) (wayView, error) {
	rule, err := ruleAt(ctx, req)
	if err != nil {
		return wayView{}, err
	}
	view := wayView{Code: w.Code, Rule: rule, Source: w.Source}
	if view.Call, err = req.Call(); err != nil {
		return view, err
	}
	place, ok, err := placeOf(ctx, req)
	if err != nil || !ok {
		return view, err
	}
	l, err := req.Tx.InviteLink(ctx, w.ID, place.ID)
	if req.Private && place.ID == req.Chat.ID && (err != nil || l.State != storage.LinkOpen) {
		// Whoever had it made, it leads to the same account, which has only so many.
		if same, err2 := req.Tx.InviteLinkOn(ctx, w.ID, place.Domain); err2 == nil {
			l, err = same, nil
		} else if !errors.Is(err2, storage.ErrNotFound) {
			return view, err2
		}
	}
	switch {
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return view, err
	case err == nil && l.State == storage.LinkOpen:
		view.Asks = l.Asks
		view.Link, view.QR, view.Scan, view.link = l.Link, l.QR, l.QRText, l
		return view, nil
	case err == nil && l.State == storage.LinkFailed && req.Tx.Now.Sub(l.At) < failedFor:
		view.Failed = true
		if req.Private && place.ID == req.Chat.ID {
			return view, nil // there is no right that anybody could give
		}
		return view, f.missing(ctx, req, place)
	}
	wish, err := json.Marshal(wished{w.CommunityID, w.PersonID, w.Source, w.Code})
	if err != nil {
		return view, fmt.Errorf("invite: %w", err)
	}
	mode, err := req.Tx.InviteDoor(ctx, place.ID)
	if err != nil {
		return view, err
	}
	ask := req.MakeWay
	if mode != storage.DoorOpen && req.CanAdmit(place) {
		ask = req.MakeRequestWay
	}
	if err := ask(place, w.Code, name, string(wish)); err != nil {
		return view, err
	}
	view.Failed = true
	return view, nil
}

// placeOf is the chat that a link leads into: this group; in a private chat the
// account itself, where following it is how one belongs to the community, or the
// first group of the community that can be invited to.
func placeOf(ctx context.Context, req *bot.Request) (storage.Chat, bool, error) {
	if !req.Private || req.CanInvite(req.Chat) {
		return req.Chat, req.CanInvite(req.Chat), nil
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return storage.Chat{}, false, err
	}
	for _, c := range chats {
		if c.State == storage.ChatActive && c.Kind == string(chat.Group) && req.CanInvite(c) {
			return c, true, nil
		}
	}
	return storage.Chat{}, false, nil
}

// missing tells the administrators, once a day, that links cannot be made.
func (f family) missing(ctx context.Context, req *bot.Request, place storage.Chat) error {
	fresh, err := once(ctx, req, fmt.Sprintf("invite.right:%d:%s", place.ID, req.Day))
	if err != nil || !fresh {
		return err
	}
	return req.Alert(ctx, place, bot.Reply{Template: "invite.right_missing", Data: struct{ Place string }{place.Title}})
}

// once reports whether something is done for the first time.
func once(ctx context.Context, req *bot.Request, key string) (bool, error) {
	return req.Tx.SetTimer(ctx, storage.DueRow{Key: key, Task: taskNote, ChatID: req.Chat.ID, DueAt: req.Tx.Now})
}

// wished is the way that a link is asked for.
type wished struct {
	Community int64  `json:"community"`
	Person    int64  `json:"person,omitempty"`
	Source    string `json:"source,omitempty"`
	Code      string `json:"code"`
}

// linked stores what the network said to the wish for a link.
func linked(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	told, _ := req.Event.Detail.(chat.Invite)
	if told.Again && told.Error != "" {
		return bot.Reply{}, nil // the way is as it was, and good
	}
	if err := req.Tx.WakeParked(ctx); err != nil {
		return bot.Reply{}, err
	}
	w, err := req.Tx.InviteWayByCode(ctx, told.State)
	if errors.Is(err, storage.ErrNotFound) { // undone with the command that asked
		var made wished
		if err := json.Unmarshal([]byte(told.Wish), &made); err != nil {
			return bot.Reply{}, fmt.Errorf("invite link: %w", err)
		}
		w, err = req.Tx.AddInviteWay(ctx, storage.InviteWay{CommunityID: made.Community, PersonID: made.Person, Source: made.Source, Code: made.Code})
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, req.Tx.SetInviteLink(ctx, linkOf(w.ID, req.Chat.ID, told))
}

func linkOf(way, place int64, told chat.Invite) storage.InviteLink {
	l := storage.InviteLink{WayID: way, ChatID: place, State: storage.LinkOpen, Link: told.Invitation.Link, QR: told.Invitation.QRImageURL, QRText: told.Invitation.QRText, ExternalID: told.Invitation.ID, Asks: told.Ask}
	if told.Error != "" {
		l = storage.InviteLink{WayID: way, ChatID: place, State: storage.LinkFailed}
	}
	return l
}

// maxSource is the longest name of a source.
const maxSource = 20

// source lists the named sources, or makes one: "add Poster A".
func (f family) source(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() == 0 {
		all, err := req.Tx.InviteSources(ctx, req.Community)
		return bot.Reply{Template: "invite.sources", Data: struct{ Sources []storage.InviteWay }{all}}, err
	}
	name := strings.Join(strings.Fields(req.Args.Rest(1)), " ")
	if req.Names().Word(req.Args.Lower(0)) != "add" || name == "" || utf8.RuneCountInString(name) > maxSource || strings.ContainsFunc(name, unicode.IsControl) {
		return bot.Reply{}, bot.Refuse("invite.source_usage", struct{ Max int }{maxSource})
	}
	w, err := f.wayOf(ctx, req, 0, name)
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := f.show(ctx, req, w, name)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.source", Data: view}, nil
}
