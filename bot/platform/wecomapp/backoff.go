package wecomapp

import (
	"context"
	"log/slog"
	"time"

	"qunmate/bot/platform/internal/wxhttp"
)

// trouble is a failure that goes on: said once when it begins, once when it is
// over, and quietly in between. Its waits double, with a fifth of jitter.
type trouble struct {
	what     string
	log      *slog.Logger
	min, max time.Duration
	rand     func() float64
	tries    int
}

func (a *App) newTrouble(what string) *trouble {
	return &trouble{what: what, log: a.log, min: a.opts.Times.RetryMin, max: a.opts.Times.RetryMax, rand: a.opts.Rand}
}

func (t *trouble) next() time.Duration {
	d := t.max
	if t.tries < 30 { // beyond that the shift would overflow, and max is long reached
		d = min(t.min<<t.tries, t.max)
	}
	t.tries++
	return d + time.Duration(float64(d)*0.2*t.rand())
}

// wait logs err and sleeps. It returns false when ctx ended.
func (t *trouble) wait(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	first := t.tries == 0
	d := t.next()
	switch {
	case !first:
		t.log.Debug("wecomapp: trying again", "call", t.what, "err", err, "wait", d.String(), "tries", t.tries)
	case wxhttp.WrongAddress(err):
		t.log.Error("wecomapp: the platform does not accept calls from this machine's IP address; add it to the app's trusted IPs", "call", t.what, "err", err)
	default:
		t.log.Warn("wecomapp: trying again", "call", t.what, "err", err, "wait", d.String())
	}
	return sleep(ctx, d)
}

// over ends the trouble after a success.
func (t *trouble) over() {
	if t.tries > 0 {
		t.log.Info("wecomapp: works again", "call", t.what, "tries", t.tries)
	}
	t.tries = 0
}

// sleep waits for d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
