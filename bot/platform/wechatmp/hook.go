package wechatmp

import (
	"context"
	"errors"
	"sync"

	"qunmate/bot/chat"
)

// hook is the way from the handler to the engine while Run is running.
type hook struct {
	mu      sync.RWMutex // held for reading by deliveries under way
	deliver chat.Deliver
	over    <-chan struct{} // closed when Run is asked to end
}

func (h *hook) open(ctx context.Context, deliver chat.Deliver) {
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

// close waits for deliveries under way; their context has ended by then.
func (h *hook) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = nil
}

var errNotRunning = errors.New("the connection is not running")

// take hands events over and returns after the commit; over is closed when Run
// is asked to end.
func (h *hook) take(ctx context.Context, events []chat.Event) (over <-chan struct{}, err error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.deliver == nil {
		return nil, errNotRunning
	}
	return h.over, h.deliver(ctx, events)
}
