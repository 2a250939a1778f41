package qyapitest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/platform/internal/memhttp"
)

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

// Seal makes the request of a message as the platform would.
func (s *Server) Seal(message string) Push { return s.SealFor(message, s.opts.CorpID) }

// SealFor seals a message for another receiver, as the callback of another
// corporation would be.
func (s *Server) SealFor(message, receiver string) Push {
	s.mu.Lock()
	nonce := strings.TrimPrefix(s.nextLocked("n"), "n")
	s.mu.Unlock()
	stamp := strconv.FormatInt(s.opts.Now().Unix(), 10)
	sealed := seal(s.key, message, receiver)
	return Push{
		Query: url.Values{"msg_signature": {sign(s.opts.Token, stamp, nonce, sealed)}, "timestamp": {stamp}, "nonce": {nonce}},
		Body:  "<xml>" + cdata("ToUserName", receiver) + cdata("AgentID", strconv.Itoa(s.opts.Agent)) + cdata("Encrypt", sealed) + "</xml>",
	}
}

// Verify asks the callback to prove itself, as the console does when its
// address is entered. It returns what came back.
func (s *Server) Verify(ctx context.Context, echo string) (status int, body string, err error) {
	stamp, sealed := strconv.FormatInt(s.opts.Now().Unix(), 10), seal(s.key, echo, s.opts.CorpID)
	q := url.Values{"msg_signature": {sign(s.opts.Token, stamp, "1", sealed)}, "timestamp": {stamp}, "nonce": {"1"}, "echostr": {sealed}}
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
	Err      error  // the answer was none that the platform takes
}

