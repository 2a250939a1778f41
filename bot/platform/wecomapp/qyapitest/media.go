package qyapitest

import (
	"net/http"
	"strconv"

	"qunmate/bot/platform/internal/wxfake"
)

// keepLocked stores something that was uploaded, or that a member sent: an image
// or a file, or for "robot:<key>", whose own it is.
func (s *Server) keepLocked(what, kind string, data []byte) string {
	id := s.nextLocked(what)
	s.media.Keep(id, kind, data, s.opts.Now())
	return id
}

// Picture is the XML of a picture that a member sends, not sent yet.
func (s *Server) Picture(user string, data []byte) string {
	s.mu.Lock()
	id := s.keepLocked("sent", "image", data)
	s.mu.Unlock()
	return s.Message(user, "image", map[string]string{"PicUrl": "http://wework.qpic.cn/" + id, "MediaId": id})
}

// ForgetMedia makes every media_id unknown.
func (s *Server) ForgetMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.media.Forget()
}

func (s *Server) getMedia(r *http.Request, _ []byte) any {
	m := s.media.Get(r.URL.Query().Get("media_id"), s.opts.Now())
	if m.Data == nil {
		return failure(40007, "invalid media_id")
	}
	return m.Data
}

// upload takes a file of more than 5 bytes: pictures up to 10 MB, files up to
// 20 MB (path 90253).
func (s *Server) upload(r *http.Request, body []byte) any {
	kind, data, no := wxfake.Upload(r, body, map[string]int{"image": 10 << 20, "file": 20 << 20}, wxfake.Refusal{Code: 44001, Text: "empty media data"})
	if no != nil {
		if no.Bad {
			s.problemLocked("an upload: %s", no.Text)
		}
		return failure(no.Code, no.Text)
	}
	return s.uploadedLocked(kind, kind, data)
}

func (s *Server) uploadedLocked(kind, owner string, data []byte) any {
	return map[string]any{"type": kind, "media_id": s.keepLocked("media", owner, data), "created_at": strconv.FormatInt(s.opts.Now().Unix(), 10)}
}
