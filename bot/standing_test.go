package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

func added(missing ...string) chat.ChatChange {
	return chat.ChatChange{Standing: chat.Added, Missing: missing}
}

func TestTheBotGreetsAGroupOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.happen(club, "管理", chat.ChatChanged, added(chat.RightDelete))
		said := w.news()
		if len(said) != 1 || !strings.Contains(said[0], "群伴") || !strings.Contains(said[0], "删除消息") {
			t.Fatalf("said %q", said)
		}
		for _, s := range w.net.All() {
			if !s.To.Ref.IsZero() {
				t.Error("the greeting is for one person alone")
			}
		}
		equal(t, "questions", w.net.questions(), 1)
		w.happen(club, "管理", chat.ChatChanged, added()) // told in two ways
		w.restart()
		w.happen(club, "管理", chat.ChatChanged, added())
		w.happen(private("阿宁"), "阿宁", chat.ChatChanged, added())
		channel := chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: "news"}, Type: chat.Channel, Title: "公告"}
		w.happen(channel, "管理", chat.ChatChanged, added())
		w.heard()
		// Whoever removed it and brings it back wants to see it.
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		w.happen(club, "管理", chat.ChatChanged, added())
		w.heard("大家好")
	})
}

func TestAGroupThatTheBotHasLeftIsLeftInPeace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), listeners(Listener{Name: "due", Kinds: []chat.Kind{chat.Timer}, Task: "due", Run: func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "time is up", Public: true}, nil
		}}))
		w.say(club, "阿宁", "hello")
		queued := w.post(club, "not any more", func(l *storage.Letter) { l.NextAt = morning.Add(time.Minute) })
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.SetTimer(ctx, storage.DueRow{Key: "k", Task: "due", ChatID: w.chat(club).ID, DueAt: morning.Add(time.Hour)})
			return err
		})
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		equal(t, "state", w.chat(club).State, storage.ChatLeft)
		equal(t, "letter", w.letter(queued).State, storage.LetterDead)
		w.pass(2 * time.Hour)
		w.restart()
		w.pass(time.Minute)
		w.heard()
		for _, l := range w.letters() {
			if l.State == storage.LetterQueued {
				t.Errorf("waits for ever: %+v", l)
			}
		}
		// A chat it never knew.
		w.happen(group("羽毛球"), "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		// Somebody speaks there: it must be back.
		w.say(club, "阿宁", "/echo back")
		w.heard("back")
		equal(t, "state", w.chat(club).State, storage.ChatActive)
	})
}

func TestARightThatIsGivenOrTakenIsRemembered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.say(club, "阿宁", "hello")
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Missing: []string{chat.RightPin, chat.RightDelete}})
		equal(t, "missing", w.chat(club).Missing, []string{chat.RightPin, chat.RightDelete})
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated}) // did not tell
		equal(t, "missing", w.chat(club).Missing, []string{chat.RightPin, chat.RightDelete})
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Missing: []string{}})
		equal(t, "missing", w.chat(club).Missing, []string{})
		renamed := club
		renamed.Title, renamed.Public = "新读书会", true
		w.say(renamed, "阿宁", "hello")
		equal(t, "title and publicity", []any{w.chat(club).Title, w.chat(club).Public}, []any{"新读书会", true})
	})
}

func TestWhoJoinsAndLeavesIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.happen(club, "阿宁", chat.Join, chat.Membership{User: person("阿宁")})
		w.happen(club, "阿宁", chat.Join, chat.Membership{User: person("阿宁")}) // told in two ways
		helper := person("机器")
		helper.Bot = true
		w.happen(club, "管理", chat.Join, chat.Membership{User: helper, By: person("管理")})
		present := func() (out []bool) {
			w.view(func(ctx context.Context, r *storage.Reader) error {
				for _, who := range []string{"阿宁", "机器"} {
					a, err := r.AccountByRef(ctx, chattest.Domain, who)
					if errors.Is(err, storage.ErrNotFound) {
						out = append(out, false)
						continue
					}
					p, err := r.Presence(ctx, w.chat(club).ID, a.ID)
					if err := ignoreNotFound(err); err != nil {
						return err
					}
					out = append(out, p.Present)
				}
				return nil
			})
			return out
		}
		equal(t, "present", present(), []bool{true, false})
		w.happen(club, "管理", chat.Leave, chat.Membership{User: person("阿宁"), By: person("管理")})
		equal(t, "present", present(), []bool{false, false})
		w.press(club, "阿宁", "/echo") // the buttons of a public group are there for who has left it, too
		equal(t, "present", present(), []bool{false, false})
		w.say(club, "阿宁", "hello") // whoever speaks is there
		equal(t, "present", present(), []bool{true, false})
	})
}

// two connections that are members of one network.
func two() (*line, *line) { return newLine("one"), newLine("two") }

func (w *world) deliverBy(l *line, events ...chat.Event) {
	w.t.Helper()
	if err := l.Deliver(context.Background(), events...); err != nil {
		w.t.Errorf("deliver: %v", err)
	}
	synctest.Wait()
}

