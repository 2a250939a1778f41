package contacttest

import (
	"fmt"
	"net/http"
	"time"
)

type hello struct {
	ID   string `json:"template_id"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	Notify int `json:"notify"`
}

func (s *Server) readHello(what string, body []byte) (hello, *refusal) {
	var q hello
	if no := s.read(what, body, &q); no != nil {
		return q, no
	}
	if len(q.Text.Content) > 3000 || q.Notify < 0 || q.Notify > 1 {
		return q, s.wrong(40058, "%s with %s", what, body)
	}
	return q, nil
}

func (s *Server) addHello(_ *http.Request, body []byte) any {
	q, no := s.readHello("group_welcome_template/add", body)
	switch {
	case no != nil:
		return no
	case q.ID != "" || q.Text.Content == "":
		return s.wrong(40058, "group_welcome_template/add with %s", body)
	}
	id := fmt.Sprintf("msgXXXXXX%05d", s.numberLocked())
	s.templates[id] = q.Text.Content
	s.notified += q.Notify
	return fine(map[string]any{"template_id": id})
}

func (s *Server) editHello(_ *http.Request, body []byte) any {
	q, no := s.readHello("group_welcome_template/edit", body)
	switch _, known := s.templates[q.ID]; {
	case no != nil:
		return no
	case !known:
		return failure(41058, "invalid template_id")
	case q.Text.Content == "":
		return s.wrong(40058, "group_welcome_template/edit with %s", body)
	}
	s.templates[q.ID] = q.Text.Content
	return fine(nil)
}

func (s *Server) delHello(_ *http.Request, body []byte) any {
	q, no := s.readHello("group_welcome_template/del", body)
	switch _, known := s.templates[q.ID]; {
	case no != nil:
		return no
	case !known:
		return failure(41058, "invalid template_id")
	}
	delete(s.templates, q.ID)
	return fine(nil)
}

// Templates are the texts of the welcome templates there are.
func (s *Server) Templates() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, text := range s.templates {
		out = append(out, text)
	}
	return out
}

// DropTemplates deletes all welcome templates, as in the console.
func (s *Server) DropTemplates() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.templates)
}

// days counts: yesterday back to 180 days, 30 days at a time (path 92133).
func (s *Server) days(_ *http.Request, body []byte) any {
	var q struct {
		Begin  int64 `json:"day_begin_time"`
		End    int64 `json:"day_end_time"`
		Filter struct {
			Users []string `json:"userid_list"`
		} `json:"owner_filter"`
	}
	if no := s.read("statistic_group_by_day", body, &q); no != nil {
		return no
	}
	now := s.opts.Now()
	begin, end := time.Unix(q.Begin, 0), time.Unix(q.End, 0)
	switch n := len(q.Filter.Users); {
	case n < 1 || n > 100:
		return s.wrong(40058, "statistic_group_by_day for %d owners", n)
	case end.Before(begin), end.Sub(begin) >= 30*24*time.Hour, now.Sub(end) < 24*time.Hour && now.Day() == end.In(now.Location()).Day(), now.Sub(begin) > 182*24*time.Hour:
		return s.wrong(600018, "statistic_group_by_day from %s to %s", begin, end)
	}
	var items []map[string]any
	for at := begin; !at.After(end); at = at.AddDate(0, 0, 1) {
		items = append(items, map[string]any{"stat_time": at.Unix(), "data": map[string]int{
			"new_chat_cnt": 1, "chat_total": 2, "chat_has_msg": 1, "new_member_cnt": 3, "member_total": 10 * len(q.Filter.Users), "member_has_msg": 4, "msg_total": 50,
			"migrate_trainee_chat_cnt": 0,
		}})
	}
	return fine(map[string]any{"items": items})
}
