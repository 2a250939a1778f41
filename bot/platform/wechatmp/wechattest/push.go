package wechattest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/platform/internal/memhttp"
)

// attempts is the first push and its three repetitions
// (Passive_user_reply_message).
const attempts = 4

// Connect says who takes the callbacks: a handler and the path it is mounted
// at.
func (s *Server) Connect(h http.Handler, path string) {
	m := memhttp.Transport{Handler: h}
	s.connect("http://bot.test"+path, m.RoundTrip)
}

// ConnectURL says at which address the callbacks are taken.
func (s *Server) ConnectURL(address string) {
	t := &http.Transport{DisableKeepAlives: true}
	s.connect(address, t.RoundTrip)
}

func (s *Server) connect(address string, carry func(*http.Request) (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.address = address
	s.target = func(_ context.Context, r *http.Request) (*http.Response, error) { return carry(r) }
}

// Push is one signed request to the callback.
type Push struct {
	Query url.Values
	Body  string
}

// Sign makes the request of a body as the platform would: signed, and sealed
// in a wrapper if the account has a key.
func (s *Server) Sign(body string) Push {
	s.mu.Lock()
	s.nonce++
	nonce := strconv.FormatInt(1_372_623_149+s.nonce, 10)
	s.mu.Unlock()
	stamp := strconv.FormatInt(s.opts.Now().Unix(), 10)
	p := Push{Query: url.Values{"signature": {sign(s.opts.Token, stamp, nonce)}, "timestamp": {stamp}, "nonce": {nonce}}, Body: body}
	if s.key == nil {
		return p
	}
	sealed := seal(s.key, body, s.opts.AppID)
	p.Query.Set("encrypt_type", "aes")
	p.Query.Set("msg_signature", sign(s.opts.Token, stamp, nonce, sealed))
	p.Body = "<xml>" + cdata("ToUserName", s.opts.Original) + cdata("Encrypt", sealed) + "</xml>"
	return p
}

// Frame is the signed request of a message of a person, not sent yet.
func (s *Server) Frame(openid, kind string, fields map[string]string) Push {
	return s.Sign(s.message(openid, kind, elements(fields)))
}

// FrameEvent is Frame for an event.
func (s *Server) FrameEvent(openid, name string, fields map[string]string) Push {
	return s.Sign(s.frame(openid, "event", cdata("Event", name)+elements(fields)))
}

// Verify asks the callback to prove itself, as the console does when its
// address is entered. It returns what came back.
func (s *Server) Verify(ctx context.Context, echo string) (status int, body string, err error) {
	p := s.Sign("")
	q := url.Values{"signature": p.Query["signature"], "timestamp": p.Query["timestamp"], "nonce": p.Query["nonce"], "echostr": {echo}}
	resp, err := s.exchange(ctx, http.MethodGet, Push{Query: q})
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// Answer is what came of a push.
type Answer struct {
	Attempts int
	Status   int    // of the last attempt, 0 if it got no answer in time
	Text     string // the passive reply, empty if there was nothing to say
	Err      error  // why the person reads that the account is out of order
}

// deliver pushes and repeats, and shows the person what he would read.
func (s *Server) deliver(ctx context.Context, openid, body string) Answer {
	p := s.Sign(body)
	var a Answer
	for n := range attempts {
		if n > 0 && s.opts.RetryPause > 0 {
			pause := time.NewTimer(s.opts.RetryPause)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return a
			}
		}
		if n > 0 && s.opts.FreshRetries {
			p = s.Sign(body)
		}
		a = s.Post(ctx, openid, p)
		a.Attempts = n + 1
		if a.Status == http.StatusOK || ctx.Err() != nil {
			break
		}
	}
	if a.Err != nil || a.Text != "" {
		s.meet(openid, func(w *person, now time.Time) {
			if w.follows {
				w.shown = append(w.shown, Shown{Text: a.Text, Passive: a.Err == nil, Trouble: a.Err != nil, At: now})
			}
		})
	}
	return a
}

// Post makes one attempt and reads its answer, as strictly as the platform
// does. Nothing is shown to the person.
func (s *Server) Post(ctx context.Context, openid string, p Push) Answer {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Wait)
	defer cancel()
	type result struct {
		answer Answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		resp, err := s.exchange(ctx, http.MethodPost, p)
		if err != nil {
			done <- result{err: err}
			return
		}
		data, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		a := Answer{Status: resp.StatusCode}
		if err == nil && resp.StatusCode == http.StatusOK {
			a.Text, a.Err = s.readAnswer(openid, p, data)
			if a.Err != nil {
				s.problem("answered %q: %v", data, a.Err)
			}
		} else {
			a.Err = fmt.Errorf("HTTP %d", resp.StatusCode)
		}
		done <- result{a, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return Answer{Err: r.err}
		}
		return r.answer
	case <-ctx.Done():
		return Answer{Err: ctx.Err()}
	}
}

