package invite

import (
	"context"
	"encoding/json"
	"fmt"
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
}

// set reads "reward 50 newcomer 20 days 7 actions 3 keep 30 cap 10" in any
// order.
func set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	was, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	want, a := was, req.Args
	usage := bot.Refuse("invite.set_usage", ruleView{Rule: was, MaxReward: maxReward, MaxDays: maxDays, MaxCap: maxCap})
	if a.Len() == 0 || a.Len()%2 != 0 {
		return bot.Reply{}, usage
	}
	for i := 0; i < a.Len(); i += 2 {
		n, err := strconv.Atoi(a.Word(i + 1))
		if err != nil || n < 0 {
			return bot.Reply{}, usage
		}
		limit := maxDays
		switch req.Names().Word(a.Lower(i)) {
		case "reward":
			want.Reward, limit = n, maxReward
		case "newcomer":
			want.Newcomer, limit = n, maxReward
		case "days":
			want.Days = n
		case "actions":
			want.Actions, limit = n, maxCap
		case "keep":
			want.Keep = n
		case "cap":
			want.Cap, limit = n, maxCap
		default:
			return bot.Reply{}, usage
		}
		if n > limit {
			return bot.Reply{}, usage
		}
	}
	switch {
	case want == was:
		return bot.Reply{}, bot.Refuse("invite.set_same", nil)
	case want.Keep < want.Days:
		return bot.Reply{}, bot.Refuse("invite.keep_short", ruleView{Rule: want})
	}
	title, err := req.Text("invite.set_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionRule, title, want, "invite.set_preview", ruleView{Rule: want})
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
