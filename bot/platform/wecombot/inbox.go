package wecombot

import (
	"context"
	"sync"

	"qunmate/bot/chat"
)

const (
	// maxWaiting bounds what is read but not taken in. Then reading stops: a
	// message that was read and lost would be lost for good, for the server
	// wants no acknowledgement of messages.
	maxWaiting = 4096
	// maxBatch is how many events share one commit.
	maxBatch = 128
)

// inbox stands between the reader, which must not wait for a commit, and the
// engine.
type inbox struct {
	mu     sync.Mutex
	list   []chat.Event
	more   chan struct{} // something was put
	less   chan struct{} // something was taken
	closed chan struct{}
	once   *sync.Once
}

func (i *inbox) init() {
	i.more, i.less = make(chan struct{}, 1), make(chan struct{}, 1)
	i.open()
}

// open begins a new Run.
func (i *inbox) open() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed, i.once = make(chan struct{}), &sync.Once{}
}

// close says that nothing more is put.
func (i *inbox) close() {
	i.mu.Lock()
	closed, once := i.closed, i.once
	i.mu.Unlock()
	once.Do(func() { close(closed) })
}

// put adds an event; when there are too many it waits before, at most for the
// life of the connection.
func (i *inbox) put(life context.Context, ev chat.Event) {
	for i.full() && life.Err() == nil {
		select {
		case <-i.less:
		case <-life.Done():
		}
	}
	i.mu.Lock()
	i.list = append(i.list, ev)
	i.mu.Unlock()
	ring(i.more)
}

func (i *inbox) full() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.list) >= maxWaiting
}

// head is a batch from the front; it stays until taken.
func (i *inbox) head() []chat.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]chat.Event(nil), i.list[:min(len(i.list), maxBatch)]...)
}

func (i *inbox) taken(n int) {
	i.mu.Lock()
	i.list = i.list[n:]
	i.mu.Unlock()
	ring(i.less)
}

func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// feed hands what was read to the engine, until the inbox is closed and empty
// or ctx ends. A batch is offered until it is taken: skipping one would lose
// it. asked is the context that asks us to stop; it cuts the pauses short.
func (b *Bot) feed(ctx, asked context.Context, deliver chat.Deliver) {
	trouble := b.newTrouble("taking messages in")
	b.inbox.mu.Lock()
	closed := b.inbox.closed
	b.inbox.mu.Unlock()
	for !ended(ctx) {
		batch := b.inbox.head()
		if len(batch) == 0 {
			select {
			case <-b.inbox.more:
				continue
			case <-ctx.Done():
				return
			case <-closed:
			}
			if len(b.inbox.head()) == 0 {
				return
			}
			continue
		}
		if err := deliver(ctx, batch); err == nil {
			trouble.over()
			b.inbox.taken(len(batch))
		} else if !trouble.wait(asked, err) && !sleep(ctx, b.opts.Times.Flush/8) {
			return
		}
	}
}
