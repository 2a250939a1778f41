package main_test

// What goes wrong on WeCom and WeChat, seen through the whole program: nothing
// lost, nothing doubled, the operator told once. What one adapter can show
// alone is tested beside it.

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	wx "qunmate/bot/platform/wechatmp/wechattest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
	main "qunmate/cmd/qunmate"
)

// inside is the program in the test, in English, by a clock that can be moved.
type inside struct {
	*main.Inside
	t     *testing.T
	dir   string
	clock *bot.Clock
	log   *output
}

func begin(t *testing.T, clock *bot.Clock, config string) *inside {
	t.Helper()
	in := &inside{t: t, dir: t.TempDir(), clock: clock, log: &output{}}
	file := filepath.Join(in.dir, "config.yaml")
	write(t, file, fmt.Sprintf("language: en\ndatabase: %q\nhttp: {listen: \"127.0.0.1:0\", public_url: \"https://bot.example.test\"}\n%s", filepath.Join(in.dir, "qunmate.db"), config))
	var err error
	if in.Inside, err = main.RunInside(file, clock, in.log); err != nil {
		t.Fatal(err)
	}
	return in
}

// end stops the program and expects n check-ins, each once.
func (in *inside) end(n int) {
	in.t.Helper()
	if err := in.Stop(); err != nil {
		in.t.Errorf("stop: %v", err)
	}
	wantCheckins(in.t, in.dir, n)
}

// letters counts the letters in a state.
func (in *inside) letters(state string) int {
	in.t.Helper()
	return count(in.t, in.dir, "SELECT count(*) FROM outbox WHERE verb = 'send' AND state = ?", state)
}

// answered counts what was said to somebody, whatever became of it.
func (in *inside) answered(who string) int {
	in.t.Helper()
	return count(in.t, in.dir, "SELECT count(*) FROM outbox o JOIN accounts a ON a.id = o.account_id WHERE a.external_id = ?", who)
}

func (in *inside) shift(d time.Duration) {
	in.t.Helper()
	if _, err := in.clock.Shift(in.clock.Now().Add(d)); err != nil {
		in.t.Fatal(err)
	}
}

func accountConfig(s *wx.Server, community string) string {
	return fmt.Sprintf("wechat:\n  base_url: %q\n  official_accounts: [{name: oa, app_id: %q, app_secret: %q, token: %q, encoding_aes_key: %q, community: %q}]\n",
		s.URL(), s.AppID(), s.AppSecret(), s.Token(), s.EncodingAESKey(), community)
}

func aibotConfig(s *wc.Server, how string) string {
	if how == "" {
		how = fmt.Sprintf("websocket_url: %q, bot_id: %q, secret: %q", s.URL(), s.BotID(), s.Secret())
	}
	return fmt.Sprintf("wecom:\n  base_url: %q\n  aibots: [{name: helper, mention: %s, %s}]\n", s.BaseURL(), s.Mention(), how)
}

func saidTo(s *wc.Server, who string) []string {
	var out []string
	for _, m := range s.Sent() {
		if strings.HasPrefix(m.Plain(), "@"+who) {
			out = append(out, m.Plain())
		}
	}
	return out
}

func TestALongConnectionInTrouble(t *testing.T) {
	t.Parallel()
	clock := bot.NewClock(0)
	s := wc.New(t, wc.Options{Now: clock.Now})
	in := begin(t, clock, aibotConfig(s, ""))
	if err := s.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	// The acknowledgement is lost: it may have been shown, so it is not said again.
	s.Fail(wc.Fault{Cmd: wc.CmdRespond, LostAck: true})
	first := s.Tell(wecomGroup, ann, "/checkin")
	until(t, "an uncertain letter", func() bool { return in.letters("uncertain") == 1 })
	// The sockets are cut while people write.
	s.Drop()
	s.Tell(wecomGroup, bo, "/checkin")
	until(t, "his answer", func() bool { return len(saidTo(s, bo)) == 1 })
	// Too many: it waits as long as it takes, and is said once.
	s.Fail(wc.Fault{Cmd: wc.CmdRespond, Code: wc.CodeFrequency})
	s.Tell(wecomGroup, boss, "/checkin")
	until(t, "the refusal", func() bool { return in.log.count("asks us to wait") == 1 })
	if got := saidTo(s, boss); len(got) > 0 {
		t.Errorf("said all the same: %q", got)
	}
	in.shift(61 * time.Second)
	until(t, "her answer", func() bool { return len(saidTo(s, boss)) == 1 })
	// The platform tells of a message again.
	for range 3 {
		s.Redeliver(first)
	}
	s.Tell(wecomGroup, ann, "/me")
	until(t, "the answer behind it", func() bool { return len(saidTo(s, ann)) == 2 })
	if got := saidTo(s, ann); !strings.Contains(got[0], "+5") || !strings.Contains(got[1], "balance 5") {
		t.Errorf("said %q", got)
	}
	until(t, "the last outcome", func() bool { return in.letters("queued") == 0 })
	in.end(3)
	if in.letters("uncertain") != 1 || in.letters("dead") != 0 {
		t.Errorf("%d uncertain, %d dead", in.letters("uncertain"), in.letters("dead"))
	}
	complain(t, s.Problems())
}

