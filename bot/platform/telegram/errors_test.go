package telegram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestEveryFailureSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	described := func(code int, text string) tgtest.Fault { return tgtest.Fault{Status: code, Description: text} }
	for name, c := range map[string]struct {
		fault tgtest.Fault
		want  chat.Fault
		after time.Duration
		to    string
	}{
		"429":                  {fault: tgtest.Fault{Status: 429, RetryAfter: 37}, want: chat.Throttled, after: 37 * time.Second},
		"429 without a time":   {fault: tgtest.Fault{Status: 429}, want: chat.Throttled, after: time.Second},
		"migrated":             {fault: tgtest.Fault{Status: 400, MigrateTo: -1001777777777}, want: chat.Moved, to: "-1001777777777"},
		"blocked":              {fault: described(403, "Forbidden: bot was blocked by the user"), want: chat.Gone},
		"kicked":               {fault: described(403, "Forbidden: bot was kicked from the supergroup chat"), want: chat.Gone},
		"never started":        {fault: described(403, "Forbidden: bot can't initiate conversation with a user"), want: chat.Gone},
		"deactivated":          {fault: described(403, "Forbidden: user is deactivated"), want: chat.Gone},
		"chat not found":       {fault: described(400, "Bad Request: chat not found"), want: chat.Gone},
		"bad text":             {fault: described(400, "Bad Request: can't parse entities"), want: chat.Rejected},
		"muted":                {fault: described(400, "Bad Request: not enough rights to send text messages to the chat"), want: chat.Rejected},
		"topic closed":         {fault: described(400, "Bad Request: TOPIC_CLOSED"), want: chat.Rejected},
		"too large":            {fault: described(413, "Request Entity Too Large"), want: chat.Rejected},
		"wrong token":          {fault: described(401, "Unauthorized"), want: chat.Retry},
		"wrong form of token":  {fault: described(404, "Not Found"), want: chat.Retry},
		"500":                  {fault: described(500, "Internal Server Error"), want: chat.Retry},
		"502 of the Bot API":   {fault: described(502, "Bad Gateway"), want: chat.Retry},
		"502 of a proxy":       {fault: tgtest.Fault{Status: 502, Proxy: true}, want: chat.Unknown},
		"504 of a proxy":       {fault: tgtest.Fault{Status: 504, Proxy: true}, want: chat.Unknown},
		"200 of a proxy":       {fault: tgtest.Fault{Status: 200, Proxy: true}, want: chat.Unknown},
		"redirect of a portal": {fault: tgtest.Fault{Status: 302, Proxy: true}, want: chat.Retry},
		"403 of a proxy":       {fault: tgtest.Fault{Status: 403, Proxy: true}, want: chat.Retry},
		"413 of a proxy":       {fault: tgtest.Fault{Status: 413, Proxy: true}, want: chat.Rejected},
		"dropped before":       {fault: tgtest.Fault{Drop: tgtest.BeforeEffect}, want: chat.Unknown},
		"dropped after":        {fault: tgtest.Fault{Drop: tgtest.AfterEffect}, want: chat.Unknown},
		"no answer in time":    {fault: tgtest.Fault{Delay: time.Hour}, want: chat.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, nil, func(r *rig) {
				r.s.AddChat(group)
				c.fault.Method = "sendMessage"
				r.s.Fail(c.fault)
				_, err := r.Send(r.t.Context(), letter("hello"))
				se := fault(r.t, err)
				if se.Fault != c.want || se.After != c.after || se.To.ID != c.to {
					r.t.Errorf("%v, after %s, to %s", se, se.After, se.To)
				}
				if strings.Contains(err.Error(), secretOf(r.s)) {
					r.t.Errorf("the token is in the error: %v", err)
				}
				if want := 1; c.fault.Drop == tgtest.AfterEffect && r.s.Total() != want {
					r.t.Errorf("%d messages", r.s.Total())
				}
				// A wrong token is said once, loudly, however often it is met.
				_ = r.Delete(r.t.Context(), chatOfTest(group), "m:77")
				if loud := r.logs.Count("level=ERROR"); (loud == 1) != strings.HasPrefix(name, "wrong") || loud > 1 {
					r.t.Errorf("log:\n%s", r.logs)
				}
			})
		})
	}
}

// brokenConn fails somewhere on the way.
type brokenConn struct {
	net.Conn
	after int // bytes that go through before writing fails; -1: all of them
}

var errCut = errors.New("cut")

func (c *brokenConn) Write(p []byte) (int, error) {
	if c.after >= 0 {
		if len(p) > c.after {
			n, _ := c.Conn.Write(p[:c.after])
			c.after = 0
			_ = c.Close()
			return n, errCut
		}
		c.after -= len(p)
	}
	return c.Conn.Write(p)
}

