package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

// trial is a running bot, a strict Telegram, and what went wrong so far.
type trial struct {
	t    *testing.T
	s    *tg.Server
	p    *running
	dir  string
	next int
}

func newTrial(t *testing.T, more string) *trial {
	t.Helper()
	s := telegram(t, tg.Options{Limits: tg.Strict()})
	dir := t.TempDir()
	configure(t, dir, s, more)
	return &trial{t: t, s: s, dir: dir, p: launch(t, dir, nil)}
}

// checkin lets somebody new check in, and returns his message.
func (x *trial) checkin(c tg.Chat) tg.Injected {
	x.next++
	return x.s.Say(c, person(x.next), "/checkin")
}

// replies are the answers to a message.
func (x *trial) replies(c tg.Chat, in tg.Injected) []tg.Sent {
	var out []tg.Sent
	for _, m := range x.s.SentTo(c.ID) {
		if m.ReplyTo == in.MessageID {
			out = append(out, m)
		}
	}
	return out
}

// answered waits for the one answer to a message.
func (x *trial) answered(c tg.Chat, in tg.Injected) {
	x.t.Helper()
	until(x.t, "the answer in "+c.Title, func() bool { return len(x.replies(c, in)) > 0 })
}

// goesOn shows that a chat that has nothing to do with the trouble is served.
func (x *trial) goesOn(c tg.Chat) {
	x.t.Helper()
	x.answered(c, x.checkin(c))
}

// logged waits until the log says something, and checks that it says it n
// times.
func (x *trial) logged(n int, text string) {
	x.t.Helper()
	until(x.t, "the log to say "+text, func() bool { return x.p.log.count(text) > 0 })
	if got := x.p.log.count(text); got != n {
		x.t.Errorf("the log says %d times, want %d: %s", got, n, text)
	}
}

// end stops the bot: everything adds up, and no limit was met that was known.
func (x *trial) end(checkins int) {
	x.t.Helper()
	x.p.stop()
	wantCheckins(x.t, x.dir, checkins)
	if n := x.s.Throttled(); n != 0 {
		x.t.Errorf("%d messages met a limit that is known in advance", n)
	}
}

func TestAPoisonedUpdateIsSkippedAndNamed(t *testing.T) {
	t.Parallel()
	x := newTrial(t, "")
	x.goesOn(group(1))
	poison := []string{
		`{"message":{"message_id":"seven","chat":{"id":-1001000000001},"date":"yesterday","text":["/checkin"]}}`,
		`{"message":{"message_id":7,"chat":"here","from":42,"date":1,"text":"/checkin"}}`,
		`{"callback_query":{"id":5,"from":null,"data":{}}}`,
		`{"something_of_next_year":{"message_id":7}}`,
		`{"message":null}`,
	}
	for _, body := range poison {
		id := x.s.Raw(body)
		in := x.checkin(group(1)) // in the same page
		x.answered(group(1), in)
		if !strings.HasPrefix(body, `{"something`) && !strings.HasSuffix(body, "null}") {
			x.logged(1, itoa(int(id)))
		}
	}
	if err := x.s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	x.end(1 + len(poison))
}

func TestTheBotDoesWhatTelegramAsksAndSaysSo(t *testing.T) {
	t.Parallel()
	x := newTrial(t, "")
	x.goesOn(group(1))

	// 429 three times for the same message, a second each.
	x.s.Fail(tg.Fault{Method: "sendMessage", Chat: group(2).ID, Status: http.StatusTooManyRequests, RetryAfter: 1, Times: 3})
	in := x.checkin(group(2))
	x.goesOn(group(1))
	x.answered(group(2), in)
	x.logged(3, "the platform asks us to wait")

	// Polls fail in every way, one after the other; it is said once.
	x.s.Fail(tg.Fault{Method: "getUpdates", Status: http.StatusBadGateway, Proxy: true})
	x.s.Fail(tg.Fault{Method: "getUpdates", Drop: tg.AfterEffect})
	x.s.Fail(tg.Fault{Method: "getUpdates", Status: http.StatusTooManyRequests, RetryAfter: 1})
	in = x.checkin(group(3)) // ends the poll under way
	x.answered(group(3), in)
	x.checkin(group(3))
	until(t, "polls that work", func() bool { return x.p.log.count("works again") > 0 })
	x.logged(1, "trying again")

	// A slow answer holds up its own chat only.
	x.s.Fail(tg.Fault{Method: "sendMessage", Chat: group(4).ID, Delay: 2 * time.Second})
	in = x.checkin(group(4))
	x.goesOn(group(1))
	if len(x.replies(group(4), in)) > 0 {
		t.Log("the machine is slow: the late answer came first")
	}
	x.answered(group(4), in)
	if err := x.s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	x.end(x.next)
}

func TestWhatMayHaveBeenSentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	x := newTrial(t, "")
	x.goesOn(group(1))
	uncertain := "may or may not have been sent"
	for i, f := range []tg.Fault{
		{Drop: tg.BeforeEffect},
		{Drop: tg.AfterEffect},
		{Status: http.StatusBadGateway, Proxy: true},
	} {
		c := group(2 + i)
		f.Method, f.Chat = "sendMessage", c.ID
		x.s.Fail(f)
		in := x.checkin(c)
		until(t, "the log", func() bool { return x.p.log.count(uncertain) == i+1 })
		x.goesOn(c) // the chat goes on
		want := 0
		if f.Drop == tg.AfterEffect {
			want = 1
		}
		if n := len(x.replies(c, in)); n != want {
			t.Errorf("%+v: %d answers, want %d", f, n, want)
		}
	}
	// Neither does a restart send them again.
	x.p.stop()
	before := x.s.Total()
	x.p = launch(t, x.dir, nil)
	x.goesOn(group(1))
	if n := x.s.Total(); n != before+1 {
		t.Errorf("%d messages after the restart, want 1", n-before)
	}
	x.end(x.next)
}

func TestAGroupThatIsGoneOrMovedTroublesNobodyElse(t *testing.T) {
	t.Parallel()
	x := newTrial(t, "")
	x.goesOn(group(1))

	// Kicked: found out by a send.
	x.goesOn(group(2))
	x.s.Kick(group(2))
	x.checkin(group(2))
	x.logged(1, "the platform refused a message for good")
	x.logged(1, "the bot is not in a chat any more")
	x.goesOn(group(1))

	// Moved: found out by a send, before any message tells it.
	old := tg.Chat{ID: -4711, Type: "group", Title: "Old"}
	x.goesOn(old)
	member := person(x.next)
	x.s.Fail(tg.Fault{Method: "sendMessage", Chat: old.ID, Status: http.StatusBadRequest, MigrateTo: group(5).ID})
	x.s.AddChat(group(5))
	x.checkin(old)
	until(t, "the answer in the new group", func() bool { return len(x.s.SentTo(group(5).ID)) == 1 })
	x.logged(1, "the chat has a new id")
	// The history has followed: he has checked in already.
	x.s.Say(group(5), member, "/checkin")
	until(t, "his answer", func() bool { return len(about(x.s, group(5).ID, "Already checked in")) == 1 })

	// Moved: told by Telegram.
	from, to := tg.Chat{ID: -4712, Type: "group", Title: "Small"}, tg.Chat{ID: group(6).ID, Title: "Large"}
	x.goesOn(from)
	member = person(x.next)
	x.s.Migrate(from, to)
	x.s.Say(to, member, "/checkin")
	until(t, "his answer", func() bool { return len(about(x.s, to.ID, "Already checked in")) == 1 })
	x.end(x.next)
}
