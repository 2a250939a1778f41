package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"qunmate/bot"
	"qunmate/storage"
)

// FamilyRule is the rule for points by quizzes.
const FamilyRule = "quiz"

func ruleAt(ctx context.Context, req *bot.Request) (Rule, int, error) {
	return decodeRule(req.Tx.RuleAt(ctx, req.Community, FamilyRule, req.Tx.Now))
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
		return r, 0, fmt.Errorf("quiz rule v%d: %w", row.Version, err)
	}
	return r, row.Version, nil
}

type ruleView struct {
	Rule    Rule
	Version int
	Audit   int64
	Max     int
}

// set reads "right 2 fast 1 cap 60" in any order.
func set(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	was, _, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	want, a := was, req.Args
	usage := bot.Refuse("quiz.set_usage", ruleView{Rule: was, Max: maxReward})
	if a.Len() == 0 || a.Len()%2 != 0 {
		return bot.Reply{}, usage
	}
	for i := 0; i < a.Len(); i += 2 {
		n, err := strconv.Atoi(a.Word(i + 1))
		if err != nil || n < 0 || n > 10*maxReward {
			return bot.Reply{}, usage
		}
		switch req.Names().Word(a.Lower(i)) {
		case "right":
			want.Right = n
		case "fast":
			want.Fast = n
		case "cap":
			want.Cap = n
		default:
			return bot.Reply{}, usage
		}
	}
	if want.Right > maxReward || want.Fast > maxReward {
		return bot.Reply{}, usage
	}
	if want == was {
		return bot.Reply{}, bot.Refuse("quiz.set_same", nil)
	}
	view := ruleView{Rule: want}
	title, err := req.Text("quiz.set_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionRule, title, want, "quiz.set_preview", view)
}

func confirmRule(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want Rule
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionRule, err)
	}
	was, _, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionRule, was, want, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	version, err := addRule(ctx, req, want, id)
	return bot.Reply{Template: "quiz.set_done", Data: ruleView{Rule: want, Version: version, Audit: id}}, err
}

func addRule(ctx context.Context, req *bot.Request, r Rule, audit int64) (int, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("quiz rule: %w", err)
	}
	row, err := req.Tx.AddRule(ctx, storage.Rule{CommunityID: req.Community, Family: FamilyRule, Data: string(text), From: req.Tx.Now, AuditID: audit})
	return row.Version, err
}

func undoRule(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was Rule
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	_, err := addRule(ctx, req, was, row.ID)
	return bot.Reply{Template: "quiz.set_undone", Data: ruleView{Rule: was}}, err
}
