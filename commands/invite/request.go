package invite

import (
	"context"
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

// admitAgain is when the network is asked once more to let somebody in; after
// the last of them an administrator has to do it, or to ask for another round.
var admitAgain = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}

// lacksRight reports whether the bot may neither make links nor let people in.
func lacksRight(c storage.Chat) bool {
	return slices.Contains(c.Missing, chat.RightInvite) || slices.Contains(c.Missing, chat.RightAdmin)
}

// asks hears of somebody who wants to come in. Requests by one of our links are
// ours to decide, all others are for the administrators, as they always were.
func asks(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if req.Private || req.Community == 0 || m.User.Ref.IsZero() || m.User.Bot || !req.CanAdmit(req.Chat) {
		return bot.Reply{}, nil
	}
	way, err := findWay(ctx, req, m, 0)
	if err != nil || way.ID == 0 {
		return bot.Reply{}, err
	}
	who, err := req.Tx.AccountByRef(ctx, m.User.Ref.Domain, m.User.Ref.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	mode, err := req.Tx.InviteDoor(ctx, req.Chat.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	q := storage.InviteRequest{CommunityID: req.Community, ChatID: req.Chat.ID, AccountID: who.ID, WayID: way.ID, State: storage.RequestAdmitting, AskedAt: req.At}
	if mode == storage.DoorAsk {
		q.State = storage.RequestAsked
	}
	q, err = req.Tx.AddInviteRequest(ctx, q)
	if errors.Is(err, storage.ErrDuplicate) {
		return bot.Reply{}, nil // it is being decided
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if q.State == storage.RequestAdmitting {
		return bot.Reply{}, knock(ctx, req, q, who)
	}
	view, err := requestOf(ctx, req, q, who, way)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, req.Alert(ctx, req.Chat, bot.Reply{Template: "invite.request", Data: view, Choices: view.choices()})
}

// requestView is a request as administrators see it.
type requestView struct {
	ID              int64
	Name, By, Place string
	Source          string
	State           string
	Error           string
	Missing         bool // the right to let somebody in
	Last            bool // it is not tried again
}

func (v requestView) choices() []bot.Choice {
	n := strconv.FormatInt(v.ID, 10)
	return []bot.Choice{{Label: "invite.button_admit", Command: "/invites admit " + n}, {Label: "invite.button_refuse", Command: "/invites refuse " + n}}
}

func requestOf(ctx context.Context, req *bot.Request, q storage.InviteRequest, who storage.Account, way storage.InviteWay) (requestView, error) {
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return requestView{}, err
	}
	v := requestView{ID: q.ID, Name: who.Name, Place: c.Title, Source: way.Source, State: q.State, Error: q.Error, Missing: lacksRight(c), Last: q.State == storage.RequestFailed}
	if way.PersonID != 0 {
		p, err := req.Tx.Person(ctx, way.PersonID)
		if err != nil {
			return v, err
		}
		v.By = p.Name
	}
	return v, nil
}

// knock asks the network to decide a request, and plans to ask again unless it
// has told by then that it did.
func knock(ctx context.Context, req *bot.Request, q storage.InviteRequest, who storage.Account) error {
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return err
	}
	text, err := json.Marshal(payload{q.ID})
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	at := req.Tx.Now.Add(admitAgain[q.Tries%len(admitAgain)])
	if _, err := req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d:%d", taskAdmit, q.ID, q.Tries), Task: taskAdmit, ChatID: q.ChatID, Payload: string(text), DueAt: at,
	}); err != nil {
		return err
	}
	req.Admit(c, who, q.State == storage.RequestAdmitting, strconv.FormatInt(q.ID, 10))
	return nil
}

// admitAgainNow is the deadline of a request that the network has not decided.
func admitAgainNow(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var p payload
	if err := payloadOf(req, &p); err != nil {
		return bot.Reply{}, err
	}
	q, err := req.Tx.InviteRequest(ctx, p.ID)
	if err != nil || q.State != storage.RequestAdmitting && q.State != storage.RequestRefusing {
		return bot.Reply{}, err
	}
	who, err := req.Tx.Account(ctx, q.AccountID)
	if err != nil {
		return bot.Reply{}, err
	}
	if q.Tries++; q.Tries%len(admitAgain) == 0 {
		q.State = storage.RequestFailed
		if err := req.Tx.SetInviteRequest(ctx, q); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{}, alertStuck(ctx, req, q, who)
	}
	if err := req.Tx.SetInviteRequest(ctx, q); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, knock(ctx, req, q, who)
}

