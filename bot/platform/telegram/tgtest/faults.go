package tgtest

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
	Method string // empty: every method but getUpdates
	Chat   int64  // 0: every chat
	Times  int    // 0: once; -1: until Heal

	Status      int    // an error of the Bot API: 400, 403, 409, 429, 500 …
	Description string // a usual one for the status if empty
	RetryAfter  int
	MigrateTo   int64
	Proxy       bool          // Status comes from a proxy: an HTML page, no JSON
	Delay       time.Duration // the answer comes so late; the effect happens then
	Hold        chan struct{} // the call goes on when this is closed
	Drop        Drop
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

func (s *Server) takeFaultLocked(method string, p params) *Fault {
	for i, f := range s.faults {
		if f.Method != method && (f.Method != "" || method == "getUpdates") {
			continue
		}
		if f.Chat != 0 && f.Chat != p.num("chat_id") {
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
			return true
		}
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-ctx.Done():
			return true
		}
	}
	if f.Drop == BeforeEffect {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 {
		return false
	}
	if f.Proxy {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("<html><body><h1>" + http.StatusText(f.Status) + "</h1></body></html>"))
		return true
	}
	a := answer{code: f.Status, desc: f.description(), retryAfter: f.RetryAfter, migrateTo: f.MigrateTo}
	writeAnswer(w, a)
	return true
}

func (f *Fault) description() string {
	if f.Description != "" {
		return f.Description
	}
	switch f.Status {
	case http.StatusBadRequest:
		if f.MigrateTo != 0 {
			return "Bad Request: group chat was upgraded to a supergroup chat"
		}
		return "Bad Request: something is wrong"
	case http.StatusForbidden:
		return "Forbidden: bot was kicked from the supergroup chat"
	case http.StatusConflict:
		return "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	case http.StatusTooManyRequests:
		return "Too Many Requests: retry later"
	}
	return http.StatusText(f.Status)
}
