package wecomtest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Transport carries requests, the handshake of the long connection included,
// to the server without a socket. In a synctest bubble a socket would keep the
// fake clock from moving; make the server inside the bubble with NewServer.
func (s *Server) Transport() http.RoundTripper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		s.memory = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		ln := s.memory
		s.bg.Go(func() { _ = s.http.Serve(ln) }) // ends with ErrServerClosed
	}
	return &http.Transport{DialContext: s.memory.dial, DisableKeepAlives: true}
}

// pipeListener hands out one end of a pipe for each dial.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "wecom.test" }
