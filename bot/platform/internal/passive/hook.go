package passive

import (
	"context"
	"errors"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// Hook is the way from the handler to the engine while Run is running.
type Hook struct {
	mu      sync.RWMutex // held for reading by deliveries under way
	deliver chat.Deliver
	over    <-chan struct{} // closed when Run is asked to end

	made, opened sync.Once
	begun        chan struct{} // closed by the first Open; see beginning
}

// beginWait is how long a delivery waits for the first Open. The program's
// address takes requests a moment before its connections run, and what is
// refused there a person may read as an account that is out of order.
const beginWait = 2 * time.Second

func (h *Hook) beginning() chan struct{} {
	h.made.Do(func() { h.begun = make(chan struct{}) })
	return h.begun
}

// Open lets events through to deliver until ctx ends.
func (h *Hook) Open(ctx context.Context, deliver chat.Deliver) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = ctx.Done()
	h.deliver = func(caller context.Context, events []chat.Event) error {
		both, cancel := context.WithCancel(caller)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return deliver(both, events)
	}
	h.opened.Do(func() { close(h.beginning()) })
}

// Close waits for deliveries under way; their context has ended by then.
func (h *Hook) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = nil
}

// ErrNotRunning is what Take says when there is no Open within two seconds, and
// after Close.
var ErrNotRunning = errors.New("the connection is not running")

// Take hands events over and returns after the commit; over is closed when Run
// is asked to end.
func (h *Hook) Take(ctx context.Context, events []chat.Event) (over <-chan struct{}, err error) {
	if err := h.await(ctx); err != nil {
		return nil, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.deliver == nil {
		return nil, ErrNotRunning
	}
	return h.over, h.deliver(ctx, events)
}

// await waits for the first Open.
func (h *Hook) await(ctx context.Context) error {
	begun := h.beginning()
	select {
	case <-begun:
		return nil
	default:
	}
	patience := time.NewTimer(beginWait)
	defer patience.Stop()
	select {
	case <-begun:
		return nil
	case <-patience.C:
	case <-ctx.Done():
	}
	return ErrNotRunning
}