func count2(a, b *line) []int { return []int{len(a.Take()), len(b.Take())} }

func TestInOneChatTheFirstConnectionOfTheConfigurationAnswers(t *testing.T) {
	for _, same := range []bool{false, true} {
		t.Run(map[bool]string{false: "each names a message its own way", true: "both name it alike"}[same], func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				one, second := two()
				w := begin(t, with(one, second), commands(echo))
				both := func(text string, first, then *line) {
					ev := w.message(club, "阿宁", text)
					w.deliverBy(first, ev)
					if !same {
						ev.ID.ID += "'"
					}
					w.deliverBy(then, ev)
				}
				// The second was there first.
				w.deliverBy(second, w.message(club, "阿宁", "/echo a"))
				w.pass(yieldFor)
				equal(t, "answers while the second is alone", count2(one, second), []int{0, 1})
				// The first comes: from now on it answers, whoever hears a message first.
				w.deliverBy(one, w.message(club, "阿宁", "/echo b"))
				equal(t, "answers when the first is there", count2(one, second), []int{1, 0})
				both("/echo c", second, one)
				both("/echo d", one, second)
				equal(t, "answers of the two", count2(one, second), []int{2, 0})
				equal(t, "effects", w.counted("echo"), 4)
				// The first is removed: the second goes on.
				gone := w.message(club, "管理", "")
				gone.Kind, gone.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Removed}
				w.deliverBy(one, gone)
				w.deliverBy(second, w.message(club, "阿宁", "/echo e"))
				equal(t, "answers when the first is gone", count2(one, second), []int{0, 1})
				equal(t, "state", w.chat(club).State, storage.ChatActive)
			})
		})
	}
}

// That the second is removed is no news for a chat where the first answers.
func TestAnotherConnectionsRemovalDoesNotSilenceTheFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, second := two()
		w := begin(t, with(one, second), commands(echo))
		w.deliverBy(one, w.message(club, "阿宁", "hello"))
		gone := w.message(club, "管理", "")
		gone.Kind, gone.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Removed}
		w.deliverBy(second, gone)
		equal(t, "state and route", []string{w.chat(club).State, w.chat(club).Connection}, []string{storage.ChatActive, "one"})
	})
}

// A 1:1 chat is one person, by whichever of several connections he writes: the
// one he used last answers, and the end of another is no news.
func TestInAPrivateChatTheConnectionUsedLastAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, second := two()
		w := begin(t, with(one, second), commands(echo))
		mine := private("阿宁")
		w.deliverBy(one, w.message(mine, "阿宁", "/echo a"))
		equal(t, "answers to the first", count2(one, second), []int{1, 0})
		w.deliverBy(second, w.message(mine, "阿宁", "/echo b"))
		equal(t, "answers to the second", count2(one, second), []int{0, 1})
		gone := w.message(mine, "阿宁", "")
		gone.Kind, gone.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Removed}
		w.deliverBy(one, gone)
		back := w.message(mine, "阿宁", "")
		back.Kind, back.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Added}
		w.deliverBy(one, back)
		equal(t, "state and route", []string{w.chat(mine).State, w.chat(mine).Connection}, []string{storage.ChatActive, "two"})
		w.deliverBy(one, w.message(mine, "阿宁", "/echo c"))
		equal(t, "answers to the first again", count2(one, second), []int{1, 0})
	})
}

// A connection's name is only a route: whoever renames it loses nothing.
func TestARenamedConnectionGoesOnWhereItWas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		boom := failing(func() error { return errFault }, 2)
		w := begin(t, with(newLine("old")), commands(echo, boom), listeners(Listener{Name: "due", Kinds: []chat.Kind{chat.Timer}, Task: "due", Run: func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "time is up", Public: true}, nil
		}}))
		w.say(club, "阿宁", "hello")
		w.say(private("阿宁"), "阿宁", "hello")
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.SetTimer(ctx, storage.DueRow{Key: "k", Task: "due", ChatID: w.chat(club).ID, DueAt: morning.Add(time.Hour)})
			return err
		})
		w.net.SetDown(true)
		w.say(club, "阿宁", "/echo while it is down")
		w.say(club, "阿宁", "/fail")
		w.news()
		renamed := newLine("new")
		w.restart(with(renamed))
		w.pass(2 * time.Hour)
		got := renamed.texts(club)
		equal(t, "said by the new connection", got, []string{"zh-CN: while it is down", "zh-CN: try 2", "zh-CN: time is up"})
		equal(t, "routes", []string{w.chat(club).Connection, w.chat(private("阿宁")).Connection}, []string{"new", "new"})
		for _, l := range w.letters() {
			if l.State == storage.LetterQueued {
				t.Errorf("waits for ever: %+v", l)
			}
		}
	})
}

