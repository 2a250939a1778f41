package wxhttp

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	oaconfig "github.com/silenceper/wechat/v2/officialaccount/config"
	oacontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/robot"
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
