package wecomapp

import (
	"sync"
	"time"
)

// maxMemory bounds what is remembered of requests; more than that in half a
// minute is no platform any more.
const maxMemory = 20_000

// memory keeps values for a while, oldest first out.
type memory[V any] struct {
	keep time.Duration

	mu    sync.Mutex
	kept  map[string]V
	order []remembered
}

type remembered struct {
	key   string
	until time.Time
}

func newMemory[V any](keep time.Duration) *memory[V] {
	return &memory[V]{keep: keep, kept: map[string]V{}}
}

// get finds a value that was put not longer than keep ago.
func (m *memory[V]) get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(time.Now())
	v, ok := m.kept[key]
	return v, ok
}

// put remembers a value under a new key. False: there is no room.
func (m *memory[V]) put(key string, v V) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	if _, ok := m.kept[key]; ok {
		m.kept[key] = v
		return true
	}
	if len(m.kept) >= maxMemory {
		return false
	}
	m.kept[key] = v
	m.order = append(m.order, remembered{key, now.Add(m.keep)})
	return true
}

func (m *memory[V]) sweep(now time.Time) {
	i := 0
	for i < len(m.order) && !now.Before(m.order[i].until) {
		delete(m.kept, m.order[i].key)
		i++
	}
	m.order = m.order[i:]
}
