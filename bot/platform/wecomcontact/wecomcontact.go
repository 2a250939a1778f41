// Package wecomcontact connects the bot to the customer groups of a WeCom
// corporation (客户群: the groups in which people of WeChat are): who comes and
// who goes becomes events, a broadcast becomes a task that the group's owner
// confirms.
//
// It owns everything that is special to them (change callbacks, member lists,
// join ways, group-send tasks, welcome templates, statistics) and nothing else:
// it knows no database, no command and no template. A comment names the page of
// developer.work.weixin.qq.com/document that a number or a rule is from.
//
// Nothing that is said in a customer group ever reaches us, and nobody can be
// answered there: no interface of the platform does that. Caps says so.
//
// # Who comes and goes
//
// The platform's list of members is the only source of joins and leaves. A
// callback says that the list has changed, and the difference to the list that
// was read before (the Store's) makes the events; so nothing counts twice,
// however often and in whatever order callbacks come, and what no callback told
// is found as well. The callbacks add what the list cannot say: who came and
// went between two readings, and who was removed.
//
// The first list of a group is where we begin: everybody on it was there
// Already and nobody brought him. From then on Membership.Source is the state of
// the join way that a person came by, and Membership.By the employee who
// invited him; the platform tells neither of a friend who was brought by a
// friend. An employee's own coming has neither: nobody is credited for it.
//
// A new difference and its events are stored together before the events are
// delivered, and an event is forgotten only after its delivery: a crash at any
// moment neither loses one nor makes two. The id of a join is the group, the
// person and which of his stays it begins.
package wecomcontact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/shelf"
)

// DefaultBaseURL is the platform's own server.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// Domain of all refs: employees, customers and groups of the corporation.
const Domain = "wecom"

// ErrCredentials is returned by Run when the platform does not know the corp id
// or the app's secret: no retry can mend that.
var ErrCredentials = errors.New("the corp id or the app's secret is not accepted")

// Options configure one connection. Name, CorpID, AgentID, Secret and Store are
// required; everything else has a default that suits production.
type Options struct {
	Name    string
	CorpID  string
	AgentID int
	// Secret of the app, which must be listed under 客户联系 → 可调用接口的应用.
	Secret  string
	BaseURL string // DefaultBaseURL if empty
	Store   Store
	// Uploads remember the pictures that WeCom has; nil: until the process ends.
	Uploads chat.Uploads
	// Welcome is the text of the welcome template that is kept in step; empty:
	// none is made. %NICKNAME% is whoever comes in.
	Welcome string
	// Callbacks says that change callbacks arrive at all; without them changes are
	// found by reading every list again.
	Callbacks bool

	// Alarm hears what somebody has to mend in the console, once, and that it is
	// mended; nil is nobody.
	Alarm func(chat.Finding)
	Log   *slog.Logger
	// Transport carries all requests; tests put a fake one here.
	Transport http.RoundTripper
	Now       func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
}

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Call     time.Duration // how long a call of the API may take: 10 s
	Settle   time.Duration // from a callback to the reading of the list: 3 s
	Resync   time.Duration // between two readings of everything: 6 h, 10 min without callbacks
	Gather   time.Duration // how long a broadcast waits for other groups of the same owner: 1 s
	Poll     time.Duration // between two looks at a young task: 1 min
	Expire   time.Duration // how long a task waits for its confirmation: 72 h
	Remind   time.Duration // when the employee is reminded, once: 4 h
	RetryMin time.Duration // first wait after a failure: 1 s
	RetryMax time.Duration // longest wait after a failure: 5 min
}

func (t Times) withDefaults(callbacks bool) Times {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&t.Call, 10*time.Second)
	// "The detail is settled asynchronously": a list that is read at once is
	// often the old one. Tested values are not known; a lagging list is read again.
	def(&t.Settle, 3*time.Second)
	def(&t.Resync, 6*time.Hour)
	if !callbacks {
		t.Resync = min(t.Resync, 10*time.Minute)
	}
	def(&t.Gather, time.Second)
	def(&t.Poll, time.Minute)
	def(&t.Expire, 72*time.Hour)
	def(&t.Remind, 4*time.Hour)
	def(&t.RetryMin, time.Second)
	def(&t.RetryMax, 5*time.Minute)
	return t
}

