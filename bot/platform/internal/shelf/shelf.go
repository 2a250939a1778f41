// Package shelf remembers for a connection what its platform calls the
// pictures that were handed to it, so that one picture is handed over once and
// not for every chat, and again when the platform has forgotten it.
package shelf

import (
	"context"
	"sync"
	"time"

	"qunmate/bot/chat"
)

const (
	// margin: a handle that ends so soon is not used any more.
	margin = 10 * time.Minute
	// tries is how often a picture is handed over before its letter goes without.
	tries = 3
	// maxWait is the longest pause between two tries: a text may wait behind it.
	maxWait = 5 * time.Second
)

// Shelf is what one connection remembers. The zero Shelf is no use; see New.
type Shelf struct {
	uploads chat.Uploads
	now     func() time.Time

	mu     sync.Mutex
	flying map[string]chan struct{} // closed when the upload is over
}

// New makes a shelf. Without uploads it remembers until the process ends.
func New(uploads chat.Uploads, now func() time.Time) *Shelf {
	if uploads == nil {
		uploads = &memory{kept: map[string]kept{}}
	}
	return &Shelf{uploads: uploads, now: now, flying: map[string]chan struct{}{}}
}

// Handle gives what the platform calls a picture; up hands it over if the
// platform does not have it, and says until when it keeps it (zero: for ever).
// Letters that want the same at the same time wait for one upload. Its error is
// a *chat.SendError.
func (s *Shelf) Handle(ctx context.Context, p *chat.Picture, up func(context.Context) (string, time.Time, error)) (string, error) {
	sum := p.Sum()
	for {
		// A shelf that cannot be read costs one upload more.
		if handle, err := s.uploads.Get(ctx, sum, s.now().Add(margin)); err == nil && handle != "" {
			return handle, nil
		}
		s.mu.Lock()
		other := s.flying[sum]
		if other == nil {
			break
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return "", &chat.SendError{Fault: chat.Retry, Err: ctx.Err()}
		}
	}
	done := make(chan struct{})
	s.flying[sum] = done
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.flying, sum)
		s.mu.Unlock()
		close(done)
	}()
	handle, until, err := s.hand(ctx, up)
	if err != nil {
		return "", err
	}
	s.keep(ctx, sum, handle, until)
	return handle, nil
}

// hand tries to hand a picture over: nobody sees it by that, so what may have
// happened may happen again.
func (s *Shelf) hand(ctx context.Context, up func(context.Context) (string, time.Time, error)) (handle string, until time.Time, err error) {
	for try := 1; ; try++ {
		handle, until, err = up(ctx)
		if err == nil {
			return handle, until, nil
		}
		se := chat.AsSendError(err)
		wait := max(se.After, time.Second)
		switch {
		case se.Fault == chat.Rejected, se.Fault == chat.Gone, se.Fault == chat.Moved, try == tries, wait > maxWait:
			return "", time.Time{}, se
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return "", time.Time{}, se
		}
	}
}

// Known gives what the platform calls a picture, "" if it does not have it.
func (s *Shelf) Known(ctx context.Context, p *chat.Picture) string {
	handle, err := s.uploads.Get(ctx, p.Sum(), s.now().Add(margin))
	if err != nil {
		return ""
	}
	return handle
}

// Keep remembers a handle that came back with a message.
func (s *Shelf) Keep(ctx context.Context, p *chat.Picture, handle string) {
	s.keep(ctx, p.Sum(), handle, time.Time{})
}

// Forget drops a handle that the platform does not know any more.
func (s *Shelf) Forget(ctx context.Context, p *chat.Picture) { s.keep(ctx, p.Sum(), "", time.Time{}) }

// keep writes; what cannot be written costs one upload more.
func (s *Shelf) keep(ctx context.Context, sum, handle string, until time.Time) {
	_ = s.uploads.Put(context.WithoutCancel(ctx), sum, handle, until)
}

// memory is a shelf that does not outlive the process.
type memory struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	handle string
	until  time.Time
}

func (m *memory) Get(_ context.Context, sum string, after time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.kept[sum]
	if !k.until.IsZero() && !k.until.After(after) {
		return "", nil
	}
	return k.handle, nil
}

func (m *memory) Put(_ context.Context, sum, handle string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if handle == "" {
		delete(m.kept, sum)
		return nil
	}
	m.kept[sum] = kept{handle, until}
	return nil
}
