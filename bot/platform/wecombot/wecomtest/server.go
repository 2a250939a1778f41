// Package wecomtest is a strict fake of WeCom's side of an aibot, for tests,
// benchmarks and demonstrations: the server of the long connection, the caller
// of encrypted callbacks, and the response_url. It speaks real WebSocket and
// HTTP on loopback (Start, New), or in memory for a synctest bubble (NewServer
// and Transport).
//
// It does what the platform documents and what was measured; where neither is
// known a comment says so. A mistake of the client gets the error code that was
// seen for it, or CodeInvalid, and is also kept in Problems: a test ends by
// expecting none. It shares no code with the adapter, its cipher included, so
// that one mistake cannot hide another.
package wecomtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The credentials of a server that was given none. They are made up.
const (
	DefaultBotID   = "aib-wecomtest"
	DefaultSecret  = "wecomtest-secret-that-must-never-be-logged"
	DefaultToken   = "wecomtestTokenNeverLogged"
	DefaultAESKey  = "wecomtestKeyThatMustNeverBeLogged0123456789"
	DefaultMention = "helper"
)

// Options configure a Server. The zero value is a server without limits that
// takes pushes everywhere.
type Options struct {
	BotID   string
	Secret  string
	Token   string // of callbacks
	AESKey  string // of callbacks, 43 characters
	Mention string // what Tell puts behind the @

	// NoGroupPush refuses pushes into groups with 600039, as was reported.
	NoGroupPush bool
	// Limits are enforced with 45009 when set.
	Limits *Limits
	// KickClose is how long a displaced connection stays open after its
	// disconnected_event: 2.2 s and 313 s were measured. 0: 2 s; below: for ever.
	KickClose time.Duration
	// Lean keeps no texts: what was sent is only counted. For benchmarks.
	Lean bool
	// OnSent is called for every accepted message, in order, under the
	// server's lock: it must be quick and must not call the server.
	OnSent func(Sent)
	// Now is the clock of limits and expiries; time.Now if nil.
	Now func() time.Time
}

// Limits of a conversation, replies and pushes counted together.
type Limits struct{ PerMinute, PerHour int }

// Documented are the platform's own limits.
func Documented() *Limits { return &Limits{PerMinute: 30, PerHour: 1000} }

// Server is WeCom with one bot.
type Server struct {
	opts   Options
	mux    *http.ServeMux
	http   *http.Server
	ln     net.Listener
	memory *pipeListener
	end    context.CancelFunc
	life   context.Context
	bg     sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when somebody waits and something happens
	waiting  int
	current  *conn // the subscribed connection
	conns    map[*conn]struct{}
	dialled  int
	subs     int
	kicks    int
	deaf     bool
	queue    []*callback // not delivered yet: nobody is connected
	handler  http.Handler
	requests map[string]*callback // by req_id
	messages map[string]*callback // by msgid
	codes    map[string]*callback // by response_code
	chats    map[string]*chatState
	tasks    map[string]*Sent // cards by task_id
	uploads  map[string]*upload
	media    map[string]File
	pictures map[string]picture // that users sent, by the last part of their address
	sent     []Sent
	total    int
	calls    map[string]int
	faults   []*Fault
	problems []string
	next     int
}

// chatState is what the server knows of a conversation.
type chatState struct {
	group  bool
	spoken bool // a user has written to the bot
	stamps []time.Time
}

// NewServer makes a server without a listener: use Transport, or mount it as
// an http.Handler.
func NewServer(o Options) *Server {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&o.BotID, DefaultBotID)
	def(&o.Secret, DefaultSecret)
	def(&o.Token, DefaultToken)
	def(&o.AESKey, DefaultAESKey)
	def(&o.Mention, DefaultMention)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.KickClose == 0 {
		o.KickClose = 2 * time.Second
	}
	s := &Server{
		opts: o, conns: map[*conn]struct{}{}, requests: map[string]*callback{}, messages: map[string]*callback{},
		codes: map[string]*callback{}, chats: map[string]*chatState{}, tasks: map[string]*Sent{},
		uploads: map[string]*upload{}, media: map[string]File{}, pictures: map[string]picture{}, calls: map[string]int{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /{$}", s.accept)
	s.mux.HandleFunc("POST "+responsePath, s.response)
	s.mux.HandleFunc("GET /media/{id}", s.servePicture)
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	return s
}

// Start makes a server that listens on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	s := NewServer(o)
	var lc net.ListenConfig
	ln, err := lc.Listen(s.life, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wecomtest: %w", err)
	}
	s.ln = ln
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

// Close ends connections and everything in the background, and waits for it.
func (s *Server) Close() {
	s.end()
	_ = s.http.Close()
	s.Drop()
	s.bg.Wait()
}

// ServeHTTP answers the handshake of the long connection at / and posts to a
// response_url.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// URL is the address of the long connection, as in websocket_url.
func (s *Server) URL() string { return "ws://" + s.address() }

// BaseURL is the address of the API server, as in base_url.
func (s *Server) BaseURL() string { return "http://" + s.address() }

func (s *Server) address() string {
	if s.ln == nil {
		return "wecom.test"
	}
	return s.ln.Addr().String()
}

// BotID is the only bot that is known here.
func (s *Server) BotID() string { return s.opts.BotID }

// Secret is the only secret that is accepted.
func (s *Server) Secret() string { return s.opts.Secret }

// Token signs callbacks.
func (s *Server) Token() string { return s.opts.Token }

// AESKey encrypts callbacks.
func (s *Server) AESKey() string { return s.opts.AESKey }

// Mention is the bot's name in groups.
func (s *Server) Mention() string { return s.opts.Mention }

func (s *Server) chatLocked(id string) *chatState {
	c := s.chats[id]
	if c == nil {
		c = &chatState{}
		s.chats[id] = c
	}
	return c
}

func (s *Server) problemLocked(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// notifyLocked wakes whoever waits for something to happen.
func (s *Server) notifyLocked() {
	if s.waiting > 0 && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// waitFor blocks until cond, which runs under the lock, is true. It does not
// poll: it is woken by everything that happens.
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
			return errors.New("wecomtest: the server was closed")
		}
	}
	return nil
}
