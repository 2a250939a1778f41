package wecomcontact

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

func (c *Contact) newTrouble(what string) *trouble {
	return &trouble{what: what, log: c.log, min: c.opts.Times.RetryMin, max: c.opts.Times.RetryMax, rand: c.opts.Rand}
}

// pause is the wait after so many failures before.
func (t *trouble) pause(tries int) time.Duration {
	d := t.max
	if tries < 30 { // beyond that the shift would overflow, and max is long reached
		d = min(t.min<<tries, t.max)
	}
	return d + time.Duration(float64(d)*0.2*t.rand())
}

// note logs a failure and gives the wait before the next try.
func (t *trouble) note(ctx context.Context, err error) time.Duration {
	d := t.pause(t.tries)
	t.tries++
	switch {
	case ctx.Err() != nil:
	case t.tries > 1:
		t.log.Debug("wecomcontact: trying again", "call", t.what, "err", err, "wait", d.String(), "tries", t.tries)
	case wxhttp.WrongAddress(err):
		t.log.Error("wecomcontact: the platform does not accept calls from this machine's IP address; add it to the app's trusted IPs", "call", t.what, "err", err)
	case wxhttp.Code(err) == codeForbidden:
		t.log.Error("wecomcontact: the app may not see customer groups; list it under 客户联系 → 可调用接口的应用 and give it the groups' owners to see", "call", t.what, "err", err) //nolint:gosmopolitan // the words of the console, to be found there
	default:
		t.log.Warn("wecomcontact: trying again", "call", t.what, "err", err, "wait", d.String())
	}
	return d
}

// over ends the trouble after a success.
func (t *trouble) over() {
	if t.tries > 0 {
		t.log.Info("wecomcontact: works again", "call", t.what, "tries", t.tries)
	}
	t.tries = 0
}

// sleep waits for d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
