package wechattest

import (
	"net/http"
	"strconv"

	"qunmate/bot/platform/internal/wxfake"
)

// keepLocked stores a picture that was uploaded, or that somebody sent.
func (s *Server) keepLocked(data []byte) string {
	id := "MEDIA-" + strconv.Itoa(len(s.media)+1)
	s.media.Keep(id, "image", data, s.opts.Now())
	return id
}

// upload takes a picture of 6 bytes to 10 MB, JPG or PNG.
func (s *Server) upload(r *http.Request, body []byte) any {
	kind, data, no := wxfake.Upload(r, body, map[string]int{"image": 10 << 20}, wxfake.Refusal{Code: 41005, Text: "media data missing"})
	if no != nil {
		if no.Bad {
			s.problemLocked("an upload: %s", no.Text)
		}
		return failure(no.Code, no.Text)
	}
	return map[string]any{"type": kind, "media_id": s.keepLocked(data), "created_at": s.opts.Now().Unix()}
}

// mediaCall is media/upload and media/get.
func (s *Server) mediaCall(r *http.Request, body []byte) any {
	if s.opts.Unverified {
		return failure(48001, "api unauthorized")
	}
	if r.URL.Path == PathUpload {
		return s.upload(r, body)
	}
	data := s.media.Get(r.URL.Query().Get("media_id"), s.opts.Now()).Data
	if data == nil {
		return failure(40007, "invalid media_id")
	}
	return data
}

// showLocked is a customer service message of a picture.
func (s *Server) showLocked(who *person, id string) any {
	data := s.media.Get(id, s.opts.Now()).Data
	switch {
	case data == nil:
		return failure(40007, "invalid media_id")
	case who == nil:
		return failure(40003, "invalid openid")
	}
	if r := who.spend(s.opts.Now()); r != nil {
		return r
	}
	who.shown = append(who.shown, Shown{Picture: data, At: s.opts.Now()})
	return fine
}

// Picture makes the media_id of a picture that somebody sends: an element of
// Frame.
func (s *Server) Picture(data []byte) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.keepLocked(data)
	return map[string]string{"PicUrl": "http://mmbiz.qpic.cn/" + id, "MediaId": id}
}

// ForgetMedia makes every media_id unknown.
func (s *Server) ForgetMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.media.Forget()
}
