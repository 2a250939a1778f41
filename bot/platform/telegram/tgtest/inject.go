package tgtest

import (
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// User is a Telegram account.
type User struct {
	ID                  int64
	First, Last, Handle string // Handle is the username without @
	Bot                 bool
	Language            string
}

// Chat is a Telegram chat. A negative ID without a Type is a supergroup, a
// positive one a private chat.
type Chat struct {
	ID     int64
	Type   string
	Title  string
	Handle string // public username
	Forum  bool
}

// Injected names what an injected message became.
type Injected struct {
	UpdateID  int64
	MessageID int64
}

func (u User) json() map[string]any {
	m := map[string]any{"id": u.ID, "is_bot": u.Bot, "first_name": u.First}
	put(m, "last_name", u.Last)
	put(m, "username", u.Handle)
	put(m, "language_code", u.Language)
	return m
}

func (c Chat) json() map[string]any {
	m := map[string]any{"id": c.ID, "type": c.kind()}
	if c.ID > 0 {
		put(m, "first_name", c.Title)
	} else {
		put(m, "title", c.Title)
	}
	put(m, "username", c.Handle)
	if c.Forum {
		m["is_forum"] = true
	}
	return m
}

func (c Chat) kind() string {
	switch {
	case c.Type != "":
		return c.Type
	case c.ID > 0:
		return "private"
	}
	return "supergroup"
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// Direct is the private chat of a user with the bot.
func (u User) Direct() Chat {
	return Chat{ID: u.ID, Type: "private", Title: u.First, Handle: u.Handle}
}

// Say lets a user write into a chat. Chat and user become known; in a private
// chat the user has then started the bot. Commands and mentions get their
// entities. change, if not nil, edits the message before it is queued.
func (s *Server) Say(c Chat, from User, text string, change ...func(message map[string]any)) Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.knowLocked(c, from)
	msg := int64(st.nextMessageLocked())
	m := messageMap(c, from, msg, s.opts.Now().Unix(), text)
	for _, f := range change {
		f(m)
	}
	id := s.newIDLocked()
	s.injectLocked(id, "message", strconv.FormatInt(c.ID, 10), m)
	return Injected{UpdateID: id, MessageID: msg}
}

// MessageJSON is the body of an update with one text message, for Feed.
func MessageJSON(updateID, messageID, date int64, c Chat, from User, text string) []byte {
	out, err := json.Marshal(map[string]any{"update_id": updateID, "message": messageMap(c, from, messageID, date, text)})
	if err != nil {
		panic("tgtest: " + err.Error())
	}
	return out
}

func messageMap(c Chat, from User, id, date int64, text string) map[string]any {
	m := map[string]any{"message_id": id, "date": date, "chat": c.json(), "from": from.json()}
	if text != "" {
		m["text"] = text
		if e := Entities(text); len(e) > 0 {
			m["entities"] = e
		}
	}
	return m
}

// Entities finds the commands and mentions of a text as Telegram's clients
// do, with UTF-16 offsets.
func Entities(text string) []map[string]any {
	var out []map[string]any
	units := utf16.Encode([]rune(text))
	word := func(r uint16) bool {
		return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	run := func(i int) int {
		for i < len(units) && word(units[i]) {
			i++
		}
		return i
	}
	for i := 0; i < len(units); {
		start := i
		free := i == 0 || !word(units[i-1]) && units[i-1] != '/' && units[i-1] != '@'
		switch {
		case units[i] == '/' && free:
			i = run(i + 1)
			if i > start+1 && i <= start+33 {
				if i < len(units) && units[i] == '@' && run(i+1) > i+1 {
					i = run(i + 1)
				}
				out = append(out, map[string]any{"type": "bot_command", "offset": start, "length": i - start})
			}
		case units[i] == '@' && free:
			i = run(i + 1)
			if i >= start+5 {
				out = append(out, map[string]any{"type": "mention", "offset": start, "length": i - start})
			}
		}
		if i == start {
			i++
		}
	}
	return out
}

// Press lets a user press a button under a message of the bot. It returns the
// id of the query.
func (s *Server) Press(c Chat, from User, messageID int64, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.knowLocked(c, from)
	id := s.newIDLocked()
	q := &Press{ID: strconv.FormatInt(from.ID<<20+id%(1<<20), 10), From: from.ID, Chat: c.ID, At: s.opts.Now()}
	s.presses[q.ID] = q
	on := map[string]any{"message_id": messageID, "date": s.opts.Now().Unix(), "chat": c.json(), "from": s.botUser().json(), "text": "…"}
	if m := st.messages[messageID]; m != nil {
		on["text"] = m.Text
		if m.Thread != 0 {
			on["message_thread_id"], on["is_topic_message"] = m.Thread, true
		}
	}
	s.injectLocked(id, "callback_query", "u"+strconv.FormatInt(from.ID, 10), map[string]any{
		"id": q.ID, "from": from.json(), "message": on, "data": data, "chat_instance": "-1",
	})
	return q.ID
}

// Member is one account's standing in a chat.
type Member struct {
	User   User
	Status string          // creator, administrator, member, restricted, left, kicked
	Rights map[string]bool // can_… and is_…; of a missing one the default is false
}

func (m Member) json() map[string]any {
	out := map[string]any{"status": m.Status, "user": m.User.json()}
	switch m.Status {
	case "administrator":
		for _, r := range adminRights {
			out[r] = false
		}
		out["can_be_edited"], out["can_manage_chat"], out["is_anonymous"] = false, true, false
	case "creator":
		out["is_anonymous"] = false
	case "restricted":
		out["is_member"], out["until_date"], out["can_send_messages"] = true, 0, false
	case "kicked":
		out["until_date"] = 0
	}
	for k, v := range m.Rights {
		out[k] = v
	}
	return out
}

var adminRights = []string{
	"can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
	"can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
}

// FullRights is an administrator's whole set.
func FullRights() map[string]bool {
	m := map[string]bool{}
	for _, r := range adminRights {
		m[r] = true
	}
	return m
}

// MemberChanged sets a standing and tells it: as my_chat_member if it is the
// bot's own, else as chat_member. link may be empty.
func (s *Server) MemberChanged(c Chat, by User, now Member, link string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.knowLocked(c, by)
	old, known := st.members[now.User.ID]
	if !known {
		old = Member{User: now.User, Status: "left"}
	}
	st.members[now.User.ID] = now
	s.users[now.User.ID] = now.User
	kind := "chat_member"
	if now.User.ID == s.botID {
		kind = "my_chat_member"
	}
	u := map[string]any{
		"chat": c.json(), "from": by.json(), "date": s.opts.Now().Unix(),
		"old_chat_member": old.json(), "new_chat_member": now.json(),
	}
	if link != "" {
		name := "link"
		for _, l := range s.links {
			if l.URL == link {
				name = l.Name
			}
		}
		u["invite_link"] = map[string]any{
			"invite_link": link, "creator": s.botUser().json(), "creates_join_request": false,
			"is_primary": false, "is_revoked": false, "name": name,
		}
	}
	id := s.newIDLocked()
	s.injectLocked(id, kind, "u"+strconv.FormatInt(now.User.ID, 10), u)
	return id
}

// Bot is the bot's own account.
func (s *Server) Bot() User { return s.botUser() }

func (s *Server) botUser() User {
	return User{ID: s.botID, First: "Qunmate", Handle: s.opts.Username, Bot: true}
}

func (s *Server) injectLocked(id int64, kind, key string, payload any) {
	body, err := json.Marshal(map[string]any{"update_id": id, kind: payload})
	if err != nil {
		panic("tgtest: " + err.Error())
	}
	s.putLocked(update{id: id, kind: kind, key: key, body: body})
}
