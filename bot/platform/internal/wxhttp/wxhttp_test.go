package wxhttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"

	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/officialaccount/basic"
	oaconfig "github.com/silenceper/wechat/v2/officialaccount/config"
	oacontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/menu"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/robot"
)

const (
	appSecret  = "APPSECRET-0123456789abcdef"
	firstToken = "TOKEN-first-a+b/c="
	nextToken  = "TOKEN-next"
	robotKey   = "ROBOTKEY-693axxx6-7aoc"
)

// vendor is a server of either vendor: it says what it was told to say.
type vendor struct {
	*httptest.Server
	mu      sync.Mutex
	tokens  int
	seen    []string // "METHOD /path?query body"
	answers []func(http.ResponseWriter)
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.seen = append(v.seen, r.Method+" "+r.URL.String()+" "+string(body))
	isToken := strings.HasSuffix(r.URL.Path, "/stable_token") || strings.HasSuffix(r.URL.Path, "/gettoken")
	var say func(http.ResponseWriter)
	if isToken {
		v.tokens++
		token := firstToken
		if v.tokens > 1 {
			token = nextToken
		}
		say = jsonAnswer(map[string]any{"access_token": token, "expires_in": 7200})
	} else if len(v.answers) > 0 {
		say, v.answers = v.answers[0], v.answers[1:]
	}
	v.mu.Unlock()
	if say == nil {
		say = errcode(0, "ok")
	}
	say(w)
}

func (v *vendor) then(say ...func(http.ResponseWriter)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answers = append(v.answers, say...)
}

func (v *vendor) calls(path string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, s := range v.seen {
		if strings.Contains(s, path) {
			out = append(out, s)
		}
	}
	return out
}

func jsonAnswer(v any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _ = json.NewEncoder(w).Encode(v) }
}

func errcode(code int, msg string) func(http.ResponseWriter) {
	return jsonAnswer(map[string]any{"errcode": code, "errmsg": msg})
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code); _, _ = io.WriteString(w, body) }
}

