package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Hosts = []string{"chat.example.org", "10.0.0.5:9000"} })
	sent := r.send(t, func() chat.Letter {
		l := whisper("product", "ann", "for ann")
		l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}, {Label: "Web", URL: "https://example.org"}}
		return l
	}())
	ok := `{"id":"abcdefgh","chat":"product","as":"ann","text":"hi"}`
	long := strings.Repeat("x", MaxText+1)
	tests := []struct {
		name, method, path, body string
		headers                  []string
		want                     int
		code                     string
	}{
		{"a page on another name (DNS rebinding)", "GET", "/api/state", "", []string{"Host", "evil.example:8080"}, 403, "host"},
		{"the page itself on another name", "GET", "/", "", []string{"Host", "evil.example"}, 403, "host"},
		{"a name that begins like loopback", "GET", "/", "", []string{"Host", "127.0.0.1.evil.example"}, 403, "host"},
		{"no host", "GET", "/", "", []string{"Host", " "}, 403, "host"},
		{"an allowed host with another port", "GET", "/", "", []string{"Host", "10.0.0.5:80"}, 403, "host"},
		{"foreign origin", "POST", "/api/say", ok, []string{"Origin", "http://evil.example"}, 403, "origin"},
		{"another port on this machine", "POST", "/api/say", ok, []string{"Origin", "http://127.0.0.1:9999"}, 403, "origin"},
		{"origin null", "POST", "/api/say", ok, []string{"Origin", "null"}, 403, "origin"},
		{"https origin without TLS", "POST", "/api/say", ok, []string{"Origin", "https://" + home}, 403, "origin"},
		{"cross-site by fetch metadata", "POST", "/api/say", ok, []string{"Origin", "", "Sec-Fetch-Site", "cross-site"}, 403, "origin"},
		{"same-site is not same-origin", "POST", "/api/say", ok, []string{"Origin", "", "Sec-Fetch-Site", "same-site"}, 403, "origin"},
		{"cross-site read", "GET", "/api/state", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, "origin"},
		{"cross-site navigation to data", "GET", "/api/state", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403, "origin"},
		{"cross-site script", "GET", "/app.js", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403, "origin"},
		{"a form", "POST", "/api/say", "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "type"},
		{"text that is JSON", "POST", "/api/say", ok, []string{"Content-Type", "text/plain"}, 415, "type"},
		{"no content type", "POST", "/api/say", ok, []string{"Content-Type", ""}, 415, "type"},
		{"another charset", "POST", "/api/say", ok, []string{"Content-Type", "application/json; charset=gbk"}, 415, "type"},
		{"GET on a mutation", "GET", "/api/say", "", nil, 405, "method"},
		{"POST on a read", "POST", "/api/state", "{}", nil, 405, "method"},
		{"POST on the page", "POST", "/", "{}", nil, 405, "method"},
		{"an unknown path of the interface", "GET", "/api/nothing", "", nil, 404, "path"},
		{"an unknown file", "GET", "/secret.txt", "", nil, 404, "path"},
		{"a path out of the folder", "GET", "/../sandbox.go", "", nil, 404, "path"},
		{"too large", "POST", "/api/say", `{"text":"` + strings.Repeat("x", maxSay) + `"}`, nil, 413, "large"},
		{"no JSON", "POST", "/api/say", "hello", nil, 400, "json"},
		{"nothing", "POST", "/api/say", "", nil, 400, "json"},
		{"null", "POST", "/api/say", "null", nil, 400, "json"},
		{"a list", "POST", "/api/say", "[]", nil, 400, "json"},
		{"an unknown key", "POST", "/api/say", `{"id":"abcdefgh","admin":true}`, nil, 400, "json"},
		{"two values", "POST", "/api/say", ok + ok, nil, 400, "json"},
		{"a wrong type", "POST", "/api/say", `{"id":1}`, nil, 400, "json"},
		{"broken UTF-8", "POST", "/api/say", "{\"text\":\"\xff\"}", nil, 400, "json"},
		{"a short id", "POST", "/api/say", `{"id":"x","chat":"product","as":"ann","text":"hi"}`, nil, 400, "id"},
		{"an id like the sandbox's own", "POST", "/api/say", `{"id":"start:product:added","chat":"product","as":"ann","text":"hi"}`, nil, 400, "id"},
		{"an unknown language", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","text":"hi","lang":"xx"}`, nil, 400, "lang"},
		{"no text", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","text":" \u0000 "}`, nil, 400, "text"},
		{"too long", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","text":"` + long + `"}`, nil, 400, "text"},
		{"a file of another kind", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","file":{"name":"a.exe","data":"QQ=="}}`, nil, 400, "upload"},
		{"a picture of another kind", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","picture":"R0lGODlhAQABAAAAACw="}`, nil, 400, "picture"},
		{"a file of more than a megabyte", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","file":{"name":"a.csv","data":"` + strings.Repeat("QUFB", 350_000) + `"}}`, nil, 400, "upload"},
		{"an empty file", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","file":{"name":"a.csv","data":""}}`, nil, 400, "upload"},
		{"a file of two lines in its name", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","file":{"name":"a\u0001.csv","data":"QQ=="}}`, nil, 400, "upload"},
		{"a file beside a picture", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","picture":"iVBORw0KGgo=","file":{"name":"a.csv","data":"QQ=="}}`, nil, 400, "upload"},
		{"an unknown chat", "POST", "/api/say", `{"id":"abcdefgh","chat":"nowhere","as":"ann","text":"hi"}`, nil, 404, "chat"},
		{"an unknown persona", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"eve","text":"hi"}`, nil, 404, "persona"},
		{"speaking as the bot", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"bot","text":"hi"}`, nil, 404, "persona"},
		{"not a member", "POST", "/api/say", `{"id":"abcdefgh","chat":"books","as":"chen","text":"hi"}`, nil, 403, "member"},
		{"somebody else's private chat", "POST", "/api/say", `{"id":"abcdefgh","chat":"man","as":"ann","text":"hi"}`, nil, 403, "member"},
		{"a reply to nothing", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"ann","text":"hi","reply_to":"999"}`, nil, 404, "message"},
		{"a reply to what he cannot see", "POST", "/api/say", `{"id":"abcdefgh","chat":"product","as":"man","text":"hi","reply_to":"` + sent.ID + `"}`, nil, 404, "message"},
		{"pressing nothing", "POST", "/api/press", `{"id":"abcdefgh","chat":"product","as":"ann","message":"999","choice":"/why"}`, nil, 404, "message"},
		{"pressing what he cannot see", "POST", "/api/press", `{"id":"abcdefgh","chat":"product","as":"man","message":"` + sent.ID + `","choice":"/why"}`, nil, 404, "message"},
		{"pressing a button that is not there", "POST", "/api/press", `{"id":"abcdefgh","chat":"product","as":"ann","message":"` + sent.ID + `","choice":"/points @ann +99"}`, nil, 409, "choice"},
		{"pressing a link", "POST", "/api/press", `{"id":"abcdefgh","chat":"product","as":"ann","message":"` + sent.ID + `","choice":""}`, nil, 409, "choice"},
		{"joining with the wrong word", "POST", "/api/member", `{"id":"abcdefgh","chat":"product","as":"ann","action":"add"}`, nil, 400, "action"},
		{"leaving a private chat", "POST", "/api/member", `{"id":"abcdefgh","chat":"ann","as":"ann","action":"leave"}`, nil, 404, "chat"},
		{"nobody joins", "POST", "/api/member", `{"id":"abcdefgh","chat":"books","as":"eve","action":"join"}`, nil, 404, "persona"},
		{"removing the bot from outside", "POST", "/api/bot", `{"id":"abcdefgh","chat":"books","as":"chen","action":"remove"}`, nil, 403, "member"},
		{"the bot joins", "POST", "/api/bot", `{"id":"abcdefgh","chat":"product","as":"ann","action":"join"}`, nil, 400, "action"},
		{"a clock without aim", "POST", "/api/clock", `{}`, nil, 400, "clock"},
		{"a clock with two aims", "POST", "/api/clock", `{"to":"2026-12-01T08:00:00Z","step":"1h"}`, nil, 400, "clock"},
		{"an unknown step", "POST", "/api/clock", `{"step":"yesterday"}`, nil, 400, "clock"},
		{"no time", "POST", "/api/clock", `{"to":"soon"}`, nil, 400, "clock"},
		{"backwards", "POST", "/api/clock", `{"to":"2026-11-19T08:00:00Z"}`, nil, 409, "clock_back"},
		{"the next century", "POST", "/api/clock", `{"to":"2126-11-19T08:00:00Z"}`, nil, 400, "clock_far"},
		{"a file that is not there", "GET", "/api/file/product/" + sent.ID, "", nil, 404, "file"},
		{"a file of nowhere", "GET", "/api/file/nowhere/1", "", nil, 404, "file"},
		{"the state of nobody", "GET", "/api/state?as=eve", "", nil, 404, "persona"},
		{"the stream of nobody", "GET", "/api/events?as=eve", "", nil, 404, "persona"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := r.request(tt.method, tt.path, tt.body, tt.headers...)
			if w.Code != tt.want {
				t.Fatalf("%s %s = %d %s, want %d", tt.method, tt.path, w.Code, w.Body, tt.want)
			}
			line := w.Body.String()
			var answer struct{ Error, Code string }
			if err := json.Unmarshal([]byte(line), &answer); err != nil || answer.Error == "" || answer.Code != tt.code {
				t.Fatalf("answer %q, want one JSON line with code %q", line, tt.code)
			}
			if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
				t.Errorf("answer %q is not one line", line)
			}
			if tt.want == 405 && w.Header().Get("Allow") == "" {
				t.Error("no Allow header")
			}
		})
	}
	if _, ok := r.engine.calls["abcdefgh"]; ok {
		t.Error("a refused request reached the engine")
	}
}

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Hosts = []string{"chat.example.org", "10.0.0.5:9000"} })
	for _, tt := range []struct {
		name    string
		headers []string
	}{
		{"the page", nil},
		{"a program that is no browser", []string{"Origin", "", "Sec-Fetch-Site", ""}},
		{"localhost", []string{"Host", "localhost:1234", "Origin", "http://localhost:1234"}},
		{"IPv6", []string{"Host", "[::1]:8080", "Origin", "http://[::1]:8080"}},
		{"IPv6 without a port", []string{"Host", "[::1]", "Origin", "http://[::1]"}},
		{"an allowed name", []string{"Host", "Chat.example.org", "Origin", "http://chat.example.org"}},
		{"an allowed name behind TLS", []string{"Host", "chat.example.org", "Origin", "https://chat.example.org"}},
		{"an allowed name on any port", []string{"Host", "chat.example.org:81", "Origin", "http://chat.example.org:81"}},
		{"an allowed name and port", []string{"Host", "10.0.0.5:9000", "Origin", "http://10.0.0.5:9000"}},
		{"charset utf-8", []string{"Content-Type", "application/json; charset=UTF-8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := string(encode(sayRequest{ID: newID(), Chat: "product", As: "ann", Text: "hi"}))
			if w := r.request(http.MethodPost, "/api/say", body, tt.headers...); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	if w := r.request(http.MethodGet, "/", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"); w.Code != http.StatusOK {
		t.Error("a link to the page is refused:", w.Code)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/", "/app.js", "/style.css", "/strings.en.json", "/favicon.svg", "/api/state", "/nothing"} {
		w := r.request(http.MethodGet, path, "")
		csp := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: CSP %q lacks %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
			t.Errorf("%s: CSP %q opens a door", path, csp)
		}
		for key, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
			"Access-Control-Allow-Origin": "",
		} {
			if got := w.Header().Get(key); got != want {
				t.Errorf("%s: %s = %q, want %q", path, key, got, want)
			}
		}
	}
	first := r.request(http.MethodGet, "/app.js", "")
	if w := r.request(http.MethodGet, "/app.js", "", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Error("an unchanged file is sent again:", w.Code)
	}
	if w := r.request(http.MethodHead, "/", ""); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Error("HEAD:", w.Code, w.Body.Len())
	}
}

func TestFaultsTellNoInternals(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := newRig(t, func(o *Options) { o.Store = store })
	r.speak(t, "ann", "product", "first")
	r.engine.set(errDown)
	if got := r.post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "ann", Text: "hi"}, 503); strings.Contains(got, "secret") {
		t.Error("tells the cause:", got)
	}
	r.engine.set(nil)
	r.mu.Lock()
	r.ceiling = r.next // the block of numbers is used up
	r.mu.Unlock()
	store.breakdown(errors.New("disk full: /secret/path.db"))
	if got := r.post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "ann", Text: "hi"}, 503); strings.Contains(got, "secret") {
		t.Error("tells the cause:", got)
	}
}

func TestBeforeAndAfterRunNothingIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.stop()
		r.post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "ann", Text: "hi"}, 503)
		if w := r.request(http.MethodGet, "/api/events", ""); w.Code != 503 {
			t.Error("a stream after the end:", w.Code)
		}
		// Not started yet: wait a moment, then give up.
		idle, err := New(r.opts)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		(&rig{Sandbox: idle}).post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "ann", Text: "hi"}, 503)
		if got := time.Since(begin); got != patience {
			t.Errorf("waited %s of fake time, want %s", got, patience)
		}
		if n := len(idle.logs["product"].entries); n != 0 {
			t.Error("the message stayed in the chat", n)
		}
	})
}

func TestRunAgainAfterAnEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.speak(t, "ann", "product", "one")
	r.stop()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, r.engine.deliver) }()
	for r.request(http.MethodPost, "/api/say", string(encode(sayRequest{ID: "again-after-end", Chat: "product", As: "ann", Text: "two"}))).Code != 200 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestIntroductionIsTriedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &engine{fail: errDown}
		other := newRig(t)
		other.stop() // only its options are wanted
		opts := other.opts
		opts.Store = newMemory()
		again, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- again.Run(ctx, down.deliver) }()
		synctest.Wait()
		down.set(nil)
		<-time.After(time.Minute) // of fake time
		synctest.Wait()
		down.mu.Lock()
		if got, want := len(down.events), 2+6+4; got != want {
			t.Errorf("%d events, want %d", got, want)
		}
		if down.calls["start:product:added"] != 2 {
			t.Error("calls:", down.calls)
		}
		down.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
