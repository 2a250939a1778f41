package qyapitest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"
)

// stored is something that was uploaded, or that a member sent.
type stored struct {
	kind  string // image or file, or "robot:<key>" whose own it is
	data  []byte
	until time.Time
}

// mediaFor is how long media are kept (path 90253).
const mediaFor = 3 * 24 * time.Hour

// mediaLocked is what a media_id names; nothing once it is too old.
func (s *Server) mediaLocked(id string) stored {
	m := s.media[id]
	if s.opts.Now().After(m.until) {
		return stored{}
	}
	return m
}

// Picture is the XML of a picture that a member sends, not sent yet.
func (s *Server) Picture(user string, data []byte) string {
	s.mu.Lock()
	id := s.nextLocked("sent")
	s.media[id] = stored{"image", data, s.opts.Now().Add(mediaFor)}
	s.mu.Unlock()
	return s.Message(user, "image", map[string]string{"PicUrl": "http://wework.qpic.cn/" + id, "MediaId": id})
}

// Uploads counts the media there are.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.media)
}

// ForgetMedia makes every media_id unknown.
func (s *Server) ForgetMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.media)
}

func (s *Server) getMedia(r *http.Request, _ []byte) any {
	m := s.mediaLocked(r.URL.Query().Get("media_id"))
	if m.data == nil {
		return failure(40007, "invalid media_id")
	}
	return m.data
}

func isPicture(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(data, []byte("\xff\xd8\xff"))
}

// part reads the one file of an upload.
func (s *Server) part(r *http.Request, body []byte) (name string, data []byte) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil
	}
	p, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
	if err != nil || p.FormName() != "media" {
		return "", nil
	}
	data, err = io.ReadAll(p)
	if err != nil {
		return "", nil
	}
	return p.FileName(), data
}

// upload takes a file of more than 5 bytes: pictures up to 10 MB, files up to
// 20 MB (path 90253).
func (s *Server) upload(r *http.Request, body []byte) any {
	kind := r.URL.Query().Get("type")
	name, data := s.part(r, body)
	most := map[string]int{"image": 10 << 20, "file": 20 << 20}[kind]
	switch {
	case most == 0:
		return failure(40004, "invalid media type")
	case name == "" || len(data) <= 5:
		s.problemLocked("an upload of %q with %d bytes", name, len(data))
		return failure(44001, "empty media data")
	case len(data) > most:
		s.problemLocked("an upload of %d bytes", len(data))
		return failure(40009, "invalid image size")
	}
	if kind == "image" && !isPicture(data) {
		s.problemLocked("an upload of %d bytes that are no picture", len(data))
		return failure(40005, "invalid file type")
	}
	id := s.nextLocked("media")
	s.media[id] = stored{kind, data, s.opts.Now().Add(mediaFor)}
	return map[string]any{"type": kind, "media_id": id, "created_at": strconv.FormatInt(s.opts.Now().Unix(), 10)}
}
