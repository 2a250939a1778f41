package wecomtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Chat is a conversation; the private one of a user has his id.
type Chat struct {
	ID    string
	Group bool
}

// Private is a user's private chat.
func Private(user string) Chat { return Chat{ID: user} }

type callbackKind int

const (
	messageKind callbackKind = iota
	enterKind
	clickKind
	otherKind
)

// callback is something that happens and is told to the bot.
type callback struct {
	kind  callbackKind
	cmd   string
	req   string
	msg   string
	chat  Chat
	user  string
	task  string
	at    time.Time
	used  bool // it was answered, for what may be answered once
	url   string
	code  string // of the response_url
	spent bool   // of the response_url
	body  map[string]any
}

func (s *Server) idLocked(what string) string {
	s.next++
	return fmt.Sprintf("%s-%06d", what, s.next)
}

// Say lets a user write a text, exactly as given. It returns the msgid.
func (s *Server) Say(c Chat, user, text string) string {
	return s.Message(c, user, "text", map[string]any{"text": map[string]any{"content": text}})
}

// Tell is Say to the bot: in a group with its mention in front, as the clients
// write it.
func (s *Server) Tell(c Chat, user, text string) string {
	if c.Group {
		text = "@" + s.opts.Mention + " " + text
	}
	return s.Say(c, user, text)
}

// Message lets a user send a message of any type. It returns the msgid.
func (s *Server) Message(c Chat, user, msgtype string, fields map[string]any) string {
	s.mu.Lock()
	cb := s.callbackLocked(messageKind, c, user)
	cb.body["msgtype"] = msgtype
	maps.Copy(cb.body, fields)
	s.chatLocked(c.ID).spoken = true
	s.mu.Unlock()
	s.deliver(cb)
	return cb.msg
}

// Enter lets a user open his private chat, for the first time of the day.
func (s *Server) Enter(user string) string {
	return s.Event(Private(user), user, map[string]any{"eventtype": "enter_chat"})
}

// Click lets a user press a button of a card that was sent.
func (s *Server) Click(c Chat, user, task, key string) string {
	return s.Event(c, user, map[string]any{
		"eventtype": "template_card_event",
		"template_card_event": map[string]any{
			"card_type": "button_interaction", "event_key": key, "task_id": task, "selected_items": map[string]any{},
		},
	})
}

// Press lets a user press the button with a label on the newest card of the
// chat that has one.
func (s *Server) Press(c Chat, user, label string) (msgid string, ok bool) {
	for _, m := range slices.Backward(s.SentTo(c.ID)) {
		if m.Card == nil || (m.UserIDs != nil && !slices.Contains(m.UserIDs, user)) {
			continue
		}
		for _, b := range m.Card.Buttons {
			if b.Text == label {
				return s.Click(c, user, m.Card.TaskID, b.Key), true
			}
		}
	}
	return "", false
}

// Vote lets a user choose options of a vote card and submit them.
func (s *Server) Vote(c Chat, user, task string, options ...string) string {
	s.mu.Lock()
	question, key := "", ""
	if sent := s.tasks[task]; sent != nil && sent.Card.Checkbox != nil {
		question, key = sent.Card.Checkbox.QuestionKey, sent.Card.Submit.Key
	}
	s.mu.Unlock()
	return s.Event(c, user, map[string]any{
		"eventtype": "template_card_event",
		"template_card_event": map[string]any{
			"card_type": "vote_interaction", "event_key": key, "task_id": task,
			"selected_items": map[string]any{"selected_item": []any{
				map[string]any{"question_key": question, "option_ids": map[string]any{"option_id": options}},
			}},
		},
	})
}

// Choose is Vote by the labels of the newest vote card of the chat.
func (s *Server) Choose(c Chat, user string, labels ...string) (msgid string, ok bool) {
	for _, m := range slices.Backward(s.SentTo(c.ID)) {
		if m.Card == nil || m.Card.Checkbox == nil {
			continue
		}
		var ids []string
		for _, o := range m.Card.Checkbox.Options {
			if slices.Contains(labels, o.Text) {
				ids = append(ids, o.ID)
			}
		}
		if len(ids) == len(labels) {
			return s.Vote(c, user, m.Card.TaskID, ids...), true
		}
	}
	return "", false
}

