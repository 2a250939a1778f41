package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

// line is a connection whose network can be disturbed. It remembers every
// attempt.
type line struct {
	*chattest.Network
	mu       sync.Mutex
	before   func(context.Context, chat.Letter) error // runs before the letter arrives; its error is the attempt's
	after    func(chat.Letter) error                  // runs once it has arrived
	facts    func(context.Context, chat.Chat) (chat.Facts, error)
	asked    int
	attempts []attempt
	longID   string     // added to the ids of messages
	ends     chan error // what comes here ends the connection
	fetched  []byte     // what every picture is; nil: as the network has it
}

func (l *line) Fetch(ctx context.Context, r chat.Ref, limit int) ([]byte, error) {
	l.mu.Lock()
	fetched := l.fetched
	l.mu.Unlock()
	if fetched != nil {
		return fetched, nil
	}
	return l.Network.Fetch(ctx, r, limit)
}

// Run ends with what comes through ends, like a connection whose token is
// revoked.
func (l *line) Run(ctx context.Context, deliver chat.Deliver) error {
	if l.ends == nil {
		return l.Network.Run(ctx, deliver)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- l.Network.Run(ctx, deliver) }()
	select {
	case err := <-l.ends:
		return err
	case err := <-over:
		return err
	}
}

type attempt struct {
	at     time.Time
	letter chat.Letter
	err    error
}

func newLine(name string, change ...func(*chat.Caps)) *line {
	caps := chattest.Full()
	for _, f := range change {
		f(&caps)
	}
	return &line{Network: chattest.NewNetwork(name, caps)}
}

func limited(perMinute int) func(*chat.Caps) {
	return func(c *chat.Caps) { c.PerMinute = perMinute }
}

func (l *line) Send(ctx context.Context, letter chat.Letter) (chat.Sent, error) {
	l.mu.Lock()
	before, after := l.before, l.after
	n := len(l.attempts)
	l.attempts = append(l.attempts, attempt{at: time.Now(), letter: letter})
	l.mu.Unlock()
	sent, err := chat.Sent{}, error(nil)
	if before != nil {
		err = before(ctx, letter)
	}
	if err == nil {
		sent, err = l.Network.Send(ctx, letter)
	}
	if err == nil && after != nil {
		err = after(letter)
	}
	l.mu.Lock()
	l.attempts[n].err = err
	sent.ID += l.longID
	sent.Waiting = err == nil && l.Caps(letter.Chat).Confirm
	l.mu.Unlock()
	return sent, err
}

func (l *line) Facts(ctx context.Context, c chat.Chat) (chat.Facts, error) {
	l.mu.Lock()
	l.asked++
	f := l.facts
	l.mu.Unlock()
	if f != nil {
		return f(ctx, c)
	}
	return l.Network.Facts(ctx, c)
}

func (l *line) onSend(before func(context.Context, chat.Letter) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = before
}

func (l *line) onArrived(after func(chat.Letter) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.after = after
}

func (l *line) onFacts(f func(context.Context, chat.Chat) (chat.Facts, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = f
}

func (l *line) setLongID(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.longID = s
}

func (l *line) tried() []attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.attempts)
}

func (l *line) questions() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// texts of what stands in a chat now, oldest first.
func (l *line) texts(c chat.Chat) []string {
	out := []string{}
	for _, s := range l.All() {
		if s.Chat == c.Ref && !s.Deleted {
			out = append(out, chat.Plain(s.Content.Text))
		}
	}
	return out
}
