package sandbox

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// guard refuses what does not come from the page itself. Whoever can post
// here acts as an administrator, so that a page elsewhere in the same browser
// must not be able to: neither by a form or fetch (Origin, Sec-Fetch-Site,
// content type) nor by pointing its own name at 127.0.0.1 (Host).
func (s *Sandbox) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		named := s.named(r.Host)
		if !named && !loopback(r.Host) {
			refuse(w, badHost)
			return
		}
		if !sameOrigin(r, named) {
			refuse(w, badOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// harden sets the headers of every answer. Nothing inline runs, nothing is
// loaded from elsewhere, nobody may frame the page, and no text can become
// HTML, because Trusted Types forbids innerHTML and its kin.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
		"object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, "; "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// named says whether the host is one the operator allowed.
func (s *Sandbox) named(host string) bool {
	name := bare(host)
	return slices.ContainsFunc(s.opts.Hosts, func(allowed string) bool {
		return strings.EqualFold(allowed, host) || strings.EqualFold(allowed, name)
	})
}

func loopback(host string) bool {
	switch strings.ToLower(bare(host)) {
	case "127.0.0.1", "localhost", "::1":
		return true
	}
	return false
}

// bare takes the port and the brackets of an IPv6 address off.
func bare(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if name, ok := strings.CutPrefix(host, "["); ok {
		return strings.TrimSuffix(name, "]")
	}
	return host
}

// sameOrigin judges the two headers with which a browser tells where a
// request comes from. A program that is no browser sends neither.
func sameOrigin(r *http.Request, named bool) bool {
	if origins := r.Header.Values("Origin"); len(origins) > 0 {
		plain := len(origins) == 1 && r.TLS == nil && strings.EqualFold(origins[0], "http://"+r.Host)
		// A named host may stand behind a proxy that speaks TLS for us.
		secure := len(origins) == 1 && (r.TLS != nil || named) && strings.EqualFold(origins[0], "https://"+r.Host)
		if !plain && !secure {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	// Following a link to the page is no danger: it shows the page.
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		!strings.HasPrefix(r.URL.Path, "/api/")
}
