package invite

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"qunmate/bot"
	"qunmate/storage"
)

type ruleView struct {
	Rule               Rule
	Version            int
	Audit              int64
	MaxReward, MaxDays int
	MaxCap             int
	There              []reachedBy // who has as many already, where milestones change
}

// reachedBy is a milestone with how many members have reached it.
type reachedBy struct {
	Milestone

	Members int
}

// set reads "reward 50 newcomer 20 days 7 actions 3 keep 30 cap 10 milestones
// 5:100,10:300" in any order.
func set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	was, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if req.Names().Word(req.Args.Lower(0)) == "door" {
		return setDoor(ctx, req)
	}
	want, wrong := was.changed(req)
	switch {
	case wrong != nil:
		return bot.Reply{}, bot.Refuse("invite.set_bad", wrong)
	case req.Args.Len() == 0:
		return bot.Reply{}, bot.Refuse("invite.set_usage", ruleView{Rule: was, MaxReward: maxReward, MaxDays: maxDays, MaxCap: maxCap})
	case reflect.DeepEqual(want, was):
		return bot.Reply{}, bot.Refuse("invite.set_same", nil)
	case want.Keep < want.Days:
		return bot.Reply{}, bot.Refuse("invite.keep_short", ruleView{Rule: want})
	}
	view := ruleView{Rule: want}
	if !reflect.DeepEqual(want.Milestones, was.Milestones) {
		for _, m := range want.Milestones {
			n, err := req.Tx.InvitersWith(ctx, req.Community, m.Count)
			if err != nil {
				return bot.Reply{}, err
			}
			if n > 0 {
				view.There = append(view.There, reachedBy{m, n})
			}
		}
	}
	title, err := req.Text("invite.set_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionRule, title, want, "invite.set_preview", view)
}

// badPart is what cannot be read in a rule, or is out of range.
type badPart struct {
	Key  string // of what it is said, "" = there is no such thing
	Word string // as it was written
	Max  int
}

// changed is the rule with what the words of a command change in it, or what
// is wrong with them.
func (r Rule) changed(req *bot.Request) (want Rule, wrong *badPart) {
	want, a := r, req.Args
	for i := 0; i < a.Len(); {
		key := req.Names().Word(a.Lower(i))
		if key == "milestones" {
			words := 0
			for isMilestone(a.Word(i + 1 + words)) {
				words++
			}
			if off := req.Names().Word(a.Lower(i + 1)); words == 0 && (off == "off" || off == "none") {
				want.Milestones, i = nil, i+2
				continue
			}
			list := make([]string, words)
			for n := range list {
				list[n] = a.Word(i + 1 + n)
			}
			var ok bool
			if want.Milestones, ok = parseMilestones(list...); !ok {
				return r, &badPart{Key: key, Word: a.Word(i)}
			}
			i += 1 + words
			continue
		}
		n, err := strconv.Atoi(a.Word(i + 1))
		field, limit := field(&want, key)
		if field == nil {
			return r, &badPart{Word: a.Word(i)}
		}
		if err != nil || n < 0 || n > limit {
			return r, &badPart{Key: key, Word: a.Word(i), Max: limit}
		}
		*field, i = n, i+2
	}
	return want, nil
}

// field is the figure that a word names, with the most it may be.
func field(r *Rule, key string) (*int, int) {
	switch key {
	case "reward":
		return &r.Reward, maxReward
	case "newcomer":
		return &r.Newcomer, maxReward
	case "days":
		return &r.Days, maxDays
	case "actions":
		return &r.Actions, maxCap
	case "keep":
		return &r.Keep, maxDays
	case "cap":
		return &r.Cap, maxCap
	}
	return nil, 0
}

func confirmRule(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	want, err := decode(string(data))
	if err != nil {
		return bot.Reply{}, err
	}
	was, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionRule, was, want, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	version, err := addRule(ctx, req, want, id)
	return bot.Reply{Template: "invite.set_done", Data: ruleView{Rule: want, Version: version, Audit: id}}, err
}

