package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// env is a lookup of the variables in m.
func env(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

// problemsOf parses src and returns its problems; an error of another type fails the test.
func problemsOf(t *testing.T, src string) Problems {
	t.Helper()
	c, err := Parse([]byte(src), env(map[string]string{"SET": "set", "TOKEN": "123:abc", "EMPTY": ""}))
	if err == nil {
		return nil
	}
	if c != nil {
		t.Error("a Config came with the error")
	}
	var ps Problems
	if !errors.As(err, &ps) || len(ps) == 0 {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return ps
}

func mustParse(t *testing.T, src string, vars map[string]string) *Config {
	t.Helper()
	c, err := Parse([]byte(src), env(vars))
	if err != nil {
		t.Fatalf("problems:\n%v", err)
	}
	return c
}

func TestEmptyFilesAreTheDefaults(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"", "\n", "# nothing\n", "---\n", "null\n", "{}\n", "\ufeff", "\ufeff# notepad\r\n",
		"language:\nbackups:\ntelegram:\nwecom:\n  aibots:\ndraw:\n  urls:\n", "telegram: []\nadmins: []\n",
	} {
		c := mustParse(t, src, nil)
		want := defaults()
		if len(c.Telegram) == 0 && c.Telegram != nil {
			want.Telegram, want.Admins = []Telegram{}, []string{}
		}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("%q: %+v", src, c)
		}
		if !c.SandboxOn() {
			t.Errorf("%q: no sandbox", src)
		}
	}
}

func TestSandboxRunsWithoutAFile(t *testing.T) {
	t.Parallel()
	c := Sandbox()
	if !c.Sandbox.Enabled || !c.SandboxOn() || c.Language != "zh-CN" || c.Timezone != "Asia/Shanghai" ||
		c.HTTP.Listen != "127.0.0.1:8080" || c.Database != "qunmate.db" || len(c.Connections()) != 0 {
		t.Errorf("%+v", c)
	}
	if c.Draw.URLs[0] = "changed"; Sandbox().Draw.URLs[0] == "changed" {
		t.Error("two sandboxes share a list")
	}
}

// whole has every connection twice, in an order unlike that of Connections.
const whole = `
wechat:
  base_url: http://127.0.0.1:9/
  official_accounts:
    - {name: main, app_id: wx1, app_secret: "${S1}", token: "${S2}", community: vip}
telegram:
  - name: main
    token: ${T}
  - name: second
    token: 456:b${S3}
    mode: webhook
    base_url: http://localhost:8081/
    webhook_secret: ${S3}
http: {public_url: "https://bot.example.com/q/", public_listen: ":8443"}
wecom:
  corp_id: ww1
  apps: [{name: staff, agent_id: 7, secret: "${S1}", token: t, encoding_aes_key: "${AES}", contacts: true}]
  webhooks: [{name: news, key: k-1}]
  aibots:
    - {name: helper, mention: " @小助手 ", bot_id: b1, secret: "s:#'\"}"}
    - {name: other, mode: callback, token: tt, encoding_aes_key: "${AES}"}
admins: ["telegram:123456", "wecom:zhangsan", "wechat:wx1:open", "sandbox:amy"]
draw: {chain: ` + "52DB9BA70E0CC0F6EAF7803DD07447A1F5477735FD3F661792BA94600C84E971" + `}
`

func TestConnectionsAndSecrets(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"T": "123:abc", "S1": "with:#and\"quotes\"'", "S2": "${S1}$", "S3": "x_y", "AES": strings.Repeat("a", 43)}
	c := mustParse(t, whole, vars)

	want := []Connection{
		{KindTelegram, "main", 7},
		{KindTelegram, "second", 9},
		{KindAIBot, "helper", 20},
		{KindAIBot, "other", 21},
		{KindWebhook, "news", 18},
		{KindApp, "staff", 17},
		{KindOfficialAccount, "main", 5},
	}
	if got := c.Connections(); !slices.Equal(got, want) {
		t.Errorf("connections %v", got)
	}
	if c.SandboxOn() {
		t.Error("sandbox beside connections")
	}
	secrets := []string{"123:abc", "456:bx_y", "x_y", `s:#'"}`, "tt", vars["AES"], "k-1", vars["S1"], "t", vars["S2"]}
	if got := c.Secrets(); !slices.Equal(got, secrets) {
		t.Errorf("secrets %q", got)
	}
	if got := c.WeCom.AIBots[0].Mention; got != "小助手" {
		t.Errorf("mention %q", got)
	}
	if c.Telegram[1].BaseURL != "http://localhost:8081" || c.HTTP.PublicURL != "https://bot.example.com/q" ||
		c.WeChat.BaseURL != "http://127.0.0.1:9" || c.Draw.Chain != quicknetChain {
		t.Errorf("not tidied: %+v", c)
	}
	if c.Telegram[0].Mode != "polling" || c.Telegram[0].BaseURL != "https://api.telegram.org" ||
		c.WeCom.AIBots[0].WebSocketURL != "wss://openws.work.weixin.qq.com" || c.WeCom.AIBots[0].Mode != "websocket" {
		t.Errorf("no defaults in lists: %+v", c)
	}
	if got := c.WeChat.OfficialAccounts[0].Token.Reveal(); got != "${S1}$" {
		t.Errorf("a variable's value was expanded again: %q", got)
	}
}

