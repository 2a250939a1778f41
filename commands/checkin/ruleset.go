package checkin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// Families of rules that this package owns.
const (
	FamilyRule   = "checkin"        // a Rule, in force from the next boundary of the day
	FamilySwitch = "checkin_switch" // on or off, in force at once
	FamilyDigest = "checkin_digest" // the digest line, in force at once
)

type toggle struct {
	On bool `json:"on"`
}

// RuleAt gives the rule for the event's instant and its version; version 1 is
// the default that nobody changed.
func RuleAt(ctx context.Context, req *bot.Request) (Rule, int, error) {
	return ruleAt(ctx, req, req.At)
}

func ruleAt(ctx context.Context, req *bot.Request, at time.Time) (Rule, int, error) {
	row, err := req.Tx.RuleAt(ctx, req.Community, FamilyRule, at)
	return decodeRule(row, err)
}

func decodeRule(row storage.Rule, err error) (Rule, int, error) {
	if errors.Is(err, storage.ErrNotFound) {
		return DefaultRule(), 1, nil
	}
	if err != nil {
		return Rule{}, 0, err
	}
	var r Rule
	if err := json.Unmarshal([]byte(row.Data), &r); err != nil {
		return r, 0, fmt.Errorf("check-in rule v%d: %w", row.Version, err)
	}
	return r, row.Version, nil
}

// IsOn reports whether check-in is on at the event's instant; it is by default.
func IsOn(ctx context.Context, req *bot.Request) (bool, error) { return isOn(ctx, req) }

func isOn(ctx context.Context, req *bot.Request) (bool, error) {
	return toggled(ctx, req, FamilySwitch, true)
}

func toggled(ctx context.Context, req *bot.Request, family string, otherwise bool) (bool, error) {
	row, err := req.Tx.RuleAt(ctx, req.Community, family, req.Tx.Now)
	if errors.Is(err, storage.ErrNotFound) {
		return otherwise, nil
	}
	if err != nil {
		return false, err
	}
	var t toggle
	if err := json.Unmarshal([]byte(row.Data), &t); err != nil {
		return false, fmt.Errorf("%s v%d: %w", family, row.Version, err)
	}
	return t.On, nil
}

// turn switches a family on or off at once, with an audit row to undo it by.
func turn(ctx context.Context, req *bot.Request, action, family string, from, to bool) (int64, error) {
	id, err := req.Audit(ctx, action, toggle{from}, toggle{to}, "", true)
	if err != nil {
		return 0, err
	}
	return id, addRule(ctx, req, family, toggle{to}, req.Tx.Now, id)
}

func addRule(ctx context.Context, req *bot.Request, family string, data any, from time.Time, audit int64) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("rule: %w", err)
	}
	_, err = req.Tx.AddRule(ctx, storage.Rule{CommunityID: req.Community, Family: family, Data: string(text), From: from, AuditID: audit})
	return err
}

func switchOn(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return switchTo(ctx, req, true)
}

func switchOff(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return switchTo(ctx, req, false)
}

func switchTo(ctx context.Context, req *bot.Request, on bool) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("checkin.switch_args", nil)
	}
	is, err := isOn(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		On bool
		ID int64
	}{On: on}
	if is == on {
		return bot.Reply{Template: "checkin.switch_same", Data: view}, nil
	}
	view.ID, err = turn(ctx, req, actionSwitch, FamilySwitch, is, on)
	return bot.Reply{Template: "checkin.switched", Data: view}, err
}

// undoToggle puts a switch back to what it was before the audited change.
func undoToggle(ctx context.Context, req *bot.Request, row storage.Audited, family string) (toggle, error) {
	var before toggle
	if err := json.Unmarshal([]byte(row.Before), &before); err != nil {
		return before, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	return before, addRule(ctx, req, family, before, req.Tx.Now, row.ID)
}

func undoSwitch(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	before, err := undoToggle(ctx, req, row, FamilySwitch)
	return bot.Reply{Template: "checkin.switch_undone", Data: before}, err
}

// Decode reads a stored rule and its version.
func Decode(row storage.Rule) (Rule, int, error) { return decodeRule(row, nil) }
