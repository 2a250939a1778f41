package wecomtest

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Sent is one accepted message or update of a card.
type Sent struct {
	N       int
	At      time.Time
	Cmd     string // the command; "passive" or "response_url" in callback mode
	ReqID   string
	Chat    string
	Group   bool
	Push    bool
	MsgType string

	Text     string // of markdown, text and streams
	Stream   *Stream
	Card     *Card
	File     *File
	UpdateOf string   // task_id of the card that was changed
	UserIDs  []string // for whom; nil: for everybody
}

// Plain is what a reader sees, line by line: the text with its markup left as
// it is, then the words of the card without its buttons.
func (m Sent) Plain() string {
	var out []string
	for l := range strings.SplitSeq(m.Text, "\n") {
		out = append(out, strings.TrimRight(l, " "))
	}
	if m.Card != nil {
		out = append(out, m.Card.MainTitle.Title, m.Card.MainTitle.Desc, m.Card.SubTitleText)
		for _, row := range m.Card.Horizontal {
			out = append(out, row.KeyName+" "+row.Value)
		}
	}
	return strings.Join(slices.DeleteFunc(out, func(l string) bool { return l == "" }), "\n")
}

// Sent lists what was accepted, in order.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// SentTo lists what was accepted in one conversation.
func (s *Server) SentTo(chat string) []Sent {
	return slices.DeleteFunc(s.Sent(), func(m Sent) bool { return m.Chat != chat })
}

// Total is the number of accepted messages, in lean mode too.
func (s *Server) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Calls counts the frames of a command, refused ones included.
func (s *Server) Calls(cmd string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[cmd]
}

// Problems lists what no bot should do. A test ends by expecting none.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// Subscriptions counts the accepted subscriptions, Kicks the displaced ones.
func (s *Server) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subs
}

// Open is the number of open connections.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// WaitSent waits for n accepted messages in all and returns the list (empty in
// lean mode).
func (s *Server) WaitSent(ctx context.Context, n int) ([]Sent, error) {
	err := s.waitFor(ctx, func() bool { return s.total >= n })
	return s.Sent(), err
}

// WaitCalls waits for n frames of a command in all.
func (s *Server) WaitCalls(ctx context.Context, cmd string, n int) error {
	return s.waitFor(ctx, func() bool { return s.calls[cmd] >= n })
}

// WaitSubscribed waits for n accepted subscriptions in all.
func (s *Server) WaitSubscribed(ctx context.Context, n int) error {
	return s.waitFor(ctx, func() bool { return s.subs >= n })
}

// WaitDialled waits for n handshakes in all.
func (s *Server) WaitDialled(ctx context.Context, n int) error {
	return s.waitFor(ctx, func() bool { return s.dialled >= n })
}

// WaitClosed waits until no connection is open.
func (s *Server) WaitClosed(ctx context.Context) error {
	return s.waitFor(ctx, func() bool { return len(s.conns) == 0 })
}
