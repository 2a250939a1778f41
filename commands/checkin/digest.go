package checkin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// taskDigest is the timer that writes the digest line of a chat.
const taskDigest = "checkin.digest"

type digestDue struct {
	Day string `json:"day"`
}

// digestEvery bounds how often the line is edited.
const digestEvery = time.Minute

// planDigest asks for the digest line to be brought up to date: at the end of
// this minute, or, where messages cannot be edited, once at the end of the day.
func planDigest(ctx context.Context, req *bot.Request) error {
	if req.Private || req.Day != req.Days.Day(req.Now) { // a day that is over has had its line
		return nil
	}
	on, err := toggled(ctx, req, FamilyDigest, false)
	if err != nil || !on {
		return err
	}
	due := req.Tx.Now.Truncate(digestEvery).Add(digestEvery)
	if !req.Caps.Edit {
		due = req.Days.Next(req.Tx.Now)
	}
	text, err := json.Marshal(digestDue{req.Day})
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	_, err = req.Tx.SetTimer(ctx, storage.DueRow{
		Key: fmt.Sprintf("digest:%d:%d", req.Chat.ID, due.UnixMilli()), Task: taskDigest, ChatID: req.Chat.ID, Payload: string(text), DueAt: due,
	})
	return err
}

// digest writes the public line of the day, in place.
func digest(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var d digestDue
	if err := json.Unmarshal(due.Payload, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("digest: %w", err)
	}
	on, err := toggled(ctx, req, FamilyDigest, false)
	if err != nil || !on {
		return bot.Reply{}, err
	}
	n, err := req.Tx.DayCheckins(ctx, req.Community, d.Day)
	if err != nil || n == 0 {
		return bot.Reply{}, err
	}
	view := struct {
		Count   int
		Name    string
		Longest int
		Over    string // the day, when it is over
	}{Count: n}
	if d.Day != req.Days.Day(req.Now) {
		view.Over = d.Day
	}
	view.Name, view.Longest, err = req.Tx.LongestStreak(ctx, req.Community, d.Day)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	r := bot.Reply{Template: "checkin.digest", Data: view, Public: true, Slot: digestSlot + d.Day, Lane: storage.LaneActivity}
	may, _ := req.MayPin(req.Chat)
	if !may || !req.Caps.Edit || view.Over != "" {
		return r, nil
	}
	// Once: until it has been sent, the letter that leaves may be a later one.
	if sent, err := req.Tx.SlotMessage(ctx, req.Chat.ID, r.Slot); err != nil || sent != "" {
		return r, err
	}
	r.Pin = chat.Pin
	return r, unpinOld(ctx, req, r.Slot)
}

// digestSlot begins the slots of the lines, one for each day.
const digestSlot = "digest:"

// unpinOld takes the line of an earlier day away from the top of the chat when
// the one of a new day goes there.
func unpinOld(ctx context.Context, req *bot.Request, slot string) error {
	before, err := req.Tx.SlotBefore(ctx, req.Chat.ID, digestSlot, slot)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return req.Unpin(ctx, req.Chat, before)
}

// setDigest switches the line on or off: /checkin set digest on.
func setDigest(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	word := req.Names().Word(req.Args.Lower(1))
	if req.Args.Len() != 2 || (word != "on" && word != "off") {
		return bot.Reply{}, bot.Refuse("checkin.digest_usage", nil)
	}
	on := word == "on"
	is, err := toggled(ctx, req, FamilyDigest, false)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		On, Edit bool
		ID       int64
	}{On: on, Edit: req.Caps.Edit}
	if is == on {
		return bot.Reply{Template: "checkin.digest_same", Data: view}, nil
	}
	view.ID, err = turn(ctx, req, actionDigest, FamilyDigest, is, on)
	return bot.Reply{Template: "checkin.digest_set", Data: view}, err
}

func undoDigest(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	before, err := undoToggle(ctx, req, row, FamilyDigest)
	return bot.Reply{Template: "checkin.digest_undone", Data: before}, err
}
