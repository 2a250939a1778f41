package wecomcontact

import (
	"context"
	"errors"
	"slices"
	"sync"

	"qunmate/bot/chat"
)

// gatherings make one task of a broadcast that goes to several groups of one
// owner: he taps once and not once for every group. The engine sends to its
// chats side by side, so what belongs together comes within a moment.
type gatherings struct {
	mu   sync.Mutex
	open map[gathering]*round
}

// gathering is what makes letters one broadcast.
type gathering struct{ sender, text, image string }

// round is a task that is about to be made.
type round struct {
	chats  []string
	closed bool          // the call is under way
	done   chan struct{} // closed when made and err are there
	made   taskMade
	err    error
}

// maxChats is how many groups a task takes (path 92135).
const maxChats = 2000

// join adds a group to the task that is about to be made, or begins one; lead
// is true for whoever has to make it.
func (g *gatherings) join(key gathering, chatID string) (r *round, lead bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = map[gathering]*round{}
	}
	// A second letter of the same text to one group is another broadcast.
	if r = g.open[key]; r == nil || len(r.chats) == maxChats || slices.Contains(r.chats, chatID) {
		r, lead = &round{done: make(chan struct{})}, true
		g.open[key] = r
	}
	r.chats = append(r.chats, chatID)
	return r, lead
}

// close ends the gathering: nobody joins or leaves any more.
func (g *gatherings) close(key gathering, r *round) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.closed = true
	if g.open[key] == r {
		delete(g.open, key)
	}
	return r.chats
}

// leave takes a group back that is not in the task yet.
func (g *gatherings) leave(r *round, chatID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !r.closed {
		r.chats = slices.DeleteFunc(r.chats, func(id string) bool { return id == chatID })
	}
	return !r.closed
}

var errStopped = errors.New("stopped before the answer came")

// gather sends a text to a group, together with those who send the same within
// Times.Gather. Its error is that of the one call for all of them.
func (c *Contact) gather(ctx context.Context, key gathering, chatID string) (taskMade, error) {
	if ctx.Err() != nil {
		return taskMade{}, &chat.SendError{Fault: chat.Retry, Err: errStopped}
	}
	r, lead := c.gatherings.join(key, chatID)
	if lead {
		// It outlives its first letter: the others wait for it too.
		go c.makeTask(context.WithoutCancel(ctx), key, r)
	}
	select {
	case <-r.done:
		return r.made, r.err
	case <-ctx.Done():
	}
	if c.gatherings.leave(r, chatID) {
		return taskMade{}, &chat.SendError{Fault: chat.Retry, Err: errStopped}
	}
	return taskMade{}, &chat.SendError{Fault: chat.Unknown, Err: errStopped}
}

func (c *Contact) makeTask(ctx context.Context, key gathering, r *round) {
	defer close(r.done)
	sleep(ctx, c.opts.Times.Gather)
	if chats := c.gatherings.close(key, r); len(chats) > 0 {
		r.made, r.err = c.api.addTask(ctx, key, chats...) // bounded by Times.Call
	}
}
