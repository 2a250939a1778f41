package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
)

const page = "../../../templates/sandbox"

// memory is a Store whose Puts can be made to fail.
type memory struct {
	mu   sync.Mutex
	m    map[string][]byte
	fail error
}

func newMemory() *memory { return &memory{m: map[string][]byte{}} }

func (s *memory) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.m[key] = bytes.Clone(value)
	return nil
}

func (s *memory) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	delete(s.m, key)
	return nil
}

func (s *memory) All(context.Context) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	return maps.Clone(s.m), nil
}

func (s *memory) breakdown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// engine is the other side of Deliver: it remembers what came and, like the
// real one, lets an event take effect once.
type engine struct {
	mu     sync.Mutex
	events []chat.Event   // as they took effect
	calls  map[string]int // deliveries per event id
	fail   error
	answer func(chat.Event) // called outside the lock
}

var errDown = errors.New("the database secret/path.db is down")

func (e *engine) deliver(_ context.Context, events []chat.Event) error {
	e.mu.Lock()
	var fresh []chat.Event
	for _, ev := range events {
		if e.calls == nil {
			e.calls = map[string]int{}
		}
		e.calls[ev.ID.ID]++
		if e.fail != nil {
			continue
		}
		if !e.has(ev.ID) {
			e.events = append(e.events, ev)
			fresh = append(fresh, ev)
		}
	}
	err, answer := e.fail, e.answer
	e.mu.Unlock()
	if answer != nil {
		for _, ev := range fresh {
			answer(ev)
		}
	}
	return err
}

func (e *engine) has(id chat.Ref) bool {
	for _, ev := range e.events {
		if ev.ID == id {
			return true
		}
	}
	return false
}

func (e *engine) set(fail error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = fail
}

func (e *engine) last(t *testing.T) chat.Event {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.events) == 0 {
		t.Fatal("no event arrived")
	}
	return e.events[len(e.events)-1]
}

// rig is a sandbox with its engine, running.
type rig struct {
	*Sandbox
	engine *engine
	clock  *testClock
	stop   func()
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Shift(_ context.Context, to time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.Before(c.now) {
		return errors.New("backwards")
	}
	c.now = to
	return nil
}

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Skip("no zone data:", err)
	}
	return zone
}

func newRig(t testing.TB, change ...func(*Options)) *rig {
	t.Helper()
	zone := shanghai(t)
	clock := &testClock{now: time.Date(2026, 11, 20, 8, 2, 11, 0, zone)}
	opts := Options{
		Assets: os.DirFS(page), Now: clock.Now, Shift: clock.Shift,
		Zone: func() *time.Location { return zone },
	}
	for _, c := range change {
		c(&opts)
	}
	sb, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Sandbox: sb, engine: &engine{}, clock: clock}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	sb.gate.mu.Lock()
	ready := sb.gate.ready
	sb.gate.mu.Unlock()
	go func() { done <- sb.Run(ctx, r.engine.deliver) }()
	<-ready // the members are introduced
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error("Run:", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

const home = "127.0.0.1:8080"

// request calls the handler as the page does; headers come in pairs.
func (r *rig) request(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "http://"+home+path, strings.NewReader(body))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", "http://"+home)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch {
		case headers[i] == "Host":
			req.Host = headers[i+1]
		case headers[i+1] == "":
			req.Header.Del(headers[i])
		default:
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	return w
}

func (r *rig) post(t testing.TB, path string, body any, want int) string {
	t.Helper()
	w := r.request(http.MethodPost, path, string(encode(body)))
	if w.Code != want {
		t.Fatalf("POST %s %s = %d %s, want %d", path, encode(body), w.Code, w.Body, want)
	}
	return w.Body.String()
}

var ids struct {
	sync.Mutex
	n int
}

func newID() string {
	ids.Lock()
	defer ids.Unlock()
	ids.n++
	return fmt.Sprintf("test-%06d", ids.n)
}

// say speaks and returns the event the engine got.
func (r *rig) speak(t testing.TB, as, chatID, text string) {
	t.Helper()
	r.post(t, "/api/say", sayRequest{ID: newID(), Chat: chatID, As: as, Text: text}, http.StatusOK)
}

func (r *rig) state(t testing.TB, as string) stateView {
	t.Helper()
	w := r.request(http.MethodGet, "/api/state?as="+as, "")
	var v stateView
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("state: %d %s %v", w.Code, w.Body, err)
	}
	return v
}

func (v stateView) in(chatID string) []string {
	var texts []string
	for _, m := range v.Messages {
		if m.Chat == chatID {
			e := entry{Spans: m.Spans}
			texts = append(texts, e.text()+m.Notice)
		}
	}
	return texts
}

func (r *rig) send(t testing.TB, l chat.Letter) chat.Sent {
	t.Helper()
	sent, err := r.Send(t.Context(), l)
	if err != nil {
		t.Fatal("Send:", err)
	}
	return sent
}
