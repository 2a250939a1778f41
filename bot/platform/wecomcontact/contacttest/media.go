package contacttest

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
	return map[string]any{"errcode": 0, "errmsg": "ok", "type": "image", "media_id": id, "created_at": strconv.FormatInt(s.opts.Now().Unix(), 10)}
}

// Pictures are what the members of a group have seen of us.
func (s *Server) Pictures(chatID string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.groups[chatID].pictures...)
}
