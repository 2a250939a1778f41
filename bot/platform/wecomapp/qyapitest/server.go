// Package qyapitest is WeCom's API server (qyapi.weixin.qq.com) as one
// corporation with one self-built app and some group robots sees it: access
// tokens, messages to members, cards, names, media, webhooks, and the
// sealed callbacks of the app. It is as strict as the documents: what no
// program should do is kept in Problems.
//
// Comments name the page of developer.work.weixin.qq.com/document/path/… that a
// rule is from. It needs no test to run in, so programs can use it too, and
// shares no code with what it tests.
package qyapitest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"qunmate/bot/platform/internal/memhttp"
	"qunmate/bot/platform/internal/wxfake"
)

// The corporation of a server that was given none.
const (
	DefaultCorpID = "ww1234567890abcdef"
	DefaultSecret = "qyapitest-secret-must-never-be-logged"
	DefaultToken  = "qyapitestTokenMustNeverBeLogged"
	// DefaultAESKey is the example key of the platform's documentation.
	DefaultAESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	DefaultRobot  = "693a91f6-7xxx-4bc4-97a0-must-never-be-logged"
	DefaultAgent  = 1000002
)

// Options configure a Server.
type Options struct {
	CorpID  string
	Agent   int
	Secret  string
	Token   string // of the callback
	AESKey  string // of the callback
	Robots  []string
	Wait    time.Duration    // how long the platform waits for an answer: 5 s
	Retries int              // repetitions of a push that was not answered: 3; negative: none
	Pause   time.Duration    // before each of them: 1 s; the platform names no figure
	Now     func() time.Time // time.Now if nil
	// FreshRetries signs every repetition anew. The platform does not say
	// whether it does; the default repeats the very same request.
	FreshRetries bool
	// Closed: the app is switched off in the console.
	Closed bool
}

// Server is WeCom's API server.
type Server struct {
	opts Options
	key  []byte
	http *http.Server
	ln   net.Listener
	bg   sync.WaitGroup

	mu       sync.Mutex
	tokens   []token
	issued   int
	people   map[string]*person
	codes    map[string]string // response_code → task_id of the card it changes
	robots   map[string]*robot
	media    wxfake.Media // by media_id
	extra    map[string]func(url.Values, []byte) any
	calls    map[string]int
	faults   []*Fault
	problems []string
	lastID   int64
	target   func(context.Context, *http.Request) (*http.Response, error)
	address  string
}

type token struct {
	value   string
	expires time.Time
	revoked bool
}

// NewServer makes a server without a listener: use Transport, or mount it as
// an http.Handler.
func NewServer(o Options) *Server {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&o.CorpID, DefaultCorpID)
	def(&o.Secret, DefaultSecret)
	def(&o.Token, DefaultToken)
	def(&o.AESKey, DefaultAESKey)
	if o.Agent == 0 {
		o.Agent = DefaultAgent
	}
	if o.Robots == nil {
		o.Robots = []string{DefaultRobot}
	}
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	if o.Retries == 0 {
		o.Retries = 3
	}
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		opts: o, key: decodeKey(o.AESKey), people: map[string]*person{}, codes: map[string]string{}, robots: map[string]*robot{},
		media: wxfake.Media{}, extra: map[string]func(url.Values, []byte) any{}, calls: map[string]int{}, lastID: 7_123_456_789_012_345,
	}
	for _, key := range o.Robots {
		s.robots[key] = &robot{}
	}
	return s
}

// Start makes a server that listens on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	s := NewServer(o)
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("qyapitest: %w", err)
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
		return "http://qyapi.test"
	}
	return "http://" + s.ln.Addr().String()
}

// CorpID and the four below are what the owner copies from the console.
func (s *Server) CorpID() string { return s.opts.CorpID }

// Agent is the app's number.
func (s *Server) Agent() int { return s.opts.Agent }

// Secret is the secret that access tokens are given for.
func (s *Server) Secret() string { return s.opts.Secret }

// Token is the secret that callbacks are signed with.
func (s *Server) Token() string { return s.opts.Token }

// AESKey is what callbacks are sealed with.
func (s *Server) AESKey() string { return s.opts.AESKey }

// Answer makes the server answer an address that it does not know, such as
// "/cgi-bin/externalcontact/groupchat/get". Access tokens and faults are
// checked before. answer runs with the server locked; what it returns is
// written as JSON, with errcode 0 if it is a map without one.
func (s *Server) Answer(path string, answer func(query url.Values, body []byte) any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extra[path] = answer
}

// ServeHTTP answers /cgi-bin/….
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
	if err != nil {
		return
	}
	api, known := apis[r.URL.Path]
	s.mu.Lock()
	s.calls[r.URL.Path]++
	f := s.takeFaultLocked(r.URL.Path)
	extra := s.extra[r.URL.Path]
	s.mu.Unlock()
	if f != nil && f.before(r.Context(), w) {
		return
	}
	var answer any
	switch {
	case extra != nil:
		answer = s.answer(endpoint{call: func(_ *Server, r *http.Request, body []byte) any { return extra(r.URL.Query(), body) }}, r, body)
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
		_, _ = io.WriteString(w, "{\"errcode\":") // the client is gone: nobody to tell
		return
	}
	writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, answer any) {
	if file, ok := answer.([]byte); ok {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(file) // the client may be gone
		return
	}
	if m, ok := answer.(map[string]any); ok {
		if _, has := m["errcode"]; !has {
			m["errcode"], m["errmsg"] = 0, "ok"
		}
	}
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
		if refusal := s.checkTokenLocked(r.URL.Query().Get("access_token")); refusal != nil {
			return refusal
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

// Problems lists what no program should do: wrong addresses, bodies of the
// wrong form, messages that the platform would drop silently.
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
