package qyapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The addresses of the API.
const (
	PathGetToken   = "/cgi-bin/gettoken"
	PathSend       = "/cgi-bin/message/send"
	PathUpdateCard = "/cgi-bin/message/update_template_card"
	PathUserGet    = "/cgi-bin/user/get"
	PathConvert    = "/cgi-bin/batch/openuserid_to_userid"
	PathUpload     = "/cgi-bin/media/upload"
	PathMedia      = "/cgi-bin/media/get"
	PathAgentGet   = "/cgi-bin/agent/get"

	PathRobotSend   = "/cgi-bin/webhook/send"
	PathRobotUpload = "/cgi-bin/webhook/upload_media"
)

type endpoint struct {
	method string
	open   bool // needs no access token
	call   func(*Server, *http.Request, []byte) any
}

var apis = map[string]endpoint{
	PathGetToken:    {"GET", true, (*Server).getToken},
	PathSend:        {"POST", false, (*Server).send},
	PathUpdateCard:  {"POST", false, (*Server).updateCard},
	PathUserGet:     {"GET", false, (*Server).userGet},
	PathConvert:     {"POST", false, (*Server).convert},
	PathUpload:      {"POST", false, (*Server).upload},
	PathMedia:       {"GET", false, (*Server).getMedia},
	PathAgentGet:    {"GET", false, (*Server).agentGet},
	PathRobotSend:   {"POST", true, (*Server).robotSend},
	PathRobotUpload: {"POST", true, (*Server).robotUpload},
}

type refusal struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

func failure(code int, msg string) *refusal {
	return &refusal{code, msg + ", hint: [1700000000_1_0], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(code)}
}

// read decodes a body strictly: a field that the platform does not know is a
// mistake of the program.
func (s *Server) read(what string, body []byte, into any) *refusal {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		s.problemLocked("%s: %v in %s", what, err, body)
		return failure(47001, "data format error")
	}
	return nil
}

const tokenLife = 7200 * time.Second

// getToken gives the same token for as long as it lives (path 91039).
func (s *Server) getToken(r *http.Request, _ []byte) any {
	switch q := r.URL.Query(); {
	case q.Get("corpid") != s.opts.CorpID:
		return failure(40013, "invalid corpid")
	case q.Get("corpsecret") != s.opts.Secret:
		return failure(40001, "invalid credential")
	}
	now := s.opts.Now()
	if n := len(s.tokens); n == 0 || s.tokens[n-1].revoked || !now.Before(s.tokens[n-1].expires) {
		s.issued++
		s.tokens = append(s.tokens, token{value: fmt.Sprintf("access-token-%d-must-never-be-logged", s.issued), expires: now.Add(tokenLife)})
	}
	t := s.tokens[len(s.tokens)-1]
	return map[string]any{"access_token": t.value, "expires_in": int(t.expires.Sub(now).Seconds())}
}

func (s *Server) checkTokenLocked(value string) *refusal {
	if value == "" {
		s.problemLocked("a call without access_token")
		return failure(41001, "access_token missing")
	}
	for _, t := range s.tokens {
		switch {
		case t.value != value:
		case t.revoked:
			return failure(40014, "invalid access_token")
		case !s.opts.Now().Before(t.expires):
			return failure(42001, "access_token expired")
		default:
			return nil
		}
	}
	return failure(40014, "invalid access_token")
}

// Revoke makes all access tokens invalid, as a reset of the secret does.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		s.tokens[i].revoked = true
	}
}

// Limits of a message (path 90236).
const (
	maxTextBytes = 2048
	perMinute    = 30
)

type outgoing struct {
	To      string `json:"touser"`
	Agent   int    `json:"agentid"`
	MsgType string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Card  *Card      `json:"template_card"`
	Image *mediaBody `json:"image"`
	File  *mediaBody `json:"file"`
}

type mediaBody struct {
	ID string `json:"media_id"`
}

// send takes messages to one member or several, separated by "|".
func (s *Server) send(_ *http.Request, body []byte) any {
	var m outgoing
	if r := s.read("message/send", body, &m); r != nil {
		return r
	}
	if m.Agent != s.opts.Agent {
		return failure(301002, "not allow to access the agent")
	}
	shown, refused := s.contentLocked(m)
	if refused != nil {
		return refused
	}
	var bad []string
	users := strings.Split(m.To, "|")
	answer := map[string]any{"msgid": s.nextLocked("msg")}
	for _, id := range users {
		p := s.people[id]
		if p == nil || !p.visible {
			bad = append(bad, strings.ToLower(id))
			continue
		}
		now := s.opts.Now()
		p.sent = recent(p.sent, now)
		if len(p.sent) >= perMinute {
			s.problemLocked("%s was sent more than %d messages in a minute: dropped silently", id, perMinute)
			continue
		}
		p.sent = append(p.sent, now)
		shown.At = now
		p.shown = append(p.shown, shown)
	}
	if shown.Card != nil && shown.Card.Task != "" {
		code := s.nextLocked("code")
		s.codes[code] = shown.Card.Task
		answer["response_code"] = code
	}
	if len(bad) == len(users) {
		return failure(81013, "user & party & tag all invalid")
	}
	if len(bad) > 0 {
		answer["invaliduser"] = strings.Join(bad, "|")
	}
	return answer
}

