package points

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// FamilyTalk is the rule for points for speaking, off by default.
const FamilyTalk = "talk"

// TalkRule pays for messages.
type TalkRule struct {
	Points int `json:"points"` // for each counted message, 0 = off
	Cap    int `json:"cap"`    // points per chat day at most
}

const (
	maxTalkPoints = 100
	maxTalkCap    = 1000
	// talkPause: of a member's messages one a minute counts, so that cutting a
	// sentence in ten pays no more than writing it.
	talkPause = time.Minute
	// talkLetters: a lone sticker or 1 is no contribution.
	talkLetters = 2
)

// Due is what a message earns when so much was earned that day already.
func (r TalkRule) Due(earned int) int {
	if r.Points <= 0 || earned >= r.Cap {
		return 0
	}
	return min(r.Points, r.Cap-earned)
}

// TalkRuleAt gives the rule in force for an event and its version.
func TalkRuleAt(ctx context.Context, req *bot.Request) (TalkRule, int, error) {
	return decodeTalk(req.Tx.RuleAt(ctx, req.Community, FamilyTalk, req.At))
}

func decodeTalk(row storage.Rule, err error) (TalkRule, int, error) {
	if errors.Is(err, storage.ErrNotFound) {
		return TalkRule{}, 1, nil
	}
	if err != nil {
		return TalkRule{}, 0, err
	}
	var r TalkRule
	if err := json.Unmarshal([]byte(row.Data), &r); err != nil {
		return r, 0, fmt.Errorf("talk rule v%d: %w", row.Version, err)
	}
	return r, row.Version, nil
}

// onTalk pays for a message, silently.
func onTalk(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Private || req.Member.ID == 0 || utf8.RuneCountInString(strings.TrimSpace(req.Event.Text)) < talkLetters {
		return bot.Reply{}, nil
	}
	rule, version, err := TalkRuleAt(ctx, req)
	if err != nil || rule.Points == 0 {
		return bot.Reply{}, err
	}
	sum, err := req.Tx.Talked(ctx, req.Member.ID, req.Day)
	if err != nil {
		return bot.Reply{}, err
	}
	due := rule.Due(sum.Points)
	if due == 0 || (sum.Count > 0 && req.At.Sub(sum.Last) < talkPause) {
		return bot.Reply{}, nil
	}
	_, err = req.Tx.Post(ctx, storage.Entry{
		MemberID: req.Member.ID, Unit: storage.Points, Amount: int64(due), Kind: "talk", Cause: fmt.Sprintf("talk:%s:%d", req.Day, sum.Count+1),
		Rule: version, Day: req.Day, Week: chatday.Week(req.Day), At: req.At, Detail: fmt.Sprintf(`{"n":%d}`, sum.Count+1),
	})
	return bot.Reply{}, err
}

type talkView struct {
	Rule, Was TalkRule
	Audit     int64
	Version   int
}

// setTalk reads "1 cap 10" or "off".
func setTalk(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	want, ok := parseTalk(req)
	if !ok {
		return bot.Reply{}, bot.Refuse("points.talk_usage", struct{ Points, Cap int }{maxTalkPoints, maxTalkCap})
	}
	was, _, err := decodeTalk(req.Tx.NewestRule(ctx, req.Community, FamilyTalk))
	if err != nil {
		return bot.Reply{}, err
	}
	if was == want {
		return bot.Reply{}, bot.Refuse("points.talk_same", nil)
	}
	view := talkView{Rule: want, Was: was}
	title, err := req.Text("points.talk_title", nil)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionTalk, title, want, "points.talk_preview", view)
}

func parseTalk(req *bot.Request) (TalkRule, bool) {
	a := req.Args
	if a.Len() == 1 && req.Names().Word(a.Lower(0)) == "off" {
		return TalkRule{}, true
	}
	if a.Len() != 3 || req.Names().Word(a.Lower(1)) != "cap" {
		return TalkRule{}, false
	}
	points, err := strconv.Atoi(a.Word(0))
	limit, err2 := strconv.Atoi(a.Word(2))
	ok := err == nil && err2 == nil && points >= 1 && points <= maxTalkPoints && limit >= points && limit <= maxTalkCap
	return TalkRule{Points: points, Cap: limit}, ok
}

func confirmTalk(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var want TalkRule
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionTalk, err)
	}
	was, _, err := decodeTalk(req.Tx.NewestRule(ctx, req.Community, FamilyTalk))
	if err != nil {
		return bot.Reply{}, err
	}
	id, err := req.Audit(ctx, actionTalk, was, want, "", true)
	if err != nil {
		return bot.Reply{}, err
	}
	version, err := addTalkRule(ctx, req, want, id)
	return bot.Reply{Template: "points.talk_done", Data: talkView{Rule: want, Was: was, Audit: id, Version: version}}, err
}

func addTalkRule(ctx context.Context, req *bot.Request, r TalkRule, audit int64) (int, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("talk rule: %w", err)
	}
	row, err := req.Tx.AddRule(ctx, storage.Rule{CommunityID: req.Community, Family: FamilyTalk, Data: string(text), From: req.Tx.Now, AuditID: audit})
	return row.Version, err
}

func undoTalk(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, set TalkRule
	if err := errors.Join(json.Unmarshal([]byte(row.Before), &was), json.Unmarshal([]byte(row.After), &set)); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	now, _, err := decodeTalk(req.Tx.NewestRule(ctx, req.Community, FamilyTalk))
	if err != nil {
		return bot.Reply{}, err
	}
	if now != set {
		return bot.Reply{}, bot.Refuse("points.talk_overtaken", struct{ ID int64 }{row.ID})
	}
	_, err = addTalkRule(ctx, req, was, row.ID)
	return bot.Reply{Template: "points.talk_undone", Data: talkView{Rule: was}}, err
}