func addRule(ctx context.Context, req *bot.Request, r Rule, audit int64) (int, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("invite rule: %w", err)
	}
	row, err := req.Tx.AddRule(ctx, storage.Rule{CommunityID: req.Community, Family: FamilyRule, Data: string(text), From: req.Tx.Now, AuditID: audit})
	return row.Version, err
}

func undoRule(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	was, err := decode(row.Before)
	if err != nil {
		return bot.Reply{}, err
	}
	_, err = addRule(ctx, req, was, row.ID)
	return bot.Reply{Template: "invite.set_undone", Data: ruleView{Rule: was}}, err
}

// alertBurst asks an administrator, once an hour, what to do about many joins
// in a short time. Until then they are held: nobody is punished.
func alertBurst(ctx context.Context, req *bot.Request, i storage.Invite, count int) error {
	fresh, err := once(ctx, req, fmt.Sprintf("invite.burst:%d:%d:%d", i.CommunityID, i.InviterID, req.Tx.Now.Unix()/3600))
	if err != nil || !fresh {
		return err
	}
	p, err := req.Tx.Person(ctx, i.InviterID)
	if err != nil {
		return err
	}
	c, err := req.Tx.Chat(ctx, i.ChatID)
	if err != nil {
		return err
	}
	n := strconv.FormatInt(i.InviterID, 10)
	return req.Alert(ctx, c, bot.Reply{
		Template: "invite.burst", Data: struct {
			Name    string
			Count   int
			Minutes int
		}{p.Name, count, int(burstTime.Minutes())},
		Choices: []bot.Choice{{Label: "invite.button_allow", Command: "/invites allow " + n}, {Label: "invite.button_deny", Command: "/invites deny " + n}},
	})
}

// decision is what an administrator says about held invites.
type decision struct {
	Inviter int64 `json:"inviter"`
	Allow   bool  `json:"allow"`
}

func allow(ctx context.Context, req *bot.Request) (bot.Reply, error) { return decide(ctx, req, true) }

func deny(ctx context.Context, req *bot.Request) (bot.Reply, error) { return decide(ctx, req, false) }

// decide previews what becomes of somebody's held invites. The buttons name the
// person by his row, people by his name.
func decide(ctx context.Context, req *bot.Request, good bool) (bot.Reply, error) {
	person, err := strconv.ParseInt(req.Args.Word(0), 10, 64)
	if err != nil {
		who, _, err := req.Who(ctx, req.Args.String())
		if err != nil {
			return bot.Reply{}, err
		}
		person = who.PersonID
	}
	held, err := heldBy(ctx, req, person)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(held) == 0 {
		return bot.Reply{}, bot.Refuse("invite.none_held", nil)
	}
	p, err := req.Tx.Person(ctx, person)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Name  string
		Count int
		Allow bool
		Names []string
	}{p.Name, len(held), good, nil}
	for _, i := range held[:min(len(held), 5)] {
		view.Names = append(view.Names, i.InvitedName)
	}
	title, err := req.Text("invite.held_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionHeld, title, decision{person, good}, "invite.held_preview", view)
}

func heldBy(ctx context.Context, req *bot.Request, person int64) ([]storage.Invite, error) {
	all, err := req.Tx.InvitesBy(ctx, req.Community, person)
	var out []storage.Invite
	for _, i := range all {
		if i.State == storage.InviteHeld {
			out = append(out, i)
		}
	}
	return out, err
}

func confirmHeld(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var d decision
	if err := json.Unmarshal(data, &d); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionHeld, err)
	}
	held, err := heldBy(ctx, req, d.Inviter)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, i := range held {
		i.State, i.Reason = storage.InvitePending, ""
		if !d.Allow {
			i.State, i.Reason = storage.InviteRejected, byAdmin
		}
		if err := req.Tx.MoveInvite(ctx, i, storage.InviteHeld); err != nil {
			return bot.Reply{}, err
		}
		if !d.Allow {
			continue
		}
		rule, err := decode(i.Rule)
		if err != nil {
			return bot.Reply{}, err
		}
		if err := promise(ctx, req, i, rule); err != nil {
			return bot.Reply{}, err
		}
	}
	if _, err := req.Audit(ctx, actionHeld, struct{}{}, d, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.held_done", Data: struct {
		Count int
		Allow bool
	}{len(held), d.Allow}}, nil
}
