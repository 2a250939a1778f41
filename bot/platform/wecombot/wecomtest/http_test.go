package wecomtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestACallbackIsRepeatedAfterAFailure(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	calls := make(chan string, 10)
	s.CallBack(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Contains(body, []byte("encrypt")) {
			t.Errorf("%q, %v", body, err)
		}
		calls <- r.URL.Query().Get("nonce")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	s.Say(group, "lilei", "hello")
	have := map[string]bool{}
	for range attempts {
		have[<-calls] = true
	}
	if len(have) != attempts {
		t.Errorf("%d nonces", len(have))
	}
	s.Click(group, "lilei", "t", "/a") // for once
	<-calls
}

func TestAResponseURLIsGoodForOnePost(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	id, body := s.Compose(group, "lilei", "hello")
	var b struct {
		URL string `json:"response_url"`
	}
	if err := json.Unmarshal(body, &b); err != nil || !strings.HasSuffix(b.URL, s.Code(id)) {
		t.Fatal(err, b.URL)
	}
	post := func(url, body string) int64 {
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var a answer
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a.Code
	}
	const md = `{"msgtype":"markdown","markdown":{"content":"x"}}`
	for i, c := range []struct {
		url, body string
		want      int64
	}{
		{s.BaseURL() + responsePath + "?response_code=x", md, CodeInvalid},
		{b.URL, `{"msgtype":"text","text":{"content":"x"}}`, CodeMsgType},
		{b.URL, "junk", CodeInvalid},
		{b.URL, md, 0},
		{b.URL, md, CodeSpent},
	} {
		if got := post(c.url, c.body); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
}

func TestSealedCallbacksAndAnswers(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	defer s.Close()
	sealed := s.Seal([]byte("hello"))
	var b struct{ Encrypt string }
	if err := json.Unmarshal(sealed.Body, &b); err != nil {
		t.Fatal(err)
	}
	q := sealed.Query
	answer := `{"encrypt":"` + b.Encrypt + `","msgsignature":"` + q.Get("msg_signature") + `","timestamp":` + q.Get("timestamp") + `,"nonce":"` + q.Get("nonce") + `"}`
	if plain, err := s.OpenAnswer([]byte(answer), q.Get("nonce")); err != nil || string(plain) != "hello" {
		t.Errorf("%q, %v", plain, err)
	}
	for _, bad := range []string{"", "{}", strings.Replace(answer, b.Encrypt, "AAAA", 1), strings.Replace(answer, q.Get("timestamp"), "1", 1)} {
		if _, err := s.OpenAnswer([]byte(bad), q.Get("nonce")); err == nil {
			t.Errorf("%s", bad)
		}
	}
	if _, err := s.OpenAnswer([]byte(answer), "another"); err == nil {
		t.Error("another nonce")
	}
}
