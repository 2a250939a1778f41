package main_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

// The secrets of this test. What a platform calls an id is none.
const (
	pollToken  = "7100000001:AAPoll_SECRET-token_of-the-polling-bot"
	hookToken  = "7200000002:AAHook_SECRET-token_of-the-webhook-bot"
	hookSecret = "SECRET_that-telegram-proves-itself-with"
	downToken  = "7300000003:AADown_SECRET-token_of-a-bot-nobody-reaches"
)

func otherSecrets() map[string]string {
	return map[string]string{
		"HELPER_SECRET": "SECRET-of-the-aibot-Zx81", "HELPER_TOKEN": "SECRETtokenOfTheCallback", "ROBOT_KEY": "5ec4e7-0000-SECRET-robot-key",
		"HELPER_AES": base64.RawStdEncoding.EncodeToString([]byte("SECRET-AES-key-of-32-bytes-abcde")),
		"APP_SECRET": "SECRET-of-the-app-Qq12", "OA_SECRET": "SECRET-of-the-account-Yy77", "OA_TOKEN": "SECRETtokenOfTheAccount",
	}
}

// leaks searches a text for secrets, in every form in which one could pass.
func leaks(t *testing.T, where, text string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		forms := []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s))}
		if _, half, ok := strings.Cut(s, ":"); ok {
			forms = append(forms, half)
		}
		for _, f := range forms {
			if i := strings.Index(text, f); i >= 0 {
				t.Errorf("%s shows %s: …%s…", where, f, text[max(0, i-200):min(len(text), i+200)])
				break
			}
		}
	}
}

// china are WeCom and WeChat with these secrets, in trouble before they work: their
// words of refusal quote what they were given.
func china(t *testing.T) (*wc.Server, *wx.Server) {
	t.Helper()
	all := otherSecrets()
	w := wc.New(t, wc.Options{BotID: "b1", Secret: all["HELPER_SECRET"]})
	w.Fail(wc.Fault{Cmd: wc.CmdSubscribe, Code: wc.CodeInvalid, Msg: "the secret " + all["HELPER_SECRET"] + " is odd"})
	w.Fail(wc.Fault{Cmd: wc.CmdSubscribe, Drop: wc.BeforeEffect})
	a := wx.New(t, wx.Options{AppID: "wx1", AppSecret: all["OA_SECRET"], Token: all["OA_TOKEN"]})
	a.Fail(wx.Fault{Path: wx.PathStableToken, Code: 40164, Msg: "invalid ip 203.0.113.7, not in whitelist: " + all["OA_SECRET"]})
	a.Fail(wx.Fault{Path: wx.PathStableToken, Status: 502})
	a.Fail(wx.Fault{Path: wx.PathStableToken, Drop: wx.AfterEffect})
	return w, a
}

func secretConfig(t *testing.T, dir string, poll, hook *tg.Server, port int, dead string) (*wc.Server, *wx.Server) {
	t.Helper()
	w, a := china(t)
	configure(t, dir, nil, fmt.Sprintf(`sandbox: {enabled: true}
log: {level: debug, format: json}
http: {listen: "127.0.0.1:%d", public_url: "https://bot.example.test"}
telegram:
  - {name: poll, token: "${POLL_TOKEN}", base_url: %q}
  - {name: hook, token: "${HOOK_TOKEN}", base_url: %q, mode: webhook, webhook_secret: "${HOOK_SECRET}"}
  - {name: down, token: "${DOWN_TOKEN}", base_url: %q}
wecom:
  corp_id: ww0123456789
  base_url: %q
  aibots: [{name: helper, websocket_url: %q, bot_id: b1, secret: "${HELPER_SECRET}", token: "${HELPER_TOKEN}", encoding_aes_key: "${HELPER_AES}"}]
  webhooks: [{name: news, key: "${ROBOT_KEY}"}]
  apps: [{name: staff, agent_id: 7, secret: "${APP_SECRET}"}]
wechat:
  base_url: %q
  official_accounts: [{name: oa, app_id: wx1, app_secret: "${OA_SECRET}", token: "${OA_TOKEN}"}]
`, port, poll.URL(), hook.URL(), dead, w.BaseURL(), w.URL(), a.URL()))
	a.ConnectURL(fmt.Sprintf("http://127.0.0.1:%d/wechat/oa", port))
	return w, a
}

func TestNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	poll, hook := telegram(t, tg.Options{Token: pollToken}), telegram(t, tg.Options{Token: hookToken, WebhookByHand: true})
	gone := telegram(t, tg.Options{Token: downToken})
	gone.Close()
	dir, port := t.TempDir(), freePort(t)
	aibot, account := secretConfig(t, dir, poll, hook, port, gone.URL())
	env := []string{"POLL_TOKEN=" + pollToken, "HOOK_TOKEN=" + hookToken, "HOOK_SECRET=" + hookSecret, "DOWN_TOKEN=" + downToken}
	secrets := []string{pollToken, hookToken, hookSecret, downToken}
	for name, value := range otherSecrets() {
		env, secrets = append(env, name+"="+value), append(secrets, value)
	}

	// Everything fails once before it works.
	for _, f := range []tg.Fault{
		{Drop: tg.BeforeEffect},
		{Drop: tg.AfterEffect},
		{Status: 502, Proxy: true},
		{Status: 500},
		{Status: 403},
		{Status: 400},
		{Status: 429, RetryAfter: 1},
	} {
		f.Method = "sendMessage"
		poll.Fail(f)
	}
	for _, method := range []string{"getMe", "getUpdates", "setMyCommands", "getChatAdministrators", "setWebhook", "deleteWebhook"} {
		for _, s := range []*tg.Server{poll, hook} {
			s.Fail(tg.Fault{Method: method, Drop: tg.AfterEffect})
			s.Fail(tg.Fault{Method: method, Status: 502, Proxy: true})
		}
	}
	p := launch(t, dir, env)
	base := p.address()
	for i := range 8 {
		poll.Say(group(i), person(i), "/checkin")
		poll.Say(group(i), person(i), "/checkin on") // asks for the administrators
	}
	until(t, "the webhook", func() bool { url, _ := hook.Hook(); return url != "" })
	for i, secret := range []string{"", "wrong", hookSecret} {
		body := tg.MessageJSON(int64(800_000_000+i), int64(i+1), 0, group(50), person(50), "/checkin")
		req, err := http.NewRequest(http.MethodPost, base+"/telegram/hook", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, text := answer(t, resp)
		leaks(t, "the webhook's answer", text, secrets)
	}
	until(t, "the bot nobody reaches to complain", func() bool { return p.log.count(`"connection":"down"`) > 0 })
	until(t, "answers", func() bool { return len(poll.Sent()) >= 3 && poll.Calls("sendMessage") > 8 })
	if err := poll.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := aibot.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	aibot.Tell(wecomGroup, ann, "/checkin")
	hears(t, account, "oAnn", "/help", "I am Qunmate")
	until(t, "an answer in WeCom", func() bool { return len(saidTo(aibot, ann)) == 1 })
	for _, secret := range []string{"", "wrong"} {
		_, text := get(t, base+"/wechat/oa?signature="+secret+"&timestamp=1&nonce=2&echostr=3")
		leaks(t, "the account's answer", text, secrets)
	}
	for _, page := range []string{"/metrics", "/healthz", "/api/state", "/"} {
		_, text := get(t, base+page)
		leaks(t, page, text, secrets)
	}
	for _, s := range []*tg.Server{poll, hook} {
		for _, m := range s.Sent() {
			leaks(t, "a message", m.HTML, secrets)
		}
	}
	for _, args := range [][]string{{"check"}, {"check", "-online"}, {"verify"}, {"export", "out"}, {"version"}} {
		o := launch(t, dir, env, args...)
		o.waitEnd()
		leaks(t, strings.Join(args, " "), o.out.String()+o.log.String(), secrets)
	}
	leakingFiles(t, filepath.Join(dir, "out"), secrets)
	if n := p.log.count(`"level":"DEBUG"`) + p.log.count(`"level":"WARN"`); n < 5 {
		t.Errorf("the log has only %d lines of trouble: this proves nothing", n)
	}
	p.stop()
	leaks(t, "the output", p.out.String(), secrets)
	leaks(t, "the log", p.log.String(), secrets)
}

func leakingFiles(t *testing.T, dir string, secrets []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		leaks(t, name, string(text), secrets)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestARefusedTokenAndAMadeSecretAreNotShownEither(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := telegram(t, tg.Options{Token: pollToken})
	configure(t, dir, nil, fmt.Sprintf("log: {level: debug}\ntelegram:\n  - {name: main, token: %q, base_url: %q}\n", downToken, s.URL()))
	o := wantCall(t, dir, 1, "token")
	leaks(t, "a run with a wrong token", o.String(), []string{downToken})
	o = wantCall(t, dir, 1, "", "check", "-online")
	leaks(t, "a check with a wrong token", o.String(), []string{downToken})

	// A webhook secret that the program made itself is known to nobody.
	dir = t.TempDir()
	hook := telegram(t, tg.Options{Token: hookToken, WebhookByHand: true})
	hook.Fail(tg.Fault{Method: "setWebhook", Status: 400, Description: "Bad Request: bad webhook: something is wrong with the secret"})
	hook.Fail(tg.Fault{Method: "setWebhook", Drop: tg.AfterEffect})
	configure(t, dir, nil, fmt.Sprintf("log: {level: debug}\nhttp: {listen: \"127.0.0.1:0\", public_url: \"https://bot.example.test\"}\n"+
		"telegram:\n  - {name: main, token: %q, base_url: %q, mode: webhook}\n", hookToken, hook.URL()))
	p := launch(t, dir, nil)
	if err := hook.WaitCalls(soon(t), "setWebhook", 3); err != nil {
		t.Fatal(err)
	}
	var made string
	until(t, "the webhook", func() bool { _, made = hook.Hook(); return made != "" })
	wantCall(t, dir, 0, "bot.example.test", "check", "-online")
	wantCall(t, dir, 0, "", "export", "out")
	p.stop()
	leaks(t, "the log", p.out.String()+p.log.String(), []string{made, hookToken})
	leakingFiles(t, filepath.Join(dir, "out"), []string{made, hookToken})
}
