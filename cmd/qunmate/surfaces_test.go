package main_test

// The surfaces of the shared scenario: each is a real adapter against its own
// fake server, spoken to as its people do.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

// surface is one way in which people and the bot meet.
type surface interface {
	// config is the connection in config.yaml, with its operator.
	config(now func() time.Time) string
	// open is called when the program listens at base.
	open(t *testing.T, base string)
	// arrive is what happens before anybody says a word, and what is answered.
	arrive(t *testing.T, who string) string
	// say returns the bot's answer. addressed: the bot is spoken to by name even
	// where that is not needed.
	say(t *testing.T, who, text string, addressed bool) string
	// press uses the newest button of that label and returns the answer; false
	// where there are no buttons.
	press(t *testing.T, who, label string) (string, bool)
	// ids are the accounts of the people of the scenario.
	id(who string) string
	// truth is what /capabilities must say here.
	truth() []string
	// end fails the test for what the platform complains of.
	end(t *testing.T)
}

// viaTelegram is a Telegram group over polling.
type viaTelegram struct{ s *tg.Server }

var tgPeople = map[string]tg.User{
	ann: {ID: 1001, First: "Ann"}, bo: {ID: 1002, First: "Bo"}, boss: {ID: 1003, First: "Boss"},
}

func (v *viaTelegram) id(who string) string { return strconv.FormatInt(tgPeople[who].ID, 10) }

func (v *viaTelegram) config(now func() time.Time) string {
	s, err := tg.Start(tg.Options{Now: now})
	if err != nil {
		panic(err)
	}
	v.s = s
	return fmt.Sprintf("admins: [\"telegram:%s\"]\ntelegram:\n  - {name: main, token: %q, base_url: %q}\n", v.id(boss), s.Token(), s.URL())
}

func (v *viaTelegram) open(*testing.T, string) { v.s.AddChat(group(1)) }

// arrive: nothing is told before the first word in a group.
func (v *viaTelegram) arrive(*testing.T, string) string { return "" }

func (v *viaTelegram) say(t *testing.T, who, text string, addressed bool) string {
	t.Helper()
	if addressed {
		text = "@qunmate_bot " + text
	}
	before := v.s.Total()
	v.s.Say(group(1), tgPeople[who], text)
	return v.next(t, before)
}

func (v *viaTelegram) next(t *testing.T, before int) string {
	t.Helper()
	sent, err := v.s.WaitSent(soon(t), before+1)
	if err != nil {
		t.Fatal(err)
	}
	return sent[len(sent)-1].Text
}

func (v *viaTelegram) press(t *testing.T, who, label string) (string, bool) {
	t.Helper()
	sent := v.s.Sent()
	for _, m := range slices.Backward(sent) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Text == label {
					id := m.MessageID
					if id == 0 {
						id = m.Ephemeral
					}
					query := v.s.Press(group(1), tgPeople[who], id, b.Data)
					before := len(sent)
					var answer string
					until(t, "an answer to the button", func() bool {
						if now := v.s.Sent(); len(now) > before {
							answer = now[len(now)-1].Text
							return true
						}
						answer = v.s.PressOf(query).Text
						return answer != ""
					})
					return answer, true
				}
			}
		}
	}
	t.Fatalf("no button %q", label)
	return "", false
}

func (v *viaTelegram) truth() []string {
	return []string{"里我能：听到命令、", "只答给你一个人看", "做不到：", "看到进群退群", "我还不是管理员"}
}

func (v *viaTelegram) end(t *testing.T) {
	t.Helper()
	v.s.Close()
	complain(t, v.s.Problems())
}

func complain(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Errorf("the bot did what no bot should: %s", p)
	}
}

// viaWeCom is an internal group of WeCom with an aibot, over the long
// connection or over callbacks.
type viaWeCom struct {
	s        *wc.Server
	callback bool
}

var wecomGroup = wc.Chat{ID: "wrScenarioGroup", Group: true}

func (v *viaWeCom) id(who string) string { return who }

