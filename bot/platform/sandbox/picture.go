package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"qunmate/bot/chat"
)

// pictureType is what a picture of the page is; "" for anything but what every
// network takes.
func pictureType(data []byte) string {
	if len(data) > maxPicture {
		return ""
	}
	switch kind := http.DetectContentType(data); kind {
	case "image/png", "image/jpeg":
		return kind
	}
	return ""
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// attach puts a picture into a message.
func (e *entry) attach(data []byte, kind string) {
	name := "picture.png"
	if kind == "image/jpeg" {
		name = "picture.jpg"
	}
	e.File, e.data = &fileInfo{Name: name, MIME: kind, Size: len(data)}, data
}

// picture is the picture of a message as events tell it. Old messages are
// forgotten, and their pictures with them.
func (e *entry) picture() *chat.Picture {
	if e.File == nil || pictureType(e.data) == "" {
		return nil
	}
	return &chat.Picture{Ref: ref(e.Chat + "/" + e.id()), MIME: e.File.MIME, Fleeting: true}
}

// Fetch implements chat.Fetcher.
func (s *Sandbox) Fetch(_ context.Context, r chat.Ref, limit int) ([]byte, error) {
	chatID, id, _ := strings.Cut(r.ID, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	var e *entry
	if log := s.logs[chatID]; log != nil {
		e = log.findID(id)
	}
	if r.Domain != Domain || e == nil || e.picture() == nil || len(e.data) > limit {
		return nil, rejected("there is no picture %s", r)
	}
	return bytes.Clone(e.data), nil
}
