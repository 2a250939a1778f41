package wecomtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	"qunmate/bot/platform/internal/memhttp"
)

// Times of callbacks: how long the platform waits for an answer, and when it
// asks for an unfinished bubble (path 101031). Messages are repeated after a
// failure, as documented for apps (path 90238); clicks are called for once.
const (
	answerFor = 5 * time.Second
	pollEvery = time.Second
	pollFor   = 6 * time.Minute
	attempts  = 3
)

// CallBack makes it the server of callback mode: what happens is told by
// calls of h, and passive replies are accepted messages like all others. nil
// ends it.
func (s *Server) CallBack(h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

// Compose makes a message without telling the bot: for a test that seals and
// sends it itself. It returns the body of the callback.
func (s *Server) Compose(c Chat, user, text string) (msgid string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cb := s.callbackLocked(messageKind, c, user)
	cb.body["msgtype"], cb.body["text"] = "text", map[string]any{"content": text}
	s.chatLocked(c.ID).spoken = true
	return cb.msg, cb.frame().Body
}

// callBack tells of something by HTTP, again after a failure, and takes the
// answer.
func (s *Server) callBack(h http.Handler, cb *callback) {
	for range attempts {
		if s.callOnce(h, cb, cb.frame().Body) || cb.kind == clickKind {
			return
		}
		if !s.sleep(pollEvery) {
			return
		}
	}
}

func (s *Server) callOnce(h http.Handler, cb *callback, plain []byte) (taken bool) {
	sealed := s.Seal(plain)
	status, answer := s.Post(s.life, h, sealed)
	s.mu.Lock()
	s.calls["callback"]++
	s.notifyLocked()
	s.mu.Unlock()
	if status != http.StatusOK {
		return false
	}
	if len(answer) == 0 {
		return true
	}
	reply, err := s.OpenAnswer(answer, sealed.Query.Get("nonce"))
	if err != nil {
		s.mu.Lock()
		s.problemLocked("%v: %.100s", err, answer)
		s.mu.Unlock()
		return true
	}
	if stream := s.passive(cb, reply); stream != "" {
		s.poll(h, cb, stream)
	}
	return true
}

// Post calls the handler with a sealed callback and returns what it answered
// within the time the platform waits; status 0 if it did not.
func (s *Server) Post(ctx context.Context, h http.Handler, c Sealed) (status int, answer []byte) {
	return s.Do(ctx, h, http.MethodPost, "?"+c.Query.Encode(), c.Body)
}

// Do calls the handler with anything.
func (s *Server) Do(ctx context.Context, h http.Handler, method, target string, body []byte) (status int, answer []byte) {
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://bot.test/callback"+target, bytes.NewReader(body))
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	type answered struct {
		status int
		body   []byte
	}
	done := make(chan answered, 1)
	s.bg.Go(func() {
		resp, err := memhttp.Transport{Handler: h}.RoundTrip(r)
		if err != nil {
			done <- answered{}
			return
		}
		body, _ := io.ReadAll(resp.Body) // out of memory: never an error
		_ = resp.Body.Close()
		done <- answered{resp.StatusCode, body}
	})
	select {
	case a := <-done:
		return a.status, a.body
	case <-ctx.Done():
		return 0, nil
	}
}

// passive takes a passive reply (path 101031). It returns the id of a bubble
// that is not finished.
func (s *Server) passive(cb *callback, reply []byte) (unfinished string) {
	var m message
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notifyLocked()
	if err := json.Unmarshal(reply, &m); err != nil {
		s.problemLocked("a passive reply: %v", err)
		return ""
	}
	allowed := map[callbackKind][]string{
		messageKind: {"stream", "template_card", "stream_with_template_card"},
		enterKind:   {"text", "template_card"},
		clickKind:   {""},
	}[cb.kind]
	if !slices.Contains(allowed, m.MsgType) || (m.ResponseType == "update_template_card") != (cb.kind == clickKind) {
		s.problemLocked("a passive reply of msgtype %q, response_type %q", m.MsgType, m.ResponseType)
		return ""
	}
	sent := Sent{Cmd: "passive", ReqID: cb.msg, Chat: cb.chat.ID, Group: cb.chat.Group, At: s.opts.Now()}
	if cb.kind == clickKind {
		sent.UpdateOf, sent.UserIDs = cb.task, m.UserIDs
	}
	if m.Stream != nil && !m.Stream.Finish {
		return m.Stream.ID // it is shown when it is finished
	}
	if code, _ := s.contentLocked(&m, &sent); code == 0 {
		if code, _ = s.limitLocked(sent.Chat, sent.At); code == 0 {
			s.keepLocked(sent)
		}
	}
	return ""
}

// poll asks for an unfinished bubble until it is finished.
func (s *Server) poll(h http.Handler, cb *callback, id string) {
	begin := s.opts.Now()
	for s.opts.Now().Sub(begin) < pollFor {
		if !s.sleep(pollEvery) {
			return
		}
		plain, err := json.Marshal(map[string]any{
			"msgid": cb.msg, "aibotid": s.opts.BotID, "chattype": cb.body["chattype"], "chatid": cb.body["chatid"],
			"from": cb.body["from"], "msgtype": "stream", "stream": map[string]any{"id": id},
		})
		if err != nil {
			panic("wecomtest: " + err.Error())
		}
		sealed := s.Seal(plain)
		status, answer := s.Post(s.life, h, sealed)
		if status != http.StatusOK || len(answer) == 0 {
			continue
		}
		reply, err := s.OpenAnswer(answer, sealed.Query.Get("nonce"))
		if err == nil && s.passive(cb, reply) == "" {
			return
		}
	}
}

func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.life.Done():
		return false
	}
}
