package tgtest

import "fmt"

// Link is an invite link that the bot made.
type Link struct {
	Chat    int64
	Name    string
	URL     string
	Revoked bool
	Asks    bool // creates_join_request
}

// Links lists what createChatInviteLink made, in order.
func (s *Server) Links() []Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Link(nil), s.links...)
}

func (s *Server) createChatInviteLink(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	if me := st.members[s.botID]; me.Status != "administrator" || !me.Rights["can_invite_users"] {
		return bad("not enough rights to manage chat invite link")
	}
	if len([]rune(p.str("name"))) > 32 {
		return bad("INVITE_LINK_NAME_INVALID")
	}
	l := Link{Chat: p.num("chat_id"), Name: p.str("name"), URL: fmt.Sprintf("https://t.me/+tgtest%04d", len(s.links)+1), Asks: p.str("creates_join_request") == "true"}
	s.links = append(s.links, l)
	return ok(s.linkJSON(l))
}

func (s *Server) revokeChatInviteLink(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	for i, l := range s.links {
		if l.Chat == p.num("chat_id") && l.URL == p.str("invite_link") {
			s.links[i].Revoked = true
			return ok(s.linkJSON(s.links[i]))
		}
	}
	return bad("INVITE_HASH_EXPIRED")
}

func (s *Server) linkJSON(l Link) map[string]any {
	return map[string]any{
		"invite_link": l.URL, "creator": s.botUser().json(), "creates_join_request": l.Asks, "is_primary": false, "is_revoked": l.Revoked, "name": l.Name,
	}
}

func (s *Server) editChatInviteLink(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	for i, l := range s.links {
		if l.Chat == p.num("chat_id") && l.URL == p.str("invite_link") && !l.Revoked {
			s.links[i].Name, s.links[i].Asks = p.str("name"), p.str("creates_join_request") == "true"
			return ok(s.linkJSON(s.links[i]))
		}
	}
	return bad("INVITE_HASH_EXPIRED")
}

// AskToJoin lets somebody ask to be let in, by a link or without one, and tells
// the bot if it may decide.
func (s *Server) AskToJoin(c Chat, who User, link string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.chatLocked(c)
	s.users[who.ID] = who
	delete(st.members, who.ID)
	if st.asking == nil {
		st.asking = map[int64]bool{}
	}
	st.asking[who.ID] = true
	u := map[string]any{"chat": c.json(), "from": who.json(), "user_chat_id": who.ID, "date": s.opts.Now().Unix()}
	for _, l := range s.links {
		if l.URL == link {
			u["invite_link"] = s.linkJSON(l)
		}
	}
	id := s.newIDLocked()
	s.injectLocked(id, "chat_join_request", fmt.Sprintf("u%d", who.ID), u)
	return id
}

func (s *Server) approveChatJoinRequest(p params) answer { return s.decideLocked(p, "member") }

func (s *Server) declineChatJoinRequest(p params) answer { return s.decideLocked(p, "left") }

// decideLocked ends a request. Both calls need the right to invite users.
func (s *Server) decideLocked(p params, status string) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	who := p.num("user_id")
	switch me := st.members[s.botID]; {
	case me.Status != "administrator" || !me.Rights["can_invite_users"]:
		return bad("not enough rights")
	case st.members[who].Status == "member":
		return bad("USER_ALREADY_PARTICIPANT")
	case !st.asking[who]:
		return bad("HIDE_REQUESTER_MISSING")
	}
	delete(st.asking, who)
	st.members[who] = Member{User: s.users[who], Status: status}
	return ok(true)
}
