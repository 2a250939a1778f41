package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// ringSize is how far a page may fall behind before it must read the
	// whole state again.
	ringSize = 1024
	// heartbeat finds dead connections and corrects the page's clock.
	heartbeat = 25 * time.Second
	// writeLimit ends a connection that takes nothing any more.
	writeLimit = 15 * time.Second
)

// streamed is one line of the stream.
type streamed struct {
	seq  int64
	kind string // message, delete, chats, clock
	chat string // empty: for everybody
	to   string
	data []byte
}

// hub keeps the last events of the stream. Readers come and take; nobody who
// publishes ever waits for one.
type hub struct {
	epoch string // of this process; an id of another one cannot be resumed

	mu      sync.Mutex
	ring    []streamed // the last ringSize, oldest first
	seq     int64
	readers map[chan struct{}]bool
}

func newHub() *hub {
	return &hub{epoch: rand.Text()[:8], readers: map[chan struct{}]bool{}}
}

func (h *hub) publish(ev streamed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	ev.seq = h.seq
	if len(h.ring) >= 2*ringSize {
		h.ring = append(h.ring[:0:0], h.ring[len(h.ring)-ringSize+1:]...)
	}
	h.ring = append(h.ring, ev)
	for wake := range h.readers {
		select {
		case wake <- struct{}{}:
		default: // it has been told already
		}
	}
}

func (h *hub) join() (wake chan struct{}, leave func()) {
	wake = make(chan struct{}, 1)
	h.mu.Lock()
	h.readers[wake] = true
	h.mu.Unlock()
	return wake, func() {
		h.mu.Lock()
		delete(h.readers, wake)
		h.mu.Unlock()
	}
}

// after returns what follows seq; ok is false when that is not known any more.
func (h *hub) after(seq int64) (events []streamed, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	missing := h.seq - seq
	if missing < 0 || missing > int64(len(h.ring)) {
		return nil, false
	}
	return append([]streamed(nil), h.ring[int64(len(h.ring))-missing:]...), true
}

func (h *hub) cursor() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id(h.seq)
}

func (h *hub) id(seq int64) string { return fmt.Sprintf("%s.%d", h.epoch, seq) }

// parse reads an id given to a page; an empty one means "from now on".
func (h *hub) parse(id string) (seq int64, ok bool) {
	if id == "" {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.seq, true
	}
	epoch, number, _ := strings.Cut(id, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	return seq, err == nil && epoch == h.epoch
}

// serveEvents streams what happens, starting after the event the page names:
// by Last-Event-ID when the browser resumes, by "after" at first. When that
// is too long ago it says "reset" and the page reads the state again.
func (s *Sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	as := r.URL.Query().Get("as")
	if as != "" && !isPersona(as) {
		refuse(w, noPersona)
		return
	}
	stop, ok := s.gate.stopped()
	if !ok {
		refuse(w, unavailable)
		return
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	wake, leave := s.hub.join()
	defer leave()
	seq, known := s.hub.parse(last)

	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := &stream{w: w, ctl: http.NewResponseController(w)}
	out.write("retry: 1500\n\n")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for out.err == nil {
		var events []streamed
		if known {
			events, known = s.hub.after(seq)
		}
		if !known {
			out.write("event: reset\ndata: {}\n\n")
			out.flush()
			return
		}
		for _, ev := range events {
			seq = ev.seq
			if ev.chat == "" || visible(ev.chat, ev.to, as) {
				out.write("id: " + s.hub.id(ev.seq) + "\nevent: " + ev.kind + "\ndata: " + string(ev.data) + "\n\n")
			}
		}
		out.flush()
		if !s.wait(r.Context(), stop, wake, beat.C, out) {
			return
		}
	}
}

// wait returns when there may be more to send; false ends the stream.
func (s *Sandbox) wait(ctx context.Context, stop <-chan struct{}, wake chan struct{}, beat <-chan time.Time, out *stream) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-stop:
			return false
		case <-wake:
			return true
		case <-beat:
			// Without an id, so that it is no place to resume from.
			out.write("event: clock\ndata: " + string(encode(s.clockView())) + "\n\n")
			out.flush()
			if out.err != nil {
				return false
			}
		}
	}
}

// stream writes to one page and remembers the first error.
type stream struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
	err error
}

func (o *stream) write(text string) {
	if o.err == nil {
		// Not every ResponseWriter knows deadlines; then there is none.
		_ = o.ctl.SetWriteDeadline(time.Now().Add(writeLimit))
		_, o.err = o.w.Write([]byte(text))
	}
}

func (o *stream) flush() {
	if o.err == nil {
		o.err = o.ctl.Flush()
	}
}
