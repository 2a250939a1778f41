package contacttest

import (
	"net/http"
	"strconv"

	"qunmate/bot/platform/internal/wxfake"
)

// upload takes a picture of 6 bytes to 10 MB, JPG or PNG.
func (s *Server) upload(r *http.Request, body []byte) any {
	kind, data, no := wxfake.Upload(r, body, map[string]int{"image": 10 << 20}, wxfake.Refusal{Code: 44001, Text: "empty media data"})
	if no != nil {
		if no.Bad {
			s.problemLocked("an upload: %s", no.Text)
		}
		return failure(no.Code, no.Text)
	}
	id := "MEDIA-" + strconv.Itoa(len(s.media)+1)
	s.media.Keep(id, kind, data, s.opts.Now())
	return fine(map[string]any{"type": kind, "media_id": id, "created_at": strconv.FormatInt(s.opts.Now().Unix(), 10)})
}

// Pictures are what the members of a group have seen of us.
func (s *Server) Pictures(chatID string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.groups[chatID].pictures...)
}
