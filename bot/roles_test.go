package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// may is a command for a role; it says in what role it ran.
func may(name string, role Role) Command {
	return Command{Name: name, Role: role, Place: Anywhere, Run: func(ctx context.Context, req *Request) (Reply, error) {
		return Reply{Template: "common.test_echo", Data: fmt.Sprintf("%s as %s", name, roleName(req.Role))}, count(ctx, req.Tx, name)
	}}
}

var byRole = commands(echo, may("host", Host), may("boss", ChatAdmin), may("operate", Operator))

// peopled makes a world with somebody in every role of the club.
func peopled(t *testing.T) *world {
	t.Helper()
	w := begin(t, byRole, operators("运营"))
	w.net.SetAdmins(club.Ref, person("管理"), person("运营"))
	for _, who := range []string{"成员", "活动", "管理", "运营", "认领"} {
		w.say(club, who, "hello")
	}
	c := w.chat(club)
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		for who, f := range map[string]func(storage.Account) error{
			"活动": func(a storage.Account) error {
				return tx.SetRole(ctx, c.ID, a.ID, storage.RoleHost, storage.FromCommand)
			},
			"认领": func(a storage.Account) error { return tx.SetOperator(ctx, a.PersonID, true) },
		} {
			a, err := tx.AccountByRef(ctx, chattest.Domain, who)
			if err != nil {
				return err
			}
			if err := f(a); err != nil {
				return err
			}
		}
		return nil
	})
	w.news()
	return w
}

func TestEveryRoleMayDoItsOwnAndWhatTheOnesBelowMay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := peopled(t)
		for who, highest := range map[string]Role{"成员": Member, "活动": Host, "管理": ChatAdmin, "运营": Operator, "认领": Operator} {
			for _, c := range []chat.Chat{club, private(who)} {
				for _, cmd := range []struct {
					name string
					role Role
				}{{"host", Host}, {"boss", ChatAdmin}, {"operate", Operator}} {
					before := w.counted(cmd.name)
					w.say(c, who, "/"+cmd.name)
					ran := w.counted(cmd.name) > before
					if ran != (highest >= cmd.role) {
						t.Errorf("%s (%s) asked for /%s in a %s chat: ran %v", who, roleName(highest), cmd.name, c.Type, ran)
					}
					w.pass(time.Hour + time.Second) // refusals are said once an hour
				}
			}
		}
	})
}

func TestAnAnonymousAdministratorIsAnAdministratorWithoutAName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mine := Command{Name: "count", Run: func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "mine"}, nil
		}}
		w := begin(t, byRole, commands(mine))
		anonymous := func(text string) {
			ev := w.message(club, "", text)
			ev.Sender = chat.User{Ref: club.Ref, Name: club.Title, Anonymous: true}
			w.deliver(ev)
		}
		anonymous("/boss")
		w.heard("boss as admin")
		equal(t, "questions to the network", w.net.questions(), 0)
		anonymous("/host")
		w.heard("host as admin")
		anonymous("/operate")
		w.heard("只有机器人的运营者")
		anonymous("/count")
		w.heard("我不知道你是谁")
		w.view(func(ctx context.Context, r *storage.Reader) error {
			members, err := r.MembersOf(ctx, w.chat(club).CommunityID)
			equal(t, "members", len(members), 0)
			return err
		})
	})
}

func TestWhoMayNotIsToldOnceAnHourPerPersonAndChat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := peopled(t)
		other := group("羽毛球")
		ask := func(c chat.Chat, who string) {
			w.say(c, who, "/operate")
		}
		ask(club, "成员")
		w.heard("只有机器人的运营者")
		ask(club, "成员")
		w.pass(time.Hour - time.Second)
		w.say(club, "成员", "/boss") // another command is no reason to say it again
		w.heard()
		ask(club, "活动")
		w.heard("只有机器人的运营者")
		ask(other, "成员")
		w.heard("只有机器人的运营者")
		w.pass(time.Second)
		ask(club, "成员")
		w.heard("只有机器人的运营者")
	})
}

