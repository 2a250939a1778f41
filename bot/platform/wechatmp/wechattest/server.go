// Package wechattest is a strict WeChat server for tests: the API of an
// official account (api.weixin.qq.com) and the people who write to it.
//
// It does what the platform documents. The API knows the access token's life,
// the 48 hours and the five messages of customer service, the form of menus
// and of parametric QR codes. What a person does goes to the account's
// callback signed, and sealed if a key is set; the platform waits five seconds
// and repeats three times; the answer must have the one right form, or the
// person reads that the account is out of order. See Shown.
//
// It speaks HTTP on loopback (Start, New), or in memory for a synctest bubble
// (NewServer and Transport). It needs no testing import, so programs can use it
// too, and shares no code with what it tests.
package wechattest

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

// The account of a server that was given none.
const (
	DefaultAppID     = "wx5823bf96d3bd56c7"
	DefaultAppSecret = "wechattest-appsecret-must-never-be-logged"
	DefaultToken     = "wechattest-token-must-never-be-logged"
	// DefaultAESKey is the example key of the platform's documentation.
	DefaultAESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// Options configure a Server. The zero value is a verified service account in
// plain mode.
type Options struct {
	AppID          string
	AppSecret      string
	Token          string
	EncodingAESKey string // empty: plain mode; DefaultAESKey will do
	Original       string // the account's own id, gh_…
	// Unverified makes it an account without the rights of verification: no
	// customer service messages, no QR codes (48001).
	Unverified bool
	// FreshRetries signs every repetition anew. The platform does not say
	// whether it does; the default repeats the very same request.
	FreshRetries bool
	// RetryPause is the wait between repetitions; the default repeats at once.
	RetryPause time.Duration
	Wait       time.Duration    // how long the platform waits for an answer: 5 s
	Now        func() time.Time // time.Now if nil
}

// Server is WeChat, as far as one official account sees it.
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
	menu     []Button
	foreign  bool // the menu was made by hand
	tickets  int
	media    wxfake.Media // by media_id
	codes    []Code
	calls    map[string]int
	faults   []*Fault
	problems []string
	lastID   int64
	nonce    int64
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
	def(&o.AppID, DefaultAppID)
	def(&o.AppSecret, DefaultAppSecret)
	def(&o.Token, DefaultToken)
	def(&o.Original, "gh_7f083739789a")
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{opts: o, people: map[string]*person{}, calls: map[string]int{}, media: wxfake.Media{}, lastID: 23_456_789_012_345_678}
	if o.EncodingAESKey != "" {
		s.key = decodeKey(o.EncodingAESKey)
	}
	return s
}

// Start makes a server that listens on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	s := NewServer(o)
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
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

// URL is the base address, as in wechat.base_url of the configuration.
func (s *Server) URL() string {
	if s.ln == nil {
		return "http://wechat.test"
	}
	return "http://" + s.ln.Addr().String()
}

// AppID is what the account is called. Like the three below it is what the
// owner copies from the console.
func (s *Server) AppID() string { return s.opts.AppID }

// AppSecret is the secret that access tokens are given for.
func (s *Server) AppSecret() string { return s.opts.AppSecret }

// Token is the secret that callbacks are signed with.
func (s *Server) Token() string { return s.opts.Token }

// EncodingAESKey is what callbacks are sealed with, empty in plain mode.
func (s *Server) EncodingAESKey() string { return s.opts.EncodingAESKey }

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
	case api.call == nil:
		answer = s.answer(endpoint{call: func(s *Server, body []byte) any { return s.mediaCall(r, body) }}, r, body)
	default:
		answer = s.answer(api, r, body)
	}
	if f != nil && f.Drop == AfterEffect {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, answer any) {
	if file, ok := answer.([]byte); ok {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(file) // the client may be gone
		return
	}
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err) // our own types
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
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
	return api.call(s, body)
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
// wrong form, answers that the platform would show as an error.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

// Calls counts the requests to an address such as "/cgi-bin/stable_token".
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}
