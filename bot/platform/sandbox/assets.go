package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// asset is a file of the page, read once: the page is the same for the whole
// life of the process.
type asset struct {
	data []byte
	kind string
	tag  string
}

// assetTypes are the files that are served, by ending. It is written out
// because mime.TypeByExtension depends on the machine.
var assetTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json; charset=utf-8",
	".svg":  "image/svg+xml",
}

// imageTypes are the attachments that the page shows as pictures. SVG is not
// among them: it can carry scripts.
var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func readAssets(from fs.FS) (map[string]asset, error) {
	files, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, fmt.Errorf("sandbox: page: %w", err)
	}
	assets := map[string]asset{}
	for _, f := range files {
		kind, ok := assetTypes[path.Ext(f.Name())]
		if !ok || f.IsDir() {
			continue
		}
		data, err := fs.ReadFile(from, f.Name())
		if err != nil {
			return nil, fmt.Errorf("sandbox: page: %w", err)
		}
		sum := sha256.Sum256(data)
		assets["/"+f.Name()] = asset{data: data, kind: kind, tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	for _, name := range []string{"/index.html", "/app.js", "/style.css"} {
		if _, ok := assets[name]; !ok {
			return nil, fmt.Errorf("sandbox: page: %s: %w", strings.TrimPrefix(name, "/"), fs.ErrNotExist)
		}
	}
	assets["/"] = assets["/index.html"]
	return assets, nil
}

func (s *Sandbox) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.URL.Path]
	if !ok {
		refuse(w, noPage)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.tag)
	h.Set("Cache-Control", "no-cache") // ask each time: the program may be newer
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.data))
}

// serveFile gives an attachment: /api/file/<chat>/<message id>. It is always
// a download, never a page of ours, whatever it contains.
func (s *Sandbox) serveFile(w http.ResponseWriter, r *http.Request) {
	chatID, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/file/"), "/")
	as := r.URL.Query().Get("as")
	s.mu.Lock()
	var e *entry
	if log := s.logs[chatID]; log != nil {
		e = log.findID(id)
	}
	s.mu.Unlock()
	if e == nil || e.File == nil || !e.seenBy(as) {
		refuse(w, noFile)
		return
	}
	kind := "application/octet-stream"
	for _, t := range imageTypes {
		if e.File.MIME == t {
			kind = t
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	name := path.Base(strings.ReplaceAll(clean(e.File.Name), `\`, "/"))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.data))
}
