package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Parted undoes what Bound did, before the points go back: entries are taken
// back by entries, rows are as they were. What came since stays with the one
// who confirmed the bind, as everything he earned does.
func Parted(ctx context.Context, req *bot.Request, b storage.Bind) error {
	text, err := req.Tx.InviteBind(ctx, b.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var log boundLog
	if err := json.Unmarshal(text, &log); err != nil {
		return fmt.Errorf("invites of bind %d: %w", b.ID, err)
	}
	for _, id := range slices.Backward(log.Entries) {
		if err := repost(ctx, req, id); err != nil {
			return err
		}
	}
	for _, s := range log.Scores {
		member, err := req.Tx.MemberByID(ctx, s.Member)
		if err != nil {
			return err
		}
		if err := req.Tx.AddScore(ctx, member, storage.ScoreInvite, -s.Value, s.Period); err != nil {
			return err
		}
	}
	restored, err := restoreInvites(ctx, req, log)
	if err != nil {
		return err
	}
	if err := restoreMilestones(ctx, req, b, log); err != nil {
		return err
	}
	return settle(ctx, req, log, restored)
}

// repost takes back an entry that a bind wrote.
func repost(ctx context.Context, req *bot.Request, id int64) error {
	if id == 0 {
		return nil
	}
	e, err := req.Tx.Entry(ctx, id)
	if err != nil {
		return err
	}
	day := req.Days.Day(req.Now)
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: e.MemberID, Unit: e.Unit, Amount: -e.Amount, Kind: "unbind", Cause: e.Cause + ":part",
		Day: day, Week: chatday.Week(day), At: req.Tx.Now, Reverses: e.ID,
	})
	return err
}

// restoreInvites names again who was named before, and gives back the state
// that the bind changed. It returns those that count again.
func restoreInvites(ctx context.Context, req *bot.Request, log boundLog) ([]storage.Invite, error) {
	var all, restored []storage.Invite
	for n, was := range log.Before {
		now, err := req.Tx.Invite(ctx, was.ID)
		if errors.Is(err, storage.ErrNotFound) {
			continue // a word that was denied meanwhile
		}
		if err != nil {
			return nil, err
		}
		now.InviterID, now.InvitedID = was.InviterID, was.InvitedID
		if changed := log.After[n]; changed.State != was.State && now.State == changed.State && now.Reason == changed.Reason {
			now.State, now.Reason, now.SettledAt = was.State, was.Reason, was.SettledAt
			restored = append(restored, now)
		}
		all = append(all, now)
	}
	return restored, req.Tx.SetInvites(ctx, all)
}

// restoreMilestones gives each of the two his own again; one that was reached
// or lost since the bind stays as it is, with the one who stayed.
func restoreMilestones(ctx context.Context, req *bot.Request, b storage.Bind, log boundLog) error {
	since := map[holder][]storage.InviteMilestone{}
	for _, h := range log.Holders {
		now, err := req.Tx.InviteMilestones(ctx, h.Community, h.Person)
		if err != nil {
			return err
		}
		for _, row := range now {
			if !slices.ContainsFunc(log.Left, func(l storage.InviteMilestone) bool {
				return l.CommunityID == row.CommunityID && l.PersonID == row.PersonID && l.Threshold == row.Threshold && l.Round == row.Round && l.State == row.State
			}) {
				since[h] = append(since[h], row)
			}
		}
		if err := req.Tx.DropInviteMilestones(ctx, h.Community, h.Person); err != nil {
			return err
		}
	}
	for _, row := range log.Milestones {
		if err := req.Tx.SetInviteMilestone(ctx, row); err != nil {
			return err
		}
	}
	for _, h := range log.Holders {
		for _, row := range since[h] {
			if h.Person == b.From {
				row.PersonID = b.Into
			}
			if err := req.Tx.SetInviteMilestone(ctx, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle plans the deadlines of what is pending again, takes back what counts
// again though its person has gone, and milestones that are not borne.
func settle(ctx context.Context, req *bot.Request, log boundLog, restored []storage.Invite) error {
	for _, i := range restored {
		rule, err := decode(i.Rule)
		if err != nil {
			return err
		}
		who, err := req.Tx.Heir(ctx, i.InvitedID) // his accounts come back after this
		if err != nil {
			return err
		}
		here, err := req.Tx.PresentIn(ctx, i.CommunityID, who)
		if err != nil {
			return err
		}
		switch {
		case i.State == storage.InvitePending:
			at := i.JoinedAt.AddDate(0, 0, rule.Days)
			if !at.After(req.Tx.Now) {
				at = req.Tx.Now
			}
			err = plan(ctx, req, taskDue, i, at)
		case !here && i.State == storage.InviteVested && req.Tx.Now.Before(i.JoinedAt.AddDate(0, 0, rule.Keep)):
			err = reverse(ctx, req, i)
		}
		if err != nil {
			return err
		}
	}
	for _, h := range log.Holders {
		if _, err := takeMilestones(ctx, req, h.Community, h.Person); err != nil {
			return err
		}
	}
	return nil
}
