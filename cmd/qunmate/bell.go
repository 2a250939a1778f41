package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
)

// A bell is how `check -online` finds out whether an address of the outside
// leads to this program: it rings at the path of a callback, and whoever has
// the same key answers. Both sides prove the key without telling it, so that
// nobody else learns even that there is a bell; to everybody else the path is
// the platform's alone.
type bell struct{ key []byte }

// bellQuery is the name under which a ring travels; a platform has no such one.
const bellQuery = "qunmate_ring"

// bellSecret is the name of the key in the database.
const bellSecret = "bell"

// ringing is how the two words of a ring differ.
const (
	bellAsks    = "ask"
	bellAnswers = "answer"
)

func (b bell) word(which, path, nonce string) string {
	h := hmac.New(sha256.New, b.key)
	_, _ = io.WriteString(h, which+"\n"+path+"\n"+nonce)
	return hex.EncodeToString(h.Sum(nil))
}

// nonceLength is how long a nonce is, in hex digits.
const nonceLength = 32

// ring is the query of one ring at a path, and the answer to it.
func (b bell) ring(path string) (query, answer string) {
	var raw [nonceLength / 2]byte
	random(raw[:])
	nonce := hex.EncodeToString(raw[:])
	return bellQuery + "=" + nonce + b.word(bellAsks, path, nonce), b.word(bellAnswers, path, nonce)
}

// at hangs the bell at a path in front of a handler.
func (b bell) at(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query().Get(bellQuery)
		if r.Method != http.MethodGet || len(asked) <= nonceLength {
			next.ServeHTTP(w, r)
			return
		}
		nonce, word := asked[:nonceLength], asked[nonceLength:]
		if !hmac.Equal([]byte(word), []byte(b.word(bellAsks, path, nonce))) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, b.word(bellAnswers, path, nonce)) //nolint:gosec // hex digits, as plain text
	})
}