// deliver pushes and repeats, and shows the member what he would read.
func (s *Server) deliver(ctx context.Context, user, message string) Answer {
	p := s.Seal(message)
	var a Answer
	for n := range 1 + max(0, s.opts.Retries) {
		if n > 0 && !sleep(ctx, s.opts.Pause) {
			break
		}
		if n > 0 && s.opts.FreshRetries {
			p = s.Seal(message)
		}
		a = s.Post(ctx, user, p)
		a.Attempts = n + 1
		if a.Status == http.StatusOK || ctx.Err() != nil {
			break
		}
	}
	if a.Text == "" {
		return a
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.people[user]; w != nil && w.visible {
		w.shown = append(w.shown, Shown{Text: a.Text, Passive: true, At: s.opts.Now()})
	}
	return a
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Post makes one attempt and reads its answer, as strictly as the platform
// does. Nothing is shown to the member.
func (s *Server) Post(ctx context.Context, user string, p Push) Answer {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Wait)
	defer cancel()
	done := make(chan Answer, 1)
	go func() {
		resp, err := s.exchange(ctx, http.MethodPost, p)
		if err != nil {
			done <- Answer{Err: err}
			return
		}
		data, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		a := Answer{Status: resp.StatusCode, Err: err}
		switch {
		case err != nil:
		case resp.StatusCode != http.StatusOK:
			a.Err = fmt.Errorf("HTTP %d", resp.StatusCode)
			if len(data) > 0 {
				s.problem("a refusal with detail: %q", data)
			}
		default:
			if a.Text, a.Err = s.readAnswer(user, p, data); a.Err != nil {
				s.problem("answered %q: %v", data, a.Err)
			}
		}
		done <- a
	}()
	select {
	case a := <-done:
		return a
	case <-ctx.Done():
		return Answer{Err: ctx.Err()}
	}
}

func (s *Server) exchange(ctx context.Context, method string, p Push) (*http.Response, error) {
	s.mu.Lock()
	target, address := s.target, s.address
	s.mu.Unlock()
	if target == nil {
		return nil, errors.New("qyapitest: nobody takes the callbacks, see Connect")
	}
	req, err := http.NewRequestWithContext(ctx, method, address+"?"+p.Query.Encode(), strings.NewReader(p.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	return target(ctx, req)
}

// readAnswer takes nothing at all, or one sealed text message to the member
// (path 90241).
func (s *Server) readAnswer(user string, p Push, body []byte) (string, error) {
	if len(body) == 0 {
		return "", nil
	}
	inner, err := s.openAnswer(p, body)
	if err != nil {
		return "", err
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
	if err := strictXML([]byte(inner), &m); err != nil {
		return "", err
	}
	switch {
	case m.To != user || m.From != s.opts.CorpID:
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
	return unseal(s.key, m.Encrypt, s.opts.CorpID)
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

// Say is a text that a member writes to the app.
func (s *Server) Say(ctx context.Context, user, text string) Answer {
	return s.deliver(ctx, user, s.Message(user, "text", map[string]string{"Content": text}))
}

// Message is the XML of a message of any type, not sent yet; fields are its
// further elements.
func (s *Server) Message(user, kind string, fields map[string]string) string {
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.mu.Unlock()
	return s.frame(user, kind, elements(fields)+fmt.Sprintf("<MsgId>%d</MsgId><AgentID>%d</AgentID>", id, s.opts.Agent))
}

// Event pushes an event of a member, or of "sys"; fields are its further
// elements.
func (s *Server) Event(ctx context.Context, user, name string, fields map[string]string) Answer {
	return s.deliver(ctx, user, s.EventXML(user, name, elements(fields)))
}

// EventXML is the XML of an event, not sent yet; more are its further elements.
// Events of the corporation ("sys") bear no AgentID.
func (s *Server) EventXML(user, name, more string) string {
	if user != "sys" {
		more += fmt.Sprintf("<AgentID>%d</AgentID>", s.opts.Agent)
	}
	return s.frame(user, "event", cdata("Event", name)+more)
}

// Deliver pushes an XML, with repetitions.
func (s *Server) Deliver(ctx context.Context, user, message string) Answer {
	return s.deliver(ctx, user, message)
}

// Press presses the newest button or option of that label that a member sees.
func (s *Server) Press(ctx context.Context, user, label string) (Answer, bool) {
	message, ok := s.Pressed(user, label)
	if !ok {
		return Answer{}, false
	}
	return s.deliver(ctx, user, message), true
}

// Pressed is the XML of such a press, not sent yet.
func (s *Server) Pressed(user, label string) (string, bool) {
	fields := s.pressed(user, label)
	return s.EventXML(user, "template_card_event", fields), fields != ""
}

func (s *Server) pressed(user, label string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people[user]
	if p == nil {
		return ""
	}
	for _, m := range slices.Backward(p.shown) {
		fields := m.press(label)
		if fields == "" {
			continue
		}
		code := s.nextLocked("code")
		s.codes[code] = m.Card.Task
		return fields + cdata("TaskId", m.Card.Task) + cdata("CardType", m.Card.Type) + cdata("ResponseCode", code)
	}
	return ""
}

func (m Shown) press(label string) string {
	if m.Card == nil {
		return ""
	}
	for _, b := range m.Card.Buttons {
		if b.Text == label {
			return cdata("EventKey", b.Key)
		}
	}
	if m.Card.Vote == nil {
		return ""
	}
	for _, o := range m.Card.Vote.Options {
		if o.Text == label {
			return cdata("EventKey", m.Card.Submit.Key) + "<SelectedItems><SelectedItem>" + cdata("QuestionKey", m.Card.Vote.Question) +
				"<OptionIds>" + cdata("OptionId", o.ID) + "</OptionIds></SelectedItem></SelectedItems>"
		}
	}
	return ""
}

// frame is the XML of a push (paths 90239 and 90240).
func (s *Server) frame(user, kind, more string) string {
	return fmt.Sprintf("<xml>%s%s<CreateTime>%d</CreateTime>%s%s</xml>",
		cdata("ToUserName", s.opts.CorpID), cdata("FromUserName", user), s.opts.Now().Unix(), cdata("MsgType", kind), more)
}

func elements(fields map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out.WriteString(cdata(name, fields[name]))
	}
	return out.String()
}
