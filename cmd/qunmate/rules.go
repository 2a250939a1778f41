package main

import (
	"context"
	"errors"

	"qunmate/bot"
	"qunmate/commands/checkin"
	"qunmate/commands/help"
	"qunmate/commands/points"
	"qunmate/commands/settings"
	"qunmate/storage"
)

// Families do not know each other; what /rules says of all of them is put
// together here.

// checkinRule is the rule in force for check-ins, and the one to come.
func checkinRule(ctx context.Context, req *bot.Request) (help.CheckinRule, error) {
	rule, version, err := checkin.RuleAt(ctx, req)
	if err != nil {
		return help.CheckinRule{}, err
	}
	on, err := checkin.IsOn(ctx, req)
	if err != nil {
		return help.CheckinRule{}, err
	}
	out := help.CheckinRule{On: on, Base: int64(rule.Base), Step: int64(rule.Step), Cap: int64(rule.Cap), Version: version}
	now, next, err := versions(ctx, req, checkin.FamilyRule)
	if err != nil {
		return out, err
	}
	if now != nil {
		out.Since = now.From
	}
	if next != nil {
		rule, version, err := checkin.Decode(*next)
		if err != nil {
			return out, err
		}
		out.Next = &help.CheckinRule{On: on, Base: int64(rule.Base), Step: int64(rule.Step), Cap: int64(rule.Cap), Version: version, Since: next.From}
	}
	return out, nil
}

// settingsRule is the same in the words of the settings family.
func settingsRule(ctx context.Context, req *bot.Request) (settings.Rule, error) {
	r, err := checkinRule(ctx, req)
	return settings.Rule{On: r.On, Base: r.Base, Step: r.Step, Cap: r.Cap}, err
}

// talkRule is the rule in force for points for talk.
func talkRule(ctx context.Context, req *bot.Request) (help.TalkRule, error) {
	rule, version, err := points.TalkRuleAt(ctx, req)
	if err != nil {
		return help.TalkRule{}, err
	}
	out := help.TalkRule{Points: int64(rule.Points), Cap: int64(rule.Cap), Version: version}
	now, _, err := versions(ctx, req, points.FamilyTalk)
	if now != nil {
		out.Since = now.From
	}
	return out, err
}

// versions gives the stored rule in force and the newest one that is not in
// force yet; nil where there is none.
func versions(ctx context.Context, req *bot.Request, family string) (now, next *storage.Rule, err error) {
	in, err := req.Tx.RuleAt(ctx, req.Community, family, req.At)
	switch {
	case err == nil:
		now = &in
	case !errors.Is(err, storage.ErrNotFound):
		return nil, nil, err
	}
	newest, err := req.Tx.NewestRule(ctx, req.Community, family)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return now, nil, nil
	case err != nil:
		return nil, nil, err
	case newest.From.After(req.At):
		next = &newest
	}
	return now, next, nil
}
