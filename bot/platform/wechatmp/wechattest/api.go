package wechattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The addresses of the API.
const (
	PathStableToken = "/cgi-bin/stable_token"
	PathCustomSend  = "/cgi-bin/message/custom/send"
	PathMenuCreate  = "/cgi-bin/menu/create"
	PathMenuGet     = "/cgi-bin/menu/get"
	PathSelfMenu    = "/cgi-bin/get_current_selfmenu_info"
	PathQRCreate    = "/cgi-bin/qrcode/create"
	PathUpload      = "/cgi-bin/media/upload"
	PathMedia       = "/cgi-bin/media/get"
)

type endpoint struct {
	method string
	open   bool // needs no access token
	call   func(*Server, []byte) any
}

var apis = map[string]endpoint{
	PathStableToken: {"POST", true, (*Server).stableToken},
	PathCustomSend:  {"POST", false, (*Server).customSend},
	PathMenuCreate:  {"POST", false, (*Server).menuCreate},
	PathMenuGet:     {"GET", false, (*Server).menuGet},
	PathSelfMenu:    {"GET", false, (*Server).selfMenu},
	PathQRCreate:    {"POST", false, (*Server).qrCreate},
	PathUpload:      {"POST", false, nil}, // see mediaCall
	PathMedia:       {"GET", false, nil},
}

type refusal struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

func failure(code int, msg string) *refusal { return &refusal{code, msg + " rid: 5f3ded7d-22929d02"} }

var fine = &refusal{0, "ok"}

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

// tokenLife and tokenOverlap: a stable token lives 7200 s; in its last five
// minutes a new one is given while the old one is still good.
const (
	tokenLife    = 7200 * time.Second
	tokenOverlap = 5 * time.Minute
)

func (s *Server) stableToken(body []byte) any {
	var q struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if r := s.read("stable_token", body, &q); r != nil {
		return r
	}
	switch {
	case q.Grant != "client_credential":
		return failure(40002, "invalid grant_type")
	case q.AppID != s.opts.AppID:
		return failure(40013, "invalid appid")
	case q.Secret != s.opts.AppSecret:
		return failure(40125, "invalid appsecret")
	case q.Force:
		s.problemLocked("stable_token with force_refresh: 20 a day, and other programs lose theirs")
	}
	now := s.opts.Now()
	if n := len(s.tokens); n == 0 || s.tokens[n-1].revoked || now.Add(tokenOverlap).After(s.tokens[n-1].expires) {
		s.issued++
		s.tokens = append(s.tokens, token{value: fmt.Sprintf("76_access-token-%d-must-never-be-logged", s.issued), expires: now.Add(tokenLife)})
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
			return failure(40001, "invalid credential, access_token is invalid or not latest")
		case s.opts.Now().After(t.expires):
			return failure(42001, "access_token expired")
		default:
			return nil
		}
	}
	return failure(40014, "invalid access_token")
}

// RevokeTokens makes every access token invalid, as a reset of the secret in
// the console does.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		s.tokens[i].revoked = true
	}
}

// maxTextBytes is the most that a text may have (found by trial, see the issue
// MamaShip/Observer#77).
const maxTextBytes = 2048

func (s *Server) customSend(body []byte) any {
	var m struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text *struct {
			Content string `json:"content"`
		} `json:"text"`
		Image *struct {
			ID string `json:"media_id"`
		} `json:"image"`
	}
	if r := s.read("custom/send", body, &m); r != nil {
		return r
	}
	who := s.people[m.To]
	switch {
	case s.opts.Unverified:
		return failure(48001, "api unauthorized")
	case m.Type == "image" && m.Image != nil:
		return s.showLocked(who, m.Image.ID)
	case m.Type != "text" || m.Text == nil:
		s.problemLocked("custom/send of %q", m.Type)
		return failure(40008, "invalid message type")
	case m.Text.Content == "":
		return failure(44004, "empty content")
	case len(m.Text.Content) > maxTextBytes:
		return failure(45002, "content size out of limit")
	case who == nil:
		return failure(40003, "invalid openid")
	}
	if r := who.spend(s.opts.Now()); r != nil {
		return r
	}
	who.shown = append(who.shown, Shown{Text: m.Text.Content, At: s.opts.Now()})
	return fine
}

// Code is a parametric QR code that was made.
type Code struct {
	Ticket  string
	Scene   string
	Expires time.Duration // 0: never
}

func (s *Server) qrCreate(body []byte) any {
	var q struct {
		Expires int    `json:"expire_seconds"`
		Action  string `json:"action_name"`
		Info    struct {
			Scene struct {
				Str string `json:"scene_str"`
				ID  int    `json:"scene_id"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if r := s.read("qrcode/create", body, &q); r != nil {
		return r
	}
	if s.opts.Unverified {
		return failure(48001, "api unauthorized")
	}
	scene := q.Info.Scene.Str
	switch q.Action {
	case "QR_STR_SCENE":
		if q.Expires < 1 || q.Expires > 2592000 {
			s.problemLocked("qrcode/create for %d s", q.Expires)
			return failure(40053, "invalid action info")
		}
	case "QR_LIMIT_STR_SCENE":
		q.Expires = 0
	default:
		s.problemLocked("qrcode/create with %q", q.Action)
		return failure(40053, "invalid action info")
	}
	if scene == "" || len(scene) > 64 || q.Info.Scene.ID != 0 {
		s.problemLocked("qrcode/create with scene %q", scene)
		return failure(40053, "invalid action info")
	}
	s.tickets++
	c := Code{Ticket: fmt.Sprintf("gQH%d/8DwAAAA+A==", s.tickets), Scene: scene, Expires: time.Duration(q.Expires) * time.Second}
	s.codes = append(s.codes, c)
	out := map[string]any{"ticket": c.Ticket, "url": "http://weixin.qq.com/q/" + strconv.Itoa(s.tickets)}
	if q.Expires > 0 {
		out["expire_seconds"] = q.Expires
	}
	return out
}

// CodeAt finds the code behind the address of its image.
func (s *Server) CodeAt(image string) (Code, bool) {
	u, err := url.Parse(image)
	if err != nil || u.Host != "mp.weixin.qq.com" || !strings.HasSuffix(u.Path, "/showqrcode") {
		return Code{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.codes {
		if c.Ticket == u.Query().Get("ticket") {
			return c, true
		}
	}
	return Code{}, false
}
