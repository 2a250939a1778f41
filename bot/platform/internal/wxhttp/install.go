package wxhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/silenceper/wechat/v2/util"
)

// library is the process-wide half: what stands in util.DefaultHTTPClient.
var library hub //nolint:gochecknoglobals // the library's own client is a variable of its package

// hub finds the call behind a request of the library.
type hub struct {
	once    sync.Once
	client  *http.Client
	carrier http.RoundTripper

	mu    sync.RWMutex
	last  uint64
	calls map[Ticket]*exchange
}

// install puts our client into the library, once in the life of the process:
// the variable is not guarded, so it must not be written while anybody calls.
func (h *hub) install() bool {
	h.once.Do(func() {
		h.calls = map[Ticket]*exchange{}
		h.carrier = ownCarrier()
		h.client = &http.Client{
			Transport: h,
			// The vendors never redirect their calls; following one would carry the
			// secret to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		util.DefaultHTTPClient = h.client
	})
	return util.DefaultHTTPClient == h.client
}

func ownCarrier() http.RoundTripper {
	own := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if def, ok := http.DefaultTransport.(*http.Transport); ok {
		own = def.Clone()
	}
	// The default of 2 would open a connection for almost every send.
	own.MaxIdleConnsPerHost = 32
	return own
}

func (h *hub) open(e *exchange) Ticket {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	t := Ticket("ticket-" + strconv.FormatUint(h.last, 36))
	h.calls[t] = e
	return t
}

func (h *hub) close(t Ticket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.calls, t)
}

func (h *hub) find(t string) *exchange {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.calls[Ticket(t)]
}

// inContext carries the exchange to those functions of the library that take a
// context: the fetching of tokens.
type inContext struct{}

func withExchange(ctx context.Context, e *exchange) context.Context {
	return context.WithValue(ctx, inContext{}, e)
}

var errOutside = errors.New("wxhttp: a request of the library outside of Do")

// RoundTrip implements http.RoundTripper for the library's client.
func (h *hub) RoundTrip(req *http.Request) (*http.Response, error) {
	e, query := h.caller(req)
	if e == nil {
		dropBody(req)
		return nil, errOutside
	}
	return e.roundTrip(req, query)
}

// caller finds the exchange of a request and its query with the secret in.
func (h *hub) caller(req *http.Request) (*exchange, string) {
	if e, ok := req.Context().Value(inContext{}).(*exchange); ok {
		return e, req.URL.RawQuery
	}
	values := req.URL.Query()
	for name, list := range values {
		for i, v := range list {
			if !strings.HasPrefix(v, "ticket-") {
				continue
			}
			if e := h.find(v); e != nil {
				values[name][i] = e.secrets[0]
				return e, values.Encode()
			}
		}
	}
	return nil, ""
}

func dropBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// hostError is the refusal of a host that is none of the vendors'.
func hostError(host string) error {
	return fmt.Errorf("wxhttp: refused to call %q", host)
}
