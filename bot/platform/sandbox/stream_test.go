package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
)

// reader is a page that follows the stream.
type reader struct {
	t    *testing.T
	res  *http.Response
	scan *bufio.Scanner
}

type received struct{ id, kind, data string }

func listen(t *testing.T, server *httptest.Server, query, last string) *reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(got, "text/event-stream") {
		t.Fatal(res.StatusCode, got)
	}
	return &reader{t, res, bufio.NewScanner(res.Body)}
}

// next reads one event; ok is false at the end of the stream.
func (r *reader) next() (ev received, ok bool) {
	for r.scan.Scan() {
		key, value, _ := strings.Cut(r.scan.Text(), ": ")
		switch key {
		case "id":
			ev.id = value
		case "event":
			ev.kind = value
		case "data":
			ev.data = value
		case "":
			if ev.kind != "" {
				return ev, true
			}
		}
	}
	return ev, false
}

func (r *reader) want(kind, part string) received {
	r.t.Helper()
	ev, ok := r.next()
	if !ok || ev.kind != kind || !strings.Contains(ev.data, part) || !json.Valid([]byte(ev.data)) {
		r.t.Fatalf("got %+v (%v), want %s with %s", ev, ok, kind, part)
	}
	return ev
}

func TestStream(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	server := httptest.NewServer(r.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(r.stop) // before the server waits for its streams

	r.speak(t, "ann", "product", "before")
	cursor := r.state(t, "").Cursor
	all := listen(t, server, "?after="+cursor, "")
	man := listen(t, server, "?as=man&after="+cursor, "")
	sent := r.send(t, whisper("product", "ann", "for ann"))
	r.send(t, letter("ann", "in private"))
	l := letter("product", "for ann!")
	l.Edit = sent.ID
	r.send(t, l)
	r.post(t, "/api/clock", clockRequest{Step: "next_morning"}, 200)
	r.post(t, "/api/member", changeRequest{ID: newID(), Chat: "books", As: "chen", Action: "join"}, 200)
	if err := r.Delete(t.Context(), l.Chat, sent.ID); err != nil {
		t.Fatal(err)
	}
	r.send(t, letter("product", "at last"))

	first := all.want("message", `"to":"ann"`)
	all.want("message", "in private")
	all.want("message", `"edited":true`)
	moved := all.want("clock", "2026-11-21T08:00:00.000+08:00")
	all.want("chats", `"chen"`)
	all.want("message", "joined")
	all.want("delete", fmt.Sprintf(`"id":%q`, sent.ID))

	man.want("clock", "2026-11-21")
	man.want("chats", "")
	man.want("message", "joined")
	man.want("message", "at last") // that something private was taken back is not his affair

	resumed := listen(t, server, "?after="+cursor, moved.id) // the header is newer than the address
	resumed.want("chats", "")
	from := listen(t, server, "", first.id)
	from.want("message", "in private")

	// Two pages that wait are both told, of everything once.
	cursor = r.state(t, "").Cursor
	one, two := listen(t, server, "?after="+cursor, ""), listen(t, server, "?after="+cursor, "")
	for _, text := range []string{"for both", "once more"} {
		r.send(t, letter("product", text))
		one.want("message", text)
		two.want("message", text)
	}

	for _, stale := range []string{"other.5", "nonsense", r.hub.epoch + ".999999", r.hub.epoch + ".-1", r.hub.epoch + ".x"} {
		l := listen(t, server, "", stale)
		l.want("reset", "")
		if _, ok := l.next(); ok {
			t.Error("the stream goes on after a reset")
		}
	}

	now := listen(t, server, "", "")
	r.stop()
	if ev, ok := now.next(); ok {
		t.Errorf("after the end: %+v", ev)
	}
}

func TestAPageThatFellBehindStartsAgain(t *testing.T) {
	t.Parallel()
	h := newHub()
	start := h.cursor()
	for range 5 * ringSize {
		h.publish(streamed{kind: "clock"})
	}
	seq, ok := h.parse(start)
	if !ok {
		t.Fatal("own cursor unknown")
	}
	if _, ok := h.after(seq); ok {
		t.Error("events that are gone are promised")
	}
	events, ok := h.after(h.seq - ringSize)
	if !ok || len(events) != ringSize || events[ringSize-1].seq != h.seq {
		t.Error("the last events are not all there:", len(events), ok)
	}
	if len(h.ring) > 2*ringSize {
		t.Error("the ring grows:", len(h.ring))
	}
}

func TestASlowPageNeverBlocksSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	entered, release := make(chan struct{}), make(chan struct{})
	w := &stuckWriter{ResponseRecorder: httptest.NewRecorder(), entered: entered, release: release}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+home+"/api/events", nil)
		r.Handler().ServeHTTP(w, req)
	}()
	<-entered // the page takes nothing any more
	for range 3 * ringSize {
		r.send(t, letter("product", "x"))
	}
	cancel()
	close(release)
	<-done
}

// stuckWriter hangs in its first write, like a connection whose other side
// has stopped reading.
type stuckWriter struct {
	*httptest.ResponseRecorder
	entered, release chan struct{}
	stuck            bool
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	if !w.stuck {
		w.stuck = true
		close(w.entered)
		<-w.release
	}
	return len(p), nil
}

func TestHeartbeatTellsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*heartbeat+heartbeat/2)
		defer cancel()
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+home+"/api/events", nil))
		if got := strings.Count(w.Body.String(), "event: clock\n"); got != 3 || strings.Contains(w.Body.String(), "id: ") {
			t.Errorf("%d beats:\n%s", got, w.Body)
		}
		r.stop()
	})
}

func TestUpcoming(t *testing.T) {
	t.Parallel()
	fail := false
	r := newRig(t, func(o *Options) {
		o.Upcoming = func(context.Context) ([]Entry, error) {
			if fail {
				return nil, errDown
			}
			return []Entry{
				{At: o.Now().Add(3600e9), Kind: "schedule", Chats: []chat.Ref{ref("product"), ref("books")}, Text: "post", Note: "holiday", Skip: true},
				{At: o.Now(), Kind: "announcement", Chats: []chat.Ref{{Domain: "telegram", ID: "1"}}, Where: []string{"Chess"}, Text: "elsewhere"},
			}, nil
		}
	})
	want := `[{"at":"2026-11-20T09:02:11.000+08:00","kind":"schedule","chats":["product","books"],"text":"post","note":"holiday","skip":true},` +
		`{"at":"2026-11-20T08:02:11.000+08:00","kind":"announcement","chats":[],"where":["Chess"],"text":"elsewhere"}]`
	if w := r.request("GET", "/api/upcoming", ""); strings.TrimSpace(w.Body.String()) != want || !r.state(t, "").Upcoming {
		t.Errorf("%s", w.Body)
	}
	many := newRig(t, func(o *Options) {
		o.Upcoming = func(context.Context) ([]Entry, error) { return make([]Entry, 500), nil }
	})
	if w := many.request("GET", "/api/upcoming", ""); strings.Count(w.Body.String(), `"kind"`) != 400 {
		t.Errorf("of 500 entries %d are told", strings.Count(w.Body.String(), `"kind"`))
	}
	fail = true
	if w := r.request("GET", "/api/upcoming", ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
