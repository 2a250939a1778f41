// Package sandbox is a chat network inside the program: one page in a browser
// where an operator speaks as several members and an administrator, in two
// groups and in private chats, and moves the clock.
//
// It owns the world of that page (who is in which group, what was said, whom
// a private answer is for) and its HTTP interface. It knows neither the
// engine nor the database: events go to the Deliver function given to Run,
// letters come in through Send, and what must survive a restart goes into the
// small Store the program hands over.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// Domain is the domain of every ref of the sandbox.
const Domain = "sandbox"

// MaxText is the longest message, in characters, of members and bot alike.
const MaxText = 4096

// Store keeps what a restart must not lose. The program gives a small table
// of its database; values are opaque to it. Implementations are safe for
// concurrent use, and a Put that returned nil survives kill -9.
type Store interface {
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error // a key that is not there is no error
	All(ctx context.Context) (map[string][]byte, error)
}

// Entry is one line of what the program is going to do by itself.
type Entry struct {
	At    time.Time
	Chats []chat.Ref // those of the sandbox it is for
	Kind  string     // "schedule", "remind", "announcement"
	Text  string     // what it is called
	Note  string     // what else there is to say: why it is left out, what it says
	Where []string   // chats of other networks, by title
	Skip  bool       // it is left out
}

// Options are what the program gives the sandbox.
type Options struct {
	Name     string // the connection's name; empty means "sandbox"
	Assets   fs.FS  // index.html, app.js, style.css and strings.*.json
	Language string // the page's first language: zh-CN (also when empty) or en
	// Now is the program's clock, which may run ahead of the machine's; nil
	// means the machine's.
	Now func() time.Time
	// Shift moves the program's clock forward to an instant. It returns an
	// error for going back. Nil means that the clock cannot be moved.
	Shift func(ctx context.Context, to time.Time) error
	// Zone says in which zone the page shows times; nil means UTC.
	Zone func() *time.Location
	// Store keeps the conversation; nil means it lives in memory only.
	Store Store
	// Upcoming lists what is due next, soonest first; nil hides the list.
	Upcoming func(ctx context.Context) ([]Entry, error)
	Log      *slog.Logger // nil: nothing is logged
	// Hosts are further values of the Host header that are answered, for a
	// page that is not on loopback.
	Hosts []string
}

// Sandbox is the chat network. It is safe for concurrent use.
type Sandbox struct {
	opts   Options
	log    *slog.Logger
	texts  *texts
	assets map[string]asset
	keep   keeper
	gate   gate
	hub    *hub

	// mu guards everything below. It is never held while the engine, the
	// store or a browser is waited for.
	mu      sync.Mutex
	world   world
	logs    map[string]*chatLog // by chat id
	next    int64               // the next message number
	ceiling int64               // numbers below it are reserved in the store
	intakes intakes
	faults  map[string]*Failure // by chat id, "" for all

	editing sync.Mutex // keeps edits of one message and their Puts in one order
	booking sync.Mutex // one reservation of numbers at a time
}

var (
	_ chat.Platform   = (*Sandbox)(nil)
	_ chat.Deleter    = (*Sandbox)(nil)
	_ chat.Fetcher    = (*Sandbox)(nil)
	_ chat.FactFinder = (*Sandbox)(nil)
)

// New reads the page and the kept conversation. It fails when a file of the
// page is missing or broken, or when the store cannot be read.
func New(opts Options) (*Sandbox, error) {
	if opts.Name == "" {
		opts.Name = Domain
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Zone == nil {
		opts.Zone = func() *time.Location { return time.UTC }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Assets == nil {
		return nil, errors.New("sandbox: no assets given")
	}
	assets, err := readAssets(opts.Assets)
	if err != nil {
		return nil, err
	}
	texts, err := readTexts(opts.Assets)
	if err != nil {
		return nil, err
	}
	if opts.Language == "" {
		opts.Language = languages[0]
	}
	if !slices.Contains(languages, opts.Language) {
		return nil, fmt.Errorf("sandbox: no texts in the language %q", opts.Language)
	}
	s := &Sandbox{
		opts:    opts,
		log:     opts.Log,
		texts:   texts,
		assets:  assets,
		keep:    keeper{store: opts.Store},
		hub:     newHub(),
		world:   newWorld(),
		logs:    newLogs(),
		next:    1,
		intakes: newIntakes(),
		faults:  map[string]*Failure{},
	}
	s.gate.init()
	if err := s.load(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

// Name implements chat.Platform.
func (s *Sandbox) Name() string { return s.opts.Name }

// Domain implements chat.Platform.
func (s *Sandbox) Domain() string { return Domain }

// Caps implements chat.Platform: everything works here, so that everything
// can be rehearsed.
func (s *Sandbox) Caps(chat.Chat) chat.Caps {
	return chat.Caps{
		Hears: true, Joins: true, Whispers: true, Choices: true, Edit: true, Delete: true,
		Push: true, Files: true, Uploads: true, Pictures: true, AdminList: true, Quotes: true, Pin: true, MaxText: MaxText,
	}
}

// Run introduces the groups and their members to the engine, once in the life
// of the store, and lets the page speak until ctx ends. It returns after the
// last delivery under way.
func (s *Sandbox) Run(ctx context.Context, deliver chat.Deliver) error {
	if s.introduce(ctx, deliver) {
		s.gate.open(ctx, deliver)
	}
	<-ctx.Done()
	s.gate.close()
	return nil
}

// introduce tells the engine of the groups and members as they stand. The
// event ids are fixed, so that doing it again after a crash changes nothing.
func (s *Sandbox) introduce(ctx context.Context, deliver chat.Deliver) bool {
	s.mu.Lock()
	known := s.world.Introduced
	events := s.introduction()
	s.mu.Unlock()
	if known {
		return true
	}
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		err := deliver(ctx, events)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		s.log.WarnContext(ctx, "sandbox: members not introduced yet", "retry_in", wait, "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
	s.mu.Lock()
	s.world.Introduced = true
	s.mu.Unlock()
	s.keepWorld(ctx)
	return true
}

func (s *Sandbox) introduction() []chat.Event {
	var events []chat.Event
	at := s.opts.Now().UTC()
	lang := s.opts.Language
	for _, id := range groupIDs {
		if !s.world.Bot[id] {
			continue
		}
		place := s.texts.chat(id, lang)
		events = append(events, chat.Event{
			ID: ref("start:" + id + ":added"), Chat: place, Kind: chat.ChatChanged, At: at,
			Sender: s.texts.user(adminID, lang), Detail: chat.ChatChange{Standing: chat.Added, Missing: []string{}},
		})
		for _, member := range s.world.membersOf(id) {
			user := s.texts.user(member, lang)
			events = append(events, chat.Event{
				ID: ref("start:" + id + ":join:" + member), Chat: place, Kind: chat.Join, At: at,
				Sender: user, Detail: chat.Membership{User: user},
			})
		}
	}
	return events
}

// Handler serves the page and its interface. It is meant for the path "/".
func (s *Sandbox) Handler() http.Handler {
	return s.guard(http.HandlerFunc(s.route))
}

func (s *Sandbox) now() time.Time { return s.opts.Now() }

func ref(id string) chat.Ref { return chat.Ref{Domain: Domain, ID: id} }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
