package tgtest

import "slices"

// pinChatMessage needs the right to pin. The service message about it comes
// back as an update.
func (s *Server) pinChatMessage(p params) answer {
	st, id, no := s.pinnable(p)
	if st == nil {
		return no
	}
	if !slices.Contains(st.pinned, id) {
		st.pinned = append(st.pinned, id)
		st.last++
		s.injectLocked(s.newIDLocked(), "message", "chat", map[string]any{
			"message_id": st.last, "date": s.opts.Now().Unix(), "chat": map[string]any{"id": st.chat.ID, "type": "supergroup", "title": st.chat.Title},
			"from":           map[string]any{"id": s.botID, "is_bot": true, "first_name": "Qunmate"},
			"pinned_message": map[string]any{"message_id": id, "date": s.opts.Now().Unix(), "chat": map[string]any{"id": st.chat.ID, "type": "supergroup"}},
		})
	}
	return ok(true)
}

func (s *Server) unpinChatMessage(p params) answer {
	st, id, no := s.pinnable(p)
	if st == nil {
		return no
	}
	i := slices.Index(st.pinned, id)
	if i < 0 {
		return bad("message to unpin not found")
	}
	st.pinned = slices.Delete(st.pinned, i, i+1)
	return ok(true)
}

func (s *Server) pinnable(p params) (*chatState, int64, answer) {
	st, no := s.findLocked(p)
	if st == nil {
		return nil, 0, no
	}
	if !st.members[s.botID].Rights["can_pin_messages"] {
		return nil, 0, bad("not enough rights to manage pinned messages in the chat")
	}
	id := p.num("message_id")
	if st.messages[id] == nil || st.deleted[id] {
		return nil, 0, bad("message to pin not found")
	}
	return st, id, answer{}
}

// Pinned lists the messages at the top of a chat.
func (s *Server) Pinned(chat int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.chats[chat]; st != nil {
		return slices.Clone(st.pinned)
	}
	return nil
}
