package bot

import (
	"context"
	"fmt"
	"testing"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// there says in which community a command ran.
var there = Command{Name: "there", Run: func(ctx context.Context, req *Request) (Reply, error) {
	c, err := req.Tx.Community(ctx, req.Community)
	return Reply{Template: "common.test_echo", Data: fmt.Sprintf("in %s, member %v", c.Name, req.Member.CommunityID == c.ID)}, err
}, Label: func(context.Context, *Request) (string, error) { return "common.test_status", nil }}

var (
	only = Command{Name: "only", Place: PrivateOnly, Run: there.Run}
	room = Command{Name: "room", Place: GroupOnly, Run: there.Run}
)

func TestAPrivateChatActsOnTheCommunityOfThePerson(t *testing.T) {
	bubble(t, func(t *testing.T) {
		refuse := Command{Name: "fail", Run: func(context.Context, *Request) (Reply, error) { return Reply{}, Refuse("common.test_echo", "no") }}
		w := begin(t, commands(there, echo, refuse))
		me := private("阿宁")
		w.say(me, "阿宁", "/there")
		w.heard("我还不知道你在哪个群")
		w.say(me, "阿宁", "/use 1")
		w.heard("我还不知道你在哪个群")
		w.say(me, "阿宁", "/echo anywhere")
		w.heard("anywhere")

		w.say(club, "阿宁", "hello")
		w.say(me, "阿宁", "/there")
		w.heard("in 读书会, member true")

		other := group("羽毛球")
		w.happen(other, "阿宁", chat.Join, chat.Membership{User: person("阿宁")})
		w.say(me, "阿宁", "那里") // 1:1, a bare Chinese name
		w.heard("你在 2 个群里")
		for i, name := range []string{"读书会", "羽毛球"} {
			button, ok := w.net.Button(me.Ref, person("阿宁").Ref, name+" zh-CN status")
			equal(t, "button of "+name, []any{button, ok}, []any{fmt.Sprintf("/use %d /there", i+1), true})
		}
		w.press(me, "阿宁", "/use 2 /there")
		w.heard("in 羽毛球, member true")
		w.say(me, "阿宁", "/there") // remembered
		w.heard("in 羽毛球")
		w.restart()
		w.say(me, "阿宁", "/use 1")
		w.heard("都按「读书会」")
		w.say(me, "阿宁", "/there")
		w.heard("in 读书会")
		for _, wrong := range []string{"/use", "/use 3", "/use 0", "/use x"} {
			w.say(me, "阿宁", wrong)
			w.heard("你在 2 个群里")
		}
		// The choice stays, whatever becomes of the command.
		w.say(me, "阿宁", "/use 2 /fail")
		w.heard("no")
		w.say(me, "阿宁", "/there")
		w.heard("in 羽毛球")
		// Having left it, he is in one again.
		w.happen(other, "阿宁", chat.Leave, chat.Membership{User: person("阿宁")})
		w.say(me, "阿宁", "/there")
		w.heard("in 读书会")
	})
}

func TestACommandIsOnlyUsedWhereItMakesSense(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(only, room))
		w.say(club, "阿宁", "/only")
		w.heard("请在和我的私聊里用")
		w.say(club, "阿宁", "/use 1")
		w.heard("请在和我的私聊里用")
		w.say(private("阿宁"), "阿宁", "/room")
		w.heard("请到群里用")
		w.say(club, "阿宁", "/room")
		w.heard("in 读书会")
		w.say(private("阿宁"), "阿宁", "/only")
		w.heard("in 读书会")
	})
}

