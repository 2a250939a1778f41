package bot

import (
	"context"
	"testing"

	"qunmate/bot/chat"
)

// A reply to one of the bot's messages is talk between people more often than
// not: only what is meant as a command is answered.
func TestThanksInReplyToTheBotStaySilent(t *testing.T) {
	me := Command{Name: "me", Run: func(context.Context, *Request) (Reply, error) {
		return Reply{Template: "common.test_echo", Data: "mine"}, nil
	}}
	for _, c := range []struct {
		text  string
		reply bool // else the bot's name was said
		want  string
	}{
		{"谢谢", true, ""},
		{"谢谢", false, "这个我不会"},
		{"thanks a lot", true, ""},
		{"echo what you said", true, ""}, // a sentence that begins like a command
		{"帮助 我看看", true, ""},
		{"我的", true, "mine"},
		{"wo de", true, ""},
		{"我地", true, "我的"}, // nearly a command
		{"/nosuch", true, "这个我不会"},
		{"/me", true, "mine"},
		{"", true, ""}, // a sticker
		{"", false, "我在"},
	} {
		t.Run(c.text, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(echo, me))
				ev := w.message(club, "阿宁", c.text)
				ev.ToBot, ev.ByReply = true, c.reply
				ev.Quoted = chat.User{Ref: chat.Ref{Domain: club.Ref.Domain, ID: "bot"}, Name: "bot", Bot: true}
				w.deliver(ev)
				if c.want == "" {
					w.heard()
					return
				}
				w.heard(c.want)
			})
		})
	}
}

// A word that everybody says is not refused to those who may not use it.
func TestTheBareWordOfACommandIsForEverybody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		boss := may("boss", ChatAdmin)
		boss.Bare = func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "bare"}, nil
		}
		w := begin(t, commands(echo, boss))
		w.net.SetAdmins(club.Ref, person("管理"))
		w.say(club, "成员", "/boss")
		w.heard("bare")
		w.say(club, "成员", "/boss 1")
		w.heard("只有本群管理员")
		w.say(club, "管理", "/boss")
		w.heard("boss as admin")
	})
}

func TestAGreetingLeavesOutWhatGoesWithoutSaying(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2][]string{
		{{chat.RightAdmin, chat.RightDelete, chat.RightInvite, chat.RightPin, chat.RightSend, chat.RightTalk}, {chat.RightAdmin, chat.RightSend}},
		{{chat.RightDelete, chat.RightTalk}, {chat.RightDelete, chat.RightTalk}},
		{{}, {}},
	} {
		equal(t, "said", worthSaying(tt[0]), tt[1])
	}
}
