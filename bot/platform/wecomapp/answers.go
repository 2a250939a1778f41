package wecomapp

import (
	"context"
	"sync"
	"time"
)

// answers are the open requests that wait for a letter, by the token of
// Event.Reply, and for a while those that were answered.
//
// The platform repeats a request whose answer did not arrive. The repetition
// is the same question: it takes the place of the one that waits, and gets the
// same answer if there was one already. So a person reads one answer, whichever
// connection survived.
type answers struct {
	mu   sync.Mutex
	open *memory[*question]
}

// question is one message of a person, however often it was pushed.
type question struct {
	mu     sync.Mutex
	openid string
	seat   *seat // who waits for the letter, nil: nobody
	said   string
	state  state
}

type state int

const (
	open      state = iota
	done            // said is the answer
	elsewhere       // nobody waits any more: letters go out in another way
)

// seat is one request that waits.
type seat struct {
	letters chan *handover
	taken   chan struct{} // closed when a repetition of the request took over
	left    chan struct{} // closed when the request waits no more
}

// handover is a letter on its way into an open request.
type handover struct {
	text  string
	taken chan bool // whether it was written
}

func newAnswers(keep time.Duration) *answers {
	return &answers{open: newMemory[*question](keep)}
}

func (a *answers) find(token string) *question {
	q, _ := a.open.get(token)
	return q
}

// sit makes a request wait for the letter of a token. Without a seat there is
// nothing to wait for: said is the answer that was given already, if any.
func (a *answers) sit(token, openid string) (q *question, s *seat, said string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q = a.find(token); q == nil {
		q = &question{openid: openid}
		if !a.open.put(token, q) {
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
	q.seat = &seat{letters: make(chan *handover), taken: make(chan struct{}), left: make(chan struct{})}
	return q, q.seat, ""
}

// stand ends the waiting of a request. After it, letters go out in another
// way, unless over is false: then the request only broke off, and its
// repetition may wait again.
func (q *question) stand(s *seat, over bool) {
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

// answer notes what was written into a request.
func (q *question) answer(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.state, q.said = done, text
}

func (q *question) waiting() *seat {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state != open {
		return nil
	}
	return q.seat
}

// offer hands a letter to the request that waits for it. False: nobody waits,
// nothing was written.
func (a *answers) offer(ctx context.Context, token, openid, text string) bool {
	q := a.find(token)
	if q == nil || q.openid != openid {
		return false
	}
	for {
		s := q.waiting()
		if s == nil {
			return false
		}
		h := &handover{text: text, taken: make(chan bool, 1)}
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