func (s *Server) exchange(ctx context.Context, method string, p Push) (*http.Response, error) {
	s.mu.Lock()
	target, address := s.target, s.address
	s.mu.Unlock()
	if target == nil {
		return nil, errors.New("wechattest: nobody takes the callbacks, see Connect")
	}
	req, err := http.NewRequestWithContext(ctx, method, address+"?"+p.Query.Encode(), strings.NewReader(p.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	return target(ctx, req)
}

// readAnswer takes "success", nothing at all, or one text message to the
// person, sealed if the account has a key.
func (s *Server) readAnswer(openid string, p Push, body []byte) (string, error) {
	if len(body) == 0 || string(body) == "success" {
		return "", nil
	}
	if s.key != nil {
		inner, err := s.openAnswer(p, body)
		if err != nil {
			return "", err
		}
		body = []byte(inner)
	}
	var m struct {
		XMLName xml.Name `xml:"xml"`
		To      string   `xml:"ToUserName"`
		From    string   `xml:"FromUserName"`
		At      int64    `xml:"CreateTime"`
		Type    string   `xml:"MsgType"`
		Content string   `xml:"Content"`
		Other   []struct {
			XMLName xml.Name
		} `xml:",any"`
	}
	if err := strictXML(body, &m); err != nil {
		return "", err
	}
	switch {
	case m.To != openid || m.From != s.opts.Original:
		return "", fmt.Errorf("from %q to %q", m.From, m.To)
	case m.Type != "text" || len(m.Other) > 0:
		return "", fmt.Errorf("no text message: %q %v", m.Type, m.Other)
	case m.Content == "" || len(m.Content) > maxTextBytes:
		return "", fmt.Errorf("a text of %d bytes", len(m.Content))
	case m.At <= 0:
		return "", errors.New("no CreateTime")
	}
	return m.Content, nil
}

func (s *Server) openAnswer(p Push, body []byte) (string, error) {
	var m struct {
		XMLName   xml.Name `xml:"xml"`
		Encrypt   string   `xml:"Encrypt"`
		Signature string   `xml:"MsgSignature"`
		Stamp     string   `xml:"TimeStamp"`
		Nonce     string   `xml:"Nonce"`
	}
	if err := strictXML(body, &m); err != nil {
		return "", err
	}
	switch {
	case m.Encrypt == "":
		return "", errors.New("the answer is not sealed")
	case m.Signature != sign(s.opts.Token, m.Stamp, m.Nonce, m.Encrypt):
		return "", errors.New("the answer's signature is wrong")
	case m.Nonce != p.Query.Get("nonce"):
		return "", fmt.Errorf("nonce %q", m.Nonce)
	}
	return unseal(s.key, m.Encrypt, s.opts.AppID)
}

func strictXML(body []byte, into any) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("no XML: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one element")
	}
	return nil
}

// cdata is one element as the platform writes it.
func cdata(name, text string) string {
	text = strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>")
	return "<" + name + "><![CDATA[" + text + "]]></" + name + ">"
}
