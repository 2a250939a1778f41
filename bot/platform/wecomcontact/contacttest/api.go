package contacttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// The addresses of the API.
const (
	contact       = "/cgi-bin/externalcontact/"
	PathToken     = "/cgi-bin/gettoken"
	PathStaff     = contact + "get_follow_user_list"
	PathList      = contact + "groupchat/list"
	PathGet       = contact + "groupchat/get"
	PathAddWay    = contact + "groupchat/add_join_way"
	PathGetWay    = contact + "groupchat/get_join_way"
	PathDelWay    = contact + "groupchat/del_join_way"
	PathAddTask   = contact + "add_msg_template"
	PathResult    = contact + "get_groupmsg_send_result"
	PathRemind    = contact + "remind_groupmsg_send"
	PathCancel    = contact + "cancel_groupmsg_send"
	PathAddHello  = contact + "group_welcome_template/add"
	PathEditHello = contact + "group_welcome_template/edit"
	PathDelHello  = contact + "group_welcome_template/del"
	PathUpload    = "/cgi-bin/media/upload"
	PathDays      = contact + "groupchat/statistic_group_by_day"
)

type endpoint struct {
	method string
	open   bool // needs no access token
	call   func(*Server, *http.Request, []byte) any
}

var apis = map[string]endpoint{
	PathToken:     {"GET", true, (*Server).getToken},
	PathStaff:     {"GET", false, (*Server).staff},
	PathList:      {"POST", false, (*Server).list},
	PathGet:       {"POST", false, (*Server).get},
	PathAddWay:    {"POST", false, (*Server).addWay},
	PathGetWay:    {"POST", false, (*Server).getWay},
	PathDelWay:    {"POST", false, (*Server).delWay},
	PathAddTask:   {"POST", false, (*Server).addTask},
	PathResult:    {"POST", false, (*Server).result},
	PathRemind:    {"POST", false, (*Server).remind},
	PathCancel:    {"POST", false, (*Server).cancel},
	PathAddHello:  {"POST", false, (*Server).addHello},
	PathEditHello: {"POST", false, (*Server).editHello},
	PathDelHello:  {"POST", false, (*Server).delHello},
	PathUpload:    {"POST", false, (*Server).upload},
	PathDays:      {"POST", false, (*Server).days},
}

type refusal struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

func failure(code int, msg string) *refusal {
	return &refusal{code, msg + ", hint: [1584585651_79_4e4820cc], from ip: 9.95.1.184, more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(code)}
}

// fine is an answer that went well.
func fine(fields map[string]any) map[string]any {
	out := map[string]any{"errcode": 0, "errmsg": "ok"}
	maps.Copy(out, fields)
	return out
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

// wrong notes a mistake of the program and refuses it.
func (s *Server) wrong(code int, format string, args ...any) *refusal {
	s.problemLocked(format, args...)
	return failure(code, "invalid parameter")
}

const tokenLife = 7200 * time.Second

// getToken gives the same token while it lives (path 91039).
func (s *Server) getToken(r *http.Request, _ []byte) any {
	q := r.URL.Query()
	switch {
	case q.Get("corpid") != CorpID:
		return failure(40013, "invalid corpid")
	case q.Get("corpsecret") != Secret:
		return failure(40001, "invalid credential")
	}
	now := s.opts.Now()
	if n := len(s.tokens); n == 0 || s.tokens[n-1].revoked || !now.Before(s.tokens[n-1].expires) {
		s.issued++
		s.tokens = append(s.tokens, token{value: fmt.Sprintf("access-token-%d-must-never-be-logged", s.issued), expires: now.Add(tokenLife)})
	}
	t := s.tokens[len(s.tokens)-1]
	return fine(map[string]any{"access_token": t.value, "expires_in": int(t.expires.Sub(now).Seconds())})
}

func (s *Server) checkTokenLocked(value string) *refusal {
	if value == "" {
		s.problemLocked("a call without access_token")
		return failure(41001, "access_token missing")
	}
	if s.opts.AnyToken {
		return nil
	}
	for _, t := range s.tokens {
		switch {
		case t.value != value:
		case t.revoked, !s.opts.Now().Before(t.expires):
			return failure(42001, "access_token expired")
		default:
			return nil
		}
	}
	return failure(40014, "invalid access_token")
}

// RevokeTokens makes every access token invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		s.tokens[i].revoked = true
	}
}