func TestLocationAndDayStart(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "timezone: America/New_York\nday_starts_at: 23:59\n", nil)
	if c.Location().String() != "America/New_York" || c.DayStart() != 23*time.Hour+59*time.Minute {
		t.Errorf("%v %v", c.Location(), c.DayStart())
	}
	if d := Sandbox().DayStart(); d != 4*time.Hour {
		t.Errorf("default %v", d)
	}
	byHand := &Config{Timezone: "nowhere", DayStartsAt: "noon"}
	if byHand.Location() != time.UTC || byHand.DayStart() != 0 {
		t.Error("a wrong Config by hand")
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `
database: ${DIR}/${NAME}.db$
templates: "$HOME $ {x} $$${DIR}"
backups: {keep: "${KEEP}", folder: "${EMPTY}"}
sandbox: {enabled: "${ON}"}
admins: ["telegram:${ID}"]
draw: {urls: ["${URL}"]}
`, map[string]string{"DIR": "/data: # ${NAME}", "NAME": "q", "KEEP": "3", "ON": "true", "ID": "42", "EMPTY": "", "URL": "http://127.0.0.1:80/"})
	if c.Database != "/data: # ${NAME}/q.db$" || c.Templates != "$HOME $ {x} $$/data: # ${NAME}" || c.Backups.Keep != 3 ||
		c.Backups.Folder != "" || !c.Sandbox.Enabled || c.Admins[0] != "telegram:42" || c.Draw.URLs[0] != "http://127.0.0.1:80" {
		t.Errorf("%+v", c)
	}
	if _, err := Parse([]byte("database: ${DIR}"), nil); err == nil {
		t.Error("without a lookup nothing is set")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if c, err := Load(write("good.yaml", []byte("language: en\r\n")), nil); err != nil || c.Language != "en" {
		t.Errorf("%v %v", c, err)
	}

	closed := write("closed.yaml", nil)
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	big := append(slices.Repeat([]byte("# 1234567\n"), maxSize/10), "#12345678\n"...)
	for _, test := range []struct{ path, code, fix string }{
		{filepath.Join(dir, "none.yaml"), codeFileMissing, "Copy config.example.yaml"},
		{dir, codeFileDirectory, "/config.yaml"},
		{closed, codeFileUnreadable, "chmod u+r"},
		{write("big.yaml", big), codeFileTooLarge, "-config config.yaml"},
		{write("utf16.yaml", []byte("\xff\xfel\x00a\x00")), codeNotUTF8, "UTF-8"},
	} {
		if test.path == closed && (os.Getuid() == 0 || runtime.GOOS == "windows") {
			continue // readable all the same
		}
		c, err := Load(test.path, nil)
		var ps Problems
		if c != nil || !errors.As(err, &ps) || len(ps) != 1 || ps[0].Code != test.code || !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s: %v", test.path, err)
		}
		if missing := test.code == codeFileMissing; errors.Is(err, fs.ErrNotExist) != missing {
			t.Errorf("%s: ErrNotExist not told apart", test.path)
		}
	}
	if p := fileProblem("c.yaml", fs.ErrPermission); p.Code != codeFileUnreadable || !errors.Is(p, fs.ErrPermission) {
		t.Errorf("%v", p)
	}
	if _, err := Parse(big[:maxSize], nil); err != nil {
		t.Errorf("1 MiB is allowed: %v", err)
	}
}
