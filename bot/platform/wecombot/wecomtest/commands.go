package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Commands of the long connection (path 101463).
const (
	CmdSubscribe = "aibot_subscribe"
	CmdPing      = "ping"
	CmdRespond   = "aibot_respond_msg"
	CmdWelcome   = "aibot_respond_welcome_msg"
	CmdUpdate    = "aibot_respond_update_msg"
	CmdPush      = "aibot_send_msg"
	CmdInit      = "aibot_upload_media_init"
	CmdChunk     = "aibot_upload_media_chunk"
	CmdFinish    = "aibot_upload_media_finish"

	CmdMessage = "aibot_msg_callback"   // to the client
	CmdEvent   = "aibot_event_callback" // to the client
)

// Codes the server answers with.
const (
	CodeMsgType     = 40008  // measured
	CodeInvalid     = 40058  // documented for other interfaces
	CodeFrequency   = 45009  // documented for other interfaces
	CodeChat        = 93006  // official plugin
	CodeDevice      = 600039 // reported
	CodeReqExpired  = 846604 // official plugin
	CodeReqInvalid  = 846605 // measured
	CodeCredentials = 853000 // measured
	// CodeUnsubscribed and CodeSilent are made up: what the platform answers to
	// a frame before the subscription, and to a push into a conversation in
	// which nobody has written, is not known.
	CodeUnsubscribed = 846699
	CodeSilent       = 846698
)

// Limits of messages.
const (
	maxContent = 20480 // bytes (path 101031)
	messageFor = 24 * time.Hour
	eventFor   = 5 * time.Second
)

// message is what a client sends, in all commands.
type message struct {
	ChatID       string          `json:"chatid"`
	ChatType     *int            `json:"chat_type"`
	MsgType      string          `json:"msgtype"`
	ResponseType string          `json:"response_type"`
	UserIDs      []string        `json:"userids"`
	Markdown     *textPart       `json:"markdown"`
	Text         *textPart       `json:"text"`
	Stream       *Stream         `json:"stream"`
	Card         json.RawMessage `json:"template_card"`
	Image        *mediaPart      `json:"image"`
	File         *mediaPart      `json:"file"`
	Voice        *mediaPart      `json:"voice"`
	Video        *mediaPart      `json:"video"`
}

type (
	textPart struct {
		Content string `json:"content"`
	}
	mediaPart struct {
		MediaID string `json:"media_id"`
	}
)

// Stream is a bubble.
type Stream struct {
	ID      string `json:"id"`
	Finish  bool   `json:"finish"`
	Content string `json:"content"`
	Items   []struct {
		MsgType string `json:"msgtype"`
		Image   struct {
			Base64 []byte `json:"base64"`
			MD5    string `json:"md5"`
		} `json:"image"`
	} `json:"msg_item"`
}

// doLocked carries a frame out.
func (s *Server) doLocked(c *conn, f Frame) (code int64, msg string, body any) {
	switch f.Cmd {
	case CmdSubscribe:
		code, msg = s.subscribeLocked(c, f.Body)
		return code, msg, nil
	case CmdPing:
		return 0, "ok", nil
	}
	if s.current != c {
		s.problemLocked("%s on a connection that is not subscribed", f.Cmd)
		return CodeUnsubscribed, "not subscribed", nil
	}
	switch f.Cmd {
	case CmdInit, CmdChunk, CmdFinish:
		return s.uploadLocked(f)
	case CmdRespond, CmdWelcome, CmdUpdate, CmdPush:
	default:
		s.problemLocked("unknown command %q", f.Cmd)
		return CodeInvalid, "unknown cmd", nil
	}
	var m message
	if err := json.Unmarshal(f.Body, &m); err != nil {
		return s.invalidLocked("%s: the body: %v", f.Cmd, err)
	}
	sent := Sent{Cmd: f.Cmd, ReqID: f.Headers.ReqID, At: s.opts.Now()}
	if f.Cmd == CmdPush {
		code, msg = s.pushLocked(&m, &sent)
	} else {
		code, msg = s.respondLocked(f, &m, &sent)
	}
	if code == 0 {
		code, msg = s.contentLocked(&m, &sent)
	}
	if code == 0 {
		code, msg = s.limitLocked(sent.Chat, sent.At)
	}
	if code == 0 {
		s.keepLocked(sent)
	}
	return code, msg, nil
}

func (s *Server) invalidLocked(format string, args ...any) (int64, string, any) {
	s.problemLocked(format, args...)
	return CodeInvalid, "invalid parameter", nil
}

// pushLocked checks where a push may go: into a conversation in which somebody
// has written, its id in the case it has.
func (s *Server) pushLocked(m *message, sent *Sent) (int64, string) {
	c, known := s.chats[m.ChatID]
	switch {
	case !known:
		s.problemLocked("push into unknown chat %q", m.ChatID)
		return CodeChat, "invalid chatid"
	case m.ChatType != nil && *m.ChatType != 0 && (*m.ChatType == 2) != c.group:
		s.problemLocked("push into %s with chat_type %d", m.ChatID, *m.ChatType)
		return CodeChat, "invalid chatid"
	case !c.spoken:
		return CodeSilent, "no message from a user yet"
	case c.group && s.opts.NoGroupPush:
		return CodeDevice, "device type not support"
	}
	sent.Chat, sent.Group, sent.Push = m.ChatID, c.group, true
	return 0, "ok"
}

