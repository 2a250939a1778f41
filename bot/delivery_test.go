package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

func fault(f chat.Fault) *chat.SendError { return &chat.SendError{Fault: f, Err: errNet} }

// failing n attempts in one chat, then none.
func failTimes(n int, c chat.Chat, err error) func(context.Context, chat.Letter) error {
	return func(_ context.Context, l chat.Letter) error {
		if l.Chat.Ref != c.Ref || n <= 0 {
			return nil
		}
		n--
		return err
	}
}

// since tells when things were tried, counted from the world's beginning.
func since(all []attempt, start time.Time) []time.Duration {
	out := []time.Duration{}
	for _, a := range all {
		out = append(out, a.at.Sub(start))
	}
	return out
}

func TestAWaitThatThePlatformAsksForIsKeptToTheSecondAndCostsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo, say))
		start := time.Now()
		w.net.onSend(failTimes(3, club, &chat.SendError{Fault: chat.Throttled, After: 37 * time.Second, Err: errNet}))
		w.say(club, "阿宁", "/echo a")
		w.pass(10 * time.Second)
		w.say(club, "小满", "/echo b")         // waits as well: the whole chat is to be left alone
		w.say(group("羽毛球"), "阿宁", "/echo c") // another one is not
		w.heard("c")
		w.pass(36*time.Second + 999*time.Millisecond - 10*time.Second)
		equal(t, "tries within 37 s", len(w.net.tried()), 2)
		w.pass(time.Millisecond + 74*time.Second)
		w.heard("a", "b")
		equal(t, "tries", since(w.net.tried(), start), []time.Duration{0, 10 * time.Second, 37 * time.Second, 74 * time.Second, 111 * time.Second, 111 * time.Second})
		for _, l := range w.letters() {
			equal(t, "attempts", l.Attempts, 1)
		}
	})
}

func TestATroubledServerIsTriedAgainEverMoreSlowlyUntilTheAnswerIsOfNoUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		start := time.Now()
		w.net.SetDown(true)
		w.say(club, "阿宁", "/echo answer")
		post := w.post(club, "post")
		w.pass(answerLife)
		w.restart() // the pause and the age survive it
		w.pass(answerLife)
		answers := []time.Duration{}
		for _, a := range w.net.tried() {
			if a.letter.Content.Text != "post" {
				answers = append(answers, a.at.Sub(start))
			}
		}
		equal(t, "the first tries", answers[:9], []time.Duration{
			0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 31 * time.Second, 63 * time.Second, 127 * time.Second, 255 * time.Second,
		})
		if last := answers[len(answers)-1]; last < answerLife || last > answerLife+2*maxPause {
			t.Errorf("the last try of the answer came after %s", last)
		}
		equal(t, "answer", w.letter(1).State, storage.LetterDead)
		equal(t, "post", w.letter(post).State, storage.LetterQueued)
		w.pass(postLife)
		equal(t, "post a day later", w.letter(post).State, storage.LetterDead)
		w.net.SetDown(false)
		w.pass(time.Hour)
		w.heard()
	})
}

func TestWhatMayHaveArrivedIsNeverSentAgain(t *testing.T) {
	for name, err := range map[string]error{
		"a connection dropped":       fault(chat.Unknown),
		"an error nobody described":  errNet,
		"dropped after the effect":   nil,
		"a panic inside the adapter": nil,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(echo))
				w.net.onSend(func(_ context.Context, _ chat.Letter) error {
					if strings.Contains(name, "panic") {
						panic(name)
					}
					return err
				})
				if strings.Contains(name, "after") {
					w.net.onArrived(func(chat.Letter) error { return fault(chat.Unknown) })
				}
				w.say(club, "阿宁", "/echo a")
				w.say(club, "阿宁", "hello")
				once := w.post(club, "post", func(l *storage.Letter) { l.Once = true })
				w.net.onSend(nil)
				w.net.onArrived(nil)
				w.restart()
				w.pass(24 * time.Hour)
				equal(t, "tries", len(w.net.tried()), 2)
				equal(t, "states", []string{w.letter(1).State, w.letter(once).State}, []string{storage.LetterUncertain, storage.LetterUncertain})
				w.say(club, "阿宁", "/echo b")
				if !slices.Contains(w.net.texts(club), "zh-CN: b") {
					t.Error("the chat is silent ever after")
				}
			})
		})
	}
}

func TestWhatThePlatformRefusesIsGivenUpAndLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.net.onSend(failTimes(1, club, fault(chat.Rejected)))
		w.say(club, "阿宁", "/echo a")
		w.say(club, "阿宁", "/echo b")
		w.pass(time.Hour)
		w.heard("b")
		equal(t, "state", w.letter(1).State, storage.LetterDead)
		if !strings.Contains(w.log.String(), "letter=1") {
			t.Error("nothing in the log")
		}
	})
}

