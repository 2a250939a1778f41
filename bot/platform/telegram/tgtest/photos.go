package tgtest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// maxPhoto is the most bytes of a photo (Bot API, sendPhoto).
const maxPhoto = 10 << 20

func (s *Server) sendPhoto(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	id, data := p.str("photo"), p.data
	switch {
	case p.file == "" && id == "":
		return bad("there is no photo in the request")
	case p.file == "":
		var known bool
		if data, known = s.photos[id]; !known {
			return bad("wrong file identifier/HTTP URL specified")
		}
	case len(data) > maxPhoto:
		return bad("file is too big")
	case !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) && !bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return bad("IMAGE_PROCESS_FAILED")
	}
	if st.noPhotos {
		return bad("not enough rights to send photos to the chat")
	}
	m, no := s.readMessage(st, p, p.str("caption"), maxCaption)
	if no.code != 0 {
		return no
	}
	if id == "" {
		s.nextID++
		id = fmt.Sprintf("photo-%d", s.nextID)
		s.photos[id] = data
		m.Uploaded = true
	}
	m.Method, m.Photo, m.File, m.FileSize, m.Picture = "sendPhoto", id, p.file, p.size, data
	return s.accept(st, m)
}

// getFile tells where a file is. The small size of a photo has a file_id of its
// own; nobody should fetch that.
func (s *Server) getFile(p params) answer {
	id := p.str("file_id")
	data, known := s.photos[id]
	if !known {
		return bad("wrong file_id or the file is temporarily unavailable")
	}
	return ok(map[string]any{"file_id": id, "file_unique_id": "l", "file_size": len(data), "file_path": "photos/" + id + ".jpg"})
}

// serveFile answers /file/bot<token>/<path>.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	token, path, _ := strings.Cut(name, "/")
	id := strings.TrimSuffix(strings.TrimPrefix(path, "photos/"), ".jpg")
	s.mu.Lock()
	s.calls["file"]++
	data, known := s.photos[id]
	f := s.takeFaultLocked("file", params{})
	s.notifyLocked()
	s.mu.Unlock()
	switch {
	case f != nil && f.before(r.Context(), w):
	case token != s.opts.Token || !known || r.Method != http.MethodGet:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(data) // the client may be gone
	}
}

// Photo is what makes a message of Say one with a photo.
func (s *Server) Photo(fileID string) func(map[string]any) {
	return func(m map[string]any) { s.PhotoOf(m, fileID) }
}

// PhotoOf puts a photo into a message that is being made; from then on its
// file_id can be sent and fetched. It is for the change functions of Say.
func (s *Server) PhotoOf(m map[string]any, fileID string) {
	if s.photos[fileID] == nil {
		s.photos[fileID] = []byte("\xff\xd8\xff\xe0" + fileID)
	}
	m["photo"] = sizes(fileID)
	if text, ok := m["text"]; ok {
		m["caption"] = text
		if e, ok := m["entities"]; ok {
			m["caption_entities"] = e
		}
		delete(m, "text")
		delete(m, "entities")
	}
}

// SetPhoto says what a photo consists of; nil: the server does not have it any
// more.
func (s *Server) SetPhoto(fileID string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.photos[fileID] = data; data == nil {
		delete(s.photos, fileID)
	}
}

// ForbidPhotos takes the right to send photos away in a chat.
func (s *Server) ForbidPhotos(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.chats[c.ID]; st != nil {
		st.noPhotos = true
	}
}

func sizes(fileID string) []map[string]any {
	return []map[string]any{
		{"file_id": fileID + "-small", "file_unique_id": "s", "width": 90, "height": 60},
		{"file_id": fileID, "file_unique_id": "l", "width": 900, "height": 600},
	}
}
