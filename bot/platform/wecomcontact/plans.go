package wecomcontact

import (
	"sync"
	"time"
)

// plans are the groups whose lists are to be read, and when. They live in
// memory: after a restart the Store's changes make them anew.
type plans struct {
	mu   sync.Mutex
	all  map[string]plan
	hold time.Time // nothing is read before: the platform asked for it
}

type plan struct {
	due   time.Time
	tries int // readings that brought an old list, or none
}

func newPlans() *plans { return &plans{all: map[string]plan{}} }

// soon plans a reading; one that is planned for earlier stays. News bring the
// tries back to none: it is another list that is waited for.
func (p *plans) soon(chatID string, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.all[chatID]; ok && old.due.Before(due) {
		due = old.due
	}
	p.all[chatID] = plan{due: due}
}

// again plans the next try.
func (p *plans) again(chatID string, due time.Time, tries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, news := p.all[chatID]; !news {
		p.all[chatID] = plan{due: due, tries: tries}
	}
}

// rest leaves the platform alone until an instant.
func (p *plans) rest(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = until
}

// take gives a group that is due, or when the next one will be; zero: never.
func (p *plans) take(now time.Time) (chatID string, tries int, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.hold) {
		return "", 0, p.hold
	}
	for id, one := range p.all {
		if !one.due.After(now) && (chatID == "" || one.due.Before(p.all[chatID].due)) {
			chatID = id
		}
		if next.IsZero() || one.due.Before(next) {
			next = one.due
		}
	}
	if chatID != "" {
		tries = p.all[chatID].tries
		delete(p.all, chatID)
	}
	return chatID, tries, next
}
