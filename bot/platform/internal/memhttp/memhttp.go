// Package memhttp carries HTTP requests to a handler in memory, for the fake
// servers of the platforms.
package memhttp

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Transport carries requests to a handler without a socket: in a synctest bubble
// a socket would keep the fake clock from moving.
type Transport struct{ Handler http.Handler }

// ErrDropped stands for a connection that ends without an answer.
var ErrDropped = errors.New("memhttp: the connection was dropped")

// RoundTrip implements http.RoundTripper. The request is read to its end
// before it is handled, as it is with a socket.
func (m Transport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	inner := req.Clone(req.Context())
	inner.RequestURI = req.URL.RequestURI()
	inner.Body = http.NoBody
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		inner.Body = io.NopCloser(bytes.NewReader(body))
	}
	w := &recorder{header: http.Header{}}
	defer func() {
		if r := recover(); r != nil {
			if r != http.ErrAbortHandler { //nolint:errorlint // the value net/http itself compares
				panic(r)
			}
			resp, err = nil, ErrDropped
		}
	}()
	m.Handler.ServeHTTP(w, inner)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return &http.Response{
		StatusCode: w.code, Status: http.StatusText(w.code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

// recorder is httptest's without its flag.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Flush makes it an http.Flusher.
func (r *recorder) Flush() { r.WriteHeader(http.StatusOK) }
