// Package contacttest is a strict WeCom server for tests, as far as customer
// groups go: the API of 客户联系 (qyapi.weixin.qq.com/cgi-bin/externalcontact),
// the people who come and go, and the employees who confirm broadcasts or do
// not.
//
// It does what the platform documents: access tokens live 7200 s, lists have
// versions and may lag behind the callbacks, a join way's state comes back with
// whoever scans it, an inviter is told only if he is an employee, a broadcast is
// a task that nobody sees before the owner has tapped it, and a group takes one
// a day. A body of the wrong form is refused and noted, see Problems.
//
// It speaks HTTP on loopback (New), or in memory for a synctest bubble
// (NewServer and Transport). It shares no code with what it tests.
package contacttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"qunmate/bot/platform/internal/memhttp"
	"qunmate/bot/platform/internal/wxfake"
)

// The corporation and the app of every server.
const (
	CorpID  = "ww5823bf96d3bd56c7"
	AgentID = 1000002
	Secret  = "contacttest-secret-must-never-be-logged"
)

// Options configure a Server. The zero value is a corporation with the right to
// customer groups, whose lists have versions and do not lag.
type Options struct {
	// OldShape joins MemChangeList by commas, as older copies of the page have it.
	OldShape bool
	// NoVersions leaves out member_version and its like, and the lists of members
	// in callbacks, as clients before 4.8.0 do.
	NoVersions bool
	// Lag is how long groupchat/get still tells the old list after a change.
	Lag time.Duration
	// Unlisted: the app is not among those that may call (48002).
	Unlisted bool
	// Broad: more than 1000 people are visible, so that groupchat/list wants owners
	// (81017).
	Broad bool
	// Strangers: employees who may have groups besides the owners.
	Strangers []string
	// PageSize cuts lists into pages.
	PageSize int
	// AnyToken takes access tokens that another server has given, when it stands in
	// front of this one.
	AnyToken bool
	// Unlimited groups take any number of broadcasts a day.
	Unlimited bool
	Now       func() time.Time // time.Now if nil
}

// Server is WeCom, as far as one app sees it.
type Server struct {
	opts Options
	http *http.Server
	ln   net.Listener
	bg   sync.WaitGroup

	mu        sync.Mutex
	tokens    []token
	issued    int
	groups    map[string]*group
	order     []string
	ways      map[string]*way
	tasks     []*task
	templates map[string]string
	notified  int // how often owners were told of a template
	count     int // of everything that gets a number
	calls     map[string]int
	media     wxfake.Media // by media_id
	faults    []*Fault
	problems  []string
	callback  func(context.Context, []byte) error
	mute      bool
	newest    []byte
}

type token struct {
	value   string
	expires time.Time
	revoked bool
}

// NewServer makes a server without a listener: use Transport, or mount it as an
// http.Handler.
func NewServer(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PageSize <= 0 {
		o.PageSize = 1000
	}
	return &Server{opts: o, groups: map[string]*group{}, ways: map[string]*way{}, templates: map[string]string{}, calls: map[string]int{}, media: wxfake.Media{}}
}

// Start makes a server that listens on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	s := NewServer(o)
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("contacttest: %w", err)
	}
	s.ln = ln
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
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

// Close ends the listener and its connections.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
	s.bg.Wait()
}

// Transport carries requests to the server without a socket. In a synctest
// bubble a socket would keep the fake clock from moving; make the server
// inside the bubble with NewServer.
func (s *Server) Transport() http.RoundTripper { return memhttp.Transport{Handler: s} }

// URL is the base address, as in wecom.base_url of the configuration.
func (s *Server) URL() string {
	if s.ln == nil {
		return "http://wecom.test"
	}
	return "http://" + s.ln.Addr().String()
}

// ServeHTTP answers /cgi-bin/….
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return
	}
	api, known := apis[r.URL.Path]
	s.mu.Lock()
	s.calls[r.URL.Path]++
	f := s.takeFaultLocked(r.URL.Path)
	s.mu.Unlock()
	if f != nil && f.before(r.Context(), w) {
		return
	}
	var answer any
	switch {
	case !known:
		s.problem("%s is not an address of the API", r.URL.Path)
		answer = failure(40066, "invalid url")
	case r.Method != api.method:
		s.problem("%s with %s", r.URL.Path, r.Method)
		answer = failure(43002, "require "+api.method+" method")
	default:
		answer = s.answer(api, r, body)
	}
	if f != nil && f.Drop == AfterEffect {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	if f != nil && f.Garble {
		_, _ = w.Write([]byte(`{"errcode":`))
		return
	}
	writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, answer any) {
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err) // our own types
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(data) // the client is gone: nobody to tell
}

func (s *Server) answer(api endpoint, r *http.Request, body []byte) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !api.open {
		if no := s.checkTokenLocked(r.URL.Query().Get("access_token")); no != nil {
			return no
		}
		if s.opts.Unlisted {
			return failure(48002, "api forbidden")
		}
	}
	return api.call(s, r, body)
}

func (s *Server) problem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problemLocked(format, args...)
}

func (s *Server) problemLocked(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// Problems lists what no program should do.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

// Calls counts the requests to an address such as "/cgi-bin/gettoken".
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

func (s *Server) numberLocked() int {
	s.count++
	return s.count
}
