package tgtest

import (
	"strconv"
	"time"
)

const (
	maxText    = 4096
	maxRaw     = 32 << 10
	maxCaption = 1024
	maxData    = 64
	maxAnswer  = 200
	// A press is good for an ephemeral message this long (Bot API 10.2).
	pressGood = 15 * time.Second
	// …and for an answer this long.
	pressKept = 150 * time.Second
)

// Button is one button of an inline keyboard.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
	URL  string `json:"url"`
}

// Sent is a message the bot sent, or an edit of one.
type Sent struct {
	Method    string
	Chat      int64
	Thread    int
	MessageID int64
	Ephemeral int64 // ephemeral id: only Receiver saw it
	Receiver  int64
	Query     string // callback_query_id that came with it
	Text      string // without tags
	HTML      string
	Links     []string
	Buttons   [][]Button
	ReplyTo   int64
	File      string
	Photo     string // file_id of a photo the server had
	FileSize  int64
	Picture   []byte // of the photo
	Uploaded  bool   // it came with the request
	Preview   bool   // links in it are shown as cards
	At        time.Time
}

// Deleted is a message that the bot took back.
type Deleted struct {
	Chat      int64
	MessageID int64
	Ephemeral int64
	Receiver  int64
}

// Press is a button press and what became of it.
type Press struct {
	ID       string
	From     int64
	Chat     int64
	At       time.Time
	Answered int // how often; more than once is a mistake
	Text     string
	Alert    bool
}

func (s *Server) sendMessage(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	m, no := s.readMessage(st, p, p.str("text"), maxText)
	if no.code != 0 {
		return no
	}
	if m.Text == "" {
		return bad("message text is empty")
	}
	return s.accept(st, m)
}

func (s *Server) sendDocument(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	if p.file == "" && p.str("document") == "" {
		return bad("there is no document in the request")
	}
	m, no := s.readMessage(st, p, p.str("caption"), maxCaption)
	if no.code != 0 {
		return no
	}
	m.File, m.FileSize = p.file, p.size
	return s.accept(st, m)
}

// readMessage checks everything that sendMessage and sendDocument share.
func (s *Server) readMessage(st *chatState, p params, text string, limit int) (*Sent, answer) {
	m := &Sent{Chat: st.chat.ID, Thread: int(p.num("message_thread_id")), HTML: text, At: s.opts.Now(), Method: "sendMessage"}
	if p.file != "" {
		m.Method = "sendDocument"
	}
	if no := s.mayWrite(st); no.code != 0 {
		return nil, no
	}
	if no := m.setText(p, text, limit); no.code != 0 {
		return nil, no
	}
	if no := m.setButtons(p); no.code != 0 {
		return nil, no
	}
	var reply struct {
		Message   int64 `json:"message_id"`
		Ephemeral int64 `json:"ephemeral_message_id"`
		Allow     bool  `json:"allow_sending_without_reply"`
	}
	if err := p.decode("reply_parameters", &reply); err != nil {
		return nil, bad(err.Error())
	}
	if reply.Message > int64(st.last) || st.deleted[reply.Message] {
		if !reply.Allow {
			return nil, bad("message to be replied not found")
		}
		reply.Message = 0
	}
	m.ReplyTo = reply.Message
	var link struct {
		Disabled bool `json:"is_disabled"`
	}
	if err := p.decode("link_preview_options", &link); err != nil {
		return nil, bad(err.Error())
	}
	m.Preview = !link.Disabled
	if m.Thread != 0 && !st.chat.Forum {
		return nil, bad("message thread not found")
	}
	return m, s.addressEphemeral(st, p, m)
}

func (s *Server) mayWrite(st *chatState) answer {
	if st.chat.ID > 0 {
		return answer{}
	}
	me := st.members[s.botID]
	if me.Status == "restricted" && !me.Rights["can_send_messages"] || me.Status == "member" && st.muted {
		return bad("not enough rights to send text messages to the chat")
	}
	return answer{}
}

func (m *Sent) setText(p params, text string, limit int) answer {
	if len(text) > maxRaw {
		return bad("message is too long")
	}
	m.Text = text
	switch p.str("parse_mode") {
	case "":
	case "HTML":
		plain, links, err := parseHTML(text)
		if err != nil {
			return bad(err.Error())
		}
		m.Text, m.Links = plain, links
	default:
		return bad("unsupported parse_mode")
	}
	if Units(m.Text) > limit {
		return bad("message is too long")
	}
	return answer{}
}

func (m *Sent) setButtons(p params) answer {
	var markup struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if err := p.decode("reply_markup", &markup); err != nil {
		return bad(err.Error())
	}
	for _, row := range markup.Rows {
		for _, b := range row {
			switch {
			case b.Text == "":
				return bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
			case b.URL == "" && (b.Data == "" || len(b.Data) > maxData):
				return bad("BUTTON_DATA_INVALID")
			}
		}
	}
	m.Buttons = markup.Rows
	return answer{}
}

// addressEphemeral reads the parameters of Bot API 10.2. An older server does
// not know them and shows the message to everybody.
func (s *Server) addressEphemeral(st *chatState, p params, m *Sent) answer {
	receiver := p.num("receiver_user_id")
	if receiver == 0 || s.opts.Old || s.opts.Unproven {
		return answer{}
	}
	if st.chat.ID > 0 {
		return bad("ephemeral messages can be sent only to groups")
	}
	if _, member := st.members[receiver]; !member {
		return bad("receiver user not found")
	}
	m.Receiver, m.Query = receiver, p.str("callback_query_id")
	if m.Query != "" {
		q := s.presses[m.Query]
		if q == nil || s.opts.Now().Sub(q.At) > pressGood {
			return bad("query is too old and response timeout expired or query ID is invalid")
		}
	}
	return answer{}
}

// accept gives the message its id, remembers it and answers.
func (s *Server) accept(st *chatState, m *Sent) answer {
	if after := s.limiter.take(st.chat, m.Receiver != 0, s.opts.Now()); after > 0 {
		a := fail(429, "Too Many Requests: retry after "+strconv.Itoa(after))
		a.retryAfter = after
		return a
	}
	result := map[string]any{"message_id": 0, "date": m.At.Unix(), "chat": st.chat.json(), "from": s.botUser().json(), "text": m.Text}
	if m.Photo != "" {
		result["photo"] = sizes(m.Photo)
	}
	if m.Receiver != 0 {
		st.lastEph++
		m.Ephemeral = int64(st.lastEph)
		result["ephemeral_message_id"] = m.Ephemeral
		result["receiver_user"] = s.users[m.Receiver].json()
	} else {
		m.MessageID = int64(st.nextMessageLocked())
		result["message_id"] = m.MessageID
	}
	s.total++
	if s.opts.OnSent != nil {
		s.opts.OnSent(*m)
	}
	if !s.opts.Lean {
		s.sent = append(s.sent, *m)
		if m.Receiver != 0 {
			st.eph[m.Ephemeral] = m
		} else {
			st.messages[m.MessageID] = m
		}
	}
	return ok(result)
}
