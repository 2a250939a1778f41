package qyapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask calls the server and returns its errcode and the whole answer.
func ask(t *testing.T, s *Server, method, path string, query url.Values, kind string, body io.Reader) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path+"?"+query.Encode(), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	code, ok := out["errcode"].(float64)
	if !ok && path != PathGetToken {
		t.Fatalf("%s: no errcode in %v", path, out)
	}
	return int(code), out
}

func tokenOf(t *testing.T, s *Server) string {
	t.Helper()
	_, out := ask(t, s, "GET", PathGetToken, url.Values{"corpid": {s.CorpID()}, "corpsecret": {s.Secret()}}, "", nil)
	token, ok := out["access_token"].(string)
	if !ok {
		t.Fatal(out)
	}
	return token
}

func TestWhatNoProgramShouldDoIsNoticed(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]int{
		`{"touser":"ann","agentid":1000002,"msgtype":"text","text":{"content":"hi"}}`:                                    0,
		`{"touser":"ann","agentid":"1000002","msgtype":"text","text":{"content":"hi"}}`:                                  47001,
		`{"touser":"ann","agentid":1000002,"msgtype":"text","text":{"content":"hi"},"colour":"red"}`:                     47001,
		`{"touser":"ann","agentid":1000002,"msgtype":"Text","text":{"content":"hi"}}`:                                    40008,
		`{"touser":"ann","agentid":1000002,"msgtype":"text","text":{"content":""}}`:                                      44004,
		`{"touser":"ann","agentid":7,"msgtype":"text","text":{"content":"hi"}}`:                                          301002,
		`{"touser":"nobody","agentid":1000002,"msgtype":"text","text":{"content":"hi"}}`:                                 81013,
		`{"touser":"ann","agentid":1000002,"msgtype":"image","image":{"media_id":"x"}}`:                                  40007,
		`{"touser":"ann","agentid":1000002,"msgtype":"template_card","template_card":{"card_type":"text_notice"}}`:       40058,
		`{"touser":"ann|nobody","agentid":1000002,"msgtype":"text","text":{"content":"` + strings.Repeat("x", 3) + `"}}`: 0,
	} {
		s := NewServer(Options{})
		s.Member("ann", "Ann", "")
		got, out := ask(t, s, "POST", PathSend, url.Values{"access_token": {tokenOf(t, s)}}, "application/json", strings.NewReader(body))
		if got != code {
			t.Errorf("%s: %v, want %d", body, out, code)
		}
		if strings.Contains(body, "|nobody") && out["invaliduser"] != "nobody" {
			t.Errorf("%v", out)
		}
		bad := code == 47001 || code == 40008 || code == 44004 || code == 40058
		if (len(s.Problems()) > 0) != bad {
			t.Errorf("%s: problems %q", body, s.Problems())
		}
	}
}

func TestTokensAreWhatThePlatformsAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Options{})
		s.Member("ann", "Ann", "")
		get := func(token string) int {
			code, _ := ask(t, s, "GET", PathUserGet, url.Values{"access_token": {token}, "userid": {"ann"}}, "", nil)
			return code
		}
		first := tokenOf(t, s)
		if again := tokenOf(t, s); again != first || get(first) != 0 {
			t.Error("inside its life a token is the same")
		}
		time.Sleep(2 * time.Hour)
		if code := get(first); code != 42001 {
			t.Error(code)
		}
		second := tokenOf(t, s)
		s.Revoke()
		if code := get(second); second == first || code != 40014 {
			t.Error(code)
		}
		for query, code := range map[string]int{"corpid=x&corpsecret=y": 40013, "corpid=" + s.CorpID() + "&corpsecret=y": 40001} {
			v, _ := url.ParseQuery(query)
			if got, _ := ask(t, s, "GET", PathGetToken, v, "", nil); got != code {
				t.Errorf("%s: %d", query, got)
			}
		}
	})
}

