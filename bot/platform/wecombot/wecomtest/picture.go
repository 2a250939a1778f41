package wecomtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"
)

// picture is one that a user sent: encrypted, for five minutes (path 100719).
type picture struct {
	sealed []byte
	until  time.Time
}

const pictureFor = 5 * time.Minute

// Picture lets a user send a picture with a text: in a group with the mention
// in front, as a mixed message. A picture alone, which only private chats have,
// is an image message.
func (s *Server) Picture(c Chat, user, text string, data []byte) string {
	image := s.seal(data)
	if text == "" {
		return s.Message(c, user, "image", map[string]any{"image": image})
	}
	if c.Group {
		text = "@" + s.opts.Mention + " " + text
	}
	return s.Message(c, user, "mixed", map[string]any{"mixed": map[string]any{"msg_item": []any{
		map[string]any{"msgtype": "image", "image": image},
		map[string]any{"msgtype": "text", "text": map[string]any{"content": text}},
	}}})
}

// Upload lets a user send a file to the bot in private.
func (s *Server) Upload(user string, data []byte) string {
	return s.Message(Private(user), user, "file", map[string]any{"file": s.seal(data)})
}

// Quote is Tell in answer to a picture.
func (s *Server) Quote(c Chat, user, text string, data []byte) string {
	image := s.seal(data)
	if c.Group {
		text = "@" + s.opts.Mention + " " + text
	}
	return s.Message(c, user, "text", map[string]any{
		"text": map[string]any{"content": text}, "quote": map[string]any{"msgtype": "image", "image": image},
	})
}

// seal puts a picture behind an address: with a key of its own over the long
// connection, with the bot's in callback mode.
func (s *Server) seal(data []byte) map[string]any {
	key, block := s.key()
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.idLocked("picture")
	image := map[string]any{"url": s.BaseURL() + "/media/" + id}
	if s.handler == nil {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails since Go 1.24
		image["aeskey"] = base64.StdEncoding.EncodeToString(key)
		var err error
		if block, err = aes.NewCipher(key); err != nil {
			panic("wecomtest: " + err.Error())
		}
	}
	pad := 32 - len(data)%32
	plain := append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	s.pictures[id] = picture{plain, s.opts.Now().Add(pictureFor)}
	return image
}

func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls["picture"]++
	p, ok := s.pictures[r.PathValue("id")]
	s.notifyLocked()
	s.mu.Unlock()
	if !ok || s.opts.Now().After(p.until) {
		http.Error(w, "expired", http.StatusForbidden)
		return
	}
	_, _ = w.Write(p.sealed) // the client may be gone
}
