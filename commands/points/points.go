// Package points shows the ledger to those it belongs to (/me, /why, /rank)
// and lets administrators add to it, with a reason. It also pays for talk
// where that is switched on.
package points

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "me", Menu: true, Run: me},
		{Name: "why", Menu: true, Run: why},
		{Name: "rank", Menu: true, Run: rank},
		{Name: "rank hide", Run: hide},
		{Name: "rank show", Run: show},
		{Name: "points", Role: bot.ChatAdmin, Menu: true, Run: adjust, Bare: me},
		{Name: "points talk", Role: bot.ChatAdmin, Run: setTalk},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdjust, Role: bot.ChatAdmin, Run: confirmAdjust, Undo: undoAdjust},
		{Name: actionTalk, Role: bot.ChatAdmin, Run: confirmTalk, Undo: undoTalk},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{{Name: "talk", Kinds: []chat.Kind{chat.Message}, Run: onTalk}}
}

const (
	actionAdjust = "points.adjust"
	actionTalk   = "points.talk"
)

// maxAdjust bounds one adjustment: more is a slip of the finger.
const maxAdjust = 100_000

// adjustment is what a preview of /points and its audit row keep. No name
// stands in them: who deletes his data is not to be found there.
type adjustment struct {
	Member int64  `json:"member"`
	Amount int64  `json:"amount"`
	Reason string `json:"reason"`
}

type adjustView struct {
	Name          string
	Amount        int64
	Reason        string
	Before, After int64
	Audit, Entry  int64
}

func adjust(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	args := req.Args
	// In reply to somebody the name may be left out.
	_, amountFirst := amount(args.Word(0))
	who, used, err := req.Who(ctx, pick(amountFirst, "", args.Word(0)))
	if err != nil {
		return bot.Reply{}, err
	}
	if used {
		args = args.From(1)
		// A mention may be a name of several words.
		for i, w := range strings.Fields(who.Name) {
			if i > 0 && args.Word(0) == w {
				args = args.From(1)
			}
		}
	}
	n, ok := amount(args.Word(0))
	if !ok || n == 0 || n > maxAdjust || n < -maxAdjust {
		return bot.Reply{}, bot.Refuse("points.bad_amount", struct {
			Name string
			Max  int
		}{who.Name, maxAdjust})
	}
	reason := strings.TrimSpace(args.Rest(1))
	if reason == "" {
		return bot.Reply{}, bot.Refuse("points.no_reason", struct {
			Name   string
			Amount int64
		}{who.Name, n})
	}
	m, err := req.Tx.EnsureMember(ctx, req.Community, who.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := adjustView{Name: who.Name, Amount: n, Reason: reason, Before: m.Balance, After: m.Balance + n}
	if view.After < 0 {
		return bot.Reply{}, bot.Refuse("points.below_zero", view)
	}
	title, err := req.Text("points.adjust_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionAdjust, title, adjustment{Member: m.ID, Amount: n, Reason: reason}, "points.adjust_preview", view)
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// amount reads +20, -20 or 20, with the minus of any keyboard.
func amount(word string) (int64, bool) {
	for _, minus := range []string{"−", "–", "—"} {
		if rest, ok := strings.CutPrefix(word, minus); ok {
			word = "-" + rest
		}
	}
	n, err := strconv.ParseInt(word, 10, 64)
	return n, err == nil
}

func confirmAdjust(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var a adjustment
	if err := json.Unmarshal(data, &a); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdjust, err)
	}
	view, err := a.view(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if view.After < 0 {
		return bot.Reply{}, bot.Refuse("points.below_zero", view)
	}
	if view.Audit, err = req.Audit(ctx, actionAdjust, struct{}{}, a, a.Reason, true); err != nil {
		return bot.Reply{}, err
	}
	view.Entry, err = postAdjust(ctx, req, a, view.Audit, 0)
	return bot.Reply{Template: "points.adjusted", Data: view}, err
}

// view shows the adjustment against the balance as it is now.
func (a adjustment) view(ctx context.Context, req *bot.Request) (adjustView, error) {
	m, err := req.Tx.MemberByID(ctx, a.Member)
	if err != nil {
		return adjustView{}, err
	}
	p, err := req.Tx.Person(ctx, m.PersonID)
	return adjustView{Name: p.Name, Amount: a.Amount, Reason: a.Reason, Before: m.Balance, After: m.Balance + a.Amount}, err
}

// reasonDetail is what a hand-made entry keeps for /why; who made it is its
// actor.
type reasonDetail struct {
	Reason string `json:"reason"`
}

func postAdjust(ctx context.Context, req *bot.Request, a adjustment, audit, reverses int64) (int64, error) {
	text, err := json.Marshal(reasonDetail{Reason: a.Reason})
	if err != nil {
		return 0, fmt.Errorf("adjustment: %w", err)
	}
	kind, cause := "adjust", fmt.Sprintf("audit:%d", audit)
	if reverses != 0 {
		kind, cause = "undo", fmt.Sprintf("undo:%d", audit)
	}
	return req.Tx.Post(ctx, storage.Entry{
		MemberID: a.Member, Unit: storage.Points, Amount: a.Amount, Kind: kind, Cause: cause, Day: req.Day, Week: chatday.Week(req.Day),
		At: req.At, ActorID: req.Account.PersonID, Reverses: reverses, Detail: string(text),
	})
}

func undoAdjust(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var a adjustment
	if err := json.Unmarshal([]byte(row.After), &a); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	was, err := req.Tx.EntryByCause(ctx, a.Member, storage.Points, fmt.Sprintf("audit:%d", row.ID))
	if err != nil {
		return bot.Reply{}, err
	}
	a.Amount = -a.Amount
	view, err := a.view(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if view.After < 0 {
		return bot.Reply{}, bot.Refuse("points.undo_below_zero", view)
	}
	view.Entry, err = postAdjust(ctx, req, a, row.ID, was.ID)
	return bot.Reply{Template: "points.undone", Data: view}, err
}

func me(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m := req.Member
	streak := m.Streak
	if m.LastDay < req.Days.Prev(req.Day) {
		streak = 0 // it ended
	}
	view := struct {
		Name                    string
		Balance, Pending, Cards int64
		Streak, Best            int
		CheckedIn               bool
		Place                   int
		Hidden                  bool
	}{Name: req.Account.Name, Balance: m.Balance, Pending: m.Pending, Cards: m.Cards, Streak: streak, Best: m.BestStreak, CheckedIn: m.LastDay == req.Day, Hidden: m.Hidden}
	own, err := req.Tx.PlaceOf(ctx, storage.Ranking{Community: req.Community, Kind: storage.ScorePoints}, m)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	view.Place = own.Place
	return bot.Reply{Template: "points.me", Data: view, Choices: []bot.Choice{{Label: "points.button_why", Command: "/why", Extra: true}, {Label: "points.button_rank", Command: "/rank", Extra: true}}}, nil
}