// Over a real socket: what was not written whole cannot have happened.
func TestSilenceIsReadByWhetherTheRequestWasWritten(t *testing.T) {
	t.Parallel()
	dialer := &net.Dialer{}
	for name, c := range map[string]struct {
		dial  func(ctx context.Context, network, address string) (net.Conn, error)
		fault tgtest.Fault
		want  chat.Fault
	}{
		"refused": {dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:1")
		}, want: chat.Retry},
		"no such host": {dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "api.telegram.org", IsNotFound: true}
		}, want: chat.Retry},
		"cut in the head": {dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			return &brokenConn{Conn: conn, after: 20}, err
		}, want: chat.Retry},
		"dropped before the effect": {dial: dialer.DialContext, fault: tgtest.Fault{Method: "sendDocument", Drop: tgtest.BeforeEffect}, want: chat.Unknown},
		"dropped after the effect":  {dial: dialer.DialContext, fault: tgtest.Fault{Method: "sendDocument", Drop: tgtest.AfterEffect}, want: chat.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tgtest.New(t, tgtest.Options{})
			s.AddChat(group)
			transport := &http.Transport{DialContext: c.dial}
			t.Cleanup(transport.CloseIdleConnections)
			r := connect(t, s, func(o *Options) { o.Transport = transport })
			if c.fault.Method != "" {
				s.Fail(c.fault)
			}
			l := letter("hello")
			l.Chat.Type = chat.Private
			// Too large for the buffers between here and a connection that is cut.
			l.Content.File = &chat.File{Name: "f", Data: make([]byte, 512<<10)}
			_, err := r.Send(t.Context(), l)
			if se := fault(t, err); se.Fault != c.want {
				t.Errorf("%v, want %s", se, c.want)
			}
			if strings.Contains(err.Error(), secretOf(s)) {
				t.Errorf("the token is in the error: %v", err)
			}
		})
	}
}

func TestAnAnswerWithAnUnknownKindInItIsStillASuccess(t *testing.T) {
	t.Parallel()
	poison := []byte(`{"message_id":7,"date":1,"chat":{"id":-1,"type":"supergroup"},"reply_to_message":{"paid_media":{"paid_media":[{"type":"live_photo"}]}}}`)
	if got := string(lean(poison)); got != `{"message_id":7,"date":1,"chat":{"id":-1,"type":"supergroup"}}` {
		t.Errorf("%s", got)
	}
	if got := string(lean([]byte(`true`))); got != "true" {
		t.Errorf("%s", got)
	}
}

func TestOptionsAreCheckedWithoutTheNetwork(t *testing.T) {
	t.Parallel()
	good := Options{Name: "main", Token: "123:abc_DEF-7"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no name":       func(o *Options) { o.Name = "" },
		"bad name":      func(o *Options) { o.Name = "a/b" },
		"no token":      func(o *Options) { o.Token = "" },
		"half a token":  func(o *Options) { o.Token = "secretpart" },
		"blank":         func(o *Options) { o.Token = "123:secret part" },
		"bad base":      func(o *Options) { o.BaseURL = "api.telegram.org" },
		"bad mode":      func(o *Options) { o.Mode = "push" },
		"no secret":     func(o *Options) { o.Mode, o.PublicURL = Webhook, "https://x" },
		"bad secret":    func(o *Options) { o.Mode, o.PublicURL, o.WebhookSecret = Webhook, "https://x", "secret part" },
		"no public url": func(o *Options) { o.Mode, o.WebhookSecret = Webhook, "secretpart" },
	} {
		o := good
		change(&o)
		_, err := New(o)
		if err == nil || strings.Contains(err.Error(), "secret part") || strings.Contains(err.Error(), "secretpart") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The address of every call has the token in it, and so may whatever the
// library or the network says of one.
func TestNoErrorKeepsTheToken(t *testing.T) {
	t.Parallel()
	const token = "7000000001:secret"
	w := newWire(Options{BaseURL: DefaultBaseURL, Token: token})
	cause := errors.New("no route")
	for name, err := range map[string]error{
		"an address":          &url.Error{Op: "Post", URL: w.base + "getMe", Err: cause},
		"words":               fmt.Errorf("dialling %sgetMe: %w", w.base, cause),
		"words in an address": &url.Error{Op: "Get", URL: w.base, Err: fmt.Errorf("proxy of %s: %w", w.base, cause)},
	} {
		got := w.redact(err)
		if strings.Contains(got.Error(), token) || !errors.Is(got, cause) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A redirect would carry the token, which is in the address, to somebody else.
func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	w := newWire(Options{BaseURL: DefaultBaseURL, Token: "7000000001:secret", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked++
		h := http.Header{"Location": {"https://elsewhere.example" + r.URL.Path}}
		return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: h, Body: http.NoBody, Request: r}, nil
	})})
	err := w.call(t.Context(), time.Second, "getMe", map[string]any{}, new(any))
	if we, ok := errors.AsType[*wireError](err); !ok || we.Status != http.StatusTemporaryRedirect || wireFault(we) != chat.Retry {
		t.Errorf("the error is %v", err)
	}
	if asked != 1 {
		t.Errorf("%d requests", asked)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Once getMe was answered a 404 is the call's: no token is to be looked for.
func TestACallThatTheServerDoesNotHaveIsNotTheTokensFault(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		if _, err := r.getMe(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.s.AddChat(group)
		r.s.Fail(tgtest.Fault{Method: "sendMessage", Status: 404, Description: "Not Found"})
		_, err := r.Send(r.t.Context(), letter("hello"))
		if se := fault(r.t, err); se.Fault != chat.Retry || r.logs.Count("level=ERROR") != 0 || r.logs.Count("does not know this call") != 1 {
			r.t.Errorf("%v, log:\n%s", se, r.logs)
		}
	})
}
