package passive

import (
	"context"
	"errors"
	"sync"

	"qunmate/bot/chat"
)

// Hook is the way from the handler to the engine while Run is running.
type Hook struct {
	mu      sync.RWMutex // held for reading by deliveries under way
	deliver chat.Deliver
	over    <-chan struct{} // closed when Run is asked to end
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
}

// Close waits for deliveries under way; their context has ended by then.
func (h *Hook) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = nil
}

// ErrNotRunning is what Take says before Open and after Close.
var ErrNotRunning = errors.New("the connection is not running")

// Take hands events over and returns after the commit; over is closed when Run
// is asked to end.
func (h *Hook) Take(ctx context.Context, events []chat.Event) (over <-chan struct{}, err error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.deliver == nil {
		return nil, ErrNotRunning
	}
	return h.over, h.deliver(ctx, events)
}