// The operator is reached by the other connection, whatever its own troubles.
func TestATakenConnectionIsToldTheOperatorOnce(t *testing.T) {
	t.Parallel()
	clock := bot.NewClock(0)
	s := wc.New(t, wc.Options{Now: clock.Now})
	account := wx.New(t, wx.Options{Now: clock.Now, EncodingAESKey: wx.DefaultAESKey})
	in := begin(t, clock, fmt.Sprintf("admins: [\"wechat:%s:oBoss\"]\n", account.AppID())+aibotConfig(s, "")+accountConfig(account, ""))
	account.ConnectURL(in.Address() + "/wechat/oa")
	if err := s.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	account.Follow(soon(t), "oBoss", "")
	account.Say(soon(t), "oBoss", "/help")
	told := func(what string) int {
		n := 0
		for _, m := range account.Shown("oBoss") {
			if strings.Contains(m.Text, what) && !m.Passive {
				n++
			}
		}
		return n
	}
	account.RevokeTokens() // 40014: another one is fetched
	s.Displace()
	until(t, "the alarm", func() bool { return told("Another program has connected with the same bot_id") == 1 })
	// What else can be wrong with a token, or with how often we ask.
	account.Fail(wx.Fault{Path: wx.PathCustomSend, Code: 42001})
	in.Alarm(chat.Finding{OK: true, Code: "wecombot.connected", Args: map[string]string{"since": "", "heard": ""}})
	until(t, "the good news", func() bool { return told("The long connection stands") == 1 })
	account.Fail(wx.Fault{Path: wx.PathCustomSend, Code: 45009})
	in.Alarm(chat.Finding{Code: "wecombot.secret_bad"})
	until(t, "the refusal", func() bool { return in.log.count("asks us to wait") == 1 })
	in.shift(10 * time.Minute)
	until(t, "the news behind it", func() bool { return told("WeCom does not accept") == 1 })
	until(t, "the last outcome", func() bool { return in.letters("queued") == 0 })
	in.end(0)
	if n := told("Another program"); n != 1 {
		t.Errorf("told %d times", n)
	}
	complain(t, account.Problems())
}

func TestReplayedCallbacksOfWeComAreOneMessage(t *testing.T) {
	t.Parallel()
	clock := bot.NewClock(0)
	s := wc.New(t, wc.Options{Now: clock.Now})
	in := begin(t, clock, aibotConfig(s, fmt.Sprintf("mode: callback, token: %q, encoding_aes_key: %q", s.Token(), s.AESKey())))
	h := forward(t, in.Address())
	_, body := s.Compose(wecomGroup, ann, "@"+s.Mention()+" /checkin")
	sealed := s.Seal(body)
	status, first := s.Post(soon(t), h, sealed)
	if status != http.StatusOK || len(first) == 0 {
		t.Fatalf("%d %q", status, first)
	}
	// The very same request again is a replay: refused, without a word.
	for range 3 {
		if status, text := s.Post(soon(t), h, sealed); status != http.StatusForbidden || len(text) > 0 {
			t.Errorf("a replay: %d %q", status, text)
		}
	}
	// The platform's own repetition is signed anew: the same answer.
	before := in.answered(ann)
	again := s.Seal(body)
	if status, text := s.Post(soon(t), h, again); status != http.StatusOK {
		t.Errorf("a repetition: %d %q", status, text)
	}
	if n := in.answered(ann); before != 1 || n != before {
		t.Errorf("answered %d times, after the repetition %d", before, n)
	}
	forged := s.Seal(body)
	forged.Query.Set("msg_signature", strings.Repeat("0", 40))
	if status, text := s.Post(soon(t), h, forged); status != http.StatusForbidden || len(text) > 0 {
		t.Errorf("a forged one: %d %q", status, text)
	}
	if status, text := s.Do(context.Background(), h, http.MethodPost, "/wecom/helper?x=1", []byte("{}")); status != http.StatusForbidden || len(text) > 0 {
		t.Errorf("an unsigned one: %d %q", status, text)
	}
	in.end(1)
}

func TestReplayedPushesOfAnAccountAreOneMessage(t *testing.T) {
	t.Parallel()
	clock := bot.NewClock(0)
	s := wx.New(t, wx.Options{Now: clock.Now, EncodingAESKey: wx.DefaultAESKey})
	in := begin(t, clock, fmt.Sprintf("admins: [\"wechat:%s:oBoss\"]\n", s.AppID())+accountConfig(s, "Members"))
	s.ConnectURL(in.Address() + "/wechat/oa")
	hears(t, s, "oBoss", "/community create Members", "Members")
	// Where there is no group the operators are who is called.
	hears(t, s, "oAnn", "/human my order is lost", "The admins know")
	until(t, "the call", func() bool { return strings.Contains(hasRead(s, "oBoss"), "my order is lost") })
	push := s.Frame("oAnn", "text", map[string]string{"Content": "/checkin"})
	first := s.Post(soon(t), "oAnn", push)
	until(t, "the answer", func() bool { return strings.Contains(first.Text+hasRead(s, "oAnn"), "+5") })
	before := in.answered("oAnn")
	for range 3 {
		if again := s.Post(soon(t), "oAnn", push); again.Text != "" && again.Text != first.Text { // on a slow machine it comes too late for the same words
			t.Errorf("the repetition says %q, the first said %q", again.Text, first.Text)
		}
	}
	if n := in.answered("oAnn"); before < 2 || n != before {
		t.Errorf("%d answers, after the repetitions %d", before, n)
	}
	forged := s.Frame("oAnn", "text", map[string]string{"Content": "/checkin"})
	forged.Query.Set("signature", strings.Repeat("0", 40))
	if a := s.Post(soon(t), "oAnn", forged); a.Status != http.StatusForbidden || a.Text != "" {
		t.Errorf("a forged one: %+v", a)
	}
	in.end(1)
}
