package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot"
	"qunmate/storage"
)

// binding is what a preview of /bind keeps: whose code was typed, and who the
// two were then.
type binding struct {
	Account int64 `json:"account"`
	From    int64 `json:"from"`
	Into    int64 `json:"into"`
}

type bindCodeView struct {
	Code    string
	Until   bot.Moment
	Already []accountView // what is bound already
}

// accountView is an account as texts name it.
type accountView struct{ Domain, Name string }

func viewOf(a storage.Account) accountView { return accountView{a.Domain, a.Name} }

// bind gives a code, or takes the one of another platform. Both only where
// nobody else reads along: the code is worth the points of its owner, and the
// preview tells of both sides.
func (f family) bind(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Event.Sender.Anonymous {
		return bot.Reply{}, bot.Refuse("common.anonymous", nil)
	}
	code := normalCode(req.Args.String())
	if !req.Private && !req.Caps.Whispers {
		if code == "" {
			return bot.Reply{}, bot.Refuse("bind.private", nil)
		}
		// Everybody has read it. An answer, not a refusal: that would undo this.
		return bot.Reply{Template: "bind.exposed"}, req.Tx.DropBindCode(ctx, bindHash(code))
	}
	if code == "" {
		return f.bindCode(ctx, req)
	}
	return f.bindTo(ctx, req, code)
}

// bindCode makes a code for the sender.
func (f family) bindCode(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	view := bindCodeView{Until: req.Moment(req.Tx.Now.Add(bindLife))}
	accounts, err := req.Tx.AccountsOf(ctx, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(accounts) > 1 {
		for _, a := range accounts {
			view.Already = append(view.Already, viewOf(a))
		}
	}
	for range 20 {
		view.Code = newCode(f.Random, bindLength)
		err := req.Tx.Savepoint(ctx, func(ctx context.Context) error {
			return req.Tx.SetBindCode(ctx, bindHash(view.Code), req.Account.ID, req.Tx.Now.Add(bindLife))
		})
		if !errors.Is(err, storage.ErrDuplicate) {
			return bot.Reply{Template: "bind.code", Data: view}, err
		}
	}
	return bot.Reply{}, errNoCode
}

// bindTo shows what binding to the owner of a code would bring. The code is
// used up by it: a preview that is not confirmed needs a new one.
func (f family) bindTo(ctx context.Context, req *bot.Request, code string) (bot.Reply, error) {
	view, allowed, err := bindAllowed(ctx, req)
	if err != nil || !allowed {
		return bot.Reply{Template: "bind.wrong", Data: view}, err
	}
	account, expires, err := req.Tx.BindCode(ctx, bindHash(code))
	if errors.Is(err, storage.ErrNotFound) || err == nil && !expires.After(req.Tx.Now) {
		view, err := countBindTry(ctx, req)
		return bot.Reply{Template: "bind.wrong", Data: view}, err
	}
	if err != nil {
		return bot.Reply{}, err
	}
	other, err := req.Tx.Account(ctx, account)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := bindable(ctx, req, other); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.DropBindCode(ctx, bindHash(code)); err != nil {
		return bot.Reply{}, err
	}
	shown, err := bindPreview(ctx, req, other)
	if err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("bind.title", shown.There)
	if err != nil {
		return bot.Reply{}, err
	}
	what := binding{Account: other.ID, From: other.PersonID, Into: req.Account.PersonID}
	return req.Preview(ctx, actionBind, title, what, "bind.preview", shown)
}

// bindable refuses what cannot be one person.
func bindable(ctx context.Context, req *bot.Request, other storage.Account) error {
	if other.ID == req.Account.ID {
		return bot.Refuse("bind.self", nil)
	}
	if other.PersonID == req.Account.PersonID {
		return bot.Refuse("bind.already", viewOf(other))
	}
	p, err := req.Tx.Person(ctx, other.PersonID)
	if err != nil {
		return err
	}
	if p.ErasedAt != 0 {
		return bot.Refuse("bind.wrong", bindTryView{})
	}
	mine, err := req.Tx.AccountsOf(ctx, req.Account.PersonID)
	if err != nil {
		return err
	}
	theirs, err := req.Tx.AccountsOf(ctx, other.PersonID)
	if err != nil {
		return err
	}
	if sameNetwork(mine, theirs) {
		return bot.Refuse("bind.same_network", viewOf(other))
	}
	// Nobody gets two chances in one draw, and what was paid finds its way back.
	draw, err := req.Tx.BindBlocker(ctx, other.PersonID, req.Account.PersonID)
	if err != nil || draw == 0 {
		return err
	}
	return bot.Refuse("bind.in_draw", struct {
		ID    int64
		There accountView
	}{draw, viewOf(other)})
}

func (f family) confirmBind(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p binding
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionBind, err)
	}
	other, err := req.Tx.Account(ctx, p.Account)
	if err != nil {
		return bot.Reply{}, err
	}
	// Either may have become somebody else since the preview.
	if other.PersonID != p.From || req.Account.PersonID != p.Into {
		return bot.Reply{}, bot.Refuse("bind.changed", nil)
	}
	if err := bindable(ctx, req, other); err != nil {
		return bot.Reply{}, err
	}
	shown, err := bindPreview(ctx, req, other)
	if err != nil {
		return bot.Reply{}, err
	}
	m := merger{req: req, from: p.From, into: p.Into, fromDomain: other.Domain, intoDomain: req.Account.Domain}
	if shown.Audit, err = m.run(ctx); err != nil {
		return bot.Reply{}, fmt.Errorf("bind person %d to %d: %w", p.From, p.Into, err)
	}
	if f.Bound != nil {
		if err := f.Bound(ctx, req, storage.Bind{ID: m.bind, From: p.From, Into: p.Into}); err != nil {
			return bot.Reply{}, fmt.Errorf("bind person %d to %d: %w", p.From, p.Into, err)
		}
	}
	// Whoever gave the code hears of it there: it may have been got out of him.
	if _, err := req.Tell(ctx, other, bot.Reply{Template: "bind.told", Data: shown}); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "bind.done", Data: shown}, nil
}
