package sandbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// errNotReady is the answer while the engine does not take events.
var errNotReady = errors.New("sandbox: the engine takes no events now")

// patience is how long a request waits for the engine at start.
const patience = 5 * time.Second

// gate stands between requests, which come at any time, and the engine, which
// takes events only while Run runs.
type gate struct {
	patience time.Duration

	mu      sync.Mutex
	deliver chat.Deliver
	ready   chan struct{} // closed while deliver is set
	stop    chan struct{} // closed when Run ends
	ended   bool          // Run has ended and was not called again
	flying  sync.WaitGroup
}

func (g *gate) init() {
	g.patience = patience
	g.ready = make(chan struct{})
	g.stop = make(chan struct{})
}

// open lets events through until close. A delivery does not end with the
// request that caused it, only with ctx: a browser that goes away in the
// middle of a commit must not undo it.
func (g *gate) open(ctx context.Context, deliver chat.Deliver) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = false
	g.deliver = func(request context.Context, events []chat.Event) error {
		inner, cancel := context.WithCancel(context.WithoutCancel(request))
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return deliver(inner, events)
	}
	close(g.ready)
}

// close shuts the gate, ends the streams and waits for deliveries under way.
func (g *gate) close() {
	g.mu.Lock()
	if g.deliver != nil {
		g.deliver = nil
		g.ready = make(chan struct{})
	}
	g.ended = true
	close(g.stop)
	g.stop = make(chan struct{})
	g.mu.Unlock()
	g.flying.Wait()
}

// call delivers one event, waiting a moment for the engine at start.
func (g *gate) call(ctx context.Context, event chat.Event) error {
	g.mu.Lock()
	if g.deliver == nil && !g.ended {
		ready, stop := g.ready, g.stop
		g.mu.Unlock()
		timer := time.NewTimer(g.patience)
		defer timer.Stop()
		select {
		case <-ready:
		case <-stop:
		case <-ctx.Done():
		case <-timer.C:
		}
		g.mu.Lock()
	}
	deliver := g.deliver
	if deliver == nil {
		g.mu.Unlock()
		return errNotReady
	}
	g.flying.Add(1)
	g.mu.Unlock()
	defer g.flying.Done()
	return deliver(ctx, []chat.Event{event})
}

// stopped is closed when the present Run ends; ok is false when it has ended.
func (g *gate) stopped() (stop <-chan struct{}, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stop, !g.ended
}
