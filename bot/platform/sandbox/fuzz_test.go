package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// The fuzz targets hold what must be true of any request: no panic, no 5xx
// while the engine takes events, and an answer of one JSON line.

func FuzzSay(f *testing.F) {
	r := newRig(f)
	zh := r.texts.byLang["zh-CN"]
	for _, text := range []string{
		"hi", "", " ", "/checkin@qunmate_bot", "@" + zh["bot.name"] + zh["quick.1"], "\uff20bot\u3001x", "@", "/@", "@@@ann@",
		"a\x00b\r\nc", "\u202eabc", strings.Repeat("@", 200), "@" + zh["persona.admin"] + "@" + zh["persona.ann"],
	} {
		f.Add("fuzz-0001", "product", "ann", text, "", "")
	}
	f.Add("x", "books", "chen", "hi", "1", "en")
	f.Add("fuzz-0002", "ann", "ann", "hi", "99999999999999999999", "zh-CN")
	f.Fuzz(func(t *testing.T, id, chatID, as, text, reply, lang string) {
		body := string(encode(sayRequest{ID: id, Chat: chatID, As: as, Text: text, ReplyTo: reply, Lang: lang}))
		w := r.request(http.MethodPost, "/api/say", body)
		checkAnswer(t, body, w.Code, w.Body.String())
		a := r.texts.address(text)
		var joined strings.Builder
		for _, s := range r.texts.spans(text) {
			joined.WriteString(s.Text)
		}
		if joined.String() != text {
			t.Errorf("spans of %q read %q", text, joined.String())
		}
		if utf8.ValidString(text) && !utf8.ValidString(a.text) {
			t.Errorf("%q was cut to %q", text, a.text)
		}
		if a.toBot && a.forOther && strings.HasPrefix(text, "/") && !strings.Contains(text, " ") && len(a.mentions) == 0 && strings.Count(text, "@") == 1 {
			t.Errorf("%q is for the bot and for another one", text)
		}
	})
}

func FuzzAPI(f *testing.F) {
	r := newRig(f)
	r.send(f, letter("product", "hello"))
	paths := []string{"/api/say", "/api/press", "/api/member", "/api/bot", "/api/clock", "/api/state", "/api/file/", "/"}
	for i, body := range []string{
		`{"id":"fuzz-0001","chat":"product","as":"ann","text":"hi"}`,
		`{"id":"fuzz-0002","chat":"product","as":"ann","message":"1","choice":"/why"}`,
		`{"id":"fuzz-0003","chat":"books","as":"chen","action":"join"}`,
		`{"id":"fuzz-0004","chat":"product","as":"ann","action":"remove","lang":"en"}`,
		`{"step":"next_morning"}`, `{"to":"2026-11-21T08:00"}`, `null`, `[`,
	} {
		f.Add(uint8(i), "", body)
	}
	f.Add(uint8(4), "", `{"to":"9999-12-31T23:59:59+14:00"}`)
	f.Add(uint8(4), "", `{"to":"0000-01-01T00:00:00Z"}`)
	f.Add(uint8(6), "product/1", "")
	f.Fuzz(func(t *testing.T, which uint8, tail, body string) {
		path := paths[int(which)%len(paths)]
		if strings.HasPrefix(path, "/api/file") {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+home+"/", nil)
			req.URL.Path = path + tail
			w := httptest.NewRecorder()
			r.Handler().ServeHTTP(w, req)
			checkAnswer(t, req.URL.Path, w.Code, w.Body.String())
			return
		}
		w := r.request(http.MethodPost, path, body)
		checkAnswer(t, path+" "+body, w.Code, w.Body.String())
	})
}

func checkAnswer(t *testing.T, what string, code int, answer string) {
	t.Helper()
	if code >= 500 {
		t.Errorf("%s = %d %s", what, code, answer)
	}
	if strings.Count(answer, "\n") != 1 || !strings.HasPrefix(answer, "{") {
		t.Errorf("%s: answer %q is not one JSON line", what, answer)
	}
}
