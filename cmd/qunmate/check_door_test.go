package main_test

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

// outside is the way from the outside to a port of ours: a web server with a
// certificate, and an environment in which it is trusted.
type outside struct {
	url, trust string
	answers    atomic.Pointer[http.Handler] // nil: it passes everything on
}

func newOutside(t *testing.T, port int) *outside {
	t.Helper()
	o := &outside{}
	on := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	on.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := o.answers.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		on.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	file := filepath.Join(t.TempDir(), "trusted.pem")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})))
	o.url, o.trust = front.URL, "SSL_CERT_FILE="+file
	return o
}

// check runs `check -online` where the web server is trusted.
func (o *outside) check(t *testing.T, dir string, code int, says ...string) outcome {
	t.Helper()
	p := launch(t, dir, []string{o.trust}, "check", "-online")
	p.waitEnd()
	got := outcome{p.cmd.ProcessState.ExitCode(), p.out.String(), p.log.String()}
	if got.code != code {
		t.Errorf("exit code %d, want %d: %s", got.code, code, got)
	}
	for _, want := range says {
		if !strings.Contains(got.out+got.errs, want) {
			t.Errorf("it does not say %q: %s", want, got)
		}
	}
	return got
}

// TestCheckRingsAtThePublicAddress: before the first start and beside the
// running bot, the check tells whether platforms find us, and what stands in
// the way.
func TestCheckRingsAtThePublicAddress(t *testing.T) {
	t.Parallel()
	w, a := wc.New(t, wc.Options{}), wx.New(t, wx.Options{})
	dir, inner, outer := t.TempDir(), freePort(t), freePort(t)
	out := newOutside(t, outer)
	with := func(publicURL string) {
		configure(t, dir, nil, fmt.Sprintf("http: {listen: \"127.0.0.1:%d\", public_listen: \"127.0.0.1:%d\", public_url: %q}\n", inner, outer, publicURL)+
			aibotConfig(w, fmt.Sprintf("mode: callback, token: %q, encoding_aes_key: %q", w.Token(), w.AESKey()))+accountConfig(a, ""))
	}
	with(out.url)
	both := func(says string) []string {
		return []string{fmt.Sprintf(says, "helper", out.url+"/wecom/helper"), fmt.Sprintf(says, "oa", out.url+"/wechat/oa")}
	}
	const reached = "✔ %s: From the outside %s leads here: I answered"
	out.check(t, dir, 0, both(reached)...)

	p := launch(t, dir, nil)
	until(t, "the program is ready", func() bool { return ready(fmt.Sprintf("http://127.0.0.1:%d", inner)) })
	out.check(t, dir, 0, both(reached)...)
	// Nobody else hears that bell.
	ring := fmt.Sprintf("http://127.0.0.1:%d/wecom/helper?qunmate_ring=", outer)
	for _, asked := range []string{"", strings.Repeat("0", 32), strings.Repeat("0", 96), strings.Repeat("%00", 96)} {
		if code, text := get(t, ring+asked); code != http.StatusForbidden || text != "" {
			t.Errorf("a ring with %q: %d %q", asked, code, text)
		}
	}
	answers := func(code int, header ...string) {
		var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		})
		out.answers.Store(&h)
	}
	listen := fmt.Sprintf("127.0.0.1:%d", outer)
	answers(http.StatusNotFound)
	out.check(t, dir, 1, both("✘ %s: %s answers “404 Not Found”, and not I. Let the web server pass this path on to "+listen)...)
	answers(http.StatusMovedPermanently, "Location", "https://www.example.com/secret/path?x=1")
	o := out.check(t, dir, 1, both("✘ %s: %s redirects to https://www.example.com, and platforms do not follow")...)
	if strings.Contains(o.errs, "secret") {
		t.Errorf("too much of the redirection is said: %s", o)
	}
	answers(http.StatusForbidden) // as another Qunmate would
	out.check(t, dir, 1, both("✘ %s: At %s somebody else answers")...)
	out.answers.Store(nil)
	// Without our certificate among the trusted ones.
	wantCall(t, dir, 1, "✘ oa: No platform trusts the certificate of "+out.url+"/wechat/oa: ", "check", "-online")
	p.stop()

	// What has the port is none of ours.
	other := httptest.NewUnstartedServer(http.NotFoundHandler())
	if err := other.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	other.Listener = listenOn(t, listen)
	other.Start()
	out.check(t, dir, 1, "✘ oa: "+listen+", where callbacks come in, cannot be opened: ")
	other.Close()
	with("https://127.0.0.1:1")
	out.check(t, dir, 1, "✘ oa: https://127.0.0.1:1/wechat/oa cannot be reached: dial tcp 127.0.0.1:1")
	configure(t, dir, nil, fmt.Sprintf("http: {listen: %q}\n", listen)+accountConfig(a, ""))
	out.check(t, dir, 0, "✔ oa: There is no http.public_url, so I cannot try whether the platform finds /wechat/oa")
	complain(t, w.Problems())
	complain(t, a.Problems())
}