func drop(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// account is what an adapter has: a client, its tokens, the library's types.
type account struct {
	*Client
	tokens *Tokens
}

func newAccount(t *testing.T, o Options) account {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return account{c, c.WeChatTokens("wx1", appSecret, NewCache(nil))}
}

func oa(t Ticket) *oacontext.Context {
	return &oacontext.Context{Config: &oaconfig.Config{AppID: "wx1"}, AccessTokenHandle: t}
}

func (a account) say(ctx context.Context) error {
	return a.Do(ctx, "message/custom/send", a.tokens, func(t Ticket) error {
		return message.NewMessageManager(oa(t)).Send(message.NewCustomerTextMessage("openid", "hello"))
	})
}

func (a account) qr(ctx context.Context) (out *basic.Ticket, err error) {
	err = a.Do(ctx, "qrcode/create", a.tokens, func(t Ticket) error {
		out, err = basic.NewBasic(oa(t)).GetQRTicket(basic.NewLimitQrRequest("x"))
		return err
	})
	return out, err
}

func (a account) robot(ctx context.Context) error {
	return a.Do(ctx, "webhook/send", Fixed(robotKey), func(t Ticket) error {
		info, err := robot.NewClient(&workcontext.Context{}).RobotBroadcast(string(t), map[string]string{"msgtype": "text"})
		_ = info // its errcode is found by Do
		return err
	})
}

func TestACallOfTheLibraryGoesWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL + "/proxy/", WeCom: v.URL})
	if err := a.say(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.robot(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.then(jsonAnswer(map[string]any{"ticket": "gQH47joAAA==", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"}))
	if ticket, err := a.qr(t.Context()); err != nil || ticket.Ticket != "gQH47joAAA==" {
		t.Errorf("%+v, %v", ticket, err)
	}
	want := []string{
		`POST /proxy/cgi-bin/stable_token {"appid":"wx1","force_refresh":false,"grant_type":"client_credential","secret":"` + appSecret + `"}`,
		`POST /proxy/cgi-bin/message/custom/send?access_token=TOKEN-first-a%2Bb%2Fc%3D {"touser":"openid","msgtype":"text","text":{"content":"hello"}}`,
		`POST /cgi-bin/webhook/send?key=` + robotKey + ` {"msgtype":"text"}`,
		`POST /proxy/cgi-bin/qrcode/create?access_token=TOKEN-first-a%2Bb%2Fc%3D {"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"x"}}}`,
	}
	for i, s := range v.calls("") {
		if i >= len(want) || strings.TrimSpace(s) != want[i] {
			t.Errorf("%d: %s", i, s)
		}
	}
}

func TestTheVendorsErrcodeArrivesHoweverTheLibraryTreatsIt(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(account, context.Context) error{
		"flattened to text": account.say,
		"flattened twice":   func(a account, ctx context.Context) error { _, err := a.qr(ctx); return err },
		"swallowed":         account.robot,
		"kept": func(a account, ctx context.Context) error {
			return a.Do(ctx, "menu/create", a.tokens, func(t Ticket) error { return menu.NewMenu(oa(t)).SetMenu(nil) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t)
			a := newAccount(t, Options{WeChat: v.URL, WeCom: v.URL})
			v.then(errcode(45015, "response out of time limit access_token="+firstToken))
			err := call(a, t.Context())
			var vendors *Error
			var common *util.CommonError
			if !errors.As(err, &vendors) || vendors.Code != 45015 || !errors.As(err, &common) || common.ErrCode != 45015 || Code(err) != 45015 {
				t.Fatalf("%T %v", err, err)
			}
			if !strings.Contains(err.Error(), "response out of time limit") || strings.Contains(err.Error(), firstToken) {
				t.Errorf("%v", err)
			}
			if se := SendError(err); se.Fault != chat.Rejected {
				t.Errorf("%v", se)
			}
		})
	}
}

func TestAnExpiredTokenIsFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		v := newVendor(t)
		a := newAccount(t, Options{WeChat: v.URL})
		v.then(errcode(0, "ok"), errcode(code, "expired"))
		for range 2 {
			if err := a.say(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sends := v.calls("custom/send")
		if len(sends) != 3 || !strings.Contains(sends[2], nextToken) || len(v.calls("stable_token")) != 2 {
			t.Errorf("%d: %q", code, v.calls(""))
		}
		// Twice in a row is no coincidence any more.
		v.then(errcode(code, "expired"), errcode(code, "expired again"), errcode(0, "ok"))
		if err := a.say(t.Context()); Code(err) != int64(code) || SendError(err).Fault != chat.Retry {
			t.Errorf("%d: %v", code, err)
		}
		if n := len(v.calls("custom/send")); n != 5 {
			t.Errorf("%d: %d sends", code, n)
		}
	}
	// The key of a robot cannot be renewed.
	v := newVendor(t)
	a := newAccount(t, Options{WeCom: v.URL})
	v.then(errcode(40014, "?"))
	if err := a.robot(t.Context()); Code(err) != 40014 || len(v.calls("webhook")) != 1 {
		t.Errorf("%v %q", err, v.calls(""))
	}
}

func TestManyCallsFetchOneToken(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL})
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if err := a.say(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(v.calls("stable_token")); n != 1 {
		t.Errorf("%d tokens were fetched", n)
	}
}

func TestConnectionsDoNotMeet(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 8 {
		v := newVendor(t)
		a := newAccount(t, Options{WeChat: v.URL})
		all.Go(func() {
			for range 10 {
				if err := a.say(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if n := len(v.calls("custom/send")); n != 10 {
				t.Errorf("%d calls", n)
			}
		})
	}
	all.Wait()
}

func TestAppsOfOneCorporationHaveTheirOwnTokens(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c, err := New(Options{WeCom: v.URL})
	if err != nil {
		t.Fatal(err)
	}
	cache := NewCache(nil)
	if _, err := c.WeComTokens("ww1", appSecret, "", cache); err == nil {
		t.Error("no agent id, no error")
	}
	for i, agent := range []string{"1", "2", "1"} {
		tokens, err := c.WeComTokens("ww1", appSecret, agent, cache)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tokens.Get(t.Context())
		if want := [...]string{firstToken, nextToken, firstToken}[i]; err != nil || got != want {
			t.Errorf("%s: %q, %v", agent, got, err)
		}
	}
	if calls := v.calls("gettoken"); len(calls) != 2 || !strings.Contains(calls[0], "corpid=ww1") || !strings.Contains(calls[0], "corpsecret="+appSecret) {
		t.Errorf("%q", calls)
	}
}

func TestTheLibraryIsRefusedOutsideOfDo(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	a := newAccount(t, Options{WeChat: v.URL, WeCom: v.URL})
	if _, err := util.HTTPGet(v.URL + "/?access_token=ticket-zzzzzz"); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if _, err := util.PostJSON("https://"+HostWeChat+"/x", 1); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if _, err := credential.GetTokenFromServerContext(t.Context(), v.URL); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	for _, address := range []string{v.URL + "/x", "https://evil.example/x", "http://" + HostWeChat + "/x", "https://" + HostWeChat + ":8443/x"} {
		err := a.Do(t.Context(), "x", a.tokens, func(t Ticket) error {
			_, err := util.HTTPGet(address + "?access_token=" + string(t))
			return err
		})
		if se := SendError(err); se.Fault != chat.Rejected || !strings.Contains(err.Error(), "refused to call") {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A ticket ends with its call.
	var kept Ticket
	_ = a.Do(t.Context(), "x", a.tokens, func(t Ticket) error { kept = t; return nil })
	if _, err := util.HTTPGet("https://" + HostWeChat + "/x?access_token=" + string(kept)); !errors.Is(err, errOutside) {
		t.Errorf("%v", err)
	}
	if n := len(v.calls("/x")); n != 0 {
		t.Errorf("%d calls got through", n)
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"api.weixin.qq.com", "ftp://x", "http://", "http://user:hunter2@x", "http://x/?secret=hunter2", "http://%zz"} {
		if _, err := New(Options{WeChat: base}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestTheCacheKeepsStringsForTheirTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := NewCache(func() time.Time { return now })
	if c.Get("a") != nil || c.IsExist("a") {
		t.Error("something in an empty cache")
	}
	if err := c.Set("a", []byte("x"), time.Hour); err == nil {
		t.Error("took bytes")
	}
	for _, d := range []time.Duration{0, -time.Second} {
		if err := c.Set("a", "x", d); err != nil || c.IsExist("a") {
			t.Errorf("%s: kept, %v", d, err)
		}
	}
	if err := c.Set("a", "x", time.Hour); err != nil || c.Get("a") != "x" || !c.IsExist("a") {
		t.Errorf("%v %v", c.Get("a"), err)
	}
	c.drop("a", "older")
	now = now.Add(time.Hour - 1)
	if c.Get("a") != "x" {
		t.Error("gone too early")
	}
	now = now.Add(1)
	if c.Get("a") != nil || c.IsExist("a") {
		t.Error("kept too long")
	}
	_ = c.Set("a", "y", time.Hour)
	if c.drop("a", "y"); c.IsExist("a") {
		t.Error("not dropped")
	}
	_ = c.Set("a", "z", time.Hour)
	if err := c.Delete("a"); err != nil || c.IsExist("a") {
		t.Error("not deleted")
	}
}