// The list of administrators is old: the decision waits for a new one, and
// rests on it.
func TestADecisionWaitsForAFreshListOfAdministrators(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		w.net.SetAdmins(club.Ref, person("管理"))
		w.net.onFacts(func(ctx context.Context, c chat.Chat) (chat.Facts, error) {
			time.Sleep(2 * time.Second)
			return w.net.Network.Facts(ctx, c)
		})
		w.say(club, "管理", "/boss")
		w.say(club, "成员", "/boss")
		w.heard()
		for _, row := range w.waiting() {
			equal(t, "state and attempts", []any{row.State, row.Attempts}, []any{storage.InboxParked, 0})
		}
		equal(t, "waiting", len(w.waiting()), 2)
		w.pass(2 * time.Second)
		w.heard("boss as admin", "只有本群管理员能做")
		w.pass(2 * time.Second) // the second question
		equal(t, "waiting", len(w.waiting()), 0)
		asked := w.net.questions()
		w.say(club, "管理", "/boss")
		w.heard("boss as admin")
		equal(t, "questions while the list is fresh", w.net.questions(), asked)

		// Ten minutes later he is no administrator any more.
		w.net.SetAdmins(club.Ref, person("新人"))
		w.pass(10 * time.Minute)
		w.say(club, "管理", "/boss")
		w.heard()
		w.pass(2 * time.Second)
		w.heard("只有本群管理员能做")
		w.say(club, "新人", "/boss")
		w.heard("boss as admin")
		equal(t, "effects", w.counted("boss"), 3)
	})
}

func TestWhenTheListCannotBeHadTheDecisionRestsOnWhatIsKnown(t *testing.T) {
	for name, f := range map[string]func(context.Context, chat.Chat) (chat.Facts, error){
		"an error": func(context.Context, chat.Chat) (chat.Facts, error) { return chat.Facts{}, errNet },
		"no answer": func(ctx context.Context, _ chat.Chat) (chat.Facts, error) {
			<-ctx.Done()
			return chat.Facts{}, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, byRole)
				w.net.SetAdmins(club.Ref, person("管理"))
				w.say(club, "管理", "/boss")
				w.heard("boss as admin")
				w.pass(time.Hour)
				w.net.onFacts(f)
				w.say(club, "管理", "/boss")
				w.say(club, "成员", "/boss")
				w.pass(parkLimit - time.Second)
				w.heard()
				w.pass(time.Second)
				w.heard("boss as admin", "只有本群管理员能做")
				equal(t, "waiting", len(w.waiting()), 0)
			})
		})
	}
}

// What is learned of one chat must not decide about another.
func TestAnAdministratorIsNotRefusedBecauseAnotherChatsListCameFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		other := group("羽毛球")
		w.net.SetAdmins(club.Ref, person("管理"))
		w.net.SetAdmins(other.Ref, person("队长"))
		w.net.onFacts(func(ctx context.Context, c chat.Chat) (chat.Facts, error) {
			time.Sleep(map[string]time.Duration{club.Ref.ID: 3 * time.Second, other.Ref.ID: 6 * time.Second}[c.Ref.ID])
			return w.net.Network.Facts(ctx, c)
		})
		w.deliver(w.message(club, "管理", "/boss"), w.message(other, "队长", "/boss"))
		w.pass(3 * time.Second)
		w.heard("boss as admin")
		w.pass(3 * time.Second)
		w.heard("boss as admin")
		equal(t, "questions", w.net.questions(), 2)
	})
}

// After a start every group is asked about; a decision that waits goes before.
func TestWhatIsAskedInAdvanceHoldsUpNoDecision(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		for i := range 60 {
			c := group(strconv.Itoa(i))
			w.net.SetAdmins(c.Ref, person("管理"))
			w.say(c, "管理", "hello")
		}
		w.net.onFacts(func(ctx context.Context, c chat.Chat) (chat.Facts, error) {
			time.Sleep(4 * time.Second)
			return w.net.Network.Facts(ctx, c)
		})
		w.restart()
		var evs []chat.Event
		for range 20 { // one question about a chat is enough
			evs = append(evs, w.message(group("59"), "管理", "/boss"))
		}
		asked := w.net.questions()
		w.deliver(evs...)
		w.pass(4 * time.Second)
		equal(t, "answers", len(w.news()), 20)
		if n := w.net.questions() - asked; n > 3 {
			t.Errorf("%d questions in four seconds", n)
		}
		w.pass(10 * time.Minute)
		for i := range 60 {
			if w.chat(group(strconv.Itoa(i))).FactsAt.IsZero() {
				t.Fatalf("nothing was learned of group %d", i)
			}
		}
	})
}

// Waiting for a list is no failure: a fault afterwards still has its retries.
func TestAParkedEventKeepsItsRetries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		boom := failing(func() error { return errFault }, 3)
		boom.Role = ChatAdmin
		w := begin(t, commands(boom))
		w.net.SetAdmins(club.Ref, person("管理"))
		w.say(club, "管理", "/fail")
		equal(t, "attempts", w.waiting()[0].Attempts, 1)
		w.pass(22 * time.Second)
		w.heard("try 3")
	})
}

func TestAParkedEventIsDecidedAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		w.net.SetAdmins(club.Ref, person("管理"))
		w.say(club, "管理", "/boss")
		w.heard("boss as admin")
		w.pass(time.Hour)
		w.net.onFacts(func(ctx context.Context, _ chat.Chat) (chat.Facts, error) {
			<-ctx.Done()
			return chat.Facts{}, ctx.Err()
		})
		w.say(club, "管理", "/boss")
		w.restart()
		w.pass(parkLimit)
		w.heard("boss as admin")
	})
}

// A private chat is no way round the list.
func TestInAPrivateChatAnOldListIsAskedForToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		w.net.SetAdmins(club.Ref, person("管理"))
		w.say(club, "管理", "/boss")
		w.say(club, "新人", "hello")
		w.heard("boss as admin")
		w.say(private("管理"), "管理", "/boss")
		w.heard("boss as admin")
		w.net.SetAdmins(club.Ref, person("新人"))
		w.pass(time.Hour)
		w.say(private("管理"), "管理", "/boss")
		w.heard("只有本群管理员能做")
		w.pass(time.Hour)
		w.say(private("新人"), "新人", "/boss")
		w.heard("boss as admin")
	})
}

// Where the platform has no administrators of its own, those added by command
// count and nobody is asked.
func TestWithoutAListOfItsOwnThePlatformIsNotAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole, with(newLine("main", func(c *chat.Caps) { c.AdminList = false })))
		w.say(club, "管理", "/boss")
		w.heard("只有本群管理员能做")
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			a, err := tx.AccountByRef(ctx, chattest.Domain, "管理")
			if err != nil {
				return err
			}
			return tx.SetRole(ctx, w.chat(club).ID, a.ID, storage.RoleAdmin, storage.FromCommand)
		})
		w.say(club, "管理", "/boss")
		w.heard("boss as admin")
		equal(t, "questions", w.net.questions(), 0)
	})
}

// What the platform tells by itself counts at once.
func TestAnAdministratorGainedOrLostByAnEventCountsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		w.say(club, "新人", "/boss")
		w.heard("只有本群管理员能做")
		w.happen(club, "群主", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Admin: person("新人"), IsAdmin: true})
		w.say(club, "新人", "/boss")
		w.heard("boss as admin")
		w.happen(club, "群主", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Admin: person("新人")})
		w.pass(time.Minute)
		w.say(club, "新人", "/boss")
		w.heard() // refused, but told less than an hour ago
		equal(t, "effects", w.counted("boss"), 1)
	})
}

func TestARoleIsCheckedAgainWhenAPreviewIsConfirmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole, planning())
		w.net.SetAdmins(club.Ref, person("管理"))
		w.say(club, "管理", "/plan x")
		w.heard("preview x")
		w.happen(club, "群主", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Admin: person("管理")})
		w.say(club, "管理", "/confirm")
		w.heard("只有本群管理员能做")
		equal(t, "effects", w.counted("plan"), 0)
	})
}

func TestAnUnknownCommandIsAnsweredOnlyToWhoSpokeToTheBot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.say(club, "阿宁", "/ecko")
		w.say(club, "阿宁", "ecko")
		w.say(club, "阿宁", "/unbuilt") // a name that nothing answers to
		w.heard()
		for _, tt := range []struct{ text, want string }{
			{"/ecko", "是想「echo」吗"},
			{"ecko", "是想「echo」吗"},
			{"今天天气怎么样", "这个我不会"},
			{"/unbuild", "这个我不会"}, // near a name that nothing answers to
		} {
			ev := w.message(club, "阿宁", tt.text)
			ev.ToBot = true
			w.deliver(ev)
			w.heard(tt.want)
			w.say(private("阿宁"), "阿宁", tt.text)
			w.heard(tt.want)
		}
		other := w.message(club, "阿宁", "/echo for another bot")
		other.ForOther = true
		w.deliver(other)
		w.heard()
		w.press(club, "阿宁", "!999")
		w.heard("已经失效")
		w.press(club, "阿宁", "!x")
		w.heard("已经失效")
		if n := strings.Count(w.log.String(), "level=ERROR"); n > 0 {
			t.Errorf("%d errors in the log", n)
		}
	})
}
