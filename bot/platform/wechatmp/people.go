package wechatmp

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// The rights that a person's act gives (custom/send, table of limits).
const (
	messageLife = 48 * time.Hour
	messageMost = 5
	eventLife   = time.Minute
	eventMost   = 3
	// A number that a person types means the choice of the newest message, for
	// as long as he can be taken to look at it.
	choiceLife = 10 * time.Minute
	// pruneEvery keeps the people of long ago out of memory.
	pruneEvery = time.Hour
)

// people is what this process has seen of the followers. It is a hint for
// Caps and the order of messages; what is decided is decided by the platform.
type people struct {
	now func() time.Time

	mu     sync.Mutex
	seen   map[string]*person
	pruned time.Time
}

type person struct {
	last    string // his newest act, by the id of its event
	message credit
	event   credit
	// answered is when a request of his was answered, by the machine's clock:
	// the next message must not overtake it.
	answered time.Time
	choices  []string // the commands of the newest message
	offered  time.Time
}

type credit struct {
	until time.Time
	left  int
}

func (c credit) open(now time.Time) bool { return c.left > 0 && now.Before(c.until) }

func newPeople(now func() time.Time) *people {
	return &people{now: now, seen: map[string]*person{}}
}

// of gives a person's entry. Call it with the lock held.
func (p *people) of(openid string) *person {
	if p.seen[openid] == nil {
		p.seen[openid] = &person{}
	}
	return p.seen[openid]
}

// note counts an act once, however often it is pushed; id is that of its event.
func (p *people) note(openid string, a act, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.prune(now)
	if a == went {
		delete(p.seen, openid)
		return
	}
	who := p.of(openid)
	if who.last == id {
		return
	}
	who.last = id
	switch a {
	case wrote:
		who.message = credit{now.Add(messageLife), messageMost}
	case acted:
		who.event = credit{now.Add(eventLife), eventMost}
	case went:
	}
}

func (p *people) prune(now time.Time) {
	if now.Sub(p.pruned) < pruneEvery && !p.pruned.IsZero() {
		return
	}
	p.pruned = now
	for openid, who := range p.seen {
		if !who.message.open(now) && !who.event.open(now) && now.Sub(who.offered) > choiceLife {
			delete(p.seen, openid)
		}
	}
}

// mayPush reports whether a customer service message would be accepted.
func (p *people) mayPush(openid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, now := p.seen[openid], p.now()
	return who != nil && (who.message.open(now) || who.event.open(now))
}

// sent counts a customer service message; those that end sooner go first.
func (p *people) sent(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, now := p.seen[openid], p.now()
	switch {
	case who == nil:
	case who.event.open(now):
		who.event.left--
	case who.message.left > 0:
		who.message.left--
	}
}

// spent notes that the platform takes no more messages to a person.
func (p *people) spent(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.seen[openid]; who != nil {
		who.message.left, who.event.left = 0, 0
	}
}

// answeredNow notes that a request was answered.
func (p *people) answeredNow(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of(openid).answered = time.Now()
}

// sinceAnswer is how long ago that was; a long time if never.
func (p *people) sinceAnswer(openid string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.seen[openid]; who != nil && !who.answered.IsZero() {
		return time.Since(who.answered)
	}
	return time.Hour
}

// offer remembers the choices of the newest message, which may have none. It
// returns how to forget them again, for a message that was not shown.
func (p *people) offer(openid string, commands []string) (takeBack func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(commands) == 0 && p.seen[openid] == nil {
		return func() {}
	}
	who := p.of(openid)
	choices, offered := who.choices, who.offered
	who.choices, who.offered = commands, p.now()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		who.choices, who.offered = choices, offered
	}
}

// chosen finds the command behind a number that a person typed.
func (p *people) chosen(openid, text string) (string, bool) {
	n, err := strconv.Atoi(strings.TrimRight(text, "."))
	if err != nil || n < 1 || strings.HasPrefix(text, "+") {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.seen[openid]
	if who == nil || n > len(who.choices) || p.now().Sub(who.offered) > choiceLife || who.choices[n-1] == "" {
		return "", false
	}
	return who.choices[n-1], true
}
