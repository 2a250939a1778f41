// Package bot is the engine: events come in at one door, decisions are made in
// one transaction, letters leave at one door.
//
// It knows no platform and no command family; both are handed in.
package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
	"qunmate/templates"
)

// Options of New.
type Options struct {
	DB        *storage.DB
	Texts     *templates.Set
	Platforms []chat.Platform // in the order of the configuration: in one chat the first answers
	Commands  []Command
	Actions   []Action
	Listeners []Listener
	Clock     *Clock
	Log       *slog.Logger

	Language  string     // default language
	Timezone  string     // default zone of new communities, IANA name
	DayStart  int        // default start of the day, minutes after midnight
	Operators []chat.Ref // operators named in the configuration
	// Homes names the community in which the 1:1 chats of a connection act, by
	// its name or number. A connection that is not listed leaves it to the person.
	Homes map[string]string

	// Draw makes a picture of a chart, outside of any transaction. Without it
	// charts are not sent.
	Draw func(chat.Chart) (chat.Picture, error)
	// DrawPoster makes one of a poster, in the same way.
	DrawPoster func(chat.Poster) (chat.Picture, error)
	// Shrink makes a picture fit into so many bytes; without it one that is too
	// large for a platform is left out.
	Shrink func(p chat.Picture, most int) (chat.Picture, error)

	// Unlimited switches the platforms' known send limits off: for load tests
	// against a local server only.
	Unlimited bool
}

// Engine runs the program: one writer, one delivery per connection.
type Engine struct {
	Options
	registry  registry
	routes    map[string]int // connection → rank
	platforms map[string]chat.Platform
	operators map[chat.Ref]bool
	days      dayCache

	jobs    chan job
	inbox   wake // something waits in the inbox
	timers  wake // a deadline was set
	mail    map[string]*delivery
	facts   questions
	ways    ways
	gallery gallery
	files   files
	notices chan notice
	homes   homes
	heard   sync.Map      // connection → when it brought something last
	ready   chan struct{} // closed when Run has put the database in order
	over    chan struct{} // closed when Run has ended: nobody takes jobs any more
	full    fullAlarm
	started time.Time
	applied atomic.Int64
}