// Contact is the customer groups of one app.
type Contact struct {
	opts  Options
	log   *slog.Logger
	api   *api
	bell  chan struct{} // a callback was noted
	plans *plans
	media *shelf.Shelf

	gatherings gatherings
	withdrawn  sync.Map // ids of tasks that Delete took back

	mu     sync.RWMutex
	groups map[string]Group // what the Store holds, for questions that may not wait
	listed map[string]bool  // the groups that the last survey named, nil before it

	said struct{ credentials, right, read, alarm atomic.Bool }
}

var (
	_ chat.Platform   = (*Contact)(nil)
	_ chat.Deleter    = (*Contact)(nil)
	_ chat.Inviter    = (*Contact)(nil)
	_ chat.Reminder   = (*Contact)(nil)
	_ chat.Particular = (*Contact)(nil)
	_ chat.Checker    = (*Contact)(nil)
	_ chat.Counter    = (*Contact)(nil)
)

var (
	// The name of the app in the configuration, and what tells its groups from
	// its 1:1 chats.
	nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[a-z]+)?$`)
	corpForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// Ids of groups, of people and of tasks, as far as they become part of ours.
	idForm = regexp.MustCompile(`^[A-Za-z0-9_@.\-]{1,128}$`)
)

// New prepares a connection. It reads the Store and does not use the network.
// Its errors never contain a secret.
func New(ctx context.Context, o Options) (*Contact, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.Times = o.Times.withDefaults(o.Callbacks)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Alarm == nil {
		o.Alarm = func(chat.Finding) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	api, err := newAPI(o)
	if err != nil {
		return nil, fmt.Errorf("wecomcontact %s: %w", o.Name, err)
	}
	c := &Contact{
		opts: o, log: o.Log.With("connection", o.Name), api: api, bell: make(chan struct{}, 1), groups: map[string]Group{},
		plans: newPlans(), media: shelf.New(o.Uploads, o.Now),
	}
	known, err := o.Store.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("wecomcontact %s: %w", o.Name, err)
	}
	for _, g := range known {
		c.groups[g.Chat] = g
	}
	return c, nil
}

func (o Options) validate() error {
	fail := func(what string) error { return fmt.Errorf("wecomcontact %s: %s", o.Name, what) }
	switch {
	case !nameForm.MatchString(o.Name):
		return fmt.Errorf("wecomcontact: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case !corpForm.MatchString(o.CorpID):
		return fail("corp_id does not have the form ww0123456789abcdef")
	case o.AgentID <= 0:
		return fail("agent_id must be the app's number")
	case strings.TrimSpace(o.Secret) == "":
		return fail("secret is missing")
	case o.Store == nil:
		return fail("there is no store")
	case len(o.Welcome) > maxWelcome:
		return fail(fmt.Sprintf("the welcome text has more than %d bytes", maxWelcome))
	}
	return nil
}

// Name is the connection's name.
func (c *Contact) Name() string { return c.opts.Name }

// Domain is the domain of all refs.
func (c *Contact) Domain() string { return Domain }

// Caps tells what a customer group can do. Nothing said there is heard, nobody
// is answered, and a broadcast is seen only after the group's owner has tapped
// it: the corporation may let a group have one a day (path 92135; the other
// setting is seven a week). A broadcast can be taken back until then.
func (c *Contact) Caps(chat.Chat) chat.Caps {
	return chat.Caps{Joins: true, Push: true, Confirm: true, Delete: true, PerDay: 1, MaxText: maxText, Pictures: true, MaxPicture: maxImage}
}

// Serves reports whether a chat is one of the groups that were seen.
func (c *Contact) Serves(place chat.Chat) bool {
	_, ok := c.group(place.Ref.ID)
	return ok && place.Ref.Domain == Domain
}

func (c *Contact) group(id string) (Group, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	g, ok := c.groups[id]
	return g, ok
}

func (c *Contact) remember(g Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups[g.Chat] = g
}

// present lists the groups that we can see.
func (c *Contact) present() []Group {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]Group, 0, len(c.groups))
	for _, g := range c.groups {
		if !g.Gone {
			out = append(out, g)
		}
	}
	return out
}

func groupRef(id string) chat.Ref { return chat.Ref{Domain: Domain, ID: id} }

func placeOf(g Group) chat.Chat {
	return chat.Chat{Ref: groupRef(g.Chat), Type: chat.Group, Title: g.Name}
}
