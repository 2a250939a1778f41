package wechattest

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/platform/internal/memhttp"
)

const somebody = "o1"

// saying is a callback that answers every push in the same way.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func reply(to, from, kind, content string) string {
	return "<xml>" + cdata("ToUserName", to) + cdata("FromUserName", from) + "<CreateTime>1</CreateTime>" +
		cdata("MsgType", kind) + cdata("Content", content) + "</xml>"
}

func TestAnswersAreReadStrictly(t *testing.T) {
	t.Parallel()
	const gh = "gh_7f083739789a"
	for name, c := range map[string]struct {
		handler  http.HandlerFunc
		text     string
		bad      bool
		attempts int
	}{
		"success":         {saying(200, "success"), "", false, 1},
		"nothing":         {saying(200, ""), "", false, 1},
		"a text":          {saying(200, reply(somebody, gh, "text", "hi")), "hi", false, 1},
		"ok":              {saying(200, "ok"), "", true, 1},
		"json":            {saying(200, `{"errcode":0}`), "", true, 1},
		"to another":      {saying(200, reply("o2", gh, "text", "hi")), "", true, 1},
		"from another":    {saying(200, reply(somebody, "gh_2", "text", "hi")), "", true, 1},
		"an empty text":   {saying(200, reply(somebody, gh, "text", "")), "", true, 1},
		"a long text":     {saying(200, reply(somebody, gh, "text", strings.Repeat("a", 2049))), "", true, 1},
		"another type":    {saying(200, reply(somebody, gh, "voice", "x")), "", true, 1},
		"two texts":       {saying(200, reply(somebody, gh, "text", "a")+reply(somebody, gh, "text", "b")), "", true, 1},
		"a failure":       {saying(500, ""), "", true, 4},
		"not found":       {saying(404, "404 page not found"), "", true, 4},
		"a control sign":  {saying(200, reply(somebody, gh, "text", "a\x01b")), "", true, 1},
		"sealed, unasked": {saying(200, "<xml><Encrypt>AAAA</Encrypt></xml>"), "", true, 1},
	} {
		s := NewServer(Options{})
		s.Connect(c.handler, "/x")
		a := s.Say(t.Context(), somebody, "hello")
		if a.Text != c.text || (a.Err != nil) != c.bad || a.Attempts != c.attempts {
			t.Errorf("%s: %+v", name, a)
		}
		shown := s.Shown(somebody)
		if (len(shown) == 1) != (c.bad || c.text != "") || (len(shown) == 1 && shown[0].Trouble != c.bad) {
			t.Errorf("%s: %+v", name, shown)
		}
	}
	s := NewServer(Options{EncodingAESKey: DefaultAESKey})
	s.Connect(saying(200, reply(somebody, gh, "text", "hi")), "/x")
	if a := s.Say(t.Context(), somebody, "hello"); a.Err == nil {
		t.Errorf("took a plain answer: %+v", a)
	}
}

func TestASilentCallbackIsAskedFourTimes(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := NewServer(Options{EncodingAESKey: DefaultAESKey, FreshRetries: fresh})
			var mu sync.Mutex
			seen, bodies := map[string]bool{}, 0
			s.Connect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var m struct{ Encrypt string }
				if err := xml.Unmarshal(body, &m); err != nil {
					t.Error(err)
				}
				if inner, err := unseal(s.key, m.Encrypt, s.AppID()); err != nil || !strings.Contains(inner, "<MsgId>23456789012345679</MsgId>") {
					t.Errorf("%q %v", inner, err)
				}
				mu.Lock()
				seen[r.URL.RawQuery+string(body)] = true
				bodies++
				mu.Unlock()
				<-r.Context().Done()
			}), "/x")
			begin := time.Now()
			a := s.Say(t.Context(), somebody, "hello")
			mu.Lock()
			defer mu.Unlock()
			if a.Attempts != 4 || a.Err == nil || time.Since(begin) != 20*time.Second || bodies != 4 || (len(seen) == 1) == fresh {
				t.Errorf("%+v, %d bodies of %d kinds after %s", a, bodies, len(seen), time.Since(begin))
			}
		})
	}
}

