package wechattest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"
)

// stored is a picture that was uploaded, or that somebody sent.
type stored struct {
	data  []byte
	until time.Time
}

// mediaFor is how long media are kept.
const mediaFor = 3 * 24 * time.Hour

const maxImage = 10 << 20

// mediaLocked is what a media_id names; nothing once it is too old.
func (s *Server) mediaLocked(id string) []byte {
	m := s.media[id]
	if s.opts.Now().After(m.until) {
		return nil
	}
	return m.data
}

func (s *Server) keepLocked(data []byte) string {
	id := "MEDIA-" + strconv.Itoa(len(s.media)+1)
	s.media[id] = stored{data, s.opts.Now().Add(mediaFor)}
	return id
}

// upload takes a picture of 6 bytes to 10 MB, JPG or PNG.
func (s *Server) upload(r *http.Request, body []byte) any {
	var data []byte
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil {
		p, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
		if err == nil && p.FormName() == "media" && p.FileName() != "" {
			data, _ = io.ReadAll(p) // what is missing is complained of below
		}
	}
	switch {
	case r.URL.Query().Get("type") != "image":
		return failure(40004, "invalid media type")
	case len(data) <= 5:
		s.problemLocked("an upload of %d bytes", len(data))
		return failure(41005, "media data missing")
	case len(data) > maxImage:
		s.problemLocked("an upload of %d bytes", len(data))
		return failure(40009, "invalid image size")
	case !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) && !bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		s.problemLocked("an upload of %d bytes that are no picture", len(data))
		return failure(40005, "invalid file type")
	}
	id := s.keepLocked(data)
	return map[string]any{"type": "image", "media_id": id, "created_at": s.opts.Now().Unix()}
}

// mediaCall is media/upload and media/get.
func (s *Server) mediaCall(r *http.Request, body []byte) any {
	if s.opts.Unverified {
		return failure(48001, "api unauthorized")
	}
	if r.URL.Path == PathUpload {
		return s.upload(r, body)
	}
	data := s.mediaLocked(r.URL.Query().Get("media_id"))
	if data == nil {
		return failure(40007, "invalid media_id")
	}
	return data
}

// showLocked is a customer service message of a picture.
func (s *Server) showLocked(who *person, id string) any {
	data := s.mediaLocked(id)
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
	for id := range s.media {
		s.media[id] = stored{}
	}
}