func TestEveryTextComesInTheRightLanguage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo, say))
		me := private("阿宁")
		w.say(club, "阿宁", "/echo")
		w.say(me, "阿宁", "/echo")
		w.heard("zh-CN:", "zh-CN:") // the configuration's

		w.write(func(ctx context.Context, tx *storage.Tx) error { // the chat's own
			c := w.chat(club)
			c.Language = "en"
			return tx.UpdateChat(ctx, c)
		})
		w.say(club, "阿宁", "/echo")
		w.say(club, "阿宁", "/say")
		w.say(group("羽毛球"), "阿宁", "/echo")
		w.heard("en:", "en:", "zh-CN:")
		w.say(me, "阿宁", "/echo") // a private chat is not the group
		w.heard("zh-CN:")

		w.write(func(ctx context.Context, tx *storage.Tx) error { // the person's own
			a, err := tx.AccountByRef(ctx, me.Ref.Domain, "阿宁")
			if err != nil {
				return err
			}
			return tx.SetPersonLanguage(ctx, a.PersonID, "en")
		})
		w.say(me, "阿宁", "/echo")
		w.heard("en:")
		w.say(group("羽毛球"), "阿宁", "/echo") // a group speaks one language
		w.heard("zh-CN:")
		w.options.Language = "en"
		w.restart()
		w.say(group("羽毛球"), "小满", "/echo")
		w.heard("en:")
	})
}

func TestWhoIsMeantIsFoundInOrderOrAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		who := Command{Name: "echo", Run: func(ctx context.Context, req *Request) (Reply, error) {
			a, used, err := req.Who(ctx, req.Args.Word(0))
			return Reply{Template: "common.test_echo", Data: fmt.Sprintf("%s %v", a.ExternalID, used)}, err
		}}
		w := begin(t, commands(who))
		bob := person("bob")
		bob.Name, bob.Username = "Bob Lee", "bobby"
		for _, u := range []chat.User{person("阿宁"), person("小满"), bob, {Ref: chat.Ref{Domain: bob.Ref.Domain, ID: "小满2"}, Name: "小满"}, {Ref: chat.Ref{Domain: bob.Ref.Domain, ID: "wide"}, Name: "ＡＢ Ｃ"}} {
			ev := w.message(club, "", "hello")
			ev.Sender = u
			w.deliver(ev)
		}
		w.say(group("羽毛球"), "外人", "hello")
		al := person("al")
		al.Name = "Al"
		bot := chat.User{Ref: chat.Ref{Domain: bob.Ref.Domain, ID: "bot"}, Name: "群伴", Bot: true}
		wide := chat.User{Ref: chat.Ref{Domain: bob.Ref.Domain, ID: "wide"}, Name: "ＡＢ Ｃ"}
		for _, tt := range []struct {
			text     string
			quoted   chat.User
			mentions []chat.User
			want     string
		}{
			{"/echo +5", person("小满"), nil, "小满 false"},
			{"/echo", person("小满"), []chat.User{bob}, "小满 false"},
			{"/echo @bobby", person("小满"), nil, "bob true"}, // a name that is written counts
			{"/echo 阿宁", bot, nil, "阿宁 true"},               // a reply to the bot names nobody
			{"/echo @Bob", chat.User{}, []chat.User{bob}, "bob true"},
			{"/echo Bob", chat.User{}, []chat.User{bob}, "bob true"},
			{"/echo @AB", chat.User{}, []chat.User{wide}, "wide true"},
			{"/echo @BOBBY", chat.User{}, []chat.User{{Username: "bobby"}}, "bob true"},
			{"/echo @bobby +5 like Al", chat.User{}, []chat.User{{Username: "bobby"}, al}, "bob true"},
			{"/echo 阿宁 +5 thanks to Al", chat.User{}, []chat.User{al}, "阿宁 true"}, // the reason names others
			{"/echo @Alice", chat.User{}, []chat.User{al}, "没找到「Alice」"},
			{"/echo @阿宁", chat.User{}, nil, "阿宁 true"},
			{"/echo ＠阿宁", chat.User{}, nil, "阿宁 true"},
			{"/echo @小满", chat.User{}, nil, "叫「小满」的有 2 位"},
			{"/echo 外人", chat.User{}, nil, "没找到「外人」"},
			{"/echo", chat.User{}, nil, "要写是谁"},
			{"/echo @", chat.User{}, nil, "要写是谁"},
		} {
			ev := w.message(club, "阿宁", tt.text)
			ev.Quoted, ev.Mentions = tt.quoted, tt.mentions
			w.deliver(ev)
			w.heard(tt.want)
		}
		// In a private chat all groups of the community are searched, each person once.
		w.say(private("阿宁"), "阿宁", "/echo @bobby")
		w.heard("bob true")
		w.say(private("阿宁"), "阿宁", "/echo @小满")
		w.heard("叫「小满」的有 2 位")
	})
}
