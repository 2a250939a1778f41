package contacttest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// task is a broadcast of one employee.
type task struct {
	id        string
	sender    string
	text      string
	picture   []byte
	status    map[string]int // by group, as get_groupmsg_send_result tells
	sentAt    map[string]time.Time
	cancelled bool
	reminded  []time.Time
}

// What a task came to in a group.
const (
	open      = 0
	sent      = 1
	noContact = 2
	another   = 3
)

func (s *Server) addTask(_ *http.Request, body []byte) any {
	var q struct {
		Type   string   `json:"chat_type"`
		Sender string   `json:"sender"`
		Chats  []string `json:"chat_id_list"`
		Text   struct {
			Content string `json:"content"`
		} `json:"text"`
		Attachments []struct {
			Type  string `json:"msgtype"`
			Image struct {
				ID string `json:"media_id"`
			} `json:"image"`
		} `json:"attachments"`
	}
	if no := s.read("add_msg_template", body, &q); no != nil {
		return no
	}
	if q.Type != "group" || q.Sender == "" || len(q.Chats) < 1 || len(q.Chats) > 2000 || q.Text.Content == "" || len(q.Text.Content) > 4000 {
		return s.wrong(40058, "add_msg_template with %s", body)
	}
	var picture []byte
	for i, a := range q.Attachments {
		if i > 8 || a.Type != "image" {
			return s.wrong(40058, "add_msg_template with %s", body)
		}
		if picture = s.media.Get(a.Image.ID, s.opts.Now()).Data; picture == nil {
			return failure(40007, "invalid media_id")
		}
	}
	t := &task{
		id: fmt.Sprintf("msgGCAAAXtWyujaWJHDDGi0mAC%05d", s.numberLocked()), sender: q.Sender, text: q.Text.Content, picture: picture,
		status: map[string]int{}, sentAt: map[string]time.Time{},
	}
	failed := []string{}
	for _, id := range q.Chats {
		switch g := s.groups[id]; {
		case g == nil, g.dissolved, g.hidden, g.owner != q.Sender, g.refusesTasks:
			failed = append(failed, id)
		default:
			t.status[id] = open
		}
	}
	if len(t.status) > 0 {
		s.tasks = append(s.tasks, t)
	}
	return fine(map[string]any{"fail_list": failed, "msgid": t.id})
}

func (s *Server) taskOf(id string) *task {
	if i := slices.IndexFunc(s.tasks, func(t *task) bool { return t.id == id }); i >= 0 {
		return s.tasks[i]
	}
	return nil
}

func (s *Server) result(_ *http.Request, body []byte) any {
	var q struct {
		ID     string `json:"msgid"`
		User   string `json:"userid"`
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor"`
	}
	if no := s.read("get_groupmsg_send_result", body, &q); no != nil {
		return no
	}
	if q.Limit < 0 || q.Limit > 1000 || q.User == "" {
		return s.wrong(40058, "get_groupmsg_send_result with %s", body)
	}
	t := s.taskOf(q.ID)
	if t == nil || t.sender != q.User {
		return failure(41049, "invalid msgid")
	}
	var out []map[string]any
	for id, status := range t.status {
		row := map[string]any{"chat_id": id, "userid": t.sender, "status": status}
		if status == sent {
			row["send_time"] = t.sentAt[id].Unix()
		}
		out = append(out, row)
	}
	return fine(map[string]any{"next_cursor": "", "send_list": out})
}

func (s *Server) readTask(body []byte) (*task, *refusal) {
	var q struct {
		ID string `json:"msgid"`
	}
	if no := s.read("task", body, &q); no != nil {
		return nil, no
	}
	t := s.taskOf(q.ID)
	if t == nil {
		return nil, failure(41049, "invalid msgid")
	}
	return t, nil
}

// remind may be called three times in 24 hours (path 97610).
func (s *Server) remind(_ *http.Request, body []byte) any {
	t, no := s.readTask(body)
	if no != nil {
		return no
	}
	now := s.opts.Now()
	day := 0
	for _, at := range t.reminded {
		if now.Sub(at) < 24*time.Hour {
			day++
		}
	}
	if day >= 3 {
		return s.wrong(41094, "reminded a fourth time in a day")
	}
	t.reminded = append(t.reminded, now)
	return fine(nil)
}

func (s *Server) cancel(_ *http.Request, body []byte) any {
	t, no := s.readTask(body)
	if no != nil {
		return no
	}
	t.cancelled = true
	return fine(nil)
}

// Tap makes an employee confirm everything that waits for him, and reports how
// many groups got something.
func (s *Server) Tap(employee string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.tasks {
		if t.sender != employee || t.cancelled {
			continue
		}
		for id, status := range t.status {
			g := s.groups[id]
			switch {
			case status != open || g.dissolved:
			case g.owner != employee:
				t.status[id] = noContact
			case !s.opts.Unlimited && s.postsTodayLocked(id) >= 1:
				t.status[id] = another
			default:
				t.status[id], t.sentAt[id] = sent, s.opts.Now()
				g.shown = append(g.shown, t.text)
				if t.picture != nil {
					g.pictures = append(g.pictures, t.picture)
				}
				n++
			}
		}
	}
	return n
}

func (s *Server) postsTodayLocked(id string) int {
	n := 0
	for _, t := range s.tasks {
		if t.status[id] == sent && s.opts.Now().Sub(t.sentAt[id]) < 24*time.Hour {
			n++
		}
	}
	return n
}

// Waiting lists the texts that an employee has still to confirm.
func (s *Server) Waiting(employee string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, t := range s.tasks {
		for _, status := range t.status {
			if t.sender == employee && !t.cancelled && status == open {
				out = append(out, t.text)
			}
		}
	}
	return out
}

// Reminders counts how often employees were reminded.
func (s *Server) Reminders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.tasks {
		n += len(t.reminded)
	}
	return n
}

// RefuseTasks makes a group one that takes no broadcast (fail_list).
func (s *Server) RefuseTasks(chatID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[chatID].refusesTasks = true
}