func (s *Server) staff(*http.Request, []byte) any {
	out := slices.Clone(s.opts.Strangers)
	for _, id := range s.order {
		if o := s.groups[id].owner; !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return fine(map[string]any{"follow_user": out})
}

func (s *Server) list(_ *http.Request, body []byte) any {
	var q struct {
		Status int `json:"status_filter"`
		Filter struct {
			Users []string `json:"userid_list"`
		} `json:"owner_filter"`
		Cursor string `json:"cursor"`
		Limit  int    `json:"limit"`
	}
	if no := s.read("groupchat/list", body, &q); no != nil {
		return no
	}
	switch {
	case q.Limit < 1 || q.Limit > 1000 || q.Status != 0 || len(q.Filter.Users) > 100:
		return s.wrong(40058, "groupchat/list with %s", body)
	case s.opts.Broad && len(q.Filter.Users) == 0:
		return failure(81017, "too many users")
	}
	var all []map[string]any
	for _, id := range s.order {
		g := s.groups[id]
		if !g.dissolved && !g.hidden && (len(q.Filter.Users) == 0 || slices.Contains(q.Filter.Users, g.owner)) {
			all = append(all, map[string]any{"chat_id": id, "status": 0})
		}
	}
	from, _ := strconv.Atoi(q.Cursor)
	to := min(from+min(q.Limit, s.opts.PageSize), len(all))
	next := ""
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return fine(map[string]any{"group_chat_list": all[min(from, to):to], "next_cursor": next})
}

func (s *Server) get(_ *http.Request, body []byte) any {
	var q struct {
		Chat string `json:"chat_id"`
		Name int    `json:"need_name"`
	}
	if no := s.read("groupchat/get", body, &q); no != nil {
		return no
	}
	g := s.groups[q.Chat]
	switch {
	case g == nil:
		return failure(86001, "invalid chatid")
	case g.dissolved:
		return failure(49008, "group is dismissed")
	case g.hidden:
		return failure(48002, "api forbidden")
	}
	return fine(map[string]any{"group_chat": g.told(s, q.Name == 1)})
}

func (s *Server) addWay(_ *http.Request, body []byte) any {
	var q struct {
		Scene  int      `json:"scene"`
		Remark string   `json:"remark"`
		Auto   int      `json:"auto_create_room"`
		Base   string   `json:"room_base_name"`
		BaseID int      `json:"room_base_id"`
		Chats  []string `json:"chat_id_list"`
		State  string   `json:"state"`
		Mark   bool     `json:"mark_source"`
	}
	if no := s.read("add_join_way", body, &q); no != nil {
		return no
	}
	switch {
	case q.Scene != 2, len(q.Chats) < 1, len(q.Chats) > 5, utf8.RuneCountInString(q.State) > 30, utf8.RuneCountInString(q.Remark) > 30:
		return s.wrong(40058, "add_join_way with %s", body)
	case q.Auto != 0:
		return s.wrong(40058, "add_join_way would lead into a group that nobody chose: %s", body)
	}
	for _, id := range q.Chats {
		if s.groups[id] == nil {
			return failure(86001, "invalid chatid")
		}
	}
	id := fmt.Sprintf("9ad7fa5cdaa6511298498f979c4%05d", s.numberLocked())
	s.ways[id] = &way{id: id, chat: q.Chats[0], state: q.State, remark: q.Remark}
	return fine(map[string]any{"config_id": id})
}

func (s *Server) readWay(body []byte) (*way, *refusal) {
	var q struct {
		ID string `json:"config_id"`
	}
	if no := s.read("join way", body, &q); no != nil {
		return nil, no
	}
	if s.ways[q.ID] == nil {
		return nil, failure(41044, "invalid config_id")
	}
	return s.ways[q.ID], nil
}

func (s *Server) getWay(_ *http.Request, body []byte) any {
	w, no := s.readWay(body)
	if no != nil {
		return no
	}
	return fine(map[string]any{"join_way": map[string]any{
		"config_id": w.id, "scene": 2, "remark": w.remark, "auto_create_room": 0, "chat_id_list": []string{w.chat}, "state": w.state, "qr_code": w.qr(),
	}})
}

func (s *Server) delWay(_ *http.Request, body []byte) any {
	w, no := s.readWay(body)
	if no != nil {
		return no
	}
	delete(s.ways, w.id)
	return fine(nil)
}

type way struct{ id, chat, state, remark string }

func (w *way) qr() string { return "https://p.qpic.cn/wwhead/" + w.id + "/0" }
