package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"qunmate/bot/chat"
)

// doors are the HTTP servers: one for the operator's machine (sandbox page,
// health, metrics), and, if configured, one for the outside (callbacks only).
type doors struct {
	house     *house
	page      http.Handler // the sandbox, nil if it is off
	callbacks []chat.Callback
	listeners []net.Listener
	servers   []*http.Server
	bell      bell   // by which the check finds out whether the outside reaches us
	address   string // of the first listener, as the operator's browser needs it
}

func newDoors(h *house) *doors { return &doors{house: h} }

// base is where a browser on this machine finds the first listener, without a
// slash at the end; "" while nothing listens.
func (d *doors) base() string {
	host, port, err := net.SplitHostPort(d.address)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (d *doors) callback(c chat.Callback) { d.callbacks = append(d.callbacks, c) }

// freePortTries is how many ports after the usual one are tried in the
// sandbox, where nobody chose the port.
const freePortTries = 50

// listen takes the ports before anything else runs, so that a taken port is
// one clear line.
func (d *doors) listen(ctx context.Context) error {
	cfg := d.house.cfg.HTTP
	l, err := d.open(ctx, cfg.Listen)
	if err != nil {
		return fmt.Errorf("%s", d.house.program.text("cli.port_taken", map[string]any{"Listen": cfg.Listen, "Error": err.Error()}))
	}
	d.address = l.Addr().String()
	inner := http.NewServeMux()
	d.mountHealth(inner)
	mountVerify(inner)
	if d.page != nil {
		inner.Handle("/", d.page)
	}
	outer := inner
	d.add(l, inner)
	if cfg.PublicListen != "" {
		l, err := d.open(ctx, cfg.PublicListen)
		if err != nil {
			return fmt.Errorf("%s", d.house.program.text("cli.port_taken", map[string]any{"Listen": cfg.PublicListen, "Error": err.Error()}))
		}
		outer = http.NewServeMux()
		mountVerify(outer)
		d.add(l, outer)
	}
	for _, c := range d.callbacks {
		outer.Handle(c.Path(), d.bell.at(c.Path(), c))
	}
	return nil
}

// open listens on an address; without a configuration file the next free port
// will do.
func (d *doors) open(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err == nil || !d.house.implicit || !errors.Is(err, syscall.EADDRINUSE) {
		return l, err //nolint:wrapcheck // the caller says which address
	}
	host, port, splitErr := net.SplitHostPort(address)
	first, atoiErr := strconv.Atoi(port)
	if splitErr != nil || atoiErr != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	for i := 1; i <= freePortTries; i++ {
		if l, next := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(first+i))); next == nil {
			return l, nil
		}
	}
	return nil, err //nolint:wrapcheck // as above
}

func (d *doors) add(l net.Listener, h http.Handler) {
	d.listeners = append(d.listeners, l)
	d.servers = append(d.servers, &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	})
}

// httpGrace is how long running requests get at the stop.
const httpGrace = 2 * time.Second

// serve runs the servers until ctx ends.
func (d *doors) serve(ctx context.Context) error {
	failed := make(chan error, len(d.servers))
	for i, s := range d.servers {
		go func() {
			if err := s.Serve(d.listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("http: %w", err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpGrace)
	defer cancel()
	for _, s := range d.servers {
		if s.Shutdown(stop) != nil {
			_ = s.Close() // streams of open pages do not end by themselves
		}
	}
	return err
}
