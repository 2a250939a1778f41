package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// alarm alerts the administrators of the chat it is typed in.
var alarm = Command{Name: "alarm", Run: func(ctx context.Context, req *Request) (Reply, error) {
	return Reply{}, req.Alert(ctx, req.Chat, Reply{Template: "common.test_echo", Data: req.Args.String()})
}}

// alarmed makes a world in which administrators of the club and an operator
// have written to the bot.
func alarmed(t *testing.T, l *line, admins ...string) *world {
	t.Helper()
	w := begin(t, with(l), commands(alarm), operators("运营"))
	for _, who := range append(slices.Clone(admins), "运营") {
		w.say(club, who, "hello")
		w.say(private(who), who, "hello")
	}
	w.say(club, "成员", "hello")
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		for _, who := range admins {
			a, err := tx.AccountByRef(ctx, chattest.Domain, who)
			if err != nil {
				return err
			}
			if err := tx.SetRole(ctx, w.chat(club).ID, a.ID, storage.RoleAdmin, storage.FromCommand); err != nil {
				return err
			}
		}
		return nil
	})
	w.net.Take()
	return w
}

// refuse lets every attempt at some private chats fail.
func (l *line) refuse(fault chat.Fault, names ...string) {
	l.onSend(func(_ context.Context, letter chat.Letter) error {
		for _, n := range names {
			if letter.Chat.Ref == private(n).Ref {
				return &chat.SendError{Fault: fault, After: time.Hour, Err: errors.New("refused")}
			}
		}
		return nil
	})
}

// got is who saw what since the last call: "chat to person: text".
func (w *world) got() []string {
	out := []string{}
	for _, s := range w.net.Take() {
		out = append(out, s.Chat.ID+">"+s.To.Ref.ID+": "+strings.TrimPrefix(chat.Plain(s.Content.Text), "zh-CN: "))
	}
	slices.Sort(out)
	return out
}

func TestARefusedAlertTakesTheNextWayAtOnce(t *testing.T) {
	open := func(c *chat.Caps) { c.Whispers = false }
	dm := func(who string) string { return private(who).Ref.ID + ">: help" }
	for name, c := range map[string]struct {
		admins, refused []string
		change          []func(*chat.Caps)
		want            []string
	}{
		"to the operator":                         {admins: []string{"管理"}, refused: []string{"管理"}, want: []string{dm("运营")}},
		"another administrator has it":            {admins: []string{"管理", "副手"}, refused: []string{"管理"}, want: []string{dm("副手")}},
		"the operator is told once for both":      {admins: []string{"管理", "副手"}, refused: []string{"管理", "副手"}, want: []string{dm("运营")}},
		"for their eyes in the group":             {admins: []string{"管理", "副手"}, refused: []string{"管理", "副手", "运营"}, want: []string{club.Ref.ID + ">副手: help", club.Ref.ID + ">管理: help"}},
		"as one line in the group":                {admins: []string{"管理", "副手"}, refused: []string{"管理", "副手", "运营"}, change: []func(*chat.Caps){open}, want: []string{club.Ref.ID + ">: help"}},
		"an operator who administers is not both": {admins: []string{"运营", "管理"}, refused: []string{"管理"}, want: []string{dm("运营")}},
	} {
		for _, fault := range []chat.Fault{chat.Gone, chat.Rejected} {
			t.Run(name+", "+string(fault), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := alarmed(t, newLine("one", c.change...), c.admins...)
					w.net.refuse(fault, c.refused...)
					w.say(club, "成员", "/alarm help")
					equal(t, "told", w.got(), c.want)
					w.restart()
					w.pass(time.Minute)
					equal(t, "told later", w.got(), []string{})
				})
			})
		}
	}
}

// Whoever blocks the bot while an alert waits for him takes it with him.
func TestAnAlertThatWaitsForWhoGoesTakesTheNextWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := alarmed(t, newLine("one"), "管理")
		w.net.refuse(chat.Throttled, "管理")
		w.say(club, "成员", "/alarm first")
		w.say(club, "成员", "/alarm second")
		equal(t, "told while it waits", w.got(), []string{})
		w.happen(private("管理"), "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		equal(t, "told", w.got(), []string{private("运营").Ref.ID + ">: first", private("运营").Ref.ID + ">: second"})
	})
}

// What reaches nobody at all is at least in the log.
func TestAnAlertThatReachesNobodyIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := alarmed(t, newLine("one"), "管理")
		w.net.refuse(chat.Throttled, "管理", "运营")
		w.say(club, "成员", "/alarm help")
		w.engine.Notify("common.test_echo", "for the operators")
		w.pass(time.Second)
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		w.net.refuse(chat.Gone, "管理", "运营")
		w.pass(3 * time.Hour)
		equal(t, "told", w.got(), []string{})
		for _, want := range []string{"an alert reached nobody", "no operator could be told"} {
			if n := strings.Count(w.log.String(), want); n != 1 {
				t.Errorf("%q is %d times in the log:\n%s", want, n, w.log)
			}
		}
	})
}
