// Package tgtest is a strict Bot API server for tests and benchmarks. It
// speaks real HTTP on loopback (Start, New), or in memory for a synctest
// bubble (NewServer and Transport), and does what the Bot API documents: updates wait until
// they are confirmed by a higher offset, a second poller gets 409, HTML is
// parsed and refused if it is wrong, limits can be enforced, and faults can be
// ordered, from a 429 burst to a connection dropped after the effect.
//
// It needs no testing import, so benchmarks and programs can use it too.
package tgtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultToken is the token of a server that was given none.
const DefaultToken = "7000000001:AAE_tgtest-token-that-must-never-be-logged"

// Options configure a Server. The zero value is a server of Bot API 10.2 with
// privacy mode on and no limits.
type Options struct {
	Token    string
	Username string // default "qunmate_bot"
	// PrivacyOff is can_read_all_group_messages of getMe. The server does not
	// filter what it is told to inject.
	PrivacyOff bool
	// Old makes it a server from before Bot API 10.2: it ignores ephemeral
	// parameters and shows such a text to everybody.
	Old bool
	// Unproven makes it a server that keeps is_ephemeral of commands but shows
	// ephemeral texts to everybody: what a probe alone cannot find out.
	Unproven bool
	// Limits are enforced with 429 when set, see Strict.
	Limits *Limits
	// Lean keeps no texts: nothing of what was sent is remembered, only
	// counted. For benchmarks.
	Lean bool
	// OnSent is called for every accepted message, in order, under the
	// server's lock: it must be quick and must not call the server.
	OnSent func(Sent)
	// Now is the clock of limits, presses and dates; time.Now if nil.
	Now func() time.Time
	// WebhookRetry is the wait before the n-th repetition (from 1) of a failed
	// webhook call. Default: 1 s, 2 s, 4 s … 60 s, as Telegram does.
	WebhookRetry func(n int) time.Duration
	// WebhookByHand switches the background delivery off: DeliverWebhooks
	// makes one round.
	WebhookByHand bool
}

// Server is a Bot API server with one bot.
type Server struct {
	opts  Options
	botID int64
	http  *http.Server
	ln    net.Listener
	end   context.CancelFunc
	life  context.Context // of the background deliveries and waits
	bg    sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when somebody waits and something happens
	waiting  int
	updates  queue
	hook     webhook
	chats    map[int64]*chatState
	users    map[int64]User
	moved    map[int64]int64
	started  map[int64]bool // users who started the bot
	blocked  map[int64]bool
	presses  map[string]*Press
	photos   map[string][]byte // by file_id
	polls    []*Poll
	nextID   int64
	commands map[string]json.RawMessage
	sent     []Sent
	links    []Link
	edits    []Sent
	deleted  []Deleted
	calls    map[string]int
	total    int
	faults   []*Fault
	limiter  limiter
	problems []string
}

// NewServer makes a server without a listener: use Transport, or mount it as
// an http.Handler.
func NewServer(o Options) *Server {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.Username == "" {
		o.Username = "qunmate_bot"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.WebhookRetry == nil {
		o.WebhookRetry = func(n int) time.Duration { return min(time.Second<<min(n-1, 6), time.Minute) }
	}
	id, _, _ := strings.Cut(o.Token, ":")
	botID, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		panic("tgtest: the token must begin with a number: " + o.Token)
	}
	life, end := context.WithCancel(context.Background())
	s := &Server{
		opts: o, botID: botID, life: life, end: end,
		chats: map[int64]*chatState{}, users: map[int64]User{}, moved: map[int64]int64{},
		started: map[int64]bool{}, blocked: map[int64]bool{}, presses: map[string]*Press{}, photos: map[string][]byte{},
		commands: map[string]json.RawMessage{}, calls: map[string]int{},
		nextID: 500_000_000,
	}
	s.updates.init()
	if o.Limits != nil {
		s.limiter.limits = *o.Limits
	}
	return s
}

// Start makes a server that listens on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	s := NewServer(o)
	var lc net.ListenConfig
	ln, err := lc.Listen(s.life, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tgtest: %w", err)
	}
	s.ln = ln
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return s.life }}
	s.bg.Go(func() { _ = s.http.Serve(ln) }) // ends with ErrServerClosed
	return s, nil
}

// TB is the part of testing.TB that New needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// New is Start for a test: it is closed with it.
func New(t TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(s.Close)
	return s
}

// Close ends polls, deliveries and connections, and waits for them.
func (s *Server) Close() {
	s.end()
	if s.http != nil {
		_ = s.http.Close()
	}
	s.bg.Wait()
}

// URL is the base address, as in base_url of the configuration.
func (s *Server) URL() string {
	if s.ln == nil {
		return "http://telegram.test"
	}
	return "http://" + s.ln.Addr().String()
}

// Token is the only token that is accepted.
func (s *Server) Token() string { return s.opts.Token }

// BotID is the id of the bot account.
func (s *Server) BotID() int64 { return s.botID }

// ServeHTTP answers /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		s.serveFile(w, r, name)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, found := strings.Cut(rest, "/")
	if !ok || !found {
		writeAnswer(w, fail(http.StatusNotFound, "Not Found"))
		return
	}
	if token != s.opts.Token {
		writeAnswer(w, fail(http.StatusUnauthorized, "Unauthorized"))
		return
	}
	p, err := readParams(r)
	if err != nil {
		writeAnswer(w, fail(http.StatusBadRequest, "Bad Request: can't parse the request: "+err.Error()))
		return
	}
	s.mu.Lock()
	s.calls[method]++
	if _, paid := p.values["allow_paid_broadcast"]; paid {
		s.problems = append(s.problems, method+" with allow_paid_broadcast")
	}
	f := s.takeFaultLocked(method, p)
	s.notifyLocked()
	s.mu.Unlock()
	if f != nil && f.before(r.Context(), w) {
		return
	}
	a := s.call(r.Context(), method, p)
	if f != nil && f.Drop == AfterEffect {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	writeAnswer(w, a)
}

// notifyLocked wakes whoever waits for something to happen.
func (s *Server) notifyLocked() {
	if s.waiting > 0 && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// waitFor blocks until cond, which runs under the lock, is true. It does not
// poll: it is woken by every call and every injected update.
func (s *Server) waitFor(ctx context.Context, cond func() bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting++
	defer func() { s.waiting-- }()
	for !cond() {
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		ch := s.changed
		s.mu.Unlock()
		select {
		case <-ch:
			s.mu.Lock()
		case <-ctx.Done():
			s.mu.Lock()
			return ctx.Err()
		case <-s.life.Done():
			s.mu.Lock()
			return errors.New("tgtest: the server was closed")
		}
	}
	return nil
}
