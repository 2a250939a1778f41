package contacttest

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Drop says when a connection is cut.
type Drop int

// When a connection is cut.
const (
	NoDrop       Drop = iota
	BeforeEffect      // the request is read, nothing happens, no answer
	AfterEffect       // it happens, no answer
)

// Fault is something that goes wrong with the next calls that fit.
type Fault struct {
	Path   string // empty: every address
	Times  int    // 0: once; -1: until Heal
	Code   int    // an errcode
	Msg    string
	Status int // an HTTP status, from a proxy: a page, no JSON
	Delay  time.Duration
	Drop   Drop
	Garble bool // it happens, and the answer is cut
}

// Fail orders a fault. Faults are used up in the order they were ordered.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// Heal takes all faults back.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFaultLocked(path string) *Fault {
	for i, f := range s.faults {
		if f.Path != "" && f.Path != path {
			continue
		}
		if f.Times > 0 {
			f.Times--
			if f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		copied := *f
		return &copied
	}
	return nil
}

// before does what happens instead of the call; true: there is no call.
func (f *Fault) before(ctx context.Context, w http.ResponseWriter) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case f.Drop == BeforeEffect:
		panic(http.ErrAbortHandler)
	case f.Code != 0:
		writeJSON(w, failure(f.Code, f.Msg))
		return true
	case f.Status != 0:
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("<html><body>Bad Gateway</body></html>"))
		return true
	}
	return false
}
