package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// A round counts only with its signature, whoever brings it; addresses are
// tried in turn.
func TestRoundsAreFetchedAndVerified(t *testing.T) {
	t.Parallel()
	net, other := fair.NewNetwork([]byte("a")), fair.NewNetwork([]byte("b"))
	const round = 34181812
	good, err := net.Sign(round)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := other.Sign(round)
	if err != nil {
		t.Fatal(err)
	}
	server := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if want := fmt.Sprintf("/%s/public/%d", net.Chain, round); r.URL.Path != want {
				t.Errorf("asked for %s, want %s", r.URL.Path, want)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	says := func(round int64, signature string) string {
		return fmt.Sprintf(`{"round":%d,"randomness":"00","signature":%q}`, round, signature)
	}
	right := server(http.StatusOK, says(round, good))
	d := storage.Draw{ID: 1, Chain: net.Chain, PublicKey: net.Key, Round: round}
	for name, c := range map[string]struct {
		urls []string
		ok   bool
	}{
		"at once":             {[]string{right}, true},
		"the second one":      {[]string{server(http.StatusNotFound, "too early"), right}, true},
		"another round":       {[]string{server(http.StatusOK, says(round+1, good))}, false},
		"another network's":   {[]string{server(http.StatusOK, says(round, forged))}, false},
		"a forger first":      {[]string{server(http.StatusOK, says(round, forged)), right}, true},
		"no JSON":             {[]string{server(http.StatusOK, "<html>")}, false},
		"nobody there":        {[]string{"http://127.0.0.1:1"}, false},
		"no address":          {nil, false},
		"with a slash behind": {[]string{right + "/"}, true},
	} {
		w := rounds{source: drandSource(c.urls, &http.Client{Timeout: 5 * time.Second})}
		signature, err := w.fetch(t.Context(), d)
		if (err == nil) != c.ok || c.ok && signature != good {
			t.Errorf("%s: %q, %v", name, signature, err)
		}
	}
}

// An address whose packets are swallowed costs its own time, not that of the
// next one.
func TestARoundIsHadWhereTheFirstAddressHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := fair.NewNetwork([]byte("a"))
		client := &http.Client{Timeout: roundTimeout, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "silent.example" {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			signature, err := net.Sign(1000)
			body := fmt.Sprintf(`{"round":1000,"signature":%q}`, signature)
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, err
		})}
		w := rounds{source: drandSource([]string{"https://silent.example", "https://open.example"}, client)}
		if _, err := w.fetch(t.Context(), storage.Draw{ID: 1, Chain: net.Chain, PublicKey: net.Key, Round: 1000}); err != nil {
			t.Error(err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