// A letter that is given up while it waits is not sent from memory.
func TestALetterThatIsWithdrawnIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", limited(20))), commands(echo))
		w.say(club, "阿宁", "hello")
		w.post(club, "first")
		once := w.post(club, "recalled", func(l *storage.Letter) { l.Once = true })
		plain := w.post(club, "given up", func(l *storage.Letter) { l.NextAt = w.clock.Now().Add(time.Minute) })
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			for _, id := range []int64{once, plain} {
				if err := tx.Settle(ctx, storage.Outcome{ID: id, State: storage.LetterDead, Error: "recalled"}); err != nil {
					return err
				}
			}
			return nil
		})
		w.pass(time.Hour)
		w.post(club, "last")
		w.pass(time.Minute)
		w.heard("first", "last")
		equal(t, "states", []string{w.letter(once).State, w.letter(plain).State}, []string{storage.LetterDead, storage.LetterDead})
	})
}

func TestAChatThatIsGoneTakesItsLettersAlong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), with(newLine("main", limited(20))))
		w.say(club, "阿宁", "hello")
		w.net.onSend(failTimes(99, club, fault(chat.Gone)))
		ids := w.posts(club, "0", "1", "2", "3", "4")
		w.pass(time.Hour)
		equal(t, "tries", len(w.net.tried()), 1)
		for _, id := range ids {
			equal(t, "state", w.letter(id).State, storage.LetterDead)
		}
		c := w.chat(club)
		equal(t, "chat", []string{c.State, c.Connection}, []string{storage.ChatLeft, ""})
		w.restart()
		w.net.onSend(nil)
		w.say(club, "阿宁", "/echo back")
		w.heard("back")
	})
}

func TestAGroupThatMovedWhileALetterWasSentGetsItUnderItsNewId(t *testing.T) {
	bubble(t, func(t *testing.T) {
		moved := club
		moved.Ref.ID = "g:super"
		w := begin(t, commands(echo), with(newLine("main", limited(20))))
		w.say(club, "阿宁", "hello")
		w.net.onSend(failTimes(99, club, &chat.SendError{Fault: chat.Moved, To: moved.Ref, Err: errNet}))
		before := w.chat(club)
		ids := w.posts(club, "a", "b")
		w.pass(time.Minute)
		equal(t, "said in the new chat", w.net.texts(moved), []string{"a", "b"})
		equal(t, "states", []string{w.letter(ids[0]).State, w.letter(ids[1]).State}, []string{storage.LetterSent, storage.LetterSent})
		after := w.chat(moved)
		equal(t, "row", after.ID, before.ID)
		equal(t, "tries", len(w.net.tried()), 3)
		w.say(moved, "阿宁", "/echo c")
		w.pass(time.Minute)
		equal(t, "said in the new chat", w.net.texts(moved), []string{"a", "b", "zh-CN: c"})
	})
}

// A platform that says "moved" and means nothing must not be asked without end.
func TestAMoveThatLeadsNowhereIsAFailureLikeOthers(t *testing.T) {
	for name, to := range map[string]chat.Ref{"to nowhere": {}, "to where it is": club.Ref} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(echo))
				w.net.onSend(failTimes(1<<30, club, &chat.SendError{Fault: chat.Moved, To: to, Err: errNet}))
				w.say(club, "阿宁", "/echo a")
				w.pass(time.Hour)
				if n := len(w.net.tried()); n > 30 {
					t.Errorf("%d tries in an hour", n)
				}
				equal(t, "chat", w.chat(club).State, storage.ChatActive)
			})
		})
	}
}

