package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"

	"qunmate/storage"
)

// mountHealth adds what a supervisor and a monitoring system ask.
func (d *doors) mountHealth(mux *http.ServeMux) {
	h := d.house
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.engine.Writable() {
			http.Error(w, "the database cannot be written", http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-h.engine.Ready():
			_, _ = fmt.Fprintln(w, "ready")
		default:
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		if err := h.metrics(r.Context(), w); err != nil {
			h.log.Error("metrics", "err", err)
		}
	})
}

// metrics writes the few figures an operator watches, in the Prometheus text
// format. Names and values only: no member, no chat, no secret.
func (h *house) metrics(ctx context.Context, w http.ResponseWriter) error {
	var queued, sending, unconfirmed, waiting int
	err := h.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		if queued, sending, unconfirmed, err = r.CountLetters(ctx); err != nil {
			return err
		}
		all, err := r.AllWaiting(ctx)
		waiting = len(all)
		return err
	})
	if err != nil {
		http.Error(w, "not available", http.StatusServiceUnavailable)
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	writable := 0
	if h.engine.Writable() {
		writable = 1
	}
	v := buildVersion()
	for _, line := range []struct {
		name, kind, help string
		value            any
	}{
		{"qunmate_database_writable", "gauge", "1 when the last commit went through.", writable},
		{"qunmate_outbox_queued", "gauge", "Letters that wait to be sent.", queued},
		{"qunmate_outbox_sending", "gauge", "Letters that are being sent.", sending},
		{"qunmate_outbox_waiting", "gauge", "Letters that a person must confirm.", unconfirmed},
		{"qunmate_inbox_waiting", "gauge", "Events that wait, or that failed and were given up.", waiting},
		{"qunmate_events_total", "counter", "Events that were committed since the start.", h.engine.Committed()},
		{"qunmate_goroutines", "gauge", "Goroutines.", runtime.NumGoroutine()},
		{"qunmate_heap_bytes", "gauge", "Bytes of live heap.", m.HeapAlloc},
		{fmt.Sprintf("qunmate_build_info{version=%q,go=%q}", v.version, runtime.Version()), "gauge", "The program's version.", 1},
	} {
		name := line.name
		for i, c := range name {
			if c == '{' {
				name = name[:i]
				break
			}
		}
		if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", name, line.help, name, line.kind, line.name, line.value); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return h.metricsOfConnections(w)
}

// metricsOfConnections tells when each connection heard anything last: one that
// stands and is deaf cannot be told from a quiet night by anything else.
func (h *house) metricsOfConnections(w http.ResponseWriter) error {
	const name = "qunmate_connection_last_event_timestamp_seconds"
	heard := h.engine.Heard()
	if len(heard) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "# HELP %s When a connection brought something last.\n# TYPE %s gauge\n", name, name); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	for _, connection := range slices.Sorted(maps.Keys(heard)) {
		if _, err := fmt.Fprintf(w, "%s{connection=%q} %d\n", name, connection, heard[connection].Unix()); err != nil { //nolint:gosec // plain text, and the names are the operator's own
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}
