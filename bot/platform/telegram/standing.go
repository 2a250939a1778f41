package telegram

import (
	"sync"
	"time"

	"qunmate/bot/chat"
)

// Limits the engine paces by (Bot FAQ, "My bot is hitting limits"; messages
// section of sendMessage).
const (
	maxText        = 4096 // UTF-16 units of one message after parsing
	groupPerMinute = 20
	chatPerMinute  = 60 // one a second in any one chat
	allPerSecond   = 30
	// A bot takes back messages that are less than 48 hours old (deleteMessage).
	deleteFor = 48 * time.Hour
)

// standings remembers in which chats we are an administrator, as far as it
// was told. It is a memory, not a record: after a restart the next facts or
// my_chat_member fill it again, and until then the weaker is assumed.
type standings struct {
	mu    sync.Mutex
	admin map[int64]bool
}

func (s *standings) learn(id int64, admin bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin == nil {
		s.admin = map[int64]bool{}
	}
	s.admin[id] = admin
}

func (s *standings) forget(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.admin, id)
}

func (s *standings) isAdmin(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admin[id]
}

// Caps tells what the chat can do. It does not use the network. A group in
// which we are not known to be an administrator is taken as one where we are
// not: then only commands reach us, unless privacy mode is off.
func (t *Telegram) Caps(c chat.Chat) chat.Caps {
	id := idOf(c.Ref)
	if id == 0 {
		return chat.Caps{}
	}
	caps := chat.Caps{
		Choices: true, Edit: true, Delete: true, Push: true, Files: true, Uploads: true, Pictures: true, Quotes: true, MaxPicture: maxPhoto,
		MaxText: maxText, PerSecond: allPerSecond, DeleteFor: deleteFor,
	}
	if c.Type == chat.Private || id > 0 {
		caps.Hears, caps.PerMinute = true, chatPerMinute
		return caps
	}
	admin := t.standings.isAdmin(id)
	caps.AdminList = true
	caps.Polls = c.Type != chat.Channel
	caps.Quizzes = caps.Polls
	caps.Pin = c.Type != chat.Channel
	caps.PerMinute = groupPerMinute
	if c.Type != chat.Channel {
		caps.Hears = admin || t.self().HearsAll
		caps.Joins, caps.Requests = admin, admin
		caps.Whispers = t.whispers.usable()
	}
	return caps
}
