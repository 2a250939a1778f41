package settings

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// settingTries is the prefix of the settings that count wrong claim codes; the
// person's row follows.
const settingTries = "claim_tries:"

type claimView struct {
	Missing bool       // no code was typed
	Last    bool       // no more tries for now
	Until   bot.Moment // when they begin anew
}

// claim makes the person who knows the code of the first start an operator.
// Wrong codes are answers, not refusals: a refusal would undo the counting.
func claim(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Event.Sender.Anonymous {
		return bot.Reply{}, bot.Refuse("common.anonymous", nil)
	}
	already, err := req.Is(ctx, bot.Operator)
	if err != nil {
		return bot.Reply{}, err
	}
	if already {
		return bot.Reply{Template: "settings.claim_already"}, nil
	}
	code := normalCode(req.Args.String())
	if code == "" {
		return bot.Reply{}, bot.Refuse("settings.claim_wrong", claimView{Missing: true})
	}
	view, allowed, err := countTry(ctx, req)
	if err != nil || !allowed {
		return bot.Reply{}, err
	}
	stored, err := req.Tx.Setting(ctx, storage.SettingClaimCode)
	if err != nil {
		return bot.Reply{}, err
	}
	if stored == "" || subtle.ConstantTimeCompare([]byte(stored), []byte(claimHash(code))) != 1 {
		return bot.Reply{Template: "settings.claim_wrong", Data: view}, nil
	}
	return bot.Reply{Template: "settings.claimed"}, claimed(ctx, req)
}

// countTry notes one more try of the person and says whether it is made.
func countTry(ctx context.Context, req *bot.Request) (claimView, bool, error) {
	name := settingTries + strconv.FormatInt(req.Account.PersonID, 10)
	text, err := req.Tx.Setting(ctx, name)
	if err != nil {
		return claimView{}, false, err
	}
	var t tries
	if text != "" {
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return claimView{}, false, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	var allowed bool
	var until time.Time
	t, allowed, until = t.next(req.Tx.Now)
	view := claimView{Last: t.N >= maxTries, Until: req.Moment(until)}
	if !allowed {
		return view, false, nil
	}
	out, err := json.Marshal(t)
	if err != nil {
		return view, false, fmt.Errorf("setting %s: %w", name, err)
	}
	return view, true, req.Tx.SetSetting(ctx, name, string(out))
}

// claimed makes the sender an operator and ends the claiming.
func claimed(ctx context.Context, req *bot.Request) error {
	if err := req.Tx.SetOperator(ctx, req.Account.PersonID, true); err != nil {
		return err
	}
	if err := req.Tx.SetSetting(ctx, storage.SettingClaimCode, ""); err != nil {
		return err
	}
	if err := req.Tx.DropSettings(ctx, settingTries); err != nil {
		return err
	}
	type state struct {
		Operator bool `json:"operator"`
	}
	_, err := req.Audit(ctx, actionClaim, state{false}, state{true}, "", false)
	return err
}
