package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

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

// maxUpload is the most bytes of a file that the page sends.
const maxUpload = 1 << 20

// upload is a file that somebody sends: a list of codes, for example.
type upload struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// kind is what a file is, by its name; "" for anything but a list. That it can be
// read is for the command to say.
func (u *upload) kind() string {
	if len(u.Data) == 0 || len(u.Data) > maxUpload || utf8.RuneCountInString(u.Name) > 100 || clean(u.Name) != u.Name {
		return ""
	}
	switch strings.ToLower(path.Ext(u.Name)) {
	case ".csv":
		return "text/csv"
	case ".txt":
		return "text/plain"
	}
	return ""
}

func (u *upload) print() string {
	if u == nil {
		return ""
	}
	return u.Name + "\x00" + sumOf(u.Data)
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

// upload is the file of a message as events tell it.
func (e *entry) upload() *chat.Attachment {
	if e.File == nil || e.From == botID || e.picture() != nil || len(e.data) == 0 {
		return nil
	}
	return &chat.Attachment{Ref: ref(e.Chat + "/" + e.id()), Name: e.File.Name, MIME: e.File.MIME, Size: int64(e.File.Size)}
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
	if r.Domain != Domain || e == nil || e.picture() == nil && e.upload() == nil || len(e.data) > limit {
		return nil, rejected("there is no picture or file %s", r)
	}
	return bytes.Clone(e.data), nil
}
