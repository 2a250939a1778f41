package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// due is a listener that says when it was woken and for what.
func due(fail *atomic.Bool) setting {
	return listeners(Listener{Name: "due", Kinds: []chat.Kind{chat.Timer}, Task: "due", Run: func(ctx context.Context, req *Request) (Reply, error) {
		d, ok := req.Event.Detail.(chat.Due)
		if !ok {
			return Reply{}, errors.New("no detail")
		}
		if err := count(ctx, req.Tx, d.Key); err != nil {
			return Reply{}, err
		}
		if fail != nil && fail.Load() {
			return Reply{}, errFault
		}
		text := fmt.Sprintf("%s %s due %s at %s", d.Key, d.Payload, d.At.In(shanghai).Format("15:04"), req.Now.Format("15:04"))
		return Reply{Template: "common.test_echo", Data: text, Public: true}, nil
	}}, Listener{Name: "other", Kinds: []chat.Kind{chat.Timer}, Task: "other", Run: func(context.Context, *Request) (Reply, error) {
		return Reply{}, errors.New("the wrong listener")
	}})
}

func (w *world) setTimer(key string, in time.Duration) bool {
	w.t.Helper()
	var id int64
	if c := w.chat(club); c.ID != 0 {
		id = c.ID
	}
	added := false
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		var err error
		added, err = tx.SetTimer(ctx, storage.DueRow{Key: key, Task: "due", ChatID: id, Payload: `{"n":1}`, DueAt: w.clock.Now().Add(in)})
		return err
	})
	return added
}

func TestADeadlineComesOnceAtItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, due(nil))
		w.say(club, "阿宁", "hello")
		equal(t, "set, set again", []bool{w.setTimer("a", time.Hour), w.setTimer("a", 2*time.Hour)}, []bool{true, false})
		w.setTimer("b", time.Hour)
		w.setTimer("c", 30*time.Minute)
		w.pass(30 * time.Minute)
		w.heard(`c {"n":1} due 08:30 at 08:30`)
		w.pass(30*time.Minute - time.Millisecond)
		w.heard()
		w.pass(time.Millisecond)
		w.heard(`a {"n":1} due 09:00 at 09:00`, `b {"n":1} due 09:00`)
		equal(t, "set once more when it is over", w.setTimer("a", time.Minute), false)
		w.pass(24 * time.Hour)
		w.restart()
		w.pass(24 * time.Hour)
		w.heard()
		equal(t, "times", []int{w.counted("a"), w.counted("b"), w.counted("c")}, []int{1, 1, 1})
	})
}

func TestADeadlineThatPassedWhileTheProgramWasDownComesAtTheStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, due(nil))
		w.say(club, "阿宁", "hello")
		w.setTimer("a", time.Hour)
		w.stop()
		time.Sleep(5 * time.Hour)
		w.start()
		w.heard("due 09:00 at 13:00")
		w.restart()
		w.heard()
	})
}

func TestADeadlineComesWhenTheClockIsMovedBeyondIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, due(nil))
		w.say(club, "阿宁", "hello")
		w.setTimer("a", 24*time.Hour)
		w.setTimer("b", 48*time.Hour)
		if _, err := w.clock.Shift(w.clock.Now().Add(25 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.heard("a")
		w.pass(23 * time.Hour)
		w.heard("b")
	})
}

func TestADeadlineComesOnceWhenTheClockIsSetBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, due(nil))
		w.say(club, "阿宁", "hello")
		w.setTimer("a", time.Hour)
		w.setTimer("b", 3*time.Hour)
		w.pass(time.Hour)
		w.heard("a")
		w.stop()
		w.clock = NewClock(w.clock.offset - 2*time.Hour)
		w.start()
		w.pass(2 * time.Hour)
		w.heard()
		w.pass(2 * time.Hour)
		w.heard("b")
		equal(t, "times", []int{w.counted("a"), w.counted("b")}, []int{1, 1})
	})
}

func TestADeadlineWhoseListenerFailsIsTriedAgainAndHasOneEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var failing atomic.Bool
		failing.Store(true)
		w := begin(t, due(&failing))
		w.say(club, "阿宁", "hello")
		w.setTimer("a", time.Hour)
		w.pass(time.Hour + time.Second)
		equal(t, "effects while it fails", w.counted("a"), 0)
		failing.Store(false)
		w.pass(time.Minute)
		w.heard("a")
		equal(t, "effects", w.counted("a"), 1)
	})
}

