package tgtest

import (
	"context"
	"slices"
)

// Sent lists the accepted messages in order, edits not applied.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// SentTo lists the accepted messages of one chat.
func (s *Server) SentTo(chat int64) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Sent
	for _, m := range s.sent {
		if m.Chat == chat {
			out = append(out, m)
		}
	}
	return out
}

// Total is the number of accepted messages, in lean mode too.
func (s *Server) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Edits lists the accepted edits in order.
func (s *Server) Edits() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.edits)
}

// Deleted lists what the bot took back, in order.
func (s *Server) Deleted() []Deleted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deleted)
}

// Shown is what a member sees of the bot in a chat: its messages with edits
// and deletions applied, and the ephemeral ones meant for him.
func (s *Server) Shown(chat, viewer int64) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.chats[chat]
	if st == nil {
		return nil
	}
	var out []Sent
	for _, m := range s.sent {
		if m.Chat != chat {
			continue
		}
		now := st.messages[m.MessageID]
		if m.Receiver != 0 {
			now = st.eph[m.Ephemeral]
			if m.Receiver != viewer {
				continue
			}
		}
		if now != nil && !(m.Receiver == 0 && st.deleted[m.MessageID]) {
			out = append(out, *now)
		}
	}
	return out
}

// PressOf tells what became of a press.
func (s *Server) PressOf(id string) Press {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.presses[id]; q != nil {
		return *q
	}
	return Press{}
}

// Calls counts the calls of a method, refused ones included.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Problems lists what no bot should do: unknown methods, a press answered
// twice, paid broadcasts. A test ends by expecting none.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// WaitSent waits for n accepted messages in all and returns the list (empty in
// lean mode).
func (s *Server) WaitSent(ctx context.Context, n int) ([]Sent, error) {
	err := s.waitFor(ctx, func() bool { return s.total >= n })
	return s.Sent(), err
}

// WaitEdits waits for n accepted edits in all.
func (s *Server) WaitEdits(ctx context.Context, n int) ([]Sent, error) {
	err := s.waitFor(ctx, func() bool { return len(s.edits) >= n })
	return s.Edits(), err
}

// WaitCalls waits for n calls of a method in all.
func (s *Server) WaitCalls(ctx context.Context, method string, n int) error {
	return s.waitFor(ctx, func() bool { return s.calls[method] >= n })
}

// WaitDeleted waits for n deletions in all.
func (s *Server) WaitDeleted(ctx context.Context, n int) ([]Deleted, error) {
	err := s.waitFor(ctx, func() bool { return len(s.deleted) >= n })
	return s.Deleted(), err
}

// WaitAnswered waits until a press is answered.
func (s *Server) WaitAnswered(ctx context.Context, id string) (Press, error) {
	err := s.waitFor(ctx, func() bool { return s.presses[id] != nil && s.presses[id].Answered > 0 })
	return s.PressOf(id), err
}
