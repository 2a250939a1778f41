package wecomapp

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

const (
	// nameLife is how long a name is taken for true; people seldom change it.
	nameLife = 12 * time.Hour
	// unknownLife is how long nobody is asked again for a name that could not be
	// had: the app's rights or its trusted IP may be mended at any time.
	unknownLife = 5 * time.Minute
	// maxPeople bounds what is remembered.
	maxPeople = 50_000
)

// people is what this process knows of members: what they are called, and when
// one was answered.
type people struct {
	now func() time.Time

	mu    sync.Mutex
	names map[string]kept
	plain map[string]kept // open_userid → userid, see UserIDs
	// answered is when a request of somebody was answered, by the machine's
	// clock: the next message must not overtake it.
	answered map[string]time.Time
	entered  map[string]string // the day on which somebody opened the app last
	last     time.Time         // when the platform called last
}

type kept struct {
	value string // empty: it could not be had
	until time.Time
}

func newPeople(now func() time.Time) *people {
	return &people{now: now, names: map[string]kept{}, plain: map[string]kept{}, answered: map[string]time.Time{}, entered: map[string]string{}}
}

func (p *people) heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = p.now()
}

func (p *people) lastHeard() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// recall finds what is known and not too old.
func (p *people) recall(of map[string]kept, key string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := of[key]
	return k.value, ok && p.now().Before(k.until)
}

func (p *people) keep(of map[string]kept, key, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(of) >= maxPeople {
		clear(of) // everything in it can be asked for again
	}
	life := nameLife
	if value == "" {
		life = unknownLife
	}
	of[key] = kept{value: value, until: p.now().Add(life)}
}

// again reports whether somebody has opened the app's chat on that day before,
// as far as this process knows: the engine knows for longer, but there would be
// an answer to wait for.
func (p *people) again(user, day string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entered[user] == day
}

func (p *people) enteredOn(user, day string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.entered) >= maxPeople {
		clear(p.entered)
	}
	p.entered[user] = day
}

// answeredNow notes that a request was answered.
func (p *people) answeredNow(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answered) >= maxPeople {
		clear(p.answered)
	}
	p.answered[user] = time.Now()
}

// sinceAnswer is how long ago that was; a long time if never.
func (p *people) sinceAnswer(user string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.answered[user]; ok {
		return time.Since(at)
	}
	return time.Hour
}

// NameOf is what a member is called (path 90196), from memory if it is known;
// empty if the app may not know. It is meant for other connections of the same
// corporation as well: an aibot is told no names. The error is that the
// platform could not be asked.
func (a *App) NameOf(ctx context.Context, user string) (string, error) {
	if name, ok := a.people.recall(a.people.names, user); ok || !userForm.MatchString(user) {
		return name, nil
	}
	name, err := a.api.name(ctx, user)
	if err != nil && wxhttp.Code(err) == 0 {
		return "", err
	}
	name = legible(name)
	a.people.keep(a.people.names, user, name)
	if err != nil {
		a.nameless(err)
	}
	return name, nil
}

// nameInTime is NameOf for an event that waits: it is bounded, and a name that
// cannot be had now does not stop the event.
func (a *App) nameInTime(ctx context.Context, user string) string {
	ctx, cancel := context.WithTimeout(ctx, a.opts.Times.Look)
	defer cancel()
	name, err := a.NameOf(ctx, user)
	if err != nil {
		a.log.Debug("wecomapp: the name of a member could not be asked for", "err", err)
		a.people.keep(a.people.names, user, "")
	}
	return name
}

// An open_userid begins with "wo" and is longer than what people choose; plain
// ids need not be asked about. One that only looks so comes back as invalid.
var openForm = regexp.MustCompile(`^wo[A-Za-z0-9_-]{20,62}$`)

// UserIDs turns open_userids, which an aibot is told when its maker is no super
// administrator, into plain user ids (path 101521), from memory where they are
// known. What is missing in the answer is plain already, or belongs to a member
// that the app may not see. An error means that the platform could not be
// asked now: who goes on without the answer makes two people of one.
func (a *App) UserIDs(ctx context.Context, open ...string) (map[string]string, error) {
	out := map[string]string{}
	var ask []string
	for _, id := range open {
		plain, known := a.people.recall(a.people.plain, id)
		switch {
		case known && plain != "":
			out[id] = plain
		case !known && openForm.MatchString(id) && !slices.Contains(ask, id):
			ask = append(ask, id)
		}
	}
	for len(ask) > 0 {
		n := min(len(ask), maxConvert)
		got, err := a.api.userIDs(ctx, ask[:n])
		if se := a.sendError(err); se != nil && se.Fault != chat.Rejected {
			return out, se
		} else if se != nil {
			a.nameless(se) // the app has not the right: it will not have it in a moment
		}
		for _, id := range ask[:n] {
			a.people.keep(a.people.plain, id, got[id])
			if got[id] != "" {
				out[id] = got[id]
			}
		}
		ask = ask[n:]
	}
	return out, nil
}
