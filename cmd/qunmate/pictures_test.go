package main_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot"
	tg "qunmate/bot/platform/telegram/tgtest"
	wx "qunmate/bot/platform/wechatmp/wechattest"
	qy "qunmate/bot/platform/wecomapp/qyapitest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
	main "qunmate/cmd/qunmate"
)

// A picture that an administrator attaches in a Telegram group arrives on every
// surface, byte for byte: in the groups by an announcement to all, with the
// people by one to those who want direct messages.
func TestAPictureOfTelegramArrivesEverywhere(t *testing.T) {
	t.Parallel()
	photo := append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte("a photo of 600 kB "), 35_000)...)
	telegram, helper, staff, account := &viaTelegram{}, &viaWeCom{}, &viaApp{}, &viaAccount{}
	config := telegram.config(time.Now)
	var err error
	if helper.s, err = wc.Start(wc.Options{Mention: "小助手"}); err != nil {
		t.Fatal(err)
	}
	if staff.s, err = qy.Start(qy.Options{}); err != nil {
		t.Fatal(err)
	}
	if account.s, err = wx.Start(wx.Options{EncodingAESKey: wx.DefaultAESKey}); err != nil {
		t.Fatal(err)
	}
	staff.s.Member(ann, ann, "wo"+strings.Repeat("a", 30))
	config += fmt.Sprintf("wecom:\n  base_url: %q\n  corp_id: %q\n  webhooks: [{name: news, key: %q}]\n"+
		"  aibots: [{name: helper, mention: 小助手, websocket_url: %q, bot_id: %q, secret: %q}]\n"+
		"  apps: [{name: staff, agent_id: %d, secret: %q, token: %q, encoding_aes_key: %q, community: Group 1}]\n",
		staff.s.URL(), staff.s.CorpID(), qy.DefaultRobot, helper.s.URL(), helper.s.BotID(), helper.s.Secret(),
		staff.s.Agent(), staff.s.Secret(), staff.s.Token(), staff.s.AESKey())
	config += fmt.Sprintf("wechat:\n  base_url: %q\n  official_accounts: [{name: oa, app_id: %q, app_secret: %q, token: %q, encoding_aes_key: %q, community: Group 1}]\n",
		account.s.URL(), account.s.AppID(), account.s.AppSecret(), account.s.Token(), account.s.EncodingAESKey())
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	write(t, file, fmt.Sprintf("database: %q\nhttp: {listen: \"127.0.0.1:0\", public_url: \"https://bot.example.test\"}\n%s", filepath.Join(dir, "qunmate.db"), config))
	program, err := main.RunInside(file, bot.NewClock(0), &output{})
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		if err := program.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	defer stop()
	base := program.Address()
	telegram.open(t, base)
	telegram.say(t, boss, "/checkin", false) // the community is there from the first word
	helper.open(t, base)
	helper.say(t, bo, "/help", true)
	staff.s.ConnectURL(base + "/wecom/staff")
	account.s.ConnectURL(base + "/wechat/oa")
	staff.arrive(t, ann)
	account.arrive(t, bo)
	for who, v := range map[string]surface{ann: staff, bo: account} {
		if got := v.say(t, who, "/dm on", false); !strings.Contains(got, "每月最多") {
			t.Errorf("%s: %q", who, got)
		}
	}
	until(t, "the group of the robot", func() bool { return count(t, dir, "SELECT count(*) FROM chats WHERE title = 'news'") == 1 })

	telegram.s.SetPhoto("pic", photo)
	announce := func(text string) {
		t.Helper()
		before := telegram.s.Total()
		telegram.s.Say(group(1), tgPeople[boss], text, telegram.s.Photo("pic"))
		if got := telegram.next(t, before); !strings.Contains(got, "带图") {
			t.Fatalf("the preview: %q", got)
		}
		if _, ok := telegram.press(t, boss, "发送"); !ok {
			t.Fatal("nothing to press")
		}
	}
	announce("/announce 全部群 新品到了")
	until(t, "the photo in the Telegram group", func() bool {
		return slices.ContainsFunc(telegram.s.Sent(), func(m tg.Sent) bool { return m.Photo == "pic" && m.Text == "新品到了" })
	})
	until(t, "the picture in the aibot's group", func() bool {
		all := helper.s.SentTo(wecomGroup.ID)
		text := slices.IndexFunc(all, func(m wc.Sent) bool { return m.Text == "新品到了" })
		image := slices.IndexFunc(all, func(m wc.Sent) bool {
			return m.File != nil && m.File.Type == "image" && bytes.Equal(m.File.Data, photo)
		})
		return text >= 0 && image > text
	})
	until(t, "the picture of the group robot", func() bool {
		all := staff.s.Posted(qy.DefaultRobot)
		return len(all) == 2 && all[0].Text == "新品到了" && bytes.Equal(all[1].Data, photo)
	})
	announce("/announce 私信 给你看")
	until(t, "the picture in the app", func() bool {
		return slices.ContainsFunc(staff.s.Shown(ann), func(m qy.Shown) bool { return bytes.Equal(m.Data, photo) })
	})
	until(t, "the picture in the official account", func() bool {
		return slices.ContainsFunc(account.s.Shown(account.id(bo)), func(m wx.Shown) bool { return bytes.Equal(m.Picture, photo) })
	})
	until(t, "the reports", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'folded')") == 0
	})
	if n := count(t, dir, "SELECT count(*) FROM outbox WHERE error LIKE 'picture:%'"); n != 0 {
		t.Errorf("%d pictures are said to be lost", n)
	}
	if n := telegram.s.Calls("file"); n != 1 {
		t.Errorf("the photo was fetched %d times", n)
	}
	stop()
	if n := count(t, dir, "SELECT count(*) FROM picture_bytes"); n != 1 {
		t.Errorf("the bytes are kept %d times", n)
	}
	wantCall(t, dir, 0, "全部重算一致", "verify")
	for _, v := range []surface{telegram, helper, staff, account} {
		v.end(t)
	}
}
