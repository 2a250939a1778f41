package passive

import (
	"context"
	"sync"
	"time"
)

// Answers are the open requests that wait for a letter, by the token of
// Event.Reply, and for a while those that were answered.
//
// The platform repeats a request whose answer did not arrive. The repetition
// is the same question: it takes the place of the one that waits, and gets the
// same answer if there was one already. So a person reads one answer, whichever
// connection survived.
type Answers struct {
	mu   sync.Mutex
	open *Memory[*Question]
}

// Question is one message of a person, however often it was pushed.
type Question struct {
	mu     sync.Mutex
	person string
	seat   *Seat // who waits for the letter, nil: nobody
	said   string
	state  state
}

type state int

const (
	open      state = iota
	done            // said is the answer
	elsewhere       // nobody waits any more: letters go out in another way
)

// Seat is one request that waits.
type Seat struct {
	letters chan *Handover
	taken   chan struct{} // closed when a repetition of the request took over
	left    chan struct{} // closed when the request waits no more
}

// Handover is a letter on its way into an open request.
type Handover struct {
	Text  string
	taken chan bool // whether it was written
}

// NewAnswers remembers requests for that long.
func NewAnswers(keep time.Duration) *Answers {
	return &Answers{open: NewMemory[*Question](keep)}
}

func (a *Answers) find(token string) *Question {
	q, _ := a.open.Get(token)
	return q
}

// Sit makes a request wait for the letter of a token. Without a seat there is
// nothing to wait for: said is the answer that was given already, if any.
func (a *Answers) Sit(token, person string) (q *Question, s *Seat, said string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q = a.find(token); q == nil {
		q = &Question{person: person}
		if !a.open.Put(token, q) {
			return nil, nil, ""
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state != open {
		return q, nil, q.said
	}
	if q.seat != nil {
		close(q.seat.taken)
	}
	q.seat = &Seat{letters: make(chan *Handover), taken: make(chan struct{}), left: make(chan struct{})}
	return q, q.seat, ""
}

// Stand ends the waiting of a request. After it, letters go out in another
// way, unless over is false: then the request only broke off, and its
// repetition may wait again.
func (q *Question) Stand(s *Seat, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seat == s {
		q.seat = nil
		if over && q.state == open {
			q.state = elsewhere
		}
	}
	close(s.left)
}

// Answer notes what was written into a request.
func (q *Question) Answer(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.state, q.said = done, text
}

func (q *Question) waiting() *Seat {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state != open {
		return nil
	}
	return q.seat
}

// Done tells whoever offered a letter whether it was written.
func (h *Handover) Done(written bool) { h.taken <- written }

// Wait is for the letter, or for the end of waiting: waitedOut is false if
// another request took over or the connection broke. over is closed when the
// connection is asked to end.
func (s *Seat) Wait(ctx context.Context, deadline time.Time, over <-chan struct{}) (h *Handover, waitedOut bool) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case h := <-s.letters:
		return h, false
	case <-timer.C:
		return nil, true
	case <-over:
		return nil, true
	case <-s.taken:
		return nil, false
	case <-ctx.Done():
		return nil, false
	}
}

// Offer hands a letter to the request that waits for it. False: nobody waits,
// nothing was written.
func (a *Answers) Offer(ctx context.Context, token, person, text string) bool {
	q := a.find(token)
	if q == nil || q.person != person {
		return false
	}
	for {
		s := q.waiting()
		if s == nil {
			return false
		}
		h := &Handover{Text: text, taken: make(chan bool, 1)}
		select {
		case s.letters <- h:
			return <-h.taken
		case <-s.left:
		case <-s.taken:
		case <-ctx.Done():
			return false
		}
	}
}