func (v *viaWeCom) config(now func() time.Time) string {
	s, err := wc.Start(wc.Options{Now: now, Mention: "小助手"})
	if err != nil {
		panic(err)
	}
	v.s = s
	how := fmt.Sprintf("websocket_url: %q, bot_id: %q, secret: %q", s.URL(), s.BotID(), s.Secret())
	if v.callback {
		how = fmt.Sprintf("mode: callback, token: %q, encoding_aes_key: %q", s.Token(), s.AESKey())
	}
	return fmt.Sprintf("admins: [\"wecom:%s\"]\nwecom:\n  base_url: %q\n  aibots: [{name: helper, mention: %s, %s}]\n", boss, s.BaseURL(), s.Mention(), how)
}

func (v *viaWeCom) open(t *testing.T, base string) {
	t.Helper()
	if v.callback {
		v.s.CallBack(forward(t, base))
		return
	}
	if err := v.s.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
}

// forward is the way from the outside to the program, as an operator's proxy.
func forward(t testing.TB, base string) http.Handler {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.URL.Path = "/wecom/helper"
	}}
}

func (v *viaWeCom) arrive(t *testing.T, who string) string {
	t.Helper()
	before := len(v.s.Sent())
	v.s.Enter(who)
	return v.next(t, before)
}

// say: in a group everything begins with the mention.
func (v *viaWeCom) say(t *testing.T, who, text string, _ bool) string {
	t.Helper()
	before := len(v.s.Sent())
	v.s.Tell(wecomGroup, who, text)
	return v.next(t, before)
}

func (v *viaWeCom) next(t *testing.T, before int) string {
	t.Helper()
	sent, err := v.s.WaitSent(soon(t), before+1)
	if err != nil {
		t.Fatal(err)
	}
	return sent[before].Plain()
}

func (v *viaWeCom) press(t *testing.T, who, label string) (string, bool) {
	t.Helper()
	before := len(v.s.Sent())
	if _, ok := v.s.Press(wecomGroup, who, label); !ok {
		t.Fatalf("no card with a button %q", label)
	}
	return v.next(t, before), true
}

func (v *viaWeCom) truth() []string {
	can, cannot := "听到 @小助手 的消息、发按钮、主动发消息、发文件。", "看到没有 @小助手 的消息、看到进群退群、悄悄回答（大家都看得到）、更新旧消息、认出群管理员"
	if v.callback {
		can, cannot = "听到 @小助手 的消息、发按钮。", "更新旧消息、主动发消息、发文件、认出群管理员"
	}
	return []string{can, "做不到：", cannot, "每分钟最多 30 条"}
}

func (v *viaWeCom) end(t *testing.T) {
	t.Helper()
	v.s.Close()
	complain(t, v.s.Problems())
}

// viaAccount is an official account of WeChat: 1:1 only.
type viaAccount struct {
	s *wx.Server
}

func (v *viaAccount) id(who string) string { return "oScenario_" + who }

func (v *viaAccount) config(now func() time.Time) string {
	s, err := wx.Start(wx.Options{Now: now, EncodingAESKey: wx.DefaultAESKey})
	if err != nil {
		panic(err)
	}
	v.s = s
	return fmt.Sprintf("admins: [\"wechat:%s:%s\"]\nwechat:\n  base_url: %q\n  official_accounts: [{name: oa, app_id: %q, app_secret: %q, token: %q, encoding_aes_key: %q, community: 会员}]\n",
		s.AppID(), v.id(boss), s.URL(), s.AppID(), s.AppSecret(), s.Token(), s.EncodingAESKey())
}

// open: where there are no groups the operator founds the community.
func (v *viaAccount) open(t *testing.T, base string) {
	t.Helper()
	v.s.ConnectURL(base + "/wechat/oa")
	if got := v.arrive(t, boss); !strings.Contains(got, "还没连上") {
		t.Errorf("before there is a community: %q", got)
	}
	if got := v.say(t, boss, "/community create 会员", false); !strings.Contains(got, "社区「会员」建好了，这里的人都在里面") {
		t.Errorf("the community: %q", got)
	}
}

