package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/url"
	"strconv"

	"qunmate/bot/config"
)

// newLog makes the program's log. Whatever a library puts into an error, no
// secret of the configuration gets through.
func newLog(w io.Writer, c *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	out := newRedactor(w, c.Secrets())
	opts := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, opts))
	}
	return slog.New(slog.NewTextHandler(out, opts))
}

// redactor replaces secrets in what passes through. slog writes one record
// per call, so a secret never lies across two.
type redactor struct {
	w       io.Writer
	secrets [][]byte
}

// shortSecret: replacing very short texts would garble ordinary words.
const shortSecret = 4

func newRedactor(w io.Writer, secrets []string) *redactor {
	r := &redactor{w: w}
	for _, s := range secrets {
		if len(s) < shortSecret {
			continue
		}
		r.secrets = append(r.secrets, []byte(s))
		// As it stands in an address, and in the quotes of both forms of the log.
		quoted := strconv.Quote(s)
		for _, e := range []string{url.QueryEscape(s), quoted[1 : len(quoted)-1]} {
			if e != s {
				r.secrets = append(r.secrets, []byte(e))
			}
		}
	}
	return r
}

// Write implements io.Writer.
func (r *redactor) Write(p []byte) (int, error) {
	out := p
	for _, s := range r.secrets {
		out = bytes.ReplaceAll(out, s, []byte("***"))
	}
	if _, err := r.w.Write(out); err != nil {
		return 0, err //nolint:wrapcheck // a writer passes on what its writer says
	}
	return len(p), nil
}
