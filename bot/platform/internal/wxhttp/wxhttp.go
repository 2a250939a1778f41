// Package wxhttp is the one HTTP transport below github.com/silenceper/wechat:
// it gives that library time-outs, a base URL per connection, answers of
// bounded size and errors without secrets.
//
// The library keeps its HTTP client in a package variable that nothing guards,
// takes no context in most calls, writes the access token into the address
// and the address into its errors, and turns the vendor's errcode into text.
// So that none of this reaches us, its functions are called through Do and are
// handed a Ticket instead of a secret:
//
//	err := client.Do(ctx, "message/custom/send", tokens, func(t wxhttp.Ticket) error {
//		return message.NewMessageManager(&context.Context{Config: cfg, AccessTokenHandle: t}).Send(m)
//	})
//
// The transport finds the call by its ticket, puts the secret in, sends the
// request to the connection's base URL under the caller's context, and keeps
// what the vendor answered. An error of the library can only contain the
// ticket, and Do returns the vendor's answer itself: *Error with its errcode,
// or *WireError. A request that carries no ticket, or goes to a host we do not
// know, is refused.
//
// The client is put into the library once, by the first New, and never again:
// what differs between connections and tests belongs to the call. So tests
// with different servers may run in parallel.
package wxhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/credential"
)

// The hosts that the library has written into its addresses.
const (
	HostWeCom  = "qyapi.weixin.qq.com"
	HostWeChat = "api.weixin.qq.com"
	HostPages  = "mp.weixin.qq.com" // QR images; never mapped
)

// Options of New. Everything has a default that suits production.
type Options struct {
	WeCom  string // base URL instead of https://qyapi.weixin.qq.com
	WeChat string // base URL instead of https://api.weixin.qq.com
	// Transport carries the requests of this client; tests put a fake one here.
	Transport http.RoundTripper
	Timeout   time.Duration // of one call: 10 s
	MaxAnswer int64         // bytes of one answer: 4 MiB
}

// Client makes the calls of one connection.
type Client struct {
	bases   map[string]*url.URL
	carrier http.RoundTripper
	timeout time.Duration
	limit   int64
}

// ErrReplaced is returned when somebody else has put a client of his own into
// the library: nothing would be bounded or redacted any more.
var ErrReplaced = errors.New("wxhttp: the library's HTTP client is not ours any more")

// New makes a client and, the first time, installs the transport in the
// library. It does not use the network.
func New(o Options) (*Client, error) {
	c := &Client{bases: map[string]*url.URL{}, carrier: o.Transport, timeout: o.Timeout, limit: o.MaxAnswer}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	if c.limit <= 0 {
		c.limit = 4 << 20
	}
	for host, base := range map[string]string{HostWeCom: o.WeCom, HostWeChat: o.WeChat, HostPages: ""} {
		if base == "" {
			base = "https://" + host
		}
		u, err := url.Parse(strings.TrimRight(base, "/"))
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return nil, errors.New("base_url must be an address that begins with http:// or https://")
		}
		c.bases[host] = u
	}
	if !library.install() {
		return nil, ErrReplaced
	}
	if c.carrier == nil {
		c.carrier = library.carrier
	}
	return c, nil
}

// Ticket stands for a secret inside the library. It can be given as an access
// token handle and, where the library asks for a string, as the key itself.
type Ticket string

var _ credential.AccessTokenContextHandle = Ticket("")

// GetAccessToken implements credential.AccessTokenHandle.
func (t Ticket) GetAccessToken() (string, error) { return string(t), nil }

// GetAccessTokenContext implements credential.AccessTokenContextHandle.
func (t Ticket) GetAccessTokenContext(context.Context) (string, error) { return string(t), nil }

// Source gives the secret that a ticket stands for.
type Source interface {
	Get(ctx context.Context) (string, error)
	// Drop says that the vendor took used for expired or invalid. It reports
	// whether Get may give another one now.
	Drop(used string) bool
}

// Fixed is a secret that does not change, such as the key of a group robot.
type Fixed string

// Get implements Source.
func (f Fixed) Get(context.Context) (string, error) { return string(f), nil }

// Drop implements Source: there is no other one.
func (Fixed) Drop(string) bool { return false }

// Do makes one call: call is to use one function of the library with the
// ticket it is given. api names it in errors. When the vendor says that the
// access token has expired, it is fetched anew and the call repeated, once.
//
// The error is nil only if the vendor said errcode 0 or none: a function of
// the library that swallows an errcode does not get away with it.
func (c *Client) Do(ctx context.Context, api string, from Source, call func(Ticket) error) error {
	for again := false; ; again = true {
		secret, err := from.Get(ctx)
		if err != nil {
			return err
		}
		err = c.once(ctx, api, secrets(secret, from), call)
		if again || !staleToken(err) || !from.Drop(secret) {
			return err
		}
	}
}

// secrets are what must not be seen of a call: first the one its ticket stands
// for.
func secrets(secret string, from Source) []string {
	if t, ok := from.(*Tokens); ok {
		return []string{secret, t.secret}
	}
	return []string{secret}
}

func (c *Client) once(ctx context.Context, api string, secrets []string, call func(Ticket) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	e := &exchange{client: c, ctx: ctx, api: api, secrets: secrets}
	ticket := library.open(e)
	defer library.close(ticket)
	return e.outcome(call(ticket))
}

// staleToken reports that the access token is to be fetched anew: 40014 is
// invalid, 42001 expired, and 40001 is what official accounts say of a token
// that is not the latest (developers.weixin.qq.com, global error codes).
func staleToken(err error) bool {
	switch Code(err) {
	case 40001, 40014, 42001:
		return true
	}
	return false
}

// outcome is what became of the call: what the transport saw comes first, the
// library's words about it last.
func (e *exchange) outcome(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.refused != nil:
		return e.refused
	case e.broken != nil:
		return e.broken
	case err == nil:
		return nil
	}
	err = clean(err, e.secrets)
	if !e.done {
		return &WireError{API: e.api, Local: true, Err: err}
	}
	return &WireError{API: e.api, Status: http.StatusOK, Written: true, Err: fmt.Errorf("the answer was not understood: %w", err)}
}
