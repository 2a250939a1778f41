// Package passive answers a platform that pushes a message and waits a few
// seconds for the answer in the same request: the open requests, the way of
// their events to the engine, and what is remembered for repetitions.
package passive

import (
	"sync"
	"time"
)

// MaxMemory bounds what is remembered of requests; more than that in half a
// minute is no platform any more.
const MaxMemory = 20_000

// Memory keeps values for a while, oldest first out.
type Memory[V any] struct {
	keep time.Duration

	mu    sync.Mutex
	kept  map[string]V
	order []remembered
}

type remembered struct {
	key   string
	until time.Time
}

// NewMemory keeps values for that long.
func NewMemory[V any](keep time.Duration) *Memory[V] {
	return &Memory[V]{keep: keep, kept: map[string]V{}}
}

// Get finds a value that was put not longer than keep ago.
func (m *Memory[V]) Get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(time.Now())
	v, ok := m.kept[key]
	return v, ok
}

// Put remembers a value under a new key. False: there is no room.
func (m *Memory[V]) Put(key string, v V) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	if _, ok := m.kept[key]; ok {
		m.kept[key] = v
		return true
	}
	if len(m.kept) >= MaxMemory {
		return false
	}
	m.kept[key] = v
	m.order = append(m.order, remembered{key, now.Add(m.keep)})
	return true
}

func (m *Memory[V]) sweep(now time.Time) {
	i := 0
	for i < len(m.order) && !now.Before(m.order[i].until) {
		delete(m.kept, m.order[i].key)
		i++
	}
	m.order = m.order[i:]
}