// alertStuck tells the administrators of somebody who cannot be let in: at the
// first failure of an hour, and when it is given up.
func alertStuck(ctx context.Context, req *bot.Request, q storage.InviteRequest, who storage.Account) error {
	if q.State != storage.RequestFailed {
		fresh, err := once(ctx, req, fmt.Sprintf("invite.stuck:%d:%d", q.ChatID, req.Tx.Now.Unix()/3600))
		if err != nil || !fresh {
			return err
		}
	}
	way, err := req.Tx.InviteWay(ctx, q.WayID)
	if err != nil {
		return err
	}
	view, err := requestOf(ctx, req, q, who, way)
	if err != nil {
		return err
	}
	c, err := req.Tx.Chat(ctx, q.ChatID)
	if err != nil {
		return err
	}
	return req.Alert(ctx, c, bot.Reply{Template: "invite.stuck", Data: view, Choices: view.choices()[:1]})
}

// admitted stores what the network said.
func admitted(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	told, _ := req.Event.Detail.(chat.Admission)
	id, err := strconv.ParseInt(told.Wish, 10, 64)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("invite: %w", err)
	}
	q, err := req.Tx.InviteRequest(ctx, id)
	if err != nil || q.State != storage.RequestAdmitting && q.State != storage.RequestRefusing {
		return bot.Reply{}, err
	}
	switch {
	case told.Gone:
		q.State = storage.RequestGone
	case told.Error != "":
		q.Error = told.Error
		who, err := req.Tx.Account(ctx, q.AccountID)
		if err != nil {
			return bot.Reply{}, err
		}
		if err := alertStuck(ctx, req, q, who); err != nil {
			return bot.Reply{}, err
		}
	case told.Admit:
		q.State, q.Error = storage.RequestAdmitted, ""
	default:
		q.State, q.Error = storage.RequestRefused, ""
	}
	return bot.Reply{}, req.Tx.SetInviteRequest(ctx, q)
}

func admit(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return decideRequest(ctx, req, storage.RequestAdmitting)
}

func refuse(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return decideRequest(ctx, req, storage.RequestRefusing)
}

// decideRequest is an administrator's word on a request.
func decideRequest(ctx context.Context, req *bot.Request, state string) (bot.Reply, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return bot.Reply{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 12"})
	}
	q, err := req.Tx.InviteRequest(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && q.CommunityID != req.Community {
		return bot.Reply{}, bot.Refuse("invite.no_request", struct{ ID int64 }{id})
	}
	if err != nil {
		return bot.Reply{}, err
	}
	who, err := req.Tx.Account(ctx, q.AccountID)
	if err != nil {
		return bot.Reply{}, err
	}
	if q.State != storage.RequestAsked && q.State != storage.RequestFailed && (q.State != storage.RequestAdmitting || q.Error == "") {
		return bot.Reply{}, bot.Refuse("invite.request_over", requestView{ID: q.ID, Name: who.Name, State: q.State})
	}
	was := q.State
	q.State, q.Error = state, ""
	if err := req.Tx.SetInviteRequest(ctx, q); err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, actionRequest, door{q.ChatID, was}, door{q.ChatID, state}, who.Name, false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.request_done", Data: requestView{ID: q.ID, Name: who.Name, State: state}}, knock(ctx, req, q, who)
}

// wayOfRequest is by whose way somebody came who had asked to be let in: the
// join itself does not always name the link.
func wayOfRequest(ctx context.Context, req *bot.Request, account int64) (storage.InviteWay, error) {
	q, err := req.Tx.NewestRequest(ctx, req.Chat.ID, account)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (q.State == storage.RequestRefused || req.Tx.Now.Sub(q.AskedAt) > newFor) {
		return storage.InviteWay{}, nil
	}
	if err != nil {
		return storage.InviteWay{}, err
	}
	w, err := req.Tx.InviteWay(ctx, q.WayID)
	if err != nil {
		return w, err
	}
	return heirOf(ctx, req, w)
}

// payloadOf reads what a timer carries.
func payloadOf(req *bot.Request, into any) error {
	d, _ := req.Event.Detail.(chat.Due)
	if err := json.Unmarshal(d.Payload, into); err != nil {
		return fmt.Errorf("invite timer: %w", err)
	}
	return nil
}
