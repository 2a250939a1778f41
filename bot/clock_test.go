package bot

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheClockMovesForwardOnlyAndTellsWhoWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := NewClock(time.Hour)
		start := c.Now()
		if d := time.Until(start); d != time.Hour {
			t.Errorf("ahead by %s, want 1h", d)
		}
		if start.Location() != time.UTC {
			t.Error("the program's clock is not in UTC")
		}
		woken := false
		go func(changed <-chan struct{}) {
			<-changed
			woken = true
		}(c.Changed())
		time.Sleep(time.Minute)
		synctest.Wait()
		if woken {
			t.Error("woken by time alone")
		}
		ahead, err := c.Shift(start.Add(24 * time.Hour))
		if err != nil || ahead != 25*time.Hour-time.Minute {
			t.Errorf("Shift = %s, %v", ahead, err)
		}
		synctest.Wait()
		if !woken || !c.Now().Equal(start.Add(24*time.Hour)) {
			t.Errorf("woken %v, now %s", woken, c.Now())
		}
		if again, err := c.Shift(start); !errors.Is(err, ErrBackwards) || again != ahead {
			t.Errorf("back in time: %s, %v", again, err)
		}
		if _, err := c.Shift(c.Now()); err != nil {
			t.Errorf("to now: %v", err)
		}
	})
}

func TestABellIsNeverLostAndNeverPilesUp(t *testing.T) {
	t.Parallel()
	b := newWake()
	for range 5 {
		b.ring()
	}
	<-b
	select {
	case <-b:
		t.Error("rang twice")
	default:
	}
}
