package commandtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// crash is what a run needs to die as a kill -9 lets a program die: what is on
// disk at that instant is all there is, and nothing leaves afterwards.
type crash struct {
	mu    sync.Mutex              // held while a letter is judged
	fate  func(chat.Letter) error // what the platform does with a letter; nil accepts
	armed bool                    // die when the next letter has been accepted
	only  string                  // and it holds this text
	dead  bool                    // died: nothing reaches the platform any more
	copy  string                  // the file as it was
	count int
}

// OnSend decides about every letter from now on: nil accepts it.
func (s *Stage) OnSend(fate func(chat.Letter) error) {
	s.r.crash.fate = fate
	s.r.hookSends()
}

func (r *run) hookSends() {
	r.net.SetFault(func(l chat.Letter) error {
		r.crash.mu.Lock()
		defer r.crash.mu.Unlock()
		if r.crash.dead {
			return &chat.SendError{Fault: chat.Retry, Err: errors.New("the program is dead")}
		}
		if r.crash.fate != nil {
			if err := r.crash.fate(l); err != nil {
				return err
			}
		}
		if r.crash.armed && strings.Contains(chat.Plain(l.Content.Text), r.crash.only) {
			r.die()
		}
		return nil
	})
}

// Arm lets the program die in the moment in which the platform has accepted
// the next letter and nothing of that is on disk.
func (s *Stage) Arm() { s.ArmFor("") }

// ArmFor does so for the next letter that holds a text.
func (s *Stage) ArmFor(text string) {
	s.r.crash.armed, s.r.crash.only = true, text
	s.r.hookSends()
}

// Died reports whether an armed program has died.
func (s *Stage) Died() bool { return s.r.crash.dead }

// Crash kills the program now, if it has not died already, moves the machine's
// clock by d and starts it again on the file as it was.
func (s *Stage) Crash(d time.Duration) {
	r := s.r
	synctest.Wait()
	r.hookSends()
	if !r.crash.dead {
		r.die()
	}
	r.stop()
	r.path, r.crash.dead, r.crash.armed = r.crash.copy, false, false
	if d != 0 {
		r.clock = bot.NewClock(time.Until(r.clock.Now().Add(d)))
	}
	r.boot()
}

// die keeps the file as it is: the writer is held meanwhile, so that the copy
// is what a kill would leave.
func (r *run) die() {
	r.crash.count++
	r.crash.copy = filepath.Join(r.t.TempDir(), fmt.Sprintf("q%d.db", r.crash.count))
	err := r.db.Write(context.Background(), func(context.Context, *storage.Tx) error {
		for _, tail := range []string{"", "-wal"} {
			text, err := os.ReadFile(r.path + tail)
			if err != nil {
				return err
			}
			if err := os.WriteFile(r.crash.copy+tail, text, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Errorf("the file could not be kept: %v", err)
	}
	r.crash.dead = true
}