func (s *Server) contentLocked(m outgoing) (Shown, *refusal) {
	switch m.MsgType {
	case "text":
		if m.Text == nil || m.Text.Content == "" {
			s.problemLocked("a text message without text")
			return Shown{}, failure(44004, "content size out of limit")
		}
		if n := len(m.Text.Content); n > maxTextBytes {
			s.problemLocked("a text of %d bytes would be cut", n)
		}
		return Shown{Text: m.Text.Content}, nil
	case "template_card":
		if m.Card == nil {
			return Shown{}, failure(40058, "template_card missing")
		}
		if problem := m.Card.problem(); problem != "" {
			s.problemLocked("a card: %s", problem)
			return Shown{}, failure(40058, problem)
		}
		for _, p := range s.people {
			for _, old := range p.shown {
				if old.Card != nil && old.Card.Task == m.Card.Task {
					s.problemLocked("task_id %s is used twice", m.Card.Task)
					return Shown{}, failure(42014, "taskid has existed")
				}
			}
		}
		return Shown{Card: m.Card}, nil
	case "image", "file":
		body := m.Image
		if m.MsgType == "file" {
			body = m.File
		}
		if body == nil {
			return Shown{}, failure(40007, "invalid media_id")
		}
		kept := s.media.Get(body.ID, s.opts.Now())
		if kept.Kind != m.MsgType {
			return Shown{}, failure(40007, "invalid media_id")
		}
		return Shown{File: m.MsgType, Data: kept.Data}, nil
	}
	s.problemLocked("msgtype %q", m.MsgType)
	return Shown{}, failure(40008, "invalid message type")
}

func (s *Server) nextLocked(what string) string {
	s.lastID++
	return what + strconv.FormatInt(s.lastID, 36)
}

// recent drops what was more than a minute ago.
func recent(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= time.Minute {
		times = times[1:]
	}
	return times
}

// updateCard changes a card for some members; a response_code is good once
// (path 94888).
func (s *Server) updateCard(_ *http.Request, body []byte) any {
	var u struct {
		Users []string `json:"userids"`
		Agent int      `json:"agentid"`
		Code  string   `json:"response_code"`
		Card  *Card    `json:"template_card"`
	}
	if r := s.read("message/update_template_card", body, &u); r != nil {
		return r
	}
	task, ok := s.codes[u.Code]
	switch {
	case u.Agent != s.opts.Agent:
		return failure(301002, "not allow to access the agent")
	case !ok:
		return failure(42045, "response_code is used or invalid")
	case u.Card == nil || len(u.Users) == 0:
		s.problemLocked("an update of a card without card or members")
		return failure(40058, "invalid request")
	}
	if problem := u.Card.problem(); problem != "" {
		s.problemLocked("an update of a card: %s", problem)
		return failure(40058, problem)
	}
	delete(s.codes, u.Code)
	for _, id := range u.Users {
		p := s.people[id]
		if p == nil {
			continue
		}
		for i := range p.shown {
			if c := p.shown[i].Card; c != nil && c.Task == task {
				p.shown[i].Card, p.shown[i].Edited = u.Card, true
			}
		}
	}
	return map[string]any{"invaliduser": []string{}}
}

// userGet tells a member's name (path 90196).
func (s *Server) userGet(r *http.Request, _ []byte) any {
	id := r.URL.Query().Get("userid")
	p := s.people[id]
	switch {
	case p == nil:
		return failure(60111, "userid not found")
	case !p.visible:
		return failure(60011, "no privilege to access/modify contact/party/agent")
	}
	return map[string]any{"userid": id, "name": p.name, "department": []int{1}, "status": 1}
}

// convert turns open_userids into plain ones; what is plain already comes back
// as invalid (path 101521).
func (s *Server) convert(_ *http.Request, body []byte) any {
	var q struct {
		Open []string `json:"open_userid_list"`
	}
	if r := s.read("batch/openuserid_to_userid", body, &q); r != nil {
		return r
	}
	if n := len(q.Open); n == 0 || n > 1000 {
		s.problemLocked("%d ids to convert", n)
		return failure(40058, "open_userid_list out of limit")
	}
	list, invalid := []map[string]string{}, []string{}
	for _, open := range q.Open {
		found := ""
		for id, p := range s.people {
			if p.open == open && p.visible {
				found = id
			}
		}
		if found == "" {
			invalid = append(invalid, open)
			continue
		}
		list = append(list, map[string]string{"open_userid": open, "userid": found})
	}
	return map[string]any{"userid_list": list, "invalid_open_userid_list": invalid}
}

// agentGet tells of the app itself (path 90227).
func (s *Server) agentGet(r *http.Request, _ []byte) any {
	if r.URL.Query().Get("agentid") != strconv.Itoa(s.opts.Agent) {
		return failure(301002, "not allow to access the agent")
	}
	users := []map[string]string{}
	for id, p := range s.people {
		if p.visible {
			users = append(users, map[string]string{"userid": id})
		}
	}
	closed := 0
	if s.opts.Closed {
		closed = 1
	}
	return map[string]any{"agentid": s.opts.Agent, "name": "Qunmate", "close": closed, "allow_userinfos": map[string]any{"user": users}}
}
