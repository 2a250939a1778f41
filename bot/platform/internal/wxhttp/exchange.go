package wxhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// exchange is one call under way and what the transport learned about it.
type exchange struct {
	client  *Client
	ctx     context.Context //nolint:containedctx // the library has no place for it
	api     string
	secrets []string // the first one is what the ticket stands for

	mu      sync.Mutex
	done    bool       // the vendor answered with 200
	refused *Error     // he answered with an errcode
	broken  *WireError // or not at all
}

var (
	errTooLarge = errors.New("the answer is too large")
	errStatus   = errors.New("not the vendor's answer")
)

// roundTrip sends the request where the connection wants it sent and reads the
// whole answer, so that nothing outlives the call's context.
func (e *exchange) roundTrip(req *http.Request, query string) (*http.Response, error) {
	base := e.client.bases[req.URL.Host]
	if base == nil || req.URL.Scheme != "https" {
		dropBody(req)
		return nil, e.fail(&WireError{Local: true, Err: hostError(req.URL.Host)})
	}
	out := req.Clone(e.ctx)
	out.URL.Scheme, out.URL.Host, out.Host = base.Scheme, base.Host, ""
	out.URL.Path, out.URL.RawPath, out.URL.RawQuery = base.Path+req.URL.Path, "", query
	sent, err := hold(out)
	if err != nil {
		return nil, e.fail(&WireError{Local: true, Err: err})
	}
	resp, err := e.client.carrier.RoundTrip(out)
	if err != nil {
		return nil, e.fail(&WireError{Written: sent.Load(), Err: err})
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, e.client.limit+1))
	if err == nil && int64(len(body)) > e.client.limit {
		err = errTooLarge
	}
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errStatus
	}
	if err != nil {
		return nil, e.fail(&WireError{Status: resp.StatusCode, Written: true, Err: err})
	}
	e.read(body)
	return &http.Response{
		Status: resp.Status, StatusCode: resp.StatusCode, Proto: resp.Proto, ProtoMajor: resp.ProtoMajor, ProtoMinor: resp.ProtoMinor,
		Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}, nil
}

// fail notes why there is no answer. The error the library gets says no more
// than that: its own words around it would not be kept anyway.
func (e *exchange) fail(w *WireError) error {
	w.API, w.Err = e.api, clean(w.Err, e.secrets)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = w
	return w
}

// read notes the errcode of an answer, if it has one.
func (e *exchange) read(body []byte) {
	var answer struct {
		Code int64  `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done, e.broken, e.refused = true, nil, nil
	if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &answer) != nil || answer.Code == 0 {
		return
	}
	e.refused = &Error{API: e.api, Code: answer.Code, Msg: cleanText(answer.Msg, e.secrets)}
}

// hold replaces the body by one that notes when its last byte has been handed
// to the connection: until then the vendor cannot have acted on it. A request
// without a body only asks; repeating it does no harm, so it counts as not
// written.
func hold(req *http.Request) (*atomic.Bool, error) {
	sent := new(atomic.Bool)
	if req.Body == nil || req.Body == http.NoBody {
		return sent, nil
	}
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return sent, err
	}
	fresh := func() (io.ReadCloser, error) {
		sent.Store(false) // a replay happens only when nothing of the first try was written
		return &noting{Reader: bytes.NewReader(data), sent: sent}, nil
	}
	req.ContentLength, req.GetBody = int64(len(data)), fresh
	req.Body, err = fresh()
	return sent, err
}

// noting sets sent once its reader is used up.
type noting struct {
	*bytes.Reader
	sent *atomic.Bool
}

func (n *noting) Read(p []byte) (int, error) {
	k, err := n.Reader.Read(p)
	if n.Len() == 0 {
		n.sent.Store(true)
	}
	return k, err
}

// WriteTo hides the embedded reader's, which would not note anything.
func (n *noting) WriteTo(w io.Writer) (int64, error) {
	k, err := n.Reader.WriteTo(w)
	if n.Len() == 0 {
		n.sent.Store(true)
	}
	return k, err
}

func (n *noting) Close() error { return nil }