func TestARobotIsAsStrictAsTheDocuments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Options{})
		send := func(key, body string) int {
			code, _ := ask(t, s, "POST", PathRobotSend, url.Values{"key": {key}}, "application/json", strings.NewReader(body))
			return code
		}
		text := `{"msgtype":"text","text":{"content":"hi"}}`
		for body, code := range map[string]int{
			`{"msgtype":"text","text":{"content":"` + strings.Repeat("x", 2049) + `"}}`:         40058,
			`{"msgtype":"markdown","markdown":{"content":"` + strings.Repeat("x", 4097) + `"}}`: 40058,
			`{"msgtype":"image","image":{"base64":"aGVsbG8=","md5":"00"}}`:                      40058,
			`{"msgtype":"news","news":{"articles":[]}}`:                                         40058,
			`{"msgtype":"file","file":{"media_id":"x"}}`:                                        40007,
			`{"msgtype":"voice","voice":{"media_id":"x"}}`:                                      47001,
			`{"msgtype":"none"}`: 40008,
		} {
			if got := send(DefaultRobot, body); got != code {
				t.Errorf("%.60s: %d, want %d", body, got, code)
			}
		}
		if code := send("another", text); code != 93000 {
			t.Error(code)
		}
		for i := range robotMinute + 1 {
			if code := send(DefaultRobot, text); (code == 45009) != (i == robotMinute) {
				t.Errorf("%d: %d", i, code)
			}
		}
		time.Sleep(time.Minute)
		if code := send(DefaultRobot, text); code != 0 {
			t.Error(code)
		}
		upload := func(key, data string) int {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			f, _ := w.CreateFormFile("media", "a.txt")
			_, _ = io.WriteString(f, data)
			_ = w.Close()
			code, _ := ask(t, s, "POST", PathRobotUpload, url.Values{"key": {key}, "type": {"file"}}, w.FormDataContentType(), &b)
			return code
		}
		for what, code := range map[string]int{"another|": 44001, "another|hello there": 93000, DefaultRobot + "|12345": 40058, DefaultRobot + "|123456": 0} {
			key, data, _ := strings.Cut(what, "|")
			if got := upload(key, data); got != code {
				t.Errorf("%.12s: %d, want %d", what, got, code)
			}
		}
	})
}

func TestAnswersAreReadStrictly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(s *Server, p Push) string
		status int
		bad    bool
	}{
		"nothing":   {func(*Server, Push) string { return "" }, 200, false},
		"success":   {func(*Server, Push) string { return "success" }, 200, true},
		"plain":     {func(s *Server, _ Push) string { return reply(s, "ann", "hi") }, 200, true},
		"sealed":    {func(s *Server, p Push) string { return sealedReply(s, p, reply(s, "ann", "hi")) }, 200, false},
		"to others": {func(s *Server, p Push) string { return sealedReply(s, p, reply(s, "bob", "hi")) }, 200, true},
		"too long":  {func(s *Server, p Push) string { return sealedReply(s, p, reply(s, "ann", strings.Repeat("x", 2049))) }, 200, true},
		"detail":    {func(*Server, Push) string { return "wrong signature" }, 403, true},
	} {
		s := NewServer(Options{Retries: -1})
		s.Member("ann", "Ann", "")
		p := s.Seal(s.Message("ann", "text", map[string]string{"Content": "hi"}))
		s.Connect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer(s, p))
		}), "/")
		if a := s.Post(t.Context(), "ann", p); (len(s.Problems()) > 0) != c.bad {
			t.Errorf("%s: %+v %q", name, a, s.Problems())
		}
	}
}

func reply(s *Server, to, text string) string {
	return "<xml>" + cdata("ToUserName", to) + cdata("FromUserName", s.CorpID()) + "<CreateTime>1</CreateTime>" + cdata("MsgType", "text") + cdata("Content", text) + "</xml>"
}

func sealedReply(s *Server, p Push, inner string) string {
	sealed, nonce := seal(s.key, inner, s.CorpID()), p.Query.Get("nonce")
	return fmt.Sprintf("<xml>%s%s<TimeStamp>1</TimeStamp>%s</xml>", cdata("Encrypt", sealed), cdata("MsgSignature", sign(s.Token(), "1", nonce, sealed)), cdata("Nonce", nonce))
}
