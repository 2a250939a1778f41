package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// home says that the 1:1 chats of the first connection act in a community.
func home(name string) setting {
	return func(w *world) { w.options.Homes = map[string]string{"net": name} }
}

func oneToOne(c *chat.Caps) { c.OneToOne, c.Choices = true, false }

func TestAConnectionNamesTheCommunityOfItsPrivateChats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("net", oneToOne)), commands(there), home("读书会"))
		me := private("阿宁")
		w.say(me, "阿宁", "/there") // the operator may be earlier than the group
		w.heard("这里还没连上社区，请联系管理员")
		w.say(club, "管理", "hello")
		w.say(me, "阿宁", "/there")
		w.heard("in 读书会, member true")

		// Somebody who is in another community acts in that of the connection, until
		// he chooses.
		w.say(group("羽毛球"), "小满", "hello")
		her := private("小满")
		w.say(her, "小满", "/there")
		w.heard("in 读书会")
		w.say(her, "小满", "/use")
		w.heard("你在 2 个群里")
		w.say(her, "小满", "/use 1 /there")
		w.heard("in 羽毛球")
		w.restart()
		w.say(her, "小满", "/there")
		w.heard("in 羽毛球")
		w.say(her, "小满", "/use 2 /there")
		w.heard("in 读书会")

		// By number, and by a number that is none.
		w.restart(home("#2"))
		w.say(me, "阿宁", "/there")
		w.heard("in 羽毛球")
		w.restart(home("9"))
		w.say(me, "阿宁", "/there")
		w.heard("这里还没连上社区")
	})
}

func TestOfTwoCommunitiesWithOneNameNoneIsTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("net", oneToOne)), commands(there), home("读书会"))
		w.say(club, "管理", "hello")
		other := club
		other.Ref.ID += "2"
		w.say(other, "管理", "hello")
		w.say(private("阿宁"), "阿宁", "/there")
		w.heard("这里还没连上社区")
		// One whose only group is gone is history.
		w.happen(other, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		w.say(private("阿宁"), "阿宁", "/there")
		w.heard("in 读书会")
	})
}

func TestWhoIsTooShyToHaveANameGetsOneThatTellsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		name := Command{Name: "say", Place: Anywhere, Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: req.Account.Name}, nil
		}}
		w := begin(t, with(newLine("net", oneToOne)), commands(name))
		who := chat.User{Ref: chat.Ref{Domain: chattest.Domain, ID: "oOpenID_1234"}}
		ask := func() string {
			ev := w.message(chat.Chat{Ref: who.Ref, Type: chat.Private}, "", "/say")
			ev.Sender = who
			w.deliver(ev)
			return strings.Join(w.news(), "|")
		}
		first := ask()
		if !strings.Contains(first, "成员 ") || strings.Contains(first, "oOpenID") || ask() != first {
			t.Errorf("called %q", first)
		}
		who.Name = "小满"
		if got := ask(); !strings.Contains(got, "小满") {
			t.Errorf("called %q once the name is known", got)
		}
		who.Name = ""
		if got := ask(); !strings.Contains(got, "小满") {
			t.Errorf("called %q, the name was known", got)
		}
		nameless := chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: "wr_group"}, Type: chat.Group}
		w.say(nameless, "管理", "hello")
		c := w.chat(nameless)
		w.view(func(ctx context.Context, r *storage.Reader) error {
			own, err := r.Community(ctx, c.CommunityID)
			if c.Title != own.Name || !strings.HasPrefix(c.Title, "群 ") || strings.Contains(c.Title, "wr_") {
				t.Errorf("a group without a title is called %q, its community %q", c.Title, own.Name)
			}
			return err
		})
	})
}

func TestWhoOpensHisChatIsGreetedAndThenJustHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := Command{Name: "start", Place: Anywhere, Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "start in " + fmt.Sprint(req.Community)}, nil
		}}
		w := begin(t, commands(start))
		me, opened := private("阿宁"), chat.ChatChange{Standing: chat.Added, Entered: true}
		w.happen(me, "阿宁", chat.ChatChanged, opened)
		w.heard("start in 0")
		w.happen(me, "阿宁", chat.ChatChanged, opened)
		w.heard("我在")
		w.restart()
		w.happen(me, "阿宁", chat.ChatChanged, opened)
		w.heard("我在")
	})
}

func TestOperatorsAreToldByDirectMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), operators("阿宁", "小满"))
		w.say(private("阿宁"), "阿宁", "/echo hello")
		w.news()
		w.engine.Notify("common.connection", struct {
			OK         bool
			Name, Text string
		}{false, "helper", "away"})
		w.pass(0)
		w.heard("⚠ helper：away") // 小满 has never written to the bot
	})
}

func TestAMentionIsAskedForWhereNothingElseIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("net", func(c *chat.Caps) { c.Mentioned, c.Mention = true, "@小助手" })), commands(there))
		ev := w.message(club, "阿宁", "theree")
		ev.ToBot = true
		w.deliver(ev)
		w.heard("回复 @小助手 there")
	})
}

type elsewhere struct {
	chat.Platform
	name, domain string
}

func (e elsewhere) Name() string   { return e.name }
func (e elsewhere) Domain() string { return e.domain }

func TestTwoNetworksMayHaveAConnectionOfOneName(t *testing.T) {
	t.Parallel()
	got := Routes([]chat.Platform{elsewhere{name: "main", domain: "telegram"}, elsewhere{name: "main", domain: "wecom"}, elsewhere{name: "oa", domain: "wechat:wx1"}})
	if want := []string{"telegram/main", "wecom/main", "oa"}; !slices.Equal(got, want) {
		t.Errorf("routes %q, want %q", got, want)
	}
	if _, err := New(Options{Platforms: []chat.Platform{elsewhere{name: "a", domain: "wecom"}, elsewhere{name: "a", domain: "wecom"}, elsewhere{name: "a", domain: "telegram"}}}); err == nil {
		t.Error("two of one network were taken")
	}
}
