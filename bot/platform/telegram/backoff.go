package telegram

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// backoff grows from min to max by doubling, with a fifth of jitter so that
// several bots behind one broken network do not return in step.
type backoff struct {
	min, max time.Duration
	rand     func() float64
	tries    int
}

func (b *backoff) next() time.Duration {
	d := b.max
	if b.tries < 30 { // beyond that the shift would overflow, and max is long reached
		d = min(b.min<<b.tries, b.max)
	}
	b.tries++
	return d + time.Duration(float64(d)*0.2*b.rand())
}

func (b *backoff) reset() { b.tries = 0 }

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

func ended(ctx context.Context) bool { return ctx.Err() != nil }

// trouble is a failure that goes on: said once when it begins, once when it
// is over, and quietly in between.
type trouble struct {
	what string
	log  *slog.Logger
	back backoff
	said bool
}

func (t *Telegram) newTrouble(what string) *trouble {
	return &trouble{what: what, log: t.log, back: backoff{
		min: t.opts.Times.RetryMin, max: t.opts.Times.RetryMax, rand: t.opts.Rand,
	}}
}

// wait logs err and sleeps: for retry_after if Telegram named it, else for
// the next step of the back-off. It returns false when ctx ended.
func (t *trouble) wait(ctx context.Context, err error) bool {
	if ended(ctx) {
		return false
	}
	d := t.back.next()
	if api, ok := errors.AsType[*apiError](err); ok && api.RetryAfter > 0 {
		d = time.Duration(api.RetryAfter) * time.Second
	}
	level := slog.LevelDebug
	if !t.said {
		level = slog.LevelWarn
	}
	t.said = true
	t.log.Log(ctx, level, "telegram: trying again", "call", t.what, "err", err, "wait", d.String(), "tries", t.back.tries)
	return sleep(ctx, d)
}

// over ends the trouble after a success.
func (t *trouble) over() {
	if t.said {
		t.log.Info("telegram: works again", "call", t.what, "tries", t.back.tries)
	}
	t.said = false
	t.back.reset()
}