// Feedback lets a user like an answer.
func (s *Server) Feedback(c Chat, user string) string {
	return s.Event(c, user, map[string]any{
		"eventtype": "feedback_event", "feedback_event": map[string]any{"id": "f", "type": 1, "content": "", "inaccurate_reason_list": []int{}},
	})
}

// Event lets any event happen. It returns the msgid.
func (s *Server) Event(c Chat, user string, event map[string]any) string {
	kind, task := otherKind, ""
	switch event["eventtype"] {
	case "enter_chat":
		kind = enterKind
	case "template_card_event":
		kind = clickKind
		if card, ok := event["template_card_event"].(map[string]any); ok {
			task, _ = card["task_id"].(string)
		}
	}
	s.mu.Lock()
	cb := s.callbackLocked(kind, c, user)
	cb.cmd, cb.task = CmdEvent, task
	cb.body["msgtype"], cb.body["event"] = "event", event
	s.mu.Unlock()
	s.deliver(cb)
	return cb.msg
}

// callbackLocked begins a callback with what all of them have.
func (s *Server) callbackLocked(kind callbackKind, c Chat, user string) *callback {
	cb := &callback{
		kind: kind, cmd: CmdMessage, req: s.idLocked("req"), msg: s.idLocked("msg"), code: s.idLocked("code"),
		chat: c, user: user, at: s.opts.Now(),
	}
	s.chatLocked(c.ID).group = c.Group
	cb.url = s.BaseURL() + responsePath + "?response_code=" + cb.code
	cb.body = map[string]any{
		"msgid": cb.msg, "aibotid": s.opts.BotID, "chattype": "single", "from": map[string]any{"userid": user},
		"create_time": cb.at.Unix(), "response_url": cb.url,
	}
	if c.Group {
		cb.body["chattype"], cb.body["chatid"] = "group", c.ID
	}
	s.requests[cb.req], s.messages[cb.msg], s.codes[cb.code] = cb, cb, cb
	return cb
}

// Redeliver tells of a message again, as the platform sometimes does: with its
// msgid, and a req_id of its own.
func (s *Server) Redeliver(msgid string) {
	s.mu.Lock()
	cb := s.messages[msgid]
	if cb == nil {
		s.mu.Unlock()
		panic("wecomtest: no message " + msgid)
	}
	again := *cb
	again.req = s.idLocked("req")
	s.requests[again.req] = &again
	s.mu.Unlock()
	s.deliver(&again)
}

// Raw sends bytes to the subscribed connection as they are.
func (s *Server) Raw(data []byte) {
	s.mu.Lock()
	c := s.current
	s.mu.Unlock()
	if c != nil {
		c.send(data)
	}
}

// deliver tells the bot: over the long connection, or by calling its handler
// (CallBack). Without either it waits for a subscription; whether the real
// server keeps messages for a bot that is away is not known.
func (s *Server) deliver(cb *callback) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notifyLocked()
	switch {
	case s.handler != nil:
		h := s.handler
		s.bg.Go(func() { s.callBack(h, cb) })
	case s.current != nil:
		s.current.sendJSON(cb.frame())
	default:
		s.queue = append(s.queue, cb)
	}
}

func (s *Server) flush(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != c {
		return
	}
	for _, cb := range s.queue {
		c.sendJSON(cb.frame())
	}
	s.queue = nil
}

func (cb *callback) frame() Frame {
	body, err := json.Marshal(cb.body)
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	return Frame{Cmd: cb.cmd, Headers: Headers{ReqID: cb.req}, Body: body}
}

// Code is the response_code of a message, for posts of a test's own.
func (s *Server) Code(msgid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cb := s.messages[msgid]; cb != nil {
		return cb.code
	}
	return ""
}

// Now is the time of the server, as the platform writes it.
func (s *Server) Now() string { return strconv.FormatInt(s.opts.Now().Unix(), 10) }
