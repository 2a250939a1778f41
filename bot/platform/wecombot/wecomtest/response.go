package wecomtest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// responsePath is where a response_url leads.
const responsePath = "/cgi-bin/aibot/response"

// urlFor is the life of a response_url (path 101138).
const urlFor = time.Hour

// CodeSpent is made up: what the platform answers to a second post is not
// known.
const CodeSpent = 846697

// response takes a post to a response_url: plain JSON, one call, within an
// hour, markdown or a card.
func (s *Server) response(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var m message
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	s.mu.Lock()
	s.calls["response_url"]++
	fault := s.takeFaultLocked(Frame{Cmd: "response_url"})
	s.notifyLocked()
	s.mu.Unlock()
	if fault != nil {
		if !fault.wait(r.Context()) || fault.Drop == BeforeEffect {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
	}
	code, msg := int64(CodeInvalid), "invalid parameter"
	switch {
	case fault != nil && fault.Code != 0:
		code, msg = fault.Code, fault.message()
	case err == nil:
		code, msg = s.respond(r.URL.Query().Get("response_code"), &m)
	}
	if fault != nil && fault.Drop == AfterEffect {
		panic(http.ErrAbortHandler)
	}
	if fault != nil && fault.Garble {
		_, _ = w.Write([]byte("<html>"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answer, err := json.Marshal(ack{Code: code, Msg: msg})
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	_, _ = w.Write(answer)
}

func (s *Server) respond(responseCode string, m *message) (int64, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notifyLocked()
	cb := s.codes[responseCode]
	now := s.opts.Now()
	switch {
	case cb == nil:
		return CodeInvalid, "invalid response_code"
	case now.Sub(cb.at) > urlFor:
		return CodeSpent, "response_code expired"
	case cb.spent:
		s.problemLocked("a second post to a response_url")
		return CodeSpent, "response_code used"
	case !slices.Contains([]string{"markdown", "template_card"}, m.MsgType):
		s.problemLocked("a post of msgtype %q to a response_url", m.MsgType)
		return CodeMsgType, "invalid message type"
	}
	sent := Sent{Cmd: "response_url", ReqID: cb.msg, Chat: cb.chat.ID, Group: cb.chat.Group, At: now}
	code, msg := s.contentLocked(m, &sent)
	if code == 0 {
		code, msg = s.limitLocked(sent.Chat, now)
	}
	if code == 0 {
		cb.spent = true
		s.keepLocked(sent)
	}
	return code, msg
}
