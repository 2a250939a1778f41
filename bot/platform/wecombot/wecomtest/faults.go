package wecomtest

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Drop says when a connection is cut.
type Drop int

// When a connection is cut.
const (
	NoDrop       Drop = iota
	BeforeEffect      // the frame is read, nothing happens
	AfterEffect       // it happens, no acknowledgement
)

// Fault is something that goes wrong with the next frames that fit.
type Fault struct {
	Cmd   string // empty: every command but ping and subscribe
	Chat  string // of pushes; empty: every chat
	Times int    // 0: once; -1: until Heal

	Code    int64 // refused with this code
	Msg     string
	LostAck bool          // it happens, the acknowledgement is lost
	Swallow bool          // nothing happens, nothing is said
	Garble  bool          // it happens, the acknowledgement cannot be read
	Delay   time.Duration // it happens so late
	Hold    chan struct{} // it goes on when this is closed
	Drop    Drop
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

func (s *Server) takeFaultLocked(f Frame) *Fault {
	if len(s.faults) == 0 {
		return nil
	}
	var b struct {
		ChatID string `json:"chatid"`
	}
	_ = json.Unmarshal(f.Body, &b) // other commands have no chat
	for i, fault := range s.faults {
		if fault.Cmd != f.Cmd && (fault.Cmd != "" || f.Cmd == CmdPing || f.Cmd == CmdSubscribe) {
			continue
		}
		if fault.Chat != "" && fault.Chat != b.ChatID {
			continue
		}
		if fault.Times > 0 {
			fault.Times--
			if fault.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		copied := *fault
		return &copied
	}
	return nil
}

// wait holds a frame back; false: the connection is gone.
func (f *Fault) wait(life context.Context) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-life.Done():
			return false
		}
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-life.Done():
			return false
		}
	}
	return true
}

func (f *Fault) message() string {
	if f.Msg != "" {
		return f.Msg
	}
	return "refused by wecomtest"
}