// respondLocked checks whether a callback may be answered so, and still.
func (s *Server) respondLocked(f Frame, m *message, sent *Sent) (int64, string) {
	req := s.requests[f.Headers.ReqID]
	want := map[string]callbackKind{CmdRespond: messageKind, CmdWelcome: enterKind, CmdUpdate: clickKind}[f.Cmd]
	if req == nil || req.kind != want {
		return CodeReqInvalid, "invalid req_id"
	}
	life := eventFor
	if want == messageKind {
		life = messageFor
	}
	if sent.At.Sub(req.at) > life || (want != messageKind && req.used) {
		return CodeReqExpired, "req_id expired"
	}
	allowed := map[string][]string{
		CmdRespond: {"markdown", "stream", "template_card", "stream_with_template_card", "image", "file", "voice", "video"},
		CmdWelcome: {"text", "template_card"},
		CmdUpdate:  {""},
	}[f.Cmd]
	if !slices.Contains(allowed, m.MsgType) {
		s.problemLocked("%s with msgtype %q", f.Cmd, m.MsgType)
		return CodeMsgType, "invalid message type"
	}
	if f.Cmd == CmdUpdate {
		if m.ResponseType != "update_template_card" {
			s.problemLocked("an update with response_type %q", m.ResponseType)
			return CodeInvalid, "invalid parameter"
		}
		sent.UserIDs, sent.UpdateOf = m.UserIDs, req.task
	}
	req.used = true
	sent.Chat, sent.Group = req.chat.ID, req.chat.Group
	return 0, "ok"
}

// contentLocked checks what is said.
func (s *Server) contentLocked(m *message, sent *Sent) (int64, string) {
	sent.MsgType = m.MsgType
	if m.ResponseType != "" {
		sent.MsgType = m.ResponseType
	}
	complaint := ""
	switch sent.MsgType {
	case "markdown":
		complaint = say(sent, m.Markdown)
	case "text":
		complaint = say(sent, m.Text)
	case "stream", "stream_with_template_card":
		if complaint = sayStream(sent, m.Stream); complaint == "" && len(m.Card) > 0 {
			complaint = s.cardLocked(m.Card, sent)
		}
	case "template_card", "update_template_card":
		complaint = s.cardLocked(m.Card, sent)
	case "image", "file", "voice", "video":
		part := map[string]*mediaPart{"image": m.Image, "file": m.File, "voice": m.Voice, "video": m.Video}[m.MsgType]
		if part == nil {
			complaint = "no media_id"
			break
		}
		file, ok := s.media[part.MediaID]
		if !ok || file.Type != m.MsgType {
			complaint = "media_id of no " + m.MsgType
		}
		sent.File = &file
	default:
		s.problemLocked("msgtype %q", m.MsgType)
		return CodeMsgType, "invalid message type"
	}
	if complaint != "" {
		s.problemLocked("%s %s: %s", sent.Cmd, sent.MsgType, complaint)
		return CodeInvalid, "invalid parameter"
	}
	return 0, "ok"
}

func say(sent *Sent, part *textPart) string {
	switch {
	case part == nil || strings.TrimSpace(part.Content) == "":
		return "no content"
	case len(part.Content) > maxContent:
		return "the content is too long"
	case !utf8.ValidString(part.Content):
		return "the content is no UTF-8"
	}
	sent.Text = part.Content
	return ""
}

func sayStream(sent *Sent, st *Stream) string {
	switch {
	case st == nil || st.ID == "":
		return "a stream without an id"
	case len(st.Content) > maxContent:
		return "the content is too long"
	case len(st.Items) > 0 && !st.Finish:
		return "pictures in an unfinished stream"
	case st.Content == "" && len(st.Items) == 0 && st.Finish:
		return "a finished stream of nothing"
	}
	sent.Text, sent.Stream = st.Content, st
	return ""
}

// limitLocked counts a message into its conversation.
func (s *Server) limitLocked(chat string, now time.Time) (int64, string) {
	if s.opts.Limits == nil {
		return 0, "ok"
	}
	c := s.chatLocked(chat)
	c.stamps = slices.DeleteFunc(c.stamps, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	minute := 0
	for _, t := range c.stamps {
		if now.Sub(t) < time.Minute {
			minute++
		}
	}
	if minute >= s.opts.Limits.PerMinute || len(c.stamps) >= s.opts.Limits.PerHour {
		s.problemLocked("too many messages in %s", chat)
		return CodeFrequency, "api freq out of limit"
	}
	c.stamps = append(c.stamps, now)
	return 0, "ok"
}

// keepLocked notes an accepted message.
func (s *Server) keepLocked(sent Sent) {
	s.total++
	sent.N = s.total
	if s.opts.OnSent != nil {
		s.opts.OnSent(sent)
	}
	if sent.Card != nil && sent.UpdateOf == "" {
		copied := sent
		s.tasks[sent.Card.TaskID] = &copied
	}
	if !s.opts.Lean {
		s.sent = append(s.sent, sent)
	}
	s.notifyLocked()
}
