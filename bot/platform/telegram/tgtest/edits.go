package tgtest

import (
	"encoding/json"
	"slices"
	"time"
)

func (s *Server) editMessageText(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	id := p.num("message_id")
	old := st.messages[id]
	switch {
	case s.opts.Lean && id > 0 && id <= int64(st.last):
		old = &Sent{}
	case old == nil || st.deleted[id]:
		return bad("message to edit not found")
	case old.File != "":
		return bad("there is no text in the message to edit")
	}
	return s.applyEdit(p, old, "editMessageText")
}

func (s *Server) applyEdit(p params, old *Sent, method string) answer {
	m := *old
	m.Method, m.At, m.HTML = method, s.opts.Now(), p.str("text")
	if no := m.setText(p, m.HTML, maxText); no.code != 0 {
		return no
	}
	if m.Text == "" {
		return bad("message text is empty")
	}
	if no := m.setButtons(p); no.code != 0 {
		return no
	}
	same := slices.EqualFunc(m.Buttons, old.Buttons, slices.Equal[[]Button])
	if m.HTML == old.HTML && same {
		return bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	if !s.opts.Lean {
		*old = m
		s.edits = append(s.edits, m)
	}
	if method != "editMessageText" {
		return ok(true)
	}
	return ok(map[string]any{"message_id": m.MessageID, "date": m.At.Unix(), "chat": map[string]any{"id": m.Chat, "type": "supergroup"}, "text": m.Text})
}

func (s *Server) deleteMessage(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	id := p.num("message_id")
	if id < 1 || id > int64(st.last) || st.deleted[id] {
		return bad("message to delete not found")
	}
	if m := st.messages[id]; m != nil && s.opts.Now().Sub(m.At) >= 48*time.Hour {
		return bad("message can't be deleted for everyone")
	}
	if st.messages[id] == nil && !s.opts.Lean && !st.members[s.botID].Rights["can_delete_messages"] {
		return bad("message can't be deleted")
	}
	if s.opts.Lean {
		return ok(true)
	}
	st.deleted[id] = true
	s.deleted = append(s.deleted, Deleted{Chat: st.chat.ID, MessageID: id})
	return ok(true)
}

func (s *Server) ephemeralLocked(p params, verb string) (*chatState, *Sent, answer) {
	if s.opts.Old {
		return nil, nil, fail(404, "Not Found: method not found")
	}
	st, no := s.findLocked(p)
	if st == nil {
		return nil, nil, no
	}
	m := st.eph[p.num("ephemeral_message_id")]
	if m == nil || m.Receiver != p.num("receiver_user_id") {
		return nil, nil, bad("message to " + verb + " not found")
	}
	return st, m, answer{}
}

func (s *Server) editEphemeral(p params) answer {
	_, m, no := s.ephemeralLocked(p, "edit")
	if m == nil {
		return no
	}
	return s.applyEdit(p, m, "editEphemeralMessageText")
}

func (s *Server) deleteEphemeral(p params) answer {
	st, m, no := s.ephemeralLocked(p, "delete")
	if m == nil {
		return no
	}
	delete(st.eph, m.Ephemeral)
	s.deleted = append(s.deleted, Deleted{Chat: st.chat.ID, Ephemeral: m.Ephemeral, Receiver: m.Receiver})
	return ok(true)
}

func (s *Server) answerCallbackQuery(p params) answer {
	q := s.presses[p.str("callback_query_id")]
	if q == nil || s.opts.Now().Sub(q.At) > pressKept {
		return bad("query is too old and response timeout expired or query ID is invalid")
	}
	if Units(p.str("text")) > maxAnswer {
		return bad("MESSAGE_TOO_LONG")
	}
	q.Answered++
	if q.Answered > 1 {
		s.problems = append(s.problems, "a press was answered twice")
		return bad("query is too old and response timeout expired or query ID is invalid")
	}
	q.Text = p.str("text")
	var alert bool
	_ = json.Unmarshal([]byte(p.str("show_alert")), &alert) // absent: false
	q.Alert = alert
	return ok(true)
}
