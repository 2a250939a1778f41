package invite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// FamilyRule is the rule for invites.
const FamilyRule = "invite"

// Rule says what an invite brings, and when.
type Rule struct {
	Reward   int `json:"reward"`   // for who brought somebody
	Newcomer int `json:"newcomer"` // for who came
	Days     int `json:"days"`     // until then it is pending
	Actions  int `json:"actions"`  // messages and check-ins the newcomer owes by then
	Keep     int `json:"keep"`     // days: who leaves within them costs the reward
	Cap      int `json:"cap"`      // invites that count per inviter and chat day

	// Milestones are extra, lowest first: reached by the invites that are valid,
	// taken back when too few of them are left, and reached again.
	Milestones []Milestone `json:"milestones,omitempty"`
}

// DefaultRule holds until an administrator sets another one.
func DefaultRule() Rule {
	return Rule{Reward: 50, Newcomer: 20, Days: 7, Actions: 3, Keep: 30, Cap: 10}
}

const (
	maxReward = 1000
	maxDays   = 90
	maxCap    = 100

	// quietAfter: who has not done what the rule asks for by then never counts.
	quietAfter = 30 * 24 * time.Hour
	askedFor   = 24 * time.Hour // how long the other one may take to say yes
	newFor     = 7 * 24 * time.Hour
	// burst: so many in this time are looked at by an administrator first.
	burst     = 8
	burstTime = 10 * time.Minute
)

// Reasons why an invite does not count.
const (
	selfInvite   = "self"
	oldMember    = "rejoin"
	overCap      = "cap"
	inviterGone  = "inviter_left"
	leftEarly    = "left"
	tooQuiet     = "quiet"
	byAdmin      = "admin"
	nobodyPaused = ""
)

// facts are what decides about a join.
type facts struct {
	Self, Old, InviterHere bool
	Today                  int // invites of the inviter that count today
	Burst                  int // of the last minutes, this one left out
}

// judge decides what an invite is at first.
func (r Rule) judge(f facts) (state, reason string) {
	switch {
	case f.Self:
		return storage.InviteRejected, selfInvite
	case f.Old:
		return storage.InviteRejected, oldMember
	case !f.InviterHere:
		return storage.InviteRejected, inviterGone
	case f.Today >= r.Cap:
		return storage.InviteRejected, overCap
	case f.Burst >= burst:
		return storage.InviteHeld, nobodyPaused
	}
	return storage.InvitePending, ""
}

// ripe decides about a pending invite whose time has come: the state it goes
// to, or the instant of the next look.
func (r Rule) ripe(joined, now time.Time, here, inviterHere bool, actions int) (state, reason string, again time.Time) {
	switch {
	case !here:
		return storage.InviteReversed, leftEarly, time.Time{}
	case !inviterHere:
		return storage.InviteRejected, inviterGone, time.Time{}
	case now.Before(joined.AddDate(0, 0, r.Days)):
		return storage.InvitePending, "", joined.AddDate(0, 0, r.Days)
	case actions >= r.Actions:
		return storage.InviteVested, "", time.Time{}
	case !now.Before(joined.AddDate(0, 0, r.Days).Add(quietAfter)):
		return storage.InviteRejected, tooQuiet, time.Time{}
	}
	return storage.InvitePending, "", now.Add(24 * time.Hour)
}

// ruleAt gives the rule in force.
func ruleAt(ctx context.Context, req *bot.Request) (Rule, error) {
	row, err := req.Tx.RuleAt(ctx, req.Community, FamilyRule, req.Tx.Now)
	if errors.Is(err, storage.ErrNotFound) {
		return DefaultRule(), nil
	}
	if err != nil {
		return Rule{}, err
	}
	return decode(row.Data)
}

func decode(text string) (Rule, error) {
	var r Rule
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("invite rule: %w", err)
	}
	return r, nil
}

// RuleInWords says for /rules what bringing somebody is worth.
func RuleInWords(ctx context.Context, req *bot.Request) (string, error) {
	r, err := ruleAt(ctx, req)
	if err != nil {
		return "", err
	}
	if req.Following() {
		return req.Text("invite.follow_rule", r)
	}
	return req.Text("invite.rule", r)
}
