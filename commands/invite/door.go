package invite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// door is how people come into a chat by the bot's links: the state of an audit
// row and of a preview.
type door struct {
	Chat int64  `json:"chat"`
	Mode string `json:"mode"`
}

type doorView struct {
	Place   string
	Mode    string
	Was     string
	Missing bool // the right that all of it needs
	Audit   int64
}

// setDoor previews how people come in by the bot's links from now on: at once,
// or by a request that the bot or an administrator decides.
func setDoor(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	place, ok, err := placeOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if !ok || !req.CanAdmit(place) {
		return bot.Reply{}, bot.Refuse("invite.door_cannot", nil)
	}
	was, err := req.Tx.InviteDoor(ctx, place.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := doorView{Place: place.Title, Was: was, Mode: req.Names().Word(req.Args.Lower(1)), Missing: lacksRight(place)}
	switch view.Mode {
	case storage.DoorOpen, storage.DoorAuto, storage.DoorAsk:
	default:
		return bot.Reply{}, bot.Refuse("invite.door_usage", view)
	}
	if req.Args.Len() != 2 {
		return bot.Reply{}, bot.Refuse("invite.door_usage", view)
	}
	if view.Mode == was {
		return bot.Reply{}, bot.Refuse("invite.door_same", view)
	}
	title, err := req.Text("invite.door_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionDoor, title, door{place.ID, view.Mode}, "invite.door_preview", view)
}

func confirmDoor(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want door
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionDoor, err)
	}
	was, err := req.Tx.InviteDoor(ctx, want.Chat)
	if err != nil {
		return bot.Reply{}, err
	}
	view, err := openDoor(ctx, req, want)
	if err != nil {
		return bot.Reply{}, err
	}
	view.Audit, err = req.Audit(ctx, actionDoor, door{want.Chat, was}, want, "", true)
	return bot.Reply{Template: "invite.door_done", Data: view}, err
}

func undoDoor(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was door
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	view, err := openDoor(ctx, req, was)
	return bot.Reply{Template: "invite.door_done", Data: view}, err
}

// openDoor sets the mode, and has the links that there are changed.
func openDoor(ctx context.Context, req *bot.Request, d door) (doorView, error) {
	c, err := req.Tx.Chat(ctx, d.Chat)
	if err != nil {
		return doorView{}, err
	}
	view := doorView{Place: c.Title, Mode: d.Mode, Missing: lacksRight(c)}
	if err := req.Tx.SetInviteDoor(ctx, d.Chat, d.Mode); err != nil {
		return view, err
	}
	return view, planRelink(ctx, req, d.Chat, req.Tx.Now, 0)
}

// Links are changed a few at a time: a network takes so many calls only.
const (
	relinkBatch = 20
	relinkPause = time.Minute
	// relinkMost is how often it is tried: afterwards links that the network
	// does not change stay as they are, and /invite makes them anew.
	relinkMost = 60
)

type relinking struct {
	Chat int64 `json:"chat"`
	N    int   `json:"n"`
}

func planRelink(ctx context.Context, req *bot.Request, chatID int64, at time.Time, n int) error {
	text, err := json.Marshal(relinking{chatID, n})
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("%s:%d:%d:%d", taskRelink, chatID, at.UnixMilli(), n), Task: taskRelink, ChatID: chatID, Payload: string(text), DueAt: at,
	})
	return err
}

// relink has the next links changed that are not as the door wants them.
func relink(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var p relinking
	if err := payloadOf(req, &p); err != nil {
		return bot.Reply{}, err
	}
	c, err := req.Tx.Chat(ctx, p.Chat)
	if err != nil {
		return bot.Reply{}, err
	}
	mode, err := req.Tx.InviteDoor(ctx, c.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	links, err := req.Tx.OtherLinks(ctx, c.ID, mode != storage.DoorOpen, relinkBatch)
	if err != nil || len(links) == 0 {
		return bot.Reply{}, err
	}
	for _, l := range links {
		w, err := req.Tx.InviteWay(ctx, l.WayID)
		if err != nil {
			return bot.Reply{}, err
		}
		req.ChangeWay(c, w.Code, w.Source, l.ExternalID, mode != storage.DoorOpen)
	}
	if p.N >= relinkMost {
		return bot.Reply{}, nil
	}
	return bot.Reply{}, planRelink(ctx, req, c.ID, req.Tx.Now.Add(relinkPause), p.N+1)
}
