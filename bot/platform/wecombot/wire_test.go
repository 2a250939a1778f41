package wecombot

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// wireTap counts the connections that are open on our side.
type wireTap struct {
	next http.RoundTripper
	open atomic.Int32
	most atomic.Int32
	fail atomic.Pointer[error]
}

func (w *wireTap) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := w.fail.Load(); err != nil {
		return nil, *err
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return resp, err
	}
	if n := w.open.Add(1); n > w.most.Load() {
		w.most.Store(n)
	}
	socket, ok := resp.Body.(readWriteCloser)
	if !ok {
		return nil, errors.New("no socket")
	}
	resp.Body = &tapped{socket, w, sync.Once{}}
	return resp, nil
}

// down makes every request fail, or not any more.
func (w *wireTap) down(on bool) {
	err := error(&net.OpError{Op: "dial", Err: errors.New("network is unreachable")})
	w.fail.Store(&err)
	if !on {
		w.fail.Store(nil)
	}
}

func (w *wireTap) close() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type readWriteCloser interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}

type tapped struct {
	readWriteCloser
	w    *wireTap
	once sync.Once
}

func (t *tapped) Close() error {
	t.once.Do(func() { t.w.open.Add(-1) })
	return t.readWriteCloser.Close()
}
