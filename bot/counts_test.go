package bot

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// counter is a platform that counts; what it tells is set from outside.
type counter struct {
	asked atomic.Int32
	days  atomic.Pointer[[]chat.DayCount]
	fails atomic.Bool
}

func (c *counter) Counts(context.Context, int) ([]chat.DayCount, error) {
	c.asked.Add(1)
	if c.fails.Load() {
		return nil, errors.New("the platform is busy")
	}
	if d := c.days.Load(); d != nil {
		return *d, nil
	}
	return nil, nil
}

func TestFiguresAreAskedForUntilThereAreSomeAndThenNowAndAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		t.Helper()
		w := begin(t)
		w.say(group("a"), "ann", "hello") // a group of the connection
		place := w.chat(group("a"))
		ctx, stop := context.WithCancel(t.Context())
		c, done := &counter{}, make(chan struct{})
		go func() {
			defer close(done)
			w.engine.keepCounts(ctx, place.Connection, c)
		}()
		synctest.Wait()
		w.pass(time.Hour)
		if n := c.asked.Load(); n < 6 || n > 15 {
			t.Errorf("asked %d times in the first hour without a group", n)
		}
		c.fails.Store(true)
		w.pass(countEvery)
		if n := w.log.String(); n == "" {
			t.Error("a failure is not logged")
		}
		c.fails.Store(false)
		c.days.Store(&[]chat.DayCount{{Day: "2026-11-21", Groups: 2, Members: 30, NewMembers: 1, Talkers: 4, Messages: 50}})
		w.pass(countEvery)
		before := c.asked.Load()
		w.pass(4 * countEvery)
		if n := c.asked.Load() - before; n != 4 {
			t.Errorf("asked %d times in a day", n)
		}
		w.view(func(ctx context.Context, r *storage.Reader) error {
			days, others, err := r.CountedDays(ctx, place.CommunityID, "2026-11-01")
			if err != nil || others || len(days) != 1 || days[0].Members != 30 {
				t.Errorf("%+v %v %v", days, others, err)
			}
			return nil
		})
		stop()
		<-done
		w.stop()
	})
}
