package remind

import (
	"context"

	"qunmate/bot"
	"qunmate/storage"
)

// post is what a reminder shows.
type post struct {
	Kind    string
	Number  int64
	Title   string
	Closes  *bot.Moment // nil = until somebody closes it
	Event   *bot.Moment // nil = there is none
	Entries int
	Seats   int // 0 = no limit
	Free    int
}

func postOf(req *bot.Request, a storage.Activity) post {
	v := post{Kind: a.Kind, Number: a.ID, Title: a.Title, Entries: a.Entries, Seats: a.Seats, Free: max(0, a.Seats-a.Entries)}
	if !a.ClosesAt.IsZero() {
		at := req.Moment(a.ClosesAt)
		v.Closes = &at
	}
	if !a.EventAt.IsZero() {
		at := req.Moment(a.EventAt)
		v.Event = &at
	}
	return v
}

// say is the public reminder of a chat.
func say(req *bot.Request, p storage.Push, a storage.Activity) bot.Reply {
	r := bot.Reply{Template: "remind.close", Data: postOf(req, a), Public: true, Lane: storage.LaneActivity, Once: true}
	if p.Anchor == storage.PushEvent {
		r.Template = "remind.event"
	}
	if a.Open {
		r.Choices = []bot.Choice{way(a)}
	} else if a.Kind == storage.ActivitySignup {
		r.Choices = []bot.Choice{{Label: "remind.button_list", Command: "/signup show " + itoa(a.ID)}}
	}
	return r
}

// way is the button that takes part in an activity, by the command that its
// members type.
func way(a storage.Activity) bot.Choice {
	c := bot.Choice{Label: "remind.button_" + a.Kind}
	switch a.Kind {
	case storage.ActivityPoll:
		c.Command = "/vote " + itoa(a.ID)
	case storage.ActivityDraw:
		c.Command = "/join " + itoa(a.ID)
	default:
		c.Command = "/signup join " + itoa(a.ID)
	}
	return c
}

// tellPeople writes to those of a chat who allowed direct messages: before an
// activity closes to who does not take part yet, within a monthly number; before
// it takes place to who does. A reminder that comes again and again is for the
// chat alone.
func tellPeople(ctx context.Context, req *bot.Request, p storage.Push, a storage.Activity, o storage.Occurrence) error {
	if p.Anchor == storage.PushRule {
		return nil
	}
	who, err := req.Tx.Recipients(ctx, o.ChatID)
	if err != nil {
		return err
	}
	var last int64
	for _, one := range who {
		if one.PersonID == last || !req.CapsOf(one.Chat).Push {
			continue
		}
		last = one.PersonID
		in, err := req.Tx.Partakes(ctx, a.Kind, a.ID, one.PersonID)
		if err != nil {
			return err
		}
		month := req.Now.Format("2006-01")
		r := bot.Reply{Template: "remind.dm_close", Data: postOf(req, a), Lane: storage.LaneBroadcast, Choices: []bot.Choice{way(a)}}
		if p.Anchor == storage.PushEvent {
			if in, err = seated(ctx, req, a, one.PersonID); err != nil {
				return err
			}
			r.Template, r.Choices, month, in = "remind.dm_event", nil, "", !in
		}
		if in {
			continue
		}
		ok, err := req.Tx.CountPush(ctx, p, o.DueAt, one.PersonID, month)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, err := req.Tell(ctx, one.Account, r); err != nil {
			return err
		}
	}
	return nil
}

// seated reports whether a person has a place: who waits for one need not come.
func seated(ctx context.Context, req *bot.Request, a storage.Activity, personID int64) (bool, error) {
	e, err := req.Tx.SignupEntry(ctx, a.ID, personID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	return e.State == storage.SignupIn, nil
}
