package settings

import (
	"context"

	"qunmate/bot"
)

type bindTryView struct {
	Last  bool // no more tries for now
	Until bot.Moment
}

// everybody is the account under which the wrong codes of all are counted.
const everybody = 0

// bindAllowed reports whether the sender may try a code at all.
func bindAllowed(ctx context.Context, req *bot.Request) (bindTryView, bool, error) {
	for _, c := range []struct {
		account int64
		most    int
	}{{req.Account.ID, maxBindTries}, {everybody, maxAllTries}} {
		n, since, err := req.Tx.BindTries(ctx, c.account)
		if err != nil {
			return bindTryView{}, false, err
		}
		if _, ok, until := (tries{n, since}).counted(req.Tx.Now, c.most); !ok {
			return bindTryView{Last: true, Until: req.Moment(until)}, false, nil
		}
	}
	return bindTryView{}, true, nil
}

// countBindTry notes one more wrong code.
func countBindTry(ctx context.Context, req *bot.Request) (bindTryView, error) {
	var view bindTryView
	for _, c := range []struct {
		account int64
		most    int
	}{{everybody, maxAllTries}, {req.Account.ID, maxBindTries}} {
		n, since, err := req.Tx.BindTries(ctx, c.account)
		if err != nil {
			return view, err
		}
		t, _, until := tries{n, since}.counted(req.Tx.Now, c.most)
		if err := req.Tx.SetBindTries(ctx, c.account, t.N, t.Since); err != nil {
			return view, err
		}
		view = bindTryView{Last: view.Last || t.N >= c.most, Until: req.Moment(until)}
	}
	return view, nil
}
