package tgtest

import "fmt"

// Link is an invite link that the bot made.
type Link struct {
	Chat    int64
	Name    string
	URL     string
	Revoked bool
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
	l := Link{Chat: p.num("chat_id"), Name: p.str("name"), URL: fmt.Sprintf("https://t.me/+tgtest%04d", len(s.links)+1)}
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
		"invite_link": l.URL, "creator": s.botUser().json(), "creates_join_request": false, "is_primary": false, "is_revoked": l.Revoked, "name": l.Name,
	}
}