// A group with a new id keeps everything: community, members, timers, letters.
func TestAMigratedGroupTakesEverythingAlong(t *testing.T) {
	moved := club
	moved.Ref.ID = "g:super"
	for name, tell := range map[string]func(w *world){
		"told under the old id": func(w *world) {
			w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Migrated, To: moved.Ref})
		},
		"told twice": func(w *world) {
			for range 2 {
				w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Migrated, To: moved.Ref})
			}
		},
		"after somebody spoke under the new one": func(w *world) {
			w.say(moved, "小满", "/there")
			w.news()
			w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Migrated, To: moved.Ref})
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(there, echo), listeners(Listener{Name: "due", Kinds: []chat.Kind{chat.Timer}, Task: "due", Run: func(ctx context.Context, req *Request) (Reply, error) {
					return Reply{Template: "common.test_echo", Data: "time is up", Public: true}, nil
				}}))
				w.say(club, "阿宁", "/there")
				before := w.chat(club)
				w.write(func(ctx context.Context, tx *storage.Tx) error {
					_, err := tx.SetTimer(ctx, storage.DueRow{Key: "k", Task: "due", ChatID: before.ID, DueAt: morning.Add(time.Hour)})
					return err
				})
				w.post(club, "waits", func(l *storage.Letter) { l.NextAt = morning.Add(time.Minute) })
				// The platform knows the group under its new id only.
				w.net.onSend(func(_ context.Context, l chat.Letter) error {
					if l.Chat.Ref == club.Ref {
						return &chat.SendError{Fault: chat.Moved, To: moved.Ref, Err: errNet}
					}
					return nil
				})
				w.news()
				tell(w)
				after := w.chat(moved)
				equal(t, "row and community", []int64{after.ID, after.CommunityID}, []int64{before.ID, before.CommunityID})
				w.pass(2 * time.Minute)
				equal(t, "the letter", w.news(), []string{"waits"})
				w.say(moved, "阿宁", "/there")
				w.heard("in 读书会")
				w.say(club, "阿宁", "/there") // a late event under the old id
				w.heard("in 读书会")
				w.pass(2 * time.Hour)
				w.heard("time is up")
				for _, s := range w.net.Take() {
					equal(t, "chat", s.Chat, moved.Ref)
				}
				w.view(func(ctx context.Context, r *storage.Reader) error {
					p, err := r.AccountByRef(ctx, chattest.Domain, "阿宁")
					if err != nil {
						return err
					}
					all, err := r.CommunitiesOf(ctx, p.PersonID)
					equal(t, "communities", len(all), 1)
					return err
				})
			})
		})
	}
}

func TestAMigrationToNowhereIsAFaultAndNoHarm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.say(club, "阿宁", "hello")
		w.happen(club, "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Migrated})
		w.say(club, "阿宁", "/echo here")
		w.heard("here")
	})
}

func TestAnAlertGoesToAdministratorsElseToOperatorsElseIntoTheChat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		alert := Command{Name: "echo", Run: func(ctx context.Context, req *Request) (Reply, error) {
			return Reply{}, req.Alert(ctx, req.Chat, Reply{Template: "common.test_echo", Data: "attention"})
		}}
		w := begin(t, commands(alert), operators("运营"))
		w.net.SetAdmins(club.Ref, person("管理"))
		w.happen(club, "管理", chat.ChatChanged, added())
		w.net.Take()
		where := func() (out []string) {
			w.say(club, "阿宁", "/echo")
			for _, s := range w.net.Take() {
				out = append(out, s.Chat.ID)
			}
			return out
		}
		equal(t, "nobody can be written to", where(), []string{club.Ref.ID})
		w.say(private("运营"), "运营", "hello")
		w.net.Take()
		equal(t, "an operator can", where(), []string{"运营"})
		w.say(private("管理"), "管理", "hello")
		w.net.Take()
		equal(t, "an administrator can", where(), []string{"管理"})
		w.happen(private("管理"), "管理", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed}) // blocks the bot
		equal(t, "he does not want to", where(), []string{"运营"})
	})
}

func TestMenusAreShownInEveryLanguageAndFailQuietly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := &keeper{line: newLine("main"), menus: map[string][]chat.Menu{}}
		w := begin(t)
		w.stop()
		db, err := storage.Open(context.Background(), w.path, storage.Options{Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		o := w.options
		o.DB, o.Clock, o.Platforms, o.Commands = db, w.clock, []chat.Platform{l, &keeper{line: newLine("bad")}}, []Command{echo, say}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		synctest.Wait()
		for _, lang := range []string{"", "zh", "en"} {
			equal(t, "menu "+lang, l.menus[lang], []chat.Menu{{Command: "echo", Description: "说一遍"}})
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// keeper shows menus; without a map it cannot.
type keeper struct {
	*line
	menus map[string][]chat.Menu
}

func (k *keeper) SetMenu(_ context.Context, language string, menu []chat.Menu) error {
	if k.menus == nil {
		return errNet
	}
	k.menus[language] = menu
	return nil
}
