package wecombot

import (
	"slices"
	"sync"
)

// maxCards is how many cards are remembered, so that a click can change the
// card it was on: there is no asking for it. What is forgotten is answered by
// a message of its own.
const maxCards = 2000

// cards remembers the newest cards by their task ids.
type cards struct {
	mu    sync.Mutex
	known map[string]card
	order []string // oldest first
}

func (k *cards) put(c card) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]card{}
	}
	if _, have := k.known[c.Task]; !have {
		k.order = append(k.order, c.Task)
	}
	k.known[c.Task] = c
	if len(k.order) > maxCards {
		old := len(k.order) - maxCards
		for _, task := range k.order[:old] {
			delete(k.known, task)
		}
		k.order = slices.Clone(k.order[old:])
	}
}

func (k *cards) get(task string) (card, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.known[task]
	return c, ok
}
