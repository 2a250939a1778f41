package bot

import (
	"errors"
	"sync"
	"time"
)

// Clock is the program's one source of time. In the sandbox it can be moved
// forward, so that streaks and deadlines can be rehearsed.
type Clock struct {
	mu      sync.Mutex
	offset  time.Duration
	changed chan struct{}
}

// NewClock makes a clock that runs ahead of the machine's by offset.
func NewClock(offset time.Duration) *Clock {
	return &Clock{offset: offset, changed: make(chan struct{})}
}

// Now is the present instant, UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset).UTC()
}

// ErrBackwards is returned by Shift for an instant in the past: what has
// happened cannot un-happen.
var ErrBackwards = errors.New("the clock only moves forward")

// Shift moves the clock forward to an instant and returns the new offset.
func (c *Clock) Shift(to time.Time) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := time.Until(to)
	if ahead < c.offset {
		return c.offset, ErrBackwards
	}
	c.offset = ahead
	close(c.changed)
	c.changed = make(chan struct{})
	return c.offset, nil
}

// Changed is closed at the next Shift: loops that wait for an instant wait for
// it as well.
func (c *Clock) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}
