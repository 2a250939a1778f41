package chattest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// Logs collects what a platform logs, for tests that read it.
type Logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is everything so far.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Count says how often something was logged.
func (l *Logs) Count(what string) int { return strings.Count(l.String(), what) }

// Logger writes everything, down to the level of debugging, into the logs.
func (l *Logs) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