// New checks that everything fits together; Run starts it.
func New(o Options) (*Engine, error) {
	if o.Clock == nil {
		o.Clock = NewClock(0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		Options: o, routes: map[string]int{}, platforms: map[string]chat.Platform{}, operators: map[chat.Ref]bool{},
		jobs: make(chan job), inbox: newWake(), timers: newWake(), mail: map[string]*delivery{},
		facts: newQuestions(), ways: newWays(), gallery: newGallery(), files: newFiles(), notices: make(chan notice, maxNotices), ready: make(chan struct{}), over: make(chan struct{}),
		full: fullAlarm{bell: newWake()},
	}
	for i, route := range Routes(o.Platforms) {
		p := o.Platforms[i]
		if _, twice := e.platforms[route]; twice {
			return nil, fmt.Errorf("bot: two connections are called %q", p.Name())
		}
		e.routes[route], e.platforms[route] = i, p
		e.mail[route] = newDelivery(e, p, route)
	}
	for _, ref := range o.Operators {
		e.operators[ref] = true
	}
	var err error
	e.registry, err = newRegistry(append(builtins(), o.Commands...), o.Actions, append(coreListeners(), o.Listeners...))
	return e, err
}

// Routes gives each connection the name under which chats and letters are its
// own: the one of the configuration, and where another network has the same,
// with the domain in front. Two of one network must have different names.
func Routes(platforms []chat.Platform) []string {
	domains := map[string]string{}
	shared := map[string]bool{}
	for _, p := range platforms {
		if d, ok := domains[p.Name()]; ok && d != p.Domain() {
			shared[p.Name()] = true
		}
		domains[p.Name()] = p.Domain()
	}
	out := make([]string, len(platforms))
	for i, p := range platforms {
		if out[i] = p.Name(); shared[out[i]] {
			out[i] = p.Domain() + "/" + out[i]
		}
	}
	return out
}

// Run works until ctx ends; it returns early only for a fault that no retry
// can mend, like a token that is not accepted, on the last connection. What is committed by then is finished, the rest stays in the
// database.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.over)
	if err := e.recover(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var inner, outer sync.WaitGroup
	// The writer outlives everything that hands it work.
	writer, stopWriter := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriter()
	outer.Go(func() { e.write(writer) })
	for _, d := range e.mail {
		inner.Go(func() { d.run(ctx) })
	}
	inner.Go(func() { e.watchInbox(ctx) })
	inner.Go(func() { e.watchTimers(ctx) })
	for i := range askers {
		later := e.facts.later
		if i > 0 {
			later = nil
		}
		inner.Go(func() { e.learn(ctx, later) })
	}
	inner.Go(func() { e.askKnown(ctx) })
	inner.Go(func() { e.makeWays(ctx) })
	inner.Go(func() { e.readFiles(ctx) })
	inner.Go(func() { e.fetchPictures(ctx) })
	inner.Go(func() { e.keepMenus(ctx) })
	inner.Go(func() { e.housekeep(ctx) })
	inner.Go(func() { e.watchFull(ctx) })
	inner.Go(func() { e.tellNotices(ctx) })
	close(e.ready)
	var left atomic.Int64
	left.Store(int64(len(e.platforms)))
	for route, p := range e.platforms {
		if c, counts := p.(chat.Counter); counts {
			inner.Go(func() { e.keepCounts(ctx, route, c) })
		}
		inner.Go(func() {
			if err := p.Run(ctx, e.Door(route)); err != nil && ctx.Err() == nil {
				err = fmt.Errorf("connection %s: %w", p.Name(), err)
				if left.Add(-1) == 0 {
					stop(err)
					return
				}
				// The groups of the others need not fall silent with it.
				e.Log.Error("a connection has ended; the others go on", "err", err)
				e.Notify("common.connection_ended", struct{ Name string }{p.Name()})
			}
		})
	}
	inner.Wait()
	stopWriter()
	outer.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Ready is closed once events are taken.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// Door is where a connection delivers its events. It returns nil only after
// their effects are on disk.
func (e *Engine) Door(connection string) chat.Deliver {
	return func(ctx context.Context, events []chat.Event) error {
		if len(events) == 0 {
			return nil
		}
		e.heard.Store(connection, e.Clock.Now())
		return e.submit(ctx, job{via: connection, events: events})
	}
}

// Heard is when each connection brought something last; those that have not
// since the start are left out. A connection that looks well and hears nothing
// is what an operator finds by it.
func (e *Engine) Heard() map[string]time.Time {
	out := map[string]time.Time{}
	e.heard.Range(func(name, at any) bool {
		n, _ := name.(string)
		out[n], _ = at.(time.Time)
		return true
	})
	return out
}

// recover puts the database in order after a start.
func (e *Engine) recover(ctx context.Context) error {
	e.started = e.Clock.Now()
	var unsure []storage.Letter
	err := e.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var err error
		unsure, err = tx.Rescue(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	for _, l := range unsure {
		e.Log.Warn("a letter may or may not have gone out before the stop; it is not sent again", "letter", l.ID, "kind", l.Kind, "chat", l.ChatID)
	}
	if err := e.loadHighWater(ctx); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if err := e.reroute(ctx); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	for _, d := range e.mail {
		if err := d.rebuildBudgets(ctx); err != nil {
			return fmt.Errorf("recover: %w", err)
		}
	}
	return nil
}

// reroute gives the chats and letters of a connection that is not configured
// any more to the first one of the same network: a connection that was renamed
// goes on where it was.
func (e *Engine) reroute(ctx context.Context) error {
	return e.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		chats, err := tx.Chats(ctx, "")
		if err != nil {
			return err
		}
		routes := Routes(e.Platforms)
		moved, heirs := map[int64]string{}, map[string]string{}
		for _, c := range chats {
			if p := e.platforms[c.Connection]; p != nil && p.Domain() == c.Domain {
				continue
			}
			i := slices.IndexFunc(e.Platforms, func(p chat.Platform) bool { return serves(p, chatOf(c)) })
			if i < 0 {
				i = slices.IndexFunc(e.Platforms, func(p chat.Platform) bool {
					_, particular := p.(chat.Particular)
					// A network can have connections of several kinds; one that has no
					// word for a chat cannot write there.
					return p.Domain() == c.Domain && !particular && p.Caps(chatOf(c)).MaxText > 0
				})
			}
			if i < 0 {
				continue
			}
			moved[c.ID], heirs[c.Connection] = routes[i], routes[i]
			c.Connection = routes[i]
			if err := tx.UpdateChat(ctx, c); err != nil {
				return err
			}
		}
		for from, to := range heirs {
			e.Log.Info("a connection is not configured any more, another one takes its chats over", "from", from, "to", to)
			for lane := range storage.LaneBroadcast + 1 {
				if err := moveLetters(ctx, tx, lane, from, moved); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// serves reports whether a chat is one of those that only this connection can
// answer in.
func serves(p chat.Platform, c chat.Chat) bool {
	particular, ok := p.(chat.Particular)
	return ok && p.Domain() == c.Ref.Domain && particular.Serves(c)
}

// moveLetters gives the letters of moved chats to their new connections.
func moveLetters(ctx context.Context, tx *storage.Tx, lane storage.Lane, from string, moved map[int64]string) error {
	letters, err := tx.OpenLetters(ctx, from, lane, 0, math.MaxInt)
	if err != nil {
		return err
	}
	for _, l := range letters {
		to, ok := moved[l.ChatID]
		if !ok || to == from {
			continue
		}
		old := l.ID
		l.Connection = to
		id, err := tx.Enqueue(ctx, l)
		if err != nil {
			return err
		}
		if err := tx.Settle(ctx, storage.Outcome{ID: old, State: storage.LetterFolded, IntoID: id, Attempts: l.Attempts, Error: "sent by another connection"}); err != nil {
			return err
		}
	}
	return nil
}

// newID makes a short random id for a fault, the same in the log and in what
// the person sees.
func newID() string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// wake is a signal that is never lost and never piles up.
type wake chan struct{}

func newWake() wake { return make(wake, 1) }

func (w wake) ring() {
	select {
	case w <- struct{}{}:
	default:
	}
}
