package tgtest

import (
	"encoding/json"
	"regexp"
	"slices"
	"unicode/utf8"
)

// chatState is a chat as the server knows it.
type chatState struct {
	chat     Chat
	last     int // newest message id
	lastEph  int
	members  map[int64]Member
	messages map[int64]*Sent // the bot's own, not in lean mode
	eph      map[int64]*Sent
	deleted  map[int64]bool
	kicked   bool
	noPhotos bool
	muted    bool           // members may not write
	asking   map[int64]bool // who asks to be let in
	pinned   []int64
}

func (c *chatState) nextMessageLocked() int { c.last++; return c.last }

// AddChat makes a chat known, with the bot as a plain member of a group.
func (s *Server) AddChat(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chatLocked(c)
}

func (s *Server) chatLocked(c Chat) *chatState {
	st := s.chats[c.ID]
	if st == nil {
		st = &chatState{
			members: map[int64]Member{}, messages: map[int64]*Sent{}, eph: map[int64]*Sent{}, deleted: map[int64]bool{},
		}
		if c.ID < 0 {
			st.members[s.botID] = Member{User: s.botUser(), Status: "member"}
		}
		s.chats[c.ID] = st
	}
	st.chat = c
	return st
}

func (s *Server) knowLocked(c Chat, from User) *chatState {
	st := s.chatLocked(c)
	if from.ID == 0 {
		return st
	}
	s.users[from.ID] = from
	if c.ID == from.ID {
		s.started[from.ID] = true
	}
	if _, known := st.members[from.ID]; !known && c.ID < 0 {
		st.members[from.ID] = Member{User: from, Status: "member"}
	}
	return st
}

// SetMember sets a standing without telling the bot.
func (s *Server) SetMember(c Chat, m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chatLocked(c).members[m.User.ID] = m
	s.users[m.User.ID] = m.User
}

// MakeAdmin gives the bot all rights in a chat, without telling it.
func (s *Server) MakeAdmin(c Chat) {
	s.SetMember(c, Member{User: s.botUser(), Status: "administrator", Rights: FullRights()})
}

// Mute takes the right to write from the plain members of a chat.
func (s *Server) Mute(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chatLocked(c).muted = true
}

// Kick throws the bot out of a chat: sends are 403 from now on.
func (s *Server) Kick(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.chatLocked(c)
	st.kicked = true
	st.members[s.botID] = Member{User: s.botUser(), Status: "kicked"}
}

// Block lets a user block the bot.
func (s *Server) Block(user int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked[user] = true
}

// Migrate turns a group into a supergroup with a new id: both service messages
// are injected, and every call to the old id is answered with the new one.
func (s *Server) Migrate(from, to Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.chatLocked(from)
	st := s.chatLocked(to)
	st.members = old.members
	s.moved[from.ID] = to.ID
	tell := func(c Chat, st *chatState, field string, id int64) {
		m := messageMap(c, s.botUser(), int64(st.nextMessageLocked()), s.opts.Now().Unix(), "")
		m["from"] = User{ID: 1087968824, First: "Group", Handle: "GroupAnonymousBot", Bot: true}.json()
		m["sender_chat"] = c.json()
		m[field] = id
		s.injectLocked(s.newIDLocked(), "message", "migrate", m)
	}
	tell(from, old, "migrate_to_chat_id", to.ID)
	tell(to, st, "migrate_from_chat_id", from.ID)
}

// findLocked resolves chat_id, or says why it cannot be used.
func (s *Server) findLocked(p params) (*chatState, answer) {
	id := p.num("chat_id")
	if to, moved := s.moved[id]; moved {
		a := bad("group chat was upgraded to a supergroup chat")
		a.migrateTo = to
		return nil, a
	}
	if s.blocked[id] {
		return nil, fail(403, "Forbidden: bot was blocked by the user")
	}
	st := s.chats[id]
	switch {
	case st == nil && id > 0 && s.users[id].ID != 0:
		return nil, fail(403, "Forbidden: bot can't initiate conversation with a user")
	case st == nil:
		return nil, bad("chat not found")
	case st.kicked:
		return nil, fail(403, "Forbidden: bot was kicked from the "+st.chat.kind()+" chat")
	}
	return st, answer{}
}

func (s *Server) getChat(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	m := st.chat.json()
	m["accent_color_id"], m["max_reaction_count"] = 0, 11
	m["accepted_gift_types"] = map[string]any{"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false}
	if st.chat.ID < 0 {
		m["permissions"] = map[string]any{"can_send_messages": !st.muted}
	}
	return ok(m)
}

func (s *Server) getChatAdministrators(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	if st.chat.ID > 0 {
		return bad("there are no administrators in the private chat")
	}
	var ids []int64
	for id, m := range st.members {
		if (m.Status == "creator" || m.Status == "administrator") && (!m.User.Bot || id == s.botID) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	out := []map[string]any{}
	for _, id := range ids {
		out = append(out, st.members[id].json())
	}
	return ok(out)
}

func (s *Server) getChatMember(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	m, known := st.members[p.num("user_id")]
	if !known {
		return bad("user not found")
	}
	return ok(m.json())
}

func (s *Server) getChatMemberCount(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	n := 0
	for _, m := range st.members {
		if m.Status != "left" && m.Status != "kicked" {
			n++
		}
	}
	return ok(n)
}

type command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	IsEphemeral bool   `json:"is_ephemeral,omitempty"`
}

var (
	commandForm  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	languageForm = regexp.MustCompile(`^([a-z]{2})?$`)
)

func (s *Server) setMyCommands(p params) answer {
	var list []command
	if err := p.decode("commands", &list); err != nil {
		return bad(err.Error())
	}
	if len(list) > 100 {
		return bad("BOT_COMMANDS_TOO_MUCH")
	}
	for i, c := range list {
		if !commandForm.MatchString(c.Command) {
			return bad("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(c.Description); n < 1 || n > 256 {
			return bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
		if s.opts.Old {
			list[i].IsEphemeral = false // an unknown field is dropped
		}
	}
	key, no := commandKey(p)
	if no.code != 0 {
		return no
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return bad(err.Error())
	}
	s.commands[key] = raw
	return ok(true)
}

func (s *Server) getMyCommands(p params) answer {
	key, no := commandKey(p)
	if no.code != 0 {
		return no
	}
	if raw := s.commands[key]; raw != nil {
		return ok(raw)
	}
	return ok([]command{})
}

func (s *Server) deleteMyCommands(p params) answer {
	key, no := commandKey(p)
	if no.code != 0 {
		return no
	}
	delete(s.commands, key)
	return ok(true)
}

func commandKey(p params) (string, answer) {
	var scope struct {
		Type string `json:"type"`
	}
	scope.Type = "default"
	if err := p.decode("scope", &scope); err != nil {
		return "", bad(err.Error())
	}
	if !languageForm.MatchString(p.str("language_code")) {
		return "", bad("LANGUAGE_CODE_INVALID")
	}
	return scope.Type + "/" + p.str("language_code"), answer{}
}

// Commands lists what a scope ("default", "all_group_chats" …) and language
// show: the names, in order.
func (s *Server) Commands(scope, language string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []command
	if raw := s.commands[scope+"/"+language]; raw != nil {
		_ = json.Unmarshal(raw, &list) // written by setMyCommands
	}
	var out []string
	for _, c := range list {
		out = append(out, c.Command)
	}
	return out
}

// CommandScopes lists the scope/language pairs that have commands.
func (s *Server) CommandScopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for k := range s.commands {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
