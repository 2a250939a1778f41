package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{{Name: "members of a moved group", Kinds: []chat.Kind{chat.Timer}, Task: storage.TaskCarryMembers, Run: moved}}
}

// moved carries what members have in the community that the new id of a group
// began before the move was told. It is the same group: a day counts once.
func moved(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	due, _ := req.Event.Detail.(chat.Due)
	var p struct {
		From int64 `json:"from"`
	}
	if err := json.Unmarshal(due.Payload, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("members of a moved group: %w", err)
	}
	if p.From == req.Community {
		return bot.Reply{}, nil
	}
	from, err := req.Tx.Community(ctx, p.From)
	if err != nil {
		return bot.Reply{}, err
	}
	to, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	members, err := req.Tx.MembersOf(ctx, from.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	was := joined{Community: from.ID, Name: from.Name, Members: len(members)}
	for _, m := range members {
		was.Points, was.Cards = was.Points+m.Balance, was.Cards+m.Cards
	}
	t := transfer{req: req, to: to, from: from, same: true}
	if t.audit, err = req.Audit(ctx, actionMoved, was, joined{Community: to.ID, Name: to.Name}, "", false); err != nil {
		return bot.Reply{}, err
	}
	if t.days, err = bot.CalendarOf(ctx, &req.Tx.Reader, to.ID); err != nil {
		return bot.Reply{}, err
	}
	t.today = t.days.Day(req.Tx.Now)
	for _, m := range members {
		if err := t.member(ctx, m); err != nil {
			return bot.Reply{}, fmt.Errorf("move member %d: %w", m.ID, err)
		}
	}
	return bot.Reply{}, nil
}

// mostDays is more days than anybody checks in before a move is told.
const mostDays = 31

// sameDays makes the check-ins of the new id some of the group, on the days they
// have there, with the points they brought. Of a day that is there already
// nothing is taken over. It returns the points that need no further entry.
func (t transfer) sameDays(ctx context.Context, m, there storage.Member) (settled, came int64, err error) {
	tx := t.req.Tx
	all, err := tx.CheckinsUpTo(ctx, m.ID, lastDay, mostDays)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range all {
		if c.Repaired {
			continue
		}
		e, err := tx.EntryByCause(ctx, m.ID, storage.Points, "checkin:"+c.Day)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return 0, 0, err
		}
		settled += e.Amount
		day := t.days.Day(c.At) // its own clock may have called it otherwise
		if _, err := tx.Checkin(ctx, there.ID, day); err == nil {
			continue
		} else if !errors.Is(err, storage.ErrNotFound) {
			return 0, 0, err
		}
		c.MemberID, c.Day, c.ChatID = there.ID, day, t.req.Chat.ID
		if _, err := tx.AddCheckin(ctx, there, c); err != nil {
			return 0, 0, err
		}
		if err := tx.AddScore(ctx, there, storage.ScoreCheckin, 1, "w"+chatday.Week(day), chatday.Month(day)); err != nil {
			return 0, 0, err
		}
		if e.Amount == 0 {
			continue
		}
		e.MemberID, e.Cause, e.Day, e.Week = there.ID, "checkin:"+day, day, chatday.Week(day)
		if _, err := tx.Post(ctx, e); err != nil {
			return 0, 0, err
		}
		came += e.Amount
	}
	return settled, came, nil
}
