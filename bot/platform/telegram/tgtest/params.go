package tgtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

// params are the parameters of a call, however they were sent: as JSON, as a
// form or as multipart.
type params struct {
	values map[string]string // strings as they are, everything else as JSON
	file   string            // name of an uploaded file
	size   int64
	data   []byte // of it
}

// No call takes more than the 50 MB of a file.
const maxRequest = 64 << 20

func readParams(r *http.Request) (params, error) {
	p := params{values: map[string]string{}}
	for k, v := range r.URL.Query() {
		p.values[k] = v[0]
	}
	if r.Body == nil {
		return p, nil
	}
	body := io.LimitReader(r.Body, maxRequest)
	kind, opts, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var raw map[string]json.RawMessage
		if err := json.NewDecoder(body).Decode(&raw); err != nil {
			return p, fmt.Errorf("json: %w", err)
		}
		for k, v := range raw {
			var text string
			if json.Unmarshal(v, &text) == nil {
				p.values[k] = text
			} else {
				p.values[k] = string(v)
			}
		}
		return p, nil
	case "multipart/form-data":
		// The library announces multipart and sends nothing when a call has no
		// parameters; Telegram takes that.
		whole := bufio.NewReader(body)
		if _, err := whole.Peek(1); errors.Is(err, io.EOF) {
			return p, nil
		}
		err := readMultipart(multipart.NewReader(whole, opts["boundary"]), &p)
		return p, err
	}
	_, err := io.Copy(io.Discard, body)
	return p, err
}

func readMultipart(mr *multipart.Reader, p *params) error {
	for {
		part, err := mr.NextRawPart()
		if err == io.EOF { //nolint:errorlint // NextRawPart returns it bare
			return nil
		}
		if err != nil {
			return fmt.Errorf("multipart: %w", err)
		}
		if name := part.FileName(); name != "" {
			p.file = name
			if p.data, err = io.ReadAll(part); err != nil {
				return fmt.Errorf("multipart: %w", err)
			}
			p.size = int64(len(p.data))
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("multipart: %w", err)
		}
		p.values[part.FormName()] = string(value)
	}
}

func (p params) str(name string) string { return p.values[name] }

func (p params) num(name string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(p.values[name]), 10, 64)
	return n
}

func (p params) has(name string) bool { _, ok := p.values[name]; return ok }

// decode reads a JSON parameter; an absent one leaves dest alone.
func (p params) decode(name string, dest any) error {
	if p.values[name] == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(p.values[name]), dest); err != nil {
		return fmt.Errorf("can't parse %s: %w", name, err)
	}
	return nil
}
