package qyapitest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"qunmate/bot/platform/internal/wxfake"
)

// robot is a group robot and what its group reads.
type robot struct {
	gone  bool
	shown []Posted
	sent  []time.Time
}

// Posted is one message of a group robot.
type Posted struct {
	Kind string // text, markdown, image, news or file
	Text string
	News []Article
	Data []byte // of an image
}

// Article is one entry of a news message.
type Article struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	Picture     string `json:"picurl"`
}

// Limits of a robot (path 99110).
const (
	robotText     = 2048
	robotMarkdown = 4096
	robotImage    = 2 << 20
	robotMinute   = 20
)

type robotBody struct {
	MsgType string `json:"msgtype"`
	Text    *struct {
		Content string   `json:"content"`
		Users   []string `json:"mentioned_list,omitempty"`
		Mobiles []string `json:"mentioned_mobile_list,omitempty"`
	} `json:"text"`
	Markdown *struct {
		Content string `json:"content"`
	} `json:"markdown"`
	Image *struct {
		Base64 string `json:"base64"`
		MD5    string `json:"md5"`
	} `json:"image"`
	News *struct {
		Articles []Article `json:"articles"`
	} `json:"news"`
	File *mediaBody `json:"file"`
}

func (s *Server) robotSend(r *http.Request, body []byte) any {
	key := r.URL.Query().Get("key")
	bot := s.robots[key]
	if bot == nil || bot.gone {
		return failure(93000, "invalid webhook url")
	}
	var m robotBody
	if r := s.read("webhook/send", body, &m); r != nil {
		return r
	}
	now := s.opts.Now()
	if bot.sent = recent(bot.sent, now); len(bot.sent) >= robotMinute {
		return failure(45009, "api freq out of limit")
	}
	p, refused := s.postLocked(key, m)
	if refused != nil {
		return refused
	}
	bot.sent = append(bot.sent, now)
	bot.shown = append(bot.shown, p)
	return map[string]any{}
}

func (s *Server) postLocked(key string, m robotBody) (Posted, *refusal) {
	bad := func(format string, args ...any) (Posted, *refusal) {
		s.problemLocked("a robot: "+format, args...)
		return Posted{}, failure(40058, "invalid request parameter")
	}
	switch m.MsgType {
	case "text":
		if m.Text == nil || m.Text.Content == "" || len(m.Text.Content) > robotText {
			return bad("a text that is missing or too long")
		}
		return Posted{Kind: m.MsgType, Text: m.Text.Content}, nil
	case "markdown":
		if m.Markdown == nil || m.Markdown.Content == "" || len(m.Markdown.Content) > robotMarkdown {
			return bad("markdown that is missing or too long")
		}
		return Posted{Kind: m.MsgType, Text: m.Markdown.Content}, nil
	case "image":
		if m.Image == nil {
			return bad("an image without content")
		}
		data, err := base64.StdEncoding.DecodeString(m.Image.Base64)
		sum := md5.Sum(data)
		if err != nil || len(data) == 0 || len(data) > robotImage || hex.EncodeToString(sum[:]) != m.Image.MD5 || !wxfake.IsPicture(data) {
			return bad("an image of %d bytes, %v", len(data), err)
		}
		return Posted{Kind: m.MsgType, Data: data}, nil
	case "news":
		if m.News == nil || len(m.News.Articles) == 0 || len(m.News.Articles) > 8 {
			return bad("the number of articles")
		}
		for _, a := range m.News.Articles {
			if a.Title == "" || len(a.Title) > 128 || len(a.Description) > 512 || a.URL == "" {
				return bad("an article %+v", a)
			}
		}
		return Posted{Kind: m.MsgType, News: m.News.Articles}, nil
	case "file":
		if m.File == nil || s.media.Get(m.File.ID, s.opts.Now()).Kind != "robot:"+key {
			return Posted{}, failure(40007, "invalid media_id")
		}
		return Posted{Kind: m.MsgType, Text: m.File.ID}, nil
	}
	s.problemLocked("a robot: msgtype %q", m.MsgType)
	return Posted{}, failure(40008, "invalid message type")
}

// robotUpload takes a file of 6 bytes to 20 MB; only the robot itself can send
// it (path 99110).
func (s *Server) robotUpload(r *http.Request, body []byte) any {
	key := r.URL.Query().Get("key")
	name, data := wxfake.File(r, body)
	if len(data) == 0 { // checked even before the key
		return failure(44001, "empty media data")
	}
	bot := s.robots[key]
	switch {
	case bot == nil || bot.gone:
		return failure(93000, "invalid webhook url")
	case r.URL.Query().Get("type") != "file" || name == "" || len(data) <= 5 || len(data) > 20<<20:
		s.problemLocked("a robot: an upload of %q with %d bytes", name, len(data))
		return failure(40058, "invalid request parameter")
	}
	return s.uploadedLocked("file", "robot:"+key, data)
}

// RemoveRobot takes a robot out of its group.
func (s *Server) RemoveRobot(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bot := s.robots[key]; bot != nil {
		bot.gone = true
	}
}

// Posted lists what the group of a robot has read, in order.
func (s *Server) Posted(key string) []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bot := s.robots[key]; bot != nil {
		return append([]Posted(nil), bot.shown...)
	}
	return nil
}
