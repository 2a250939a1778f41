package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	qy "qunmate/bot/platform/wecomapp/qyapitest"
)

// viaApp is a self-built app of WeCom: 1:1 only, with cards. A group robot
// stands beside it in the configuration.
type viaApp struct {
	s *qy.Server
}

func (v *viaApp) id(who string) string { return who }

func (v *viaApp) config(now func() time.Time) string {
	s, err := qy.Start(qy.Options{Now: now})
	if err != nil {
		panic(err)
	}
	v.s = s
	for _, who := range []string{ann, bo, boss} {
		s.Member(who, who, "wo"+strings.Repeat(who[:1], 30))
	}
	return fmt.Sprintf("admins: [\"wecom:%s\"]\nwecom:\n  base_url: %q\n  corp_id: %q\n  webhooks: [{name: news, key: %q}]\n"+
		"  apps: [{name: staff, agent_id: %d, secret: %q, token: %q, encoding_aes_key: %q, community: 会员}]\n",
		boss, s.URL(), s.CorpID(), qy.DefaultRobot, s.Agent(), s.Secret(), s.Token(), s.AESKey())
}

// open: where there are no groups the operator founds the community.
func (v *viaApp) open(t *testing.T, base string) {
	t.Helper()
	v.s.ConnectURL(base + "/wecom/staff")
	if status, echo, err := v.s.Verify(soon(t), "1616140317555161061"); status != 200 || echo != "1616140317555161061" {
		t.Errorf("the address was not verified: %d %q %v", status, echo, err)
	}
	if got := v.arrive(t, boss); !strings.Contains(got, "还没连上") {
		t.Errorf("before there is a community: %q", got)
	}
	if got := v.say(t, boss, "/community create 会员", false); !strings.Contains(got, "社区「会员」建好了，这里的人都在里面") {
		t.Errorf("the community: %q", got)
	}
}

// after is what a person reads that he did not read before: an answer to his
// request, a message, or a card that was changed.
func (v *viaApp) after(t *testing.T, who string, act func()) string {
	t.Helper()
	read := func() []string {
		var out []string
		for _, m := range v.s.Shown(who) {
			out = append(out, m.Plain())
		}
		return out
	}
	before := read()
	act()
	var fresh []string
	until(t, "an answer to "+who, func() bool {
		now := read()
		fresh = nil
		for i, text := range now {
			if i >= len(before) || before[i] != text {
				fresh = append(fresh, text)
			}
		}
		return len(fresh) > 0
	})
	return strings.Join(fresh, "\n")
}

func (v *viaApp) pushed(t *testing.T, a qy.Answer) {
	t.Helper()
	if a.Err != nil || a.Attempts != 1 {
		t.Errorf("%d attempts, %v", a.Attempts, a.Err)
	}
}

func (v *viaApp) arrive(t *testing.T, who string) string {
	t.Helper()
	return v.after(t, who, func() { v.pushed(t, v.s.Event(soon(t), who, "enter_agent", nil)) })
}

func (v *viaApp) say(t *testing.T, who, text string, _ bool) string {
	t.Helper()
	return v.after(t, who, func() { v.pushed(t, v.s.Say(soon(t), who, text)) })
}

func (v *viaApp) press(t *testing.T, who, label string) (string, bool) {
	t.Helper()
	return v.after(t, who, func() {
		until(t, "a card with "+label, func() bool {
			return slices.ContainsFunc(v.s.Shown(who), func(m qy.Shown) bool {
				return m.Card != nil && slices.ContainsFunc(m.Card.Buttons, func(b qy.Button) bool { return b.Text == label })
			})
		})
		a, ok := v.s.Press(soon(t), who, label)
		if !ok {
			t.Fatalf("no card with a button %q", label)
		}
		v.pushed(t, a)
	}), true
}

func (v *viaApp) truth() []string {
	return []string{"这里是一对一", "能发文件", "做不到：群聊。我能主动找你，每分钟最多 30 条。"}
}

func (v *viaApp) end(t *testing.T) {
	t.Helper()
	v.s.Close()
	complain(t, v.s.Problems())
}

// A program with a group robot knows its group as soon as it runs, and with
// each start it is the same one, whatever the connection is called.
func TestAGroupRobotIsAChatFromTheFirstStart(t *testing.T) {
	t.Parallel()
	s := qy.New(t, qy.Options{})
	dir := t.TempDir()
	chats := "SELECT count(*) FROM chats WHERE kind = 'channel' AND domain = 'wecom' AND state = 'active' AND title = ?"
	for _, name := range []string{"news", "updates", "updates"} {
		configure(t, dir, nil, fmt.Sprintf("sandbox: {enabled: true}\nwecom: {base_url: %q, webhooks: [{name: %s, key: %q}]}\n", s.URL(), name, qy.DefaultRobot))
		wantCall(t, dir, 0, "The group robot is there.", "check", "-online")
		p := launch(t, dir, nil)
		p.address()
		until(t, "the chat "+name, func() bool { return count(t, dir, chats, name) == 1 })
		p.stop()
		if strings.Contains(p.log.String(), "ever-be-logged") {
			t.Error("the key is in the log")
		}
	}
	if n := count(t, dir, "SELECT count(*) FROM chats WHERE domain = 'wecom'"); n != 1 {
		t.Errorf("%d chats", n)
	}
	if n := len(s.Posted(qy.DefaultRobot)); n != 0 {
		t.Errorf("%d messages were posted by themselves", n)
	}
	s.RemoveRobot(qy.DefaultRobot)
	o := wantCall(t, dir, 1, "does not know this group robot", "check", "-online")
	if strings.Contains(o.out+o.errs, "ever-be-logged") {
		t.Error("the key is shown")
	}
	complain(t, s.Problems())
}