// A deadline that breaks its transaction must not hold up the others.
func TestAPoisonDeadlineStopsNoOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		poison := Listener{Name: "poison", Kinds: []chat.Kind{chat.Timer}, Task: "poison", Run: func(context.Context, *Request) (Reply, error) {
			return Reply{}, storage.ErrTxLost
		}}
		w := begin(t, due(nil), listeners(poison))
		w.say(club, "阿宁", "hello")
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			for key, id := range map[string]int64{"0": w.chat(club).ID, "00": 777} { // a chat that is not there
				if _, err := tx.SetTimer(ctx, storage.DueRow{Key: key, Task: "poison", ChatID: id, DueAt: morning.Add(time.Hour)}); err != nil {
					return err
				}
			}
			return nil
		})
		w.setTimer("a", time.Hour)
		w.setTimer("b", 2*time.Hour)
		w.pass(3 * time.Hour)
		w.heard("a", "b")
		for _, row := range w.waiting() {
			equal(t, "state", row.State, storage.InboxFailed)
		}
		equal(t, "rows", len(w.waiting()), 2)
	})
}

func TestListenersHearInOrderAndTheFirstAnswerIsSaid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var heard []string
		hear := func(name, answer string, kinds ...chat.Kind) Listener {
			return Listener{Name: name, Kinds: kinds, Run: func(_ context.Context, req *Request) (Reply, error) {
				heard = append(heard, fmt.Sprintf("%s %s", name, req.Event.Text))
				if answer == "" {
					return Reply{}, nil
				}
				return Reply{Template: "common.test_echo", Data: answer, Public: true}, nil
			}}
		}
		w := begin(t, commands(echo), listeners(hear("one", "", chat.Message), hear("two", "first", chat.Message, chat.Join), hear("three", "second", chat.Message)))
		w.say(club, "阿宁", "just talk")
		equal(t, "heard", heard, []string{"one just talk", "two just talk", "three just talk"})
		w.heard("first")
		heard = nil
		w.say(club, "阿宁", "/echo x") // a command is no talk
		equal(t, "heard", heard, []string{})
		w.say(private("阿宁"), "阿宁", "alone") // talk to the bot alone may want an answer
		equal(t, "heard", heard, []string{"one alone", "two alone", "three alone"})
		w.news()
		w.happen(club, "小满", chat.Join, chat.Membership{User: person("小满")})
		w.heard("first")
		w.view(func(ctx context.Context, r *storage.Reader) error {
			a, err := r.AccountByRef(ctx, chattest.Domain, "阿宁")
			if err != nil {
				return err
			}
			p, err := r.Presence(ctx, w.chat(club).ID, a.ID)
			equal(t, "messages counted", p.Messages, 1)
			return err
		})
	})
}

// A machine that sleeps does not count the time: what is due when it wakes must
// not wait for what is left of the old wait.
func TestADeadlineComesSoonAfterTheMachineWakes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, due(nil))
		w.say(club, "阿宁", "hello")
		w.setTimer("a", 10*time.Hour)
		w.pass(time.Hour)
		w.clock.mu.Lock() // the clock goes on without anybody being told
		w.clock.offset += 9 * time.Hour
		w.clock.mu.Unlock()
		w.pass(nap)
		w.heard(`a {"n":1} due 18:00 at 18:0`)
	})
}

// A post that has come too late is not sent any more, whatever kept it.
func TestALetterExpires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		late := time.Minute
		w := begin(t, commands(Command{Name: "me", Run: func(ctx context.Context, req *Request) (Reply, error) {
			return Reply{}, req.Post(ctx, req.Chat, Reply{Template: "common.test_echo", Data: "post", Lane: storage.LaneBroadcast, Once: true, Until: req.Tx.Now.Add(late)})
		}}))
		w.say(club, "阿宁", "/me")
		w.heard("post")
		down := true
		w.net.onSend(func(context.Context, chat.Letter) error {
			if down {
				return &chat.SendError{Fault: chat.Retry, Err: errFault}
			}
			return nil
		})
		w.say(club, "阿宁", "/me")
		w.pass(2 * time.Minute)
		down = false
		w.pass(time.Hour)
		w.heard()
		w.view(func(ctx context.Context, r *storage.Reader) error {
			l, err := r.Letter(ctx, 2)
			equal(t, "the letter", []string{l.State, l.Error}, []string{storage.LetterDead, storage.Expired})
			return err
		})
		// Nor after a restart, and not where nobody takes it any more.
		down = true
		w.say(club, "阿宁", "/me")
		w.stop()
		w.pass(2 * time.Minute)
		down = false
		w.start()
		w.pass(time.Second)
		w.heard()
	})
}
