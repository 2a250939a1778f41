// Package wxfake is what the fake servers of WeCom and WeChat have in common,
// and the tests of their platforms: only tests import it.
package wxfake

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
)

// MediaFor is how long media are kept (paths 90253 and 101463).
const MediaFor = 3 * 24 * time.Hour

// Media are what was uploaded, or what people sent, by media_id. The server that
// has them guards them.
type Media map[string]Stored

// Stored is one of them.
type Stored struct {
	Kind  string
	Data  []byte
	until time.Time
}

// Keep stores data from an instant on.
func (m Media) Keep(id, kind string, data []byte, now time.Time) {
	m[id] = Stored{kind, data, now.Add(MediaFor)}
}

// Get is what a media_id names; nothing once it is too old.
func (m Media) Get(id string, now time.Time) Stored {
	if s := m[id]; !now.After(s.until) {
		return s
	}
	return Stored{}
}

// Forget makes every media_id unknown, and none of them new again.
func (m Media) Forget() {
	for id := range m {
		m[id] = Stored{}
	}
}

// IsPicture reports whether data are JPG or PNG.
func IsPicture(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(data, []byte("\xff\xd8\xff"))
}

// File reads the one file of an upload: nothing if it is no form, or the file is
// not called media in it.
func File(r *http.Request, body []byte) (name string, data []byte) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil
	}
	p, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
	if err != nil || p.FormName() != "media" {
		return "", nil
	}
	if data, err = io.ReadAll(p); err != nil {
		return "", nil
	}
	return p.FileName(), data
}

// Refusal is why an upload is not taken. Bad: no program should have tried.
type Refusal struct {
	Code int
	Text string
	Bad  bool
}

// Codes of refusals (paths 90313 and 99110).
const (
	codeType   = 40004
	codeFormat = 40005
	codeSize   = 40009
)

// Upload reads what media/upload is given: a file of more than 5 bytes, of a
// kind that may have so many bytes at most. missing is what the platform says
// of one without content.
func Upload(r *http.Request, body []byte, most map[string]int, missing Refusal) (kind string, data []byte, no *Refusal) {
	kind = r.URL.Query().Get("type")
	name, data := File(r, body)
	switch {
	case most[kind] == 0:
		return "", nil, &Refusal{Code: codeType, Text: "invalid media type"}
	case name == "" || len(data) <= 5:
		missing.Bad = true
		return "", nil, &missing
	case len(data) > most[kind]:
		return "", nil, &Refusal{Code: codeSize, Text: "invalid image size", Bad: true}
	case kind == "image" && !IsPicture(data):
		return "", nil, &Refusal{Code: codeFormat, Text: "invalid file type", Bad: true}
	}
	return kind, data, nil
}
