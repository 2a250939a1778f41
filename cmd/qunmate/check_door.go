package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/storage"
)

// What is found out about the address at which a platform calls us. The address
// is public; nothing secret is in it.
const (
	doorOpen        = "door.open"        // url: the ring was answered by this program
	doorUnset       = "door.unset"       // there is no public_url to ask at
	doorUntold      = "door.untold"      // url: the program that runs is an older one and has no bell
	doorTaken       = "door.taken"       // listen, error: nobody of ours runs, and the port cannot be had
	doorUnreachable = "door.unreachable" // url, error
	doorCertificate = "door.certificate" // url, error: nobody can trust it
	doorRedirect    = "door.redirect"    // url, to: platforms follow no redirection
	doorStatus      = "door.status"      // url, status, listen: something in front of us answers
	doorStranger    = "door.stranger"    // url, listen: somebody else answers
)

// ringTime bounds one ring: platforms give up after five seconds.
const ringTime = 8 * time.Second

// doorbell rings at the public addresses of a configuration. While the program
// runs it is the one to answer. Otherwise the check opens the port itself for
// the moment: whether the way from the outside leads here can be known before
// the first start.
type doorbell struct {
	cfg     *config.Config
	bell    bell
	running bool // another process has the port
}

// newDoorbell takes the bell of the running program from its database, or makes
// one.
func newDoorbell(ctx context.Context, cfg *config.Config, idle bool) (doorbell, error) {
	d := doorbell{cfg: cfg, running: !idle}
	if idle {
		d.bell.key = make([]byte, 32)
		random(d.bell.key)
		return d, nil
	}
	db, err := storage.Open(ctx, cfg.Database, storage.Options{ReadOnly: true, Now: time.Now})
	if err != nil {
		return d, err
	}
	defer func() { _ = db.Close() }()
	return d, db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		key, err := r.StoredSecret(ctx, bellSecret)
		d.bell.key = []byte(key)
		return err
	})
}

// check rings at the path of a callback.
func (d doorbell) check(ctx context.Context, path string) chat.Finding {
	address := d.cfg.HTTP.PublicURL + path
	switch {
	case d.cfg.HTTP.PublicURL == "":
		return chat.Finding{OK: true, Code: doorUnset, Args: map[string]string{"path": path}}
	case d.running && len(d.bell.key) == 0:
		return chat.Finding{OK: true, Code: doorUntold, Args: map[string]string{"url": address}}
	case !d.running:
		stop, err := d.open(ctx, path)
		if err != nil {
			return chat.Finding{Code: doorTaken, Args: map[string]string{"listen": d.listen(), "error": err.Error()}}
		}
		defer stop()
	}
	return d.ring(ctx, address, path)
}

// listen is where callbacks come in.
func (d doorbell) listen() string {
	if d.cfg.HTTP.PublicListen != "" {
		return d.cfg.HTTP.PublicListen
	}
	return d.cfg.HTTP.Listen
}

// open answers rings at the port of callbacks until it is stopped.
func (d doorbell) open(ctx context.Context, path string) (stop func(), err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", d.listen())
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle(path, d.bell.at(path, http.NotFoundHandler()))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: ringTime}
	go func() { _ = s.Serve(l) }() // the ring tells what comes of it
	return func() { _ = s.Close() }, nil
}

func (d doorbell) ring(ctx context.Context, address, path string) chat.Finding {
	args := map[string]string{"url": address, "listen": d.listen()}
	found := func(code string) chat.Finding { return chat.Finding{OK: code == doorOpen, Code: code, Args: args} }
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	query, want := d.bell.ring(path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query, nil)
	if err != nil {
		args["error"] = "not an address"
		return found(doorUnreachable)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		args["error"] = withoutURL(err).Error()
		if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
			return found(doorCertificate)
		}
		return found(doorUnreachable)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	switch {
	case err == nil && resp.StatusCode == http.StatusOK && strings.TrimSpace(string(body)) == want:
		return found(doorOpen)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		args["to"] = hostOf(resp)
		return found(doorRedirect)
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusForbidden:
		// What our own handlers say to whom they do not know, another's too.
		return found(doorStranger)
	}
	args["status"] = resp.Status
	return found(doorStatus)
}

// withoutURL drops the address from an error of net/http: it is said already,
// and the ring says nothing to anybody.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		if ue.Timeout() {
			return errors.New("no answer in time")
		}
		return ue.Err
	}
	return err
}

// hostOf is where a redirection leads, without what is behind the host.
func hostOf(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "?"
	}
	return to.Scheme + "://" + to.Host
}
