package wecombot

import (
	"context"
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

func (b *Bot) newTrouble(what string) *trouble {
	return &trouble{what: what, log: b.log, back: backoff{
		min: b.opts.Times.RetryMin, max: b.opts.Times.RetryMax, rand: b.opts.Rand,
	}}
}

// wait logs err and sleeps for the next step of the back-off. It returns false
// when ctx ended.
func (t *trouble) wait(ctx context.Context, err error) bool {
	if ended(ctx) {
		return false
	}
	d := t.back.next()
	level := slog.LevelDebug
	if !t.said {
		level = slog.LevelWarn
	}
	t.said = true
	t.log.Log(ctx, level, "wecombot: trying again", "what", t.what, "err", err, "wait", d.String(), "tries", t.back.tries)
	return sleep(ctx, d)
}

// works says that the trouble is over, without forgetting how often it came:
// a connection that breaks at once must not be dialled every second.
func (t *trouble) works() {
	if t.said {
		t.log.Info("wecombot: works again", "what", t.what, "tries", t.back.tries)
	}
	t.said = false
}

// over ends the trouble for good.
func (t *trouble) over() {
	t.works()
	t.back.reset()
}