func (s *Server) post(t *testing.T, path, body string) string {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		return err.Error()
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheAPISaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{Now: func() time.Time { return time.Unix(1_800_000_000, 0) }})
	const fetch = `{"grant_type":"client_credential","appid":"` + DefaultAppID + `","secret":"` + DefaultAppSecret + `","force_refresh":false}`
	first := s.post(t, PathStableToken, fetch)
	if again := s.post(t, PathStableToken, fetch); first != again || !strings.Contains(first, `"expires_in":7200`) {
		t.Errorf("%s, then %s", first, again)
	}
	const with = "?access_token=76_access-token-1-must-never-be-logged"
	for _, c := range []struct{ path, body, want string }{
		{PathStableToken, strings.Replace(fetch, DefaultAppID, "wx0", 1), "40013"},
		{PathStableToken, strings.Replace(fetch, DefaultAppSecret, "x", 1), "40125"},
		{PathStableToken, strings.Replace(fetch, "client", "x", 1), "40002"},
		{PathStableToken, "", "43002"},
		{"/cgi-bin/token", "", "40066"},
		{PathCustomSend, "{}", "41001"},
		{PathCustomSend + "?access_token=x", "{}", "40014"},
		{PathCustomSend + with, `{"to":"x"}`, "47001"},
		{PathCustomSend + with, `{"touser":"o1","msgtype":"image"}`, "40008"},
		{PathCustomSend + with, `{"touser":"o1","msgtype":"text","text":{"content":""}}`, "44004"},
		{PathCustomSend + with, `{"touser":"o1","msgtype":"text","text":{"content":"` + strings.Repeat("a", 2049) + `"}}`, "45002"},
		{PathCustomSend + with, `{"touser":"o1","msgtype":"text","text":{"content":"x"}}`, "40003"},
		{PathMenuGet + with, "", "46003"},
		{PathMenuCreate + with, `{"button":[]}`, "40016"},
		{PathMenuCreate + with, `{"button":[{"name":"12345678901234567","type":"click","key":"x"}]}`, "40018"},
		{PathMenuCreate + with, `{"button":[{"name":"a","type":"tap","key":"x"}]}`, "40017"},
		{PathMenuCreate + with, `{"button":[{"name":"a","type":"click"}]}`, "40019"},
		{PathMenuCreate + with, `{"button":[{"name":"a","type":"click","sub_button":[{"name":"b","type":"click","key":"x"}]}]}`, "40023"},
		{PathMenuCreate + with, `{"button":[{"name":"a","sub_button":[{"name":"","type":"click","key":"x"}]}]}`, "40025"},
		{PathMenuCreate + with, `{"button":[{"name":"a","sub_button":[{"name":"b","sub_button":[{"name":"c"}]}]}]}`, "40022"},
		{PathMenuCreate + with, `{"button":[{"name":"a","type":"click","key":"x"}]}`, `"errcode":0`},
		{PathMenuGet + with, "", `"key":"x"`},
		{PathQRCreate + with, `{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`, "40053"},
		{PathQRCreate + with, `{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"a"}}}`, "40053"},
		{PathQRCreate + with, `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":""}}}`, "40053"},
		{PathQRCreate + with, `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"a"}}}`, "gQH1"},
	} {
		if got := s.post(t, c.path, c.body); !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %s", c.path, c.body, got)
		}
	}
	if n := len(s.Problems()); n < 10 {
		t.Errorf("only %d of them are problems: %q", n, s.Problems())
	}
	s.Fail(Fault{Path: PathMenuGet, Drop: BeforeEffect})
	if got := s.post(t, PathMenuGet+with, ""); got != memhttp.ErrDropped.Error() {
		t.Error(got)
	}
	if _, ok := s.CodeAt("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=unknown"); ok {
		t.Error("a code that was never made")
	}
}