func TestAnAnswerPassesAThousandWaitingLettersWithinItsBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", limited(20))), commands(echo))
		w.say(club, "阿宁", "hello")
		to := w.chat(club)
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			for i := range 1000 {
				lane := storage.LaneBroadcast
				if i%10 == 0 {
					lane = storage.LaneActivity
				}
				if _, err := tx.Enqueue(ctx, storage.Letter{ChatID: to.ID, Connection: "main", Lane: lane, Content: `{"text":"post"}`}); err != nil {
					return err
				}
			}
			return nil
		})
		for range 10 {
			w.pass(time.Minute)
			asked := time.Now()
			w.say(club, "阿宁", "/echo quick")
			for len(w.net.texts(club)) == 0 || !slices.Contains(textsOf(w.net.Take()), "zh-CN: quick") {
				w.pass(100 * time.Millisecond)
			}
			if wait := time.Since(asked); wait > 5*time.Second {
				t.Errorf("an answer waited %s behind a thousand posts", wait)
			}
		}
		var at []time.Time
		activity := 0
		for _, a := range w.net.tried() {
			at = append(at, a.at)
			switch w.letter(a.letter.ID).Lane {
			case storage.LaneAnswer:
			case storage.LaneActivity:
				activity++
			case storage.LaneBroadcast:
				if activity < 100 {
					t.Fatalf("a broadcast went out after %d of 100 posts that are more urgent", activity)
				}
			}
		}
		if when, over := overspent(at, time.Minute, 20); over {
			t.Errorf("more than 20 in the minute before %s", when)
		}
		if len(at) < 10*13 { // a chat in which much waits gets one every 4.4 s
			t.Errorf("%d messages in ten minutes: the budget was not used", len(at))
		}
	})
}

func textsOf(all []chattest.Shown) []string {
	var out []string
	for _, s := range all {
		out = append(out, chat.Plain(s.Content.Text))
	}
	return out
}

func perSecond(n int) func(*chat.Caps) { return func(c *chat.Caps) { c.PerSecond = n } }

// A thousand groups get a message while ten people a second want answers, at
// thirty messages a second.
func TestABroadcastTakesNoLongerThanItMustAndHoldsUpNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const perS, latency = 30, 150 * time.Millisecond
		groups := 1000
		if underRace {
			groups = 300
		}
		w := begin(t, with(newLine("main", limited(20), perSecond(perS))), commands(echo))
		w.net.onSend(func(context.Context, chat.Letter) error { time.Sleep(latency); return nil })
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			for i := range groups {
				c, err := tx.AddChat(ctx, storage.Chat{Domain: chattest.Domain, ExternalID: fmt.Sprintf("g:%d", i), Kind: string(chat.Group), Connection: "main"})
				if err != nil {
					return err
				}
				if _, err := tx.Enqueue(ctx, storage.Letter{ChatID: c.ID, Connection: "main", Lane: storage.LaneBroadcast, Once: true, Content: `{"text":"news"}`}); err != nil {
					return err
				}
			}
			return nil
		})
		start := time.Now()
		asked := map[string]time.Time{}
		for i := 0; !w.net.triedAll("g:", groups); i++ {
			who := fmt.Sprint("member", i)
			asked[who] = time.Now()
			ev := w.message(private(who), who, "/echo x")
			if err := w.net.Deliver(context.Background(), ev); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		var last time.Time
		var waits []time.Duration
		var at []time.Time
		for _, a := range w.net.tried() {
			at = append(at, a.at)
			if strings.HasPrefix(a.letter.Chat.Ref.ID, "g:") {
				last = a.at
				continue
			}
			waits = append(waits, a.at.Sub(asked[a.letter.Chat.Ref.ID]))
		}
		slices.Sort(waits)
		took := last.Sub(start)
		bound := time.Duration(int64(groups)+took.Milliseconds()/100) * time.Second / perS
		if took > bound*11/10 {
			t.Errorf("%d groups took %s; with %d answers the limit allows %s", groups, took, len(waits), bound)
		}
		if p99 := waits[len(waits)*99/100]; p99 > time.Second {
			t.Errorf("of %d answers one in a hundred waited %s", len(waits), p99)
		}
		if when, over := overspent(at, time.Second, perS); over {
			t.Errorf("more than %d in the second before %s", perS, when.Sub(start))
		}
		t.Logf("%d groups in %s (bound %s); %d answers, the slowest began %s after the question", groups, took, bound, len(waits), waits[len(waits)-1])
	})
}

// triedAll reports whether there were n attempts in chats of that prefix.
func (l *line) triedAll(prefix string, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.attempts {
		if strings.HasPrefix(a.letter.Chat.Ref.ID, prefix) {
			n--
		}
	}
	return n <= 0
}

func TestASlowChatHoldsUpNoOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.net.onSend(func(_ context.Context, l chat.Letter) error {
			if l.Chat.Ref == club.Ref {
				time.Sleep(5 * time.Second)
			}
			return nil
		})
		for i := range 20 {
			w.say(club, "阿宁", fmt.Sprintf("/echo slow %d", i))
			w.say(group("羽毛球"), "阿宁", fmt.Sprintf("/echo quick %d", i))
		}
		w.heard(numbered("quick", 20)...) // no time has passed
		w.pass(100 * time.Second)
		w.heard(numbered("slow", 20)...) // one by one, in order
	})
}

func numbered(word string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("zh-CN: %s %d", word, i)
	}
	return out
}
