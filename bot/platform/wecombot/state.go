package wecombot

import (
	"sync"
	"time"
)

// standing is what Check tells of a running connection.
type standing struct {
	mu sync.Mutex
	s  status
}

type status struct {
	Running   bool
	Since     time.Time // connected since, zero: not connected
	Heard     time.Time // the last callback
	Displaced time.Time // another process took over, zero: none did
	Tries     int       // how often we tried to take it back
	Next      time.Time // when we try again, zero: not any more
}

func (t *standing) change(f func(*status)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.s)
}

func (t *standing) get() status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.s
}

func (t *standing) running(on bool)     { t.change(func(s *status) { s.Running = on }) }
func (t *standing) heard(now time.Time) { t.change(func(s *status) { s.Heard = now }) }
func (t *standing) disconnected()       { t.change(func(s *status) { s.Since = time.Time{} }) }

func (t *standing) connected(now time.Time) {
	t.change(func(s *status) { s.Since, s.Displaced, s.Next = now, time.Time{}, time.Time{} })
}

func (t *standing) displaced(now time.Time, tries int, next time.Time) {
	t.change(func(s *status) { s.Displaced, s.Tries, s.Next = now, tries, next })
}