func (v *viaAccount) arrive(t *testing.T, who string) string {
	t.Helper()
	return v.answer(t, v.s.Follow(soon(t), v.id(who), ""))
}

func (v *viaAccount) say(t *testing.T, who, text string, _ bool) string {
	t.Helper()
	return v.answer(t, v.s.Say(soon(t), v.id(who), text))
}

func (v *viaAccount) answer(t *testing.T, a wx.Answer) string {
	t.Helper()
	if a.Err != nil || a.Attempts != 1 {
		t.Errorf("%d attempts, %v", a.Attempts, a.Err)
	}
	return a.Text
}

// press: there are no buttons, but the choices are numbered; see the step.
func (v *viaAccount) press(*testing.T, string, string) (string, bool) { return "", false }

func (v *viaAccount) truth() []string {
	return []string{"这里是一对一", "做不到：群聊、按钮（回复编号就行）、发文件。", "48 小时内，我能主动找你"}
}

func (v *viaAccount) end(t *testing.T) {
	t.Helper()
	v.s.Close()
	complain(t, v.s.Problems())
}

// viaSandbox is the page's own group.
type viaSandbox struct {
	base string
	n    int
}

var personas = map[string]string{ann: "ann", bo: "man", boss: "admin"}

func (v *viaSandbox) id(who string) string { return personas[who] }

func (v *viaSandbox) config(func() time.Time) string {
	return "admins: [\"sandbox:admin\"]\nsandbox: {enabled: true}\n"
}

func (v *viaSandbox) open(t *testing.T, base string) {
	t.Helper()
	v.base = base
	until(t, "the greeting", func() bool { return len(v.seen(t, ann)) > 0 })
}

func (v *viaSandbox) arrive(*testing.T, string) string { return "" }

type sandboxBubble struct {
	ID, From, To, Chat string
	Spans              []struct{ Text string }
	Choices            []struct{ Label, Command string }
}

// seen are the bot's messages in the group as one person sees them.
func (v *viaSandbox) seen(t *testing.T, who string) []sandboxBubble {
	t.Helper()
	_, body := get(t, v.base+"/api/state?as="+v.id(who))
	var state struct{ Messages []sandboxBubble }
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	var out []sandboxBubble
	for _, m := range state.Messages {
		if m.From == "bot" && m.Chat == "product" {
			out = append(out, m)
		}
	}
	return out
}

func (v *viaSandbox) post(t *testing.T, path string, body map[string]string) {
	t.Helper()
	v.n++
	body["id"], body["chat"] = "scenario-"+strconv.Itoa(v.n), "product"
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(v.base+path, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if code, text := answer(t, resp); code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, text)
	}
}

func (v *viaSandbox) say(t *testing.T, who, text string, addressed bool) string {
	t.Helper()
	if addressed {
		text = "@bot " + text
	}
	before := v.seen(t, who)
	v.post(t, "/api/say", map[string]string{"as": v.id(who), "text": text})
	return v.next(t, who, len(before))
}

func (v *viaSandbox) next(t *testing.T, who string, before int) string {
	t.Helper()
	var text strings.Builder
	until(t, "an answer", func() bool {
		now := v.seen(t, who)
		if len(now) <= before {
			return false
		}
		for _, s := range now[len(now)-1].Spans {
			text.WriteString(s.Text)
		}
		return true
	})
	return text.String()
}

func (v *viaSandbox) press(t *testing.T, who, label string) (string, bool) {
	t.Helper()
	seen := v.seen(t, who)
	for _, m := range slices.Backward(seen) {
		for _, c := range m.Choices {
			if c.Label == label {
				v.post(t, "/api/press", map[string]string{"as": v.id(who), "message": m.ID, "choice": c.Command})
				return v.next(t, who, len(seen)), true
			}
		}
	}
	t.Fatalf("no button %q", label)
	return "", false
}

func (v *viaSandbox) truth() []string {
	return []string{"听到所有发言", "发按钮", "该有的权限都有了"}
}

func (v *viaSandbox) end(*testing.T) {}
