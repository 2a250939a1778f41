package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

func TestAHundredParallelDuplicatesHaveOneEffectAndOneAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		ev := w.message(club, "阿宁", "/echo hello")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := w.net.Deliver(context.Background(), ev, ev); err != nil {
					t.Errorf("deliver: %v", err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		equal(t, "effects", w.counted("echo"), 1)
		w.heard("hello")
		w.restart()
		w.deliver(ev)
		equal(t, "effects after a restart", w.counted("echo"), 1)
		w.heard()
	})
}

func TestARefusalUndoesTheWritesAndKeepsTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		no := Command{Name: "fail", Run: func(ctx context.Context, req *Request) (Reply, error) {
			if err := count(ctx, req.Tx, "fail"); err != nil {
				return Reply{}, err
			}
			req.Tx.AfterCommit(func() { t.Error("what was to follow the commit followed a refusal") })
			return Reply{}, fmt.Errorf("wrapped: %w", Refuse("common.test_echo", "no"))
		}}
		w := begin(t, commands(no))
		ev := w.message(club, "阿宁", "/fail")
		w.deliver(ev, ev)
		equal(t, "effects", w.counted("fail"), 0)
		w.heard("zh-CN: no")
		equal(t, "waiting", len(w.waiting()), 0)
	})
}

// failing is a command that fails until it has been tried often enough, and
// leaves a trace of every try that was not undone.
func failing(how func() error, until int) Command {
	tries := 0
	return Command{Name: "fail", Run: func(ctx context.Context, req *Request) (Reply, error) {
		if err := count(ctx, req.Tx, "fail"); err != nil {
			return Reply{}, err
		}
		tries++
		if tries >= until {
			return Reply{Template: "common.test_echo", Data: fmt.Sprintf("try %d", tries)}, nil
		}
		return Reply{}, how()
	}}
}

var errFault = errors.New("a fault with a secret path /var/x")

func TestAFaultIsRetriedAfterTwoAndTwentySecondsThenAnsweredAndKept(t *testing.T) {
	for name, how := range map[string]func() error{
		"an error": func() error { return errFault },
		"a panic":  func() error { panic("something /var/x") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(failing(how, 99)))
				w.say(club, "阿宁", "/fail")
				rows := w.waiting()
				if len(rows) != 1 || rows[0].State != storage.InboxRetry || rows[0].Attempts != 1 || !rows[0].NextAt.Equal(morning.Add(2*time.Second)) {
					t.Fatalf("after the first try: %+v", rows)
				}
				w.pass(2*time.Second - time.Millisecond)
				equal(t, "tries before two seconds", w.waiting()[0].Attempts, 1)
				w.pass(time.Millisecond)
				equal(t, "tries after two seconds", w.waiting()[0].Attempts, 2)
				w.pass(20*time.Second - time.Millisecond)
				equal(t, "tries before twenty more", w.waiting()[0].Attempts, 2)
				w.heard()
				w.pass(time.Millisecond)
				said := w.news()
				rows = w.waiting()
				if len(said) != 1 || len(rows) != 1 || rows[0].State != storage.InboxFailed || rows[0].Attempts != 3 {
					t.Fatalf("after the last try: said %q, rows %+v", said, rows)
				}
				id := regexp.MustCompile(`[0-9a-f]{6}`).FindString(said[0])
				if id == "" || id != rows[0].Fault || !strings.Contains(w.log.String(), "fault="+id) {
					t.Errorf("the id in %q is not the one of the row (%s) and of the log", said[0], rows[0].Fault)
				}
				if strings.Contains(said[0], "/var") || strings.Contains(said[0], "goroutine") {
					t.Errorf("the apology shows internals: %q", said[0])
				}
				if !strings.Contains(w.log.String(), "/var/x") {
					t.Error("the log does not show the cause")
				}
				equal(t, "effects", w.counted("fail"), 0)
				w.pass(time.Hour)
				equal(t, "rows an hour later", len(w.waiting()), 1)
				w.heard()
			})
		})
	}
}

func TestAFaultThatPassesIsAnsweredOnceWithOneEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(failing(func() error { return errFault }, 3)))
		ev := w.message(club, "阿宁", "/fail")
		w.deliver(ev)
		w.pass(time.Second)
		w.deliver(ev) // told again while it waits: known
		w.restart()   // and over a restart
		w.pass(time.Minute)
		w.heard("try 3")
		equal(t, "effects", w.counted("fail"), 1)
		equal(t, "rows", len(w.waiting()), 0)
	})
}

// A panic is the fault of one event: the neighbours in its batch are not even
// tried again.
func TestAPanicLeavesItsNeighboursAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		boom := Command{Name: "boom", Run: func(ctx context.Context, req *Request) (Reply, error) {
			if err := req.Tx.Savepoint(ctx, func(ctx context.Context) error {
				if err := count(ctx, req.Tx, "boom"); err != nil {
					return err
				}
				panic("in a savepoint of its own")
			}); err != nil {
				return Reply{}, err
			}
			return Reply{}, nil
		}}
		w := begin(t, commands(echo, boom))
		w.deliver(w.message(club, "阿宁", "/echo one"), w.message(club, "小满", "/boom"), w.message(club, "阿宁", "/echo two"))
		w.heard("one", "two")
		equal(t, "effects", []int{w.counted("echo"), w.counted("boom")}, []int{2, 0})
		if strings.Contains(w.log.String(), "one by one") {
			t.Error("the batch was dropped")
		}
		equal(t, "waiting", len(w.waiting()), 1)
	})
}

// If the answer cannot be made the effect is undone too: the retry would have
// it twice.
func TestAnEffectWithoutItsAnswerIsUndone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mute := Command{Name: "fail", Run: func(ctx context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_broken", Data: struct{}{}}, count(ctx, req.Tx, "mute")
		}}
		w := begin(t, commands(mute))
		w.say(club, "阿宁", "/fail")
		equal(t, "effects at once", w.counted("mute"), 0)
		w.pass(time.Minute)
		equal(t, "effects in the end", w.counted("mute"), 0)
		equal(t, "state", w.waiting()[0].State, storage.InboxFailed)
		w.heard("出错了")
	})
}

// breaker breaks the whole transaction, as a full disk or a damaged page does.
func breaker(left *int) Command {
	return Command{Name: "boom", Run: func(ctx context.Context, req *Request) (Reply, error) {
		if err := count(ctx, req.Tx, "boom"); err != nil {
			return Reply{}, err
		}
		if *left > 0 {
			*left--
			return Reply{}, fmt.Errorf("%w: simulated", storage.ErrTxLost)
		}
		return Reply{Template: "common.test_echo", Data: "survived"}, nil
	}}
}

func TestABatchThatIsLostIsReplayedOneByOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		left := 1
		w := begin(t, commands(echo, breaker(&left)))
		w.deliver(w.message(club, "阿宁", "/echo one"), w.message(club, "小满", "/boom"), w.message(club, "阿宁", "/echo two"))
		w.heard("one", "survived", "two")
		equal(t, "effects", []int{w.counted("echo"), w.counted("boom")}, []int{2, 1})
		if !strings.Contains(w.log.String(), "one by one") {
			t.Error("the batch was not replayed")
		}
	})
}

// An event that breaks its transaction every time would be delivered for ever
// and stop its connection.
func TestAPoisonEventIsFiledAndStopsNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		left := 1 << 30
		w := begin(t, commands(echo, breaker(&left)))
		boom := w.message(club, "小满", "/boom")
		w.deliver(w.message(club, "阿宁", "/echo one"), boom, w.message(club, "阿宁", "/echo two"))
		w.heard("one", "two")
		w.deliver(boom) // the platform repeats it: it waits already
		w.pass(time.Minute)
		w.heard("出错了")
		rows := w.waiting()
		if len(rows) != 1 || rows[0].State != storage.InboxFailed || rows[0].Attempts != 3 {
			t.Errorf("rows %+v", rows)
		}
		equal(t, "effects", []int{w.counted("echo"), w.counted("boom")}, []int{2, 0})
		w.say(club, "小满", "/echo three")
		w.heard("three")
	})
}

// Bookkeeping that fails is its own trouble only.
func TestAJobThatFailsDoesNotDropTheBatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		hold := make(chan struct{})
		go func() {
			_ = w.engine.do(context.Background(), func(context.Context, *storage.Tx) error { <-hold; return nil })
		}()
		synctest.Wait()
		failed := make(chan error, 2)
		for _, f := range []func() error{func() error { return errFault }, func() error { panic("x") }} {
			go func() {
				failed <- w.engine.do(context.Background(), func(ctx context.Context, tx *storage.Tx) error {
					if err := count(ctx, tx, "job"); err != nil {
						return err
					}
					return f()
				})
			}()
		}
		go func() { _ = w.net.Deliver(context.Background(), w.message(club, "阿宁", "/echo one")) }()
		synctest.Wait()
		close(hold)
		synctest.Wait()
		for range 2 {
			if err := <-failed; err == nil {
				t.Error("the job did not fail")
			}
		}
		w.heard("one")
		equal(t, "effects", w.counted("job"), 0)
		if strings.Contains(w.log.String(), "one by one") {
			t.Error("the batch was dropped")
		}
	})
}

// An event may be about anything, and must not hurt.
func TestStrangeEventsAreTakenWithoutHarm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		odd := w.message(chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: "odd"}, Type: "odd"}, "阿宁", "/echo")
		none := w.message(chat.Chat{}, "阿宁", "/echo")
		nobody := w.message(club, "", "/echo nobody")
		nobody.Sender = chat.User{}
		late := w.message(club, "阿宁", "/echo \xff\x00")
		late.At = time.Time{}
		empty := w.message(club, "阿宁", "")
		w.deliver(odd, none, nobody, late, empty, chat.Event{ID: chat.Ref{Domain: "x", ID: "1"}, Kind: "unheard of"}, w.message(club, "阿宁", "/echo done"))
		if got := w.news(); len(got) == 0 || got[len(got)-1] != "zh-CN: done" {
			t.Errorf("said %q", got)
		}
		w.pass(time.Minute)
		w.say(club, "阿宁", "/echo still")
		w.heard("still")
		if err := w.net.Deliver(context.Background()); err != nil {
			t.Errorf("nothing delivered: %v", err)
		}
	})
}

func TestNothingIsTakenAfterTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		door := w.engine.Door("main")
		ev := w.message(club, "阿宁", "/echo")
		w.stop()
		if err := door(context.Background(), []chat.Event{ev}); !errors.Is(err, ErrStopped) {
			t.Errorf("an event after the stop: %v", err)
		}
		w.start()
		equal(t, "effects", w.counted("echo"), 0)
	})
}

func TestANewEngineRefusesWhatDoesNotFitTogether(t *testing.T) {
	t.Parallel()
	run := func(context.Context, *Request) (Reply, error) { return Reply{}, nil }
	for name, o := range map[string]Options{
		"two connections of one name": {Platforms: []chat.Platform{newLine("a"), newLine("a")}},
		"a command twice":             {Commands: []Command{echo, echo}},
		"a command of the engine":     {Commands: []Command{{Name: "confirm", Run: run}}},
		"a command without a name":    {Commands: []Command{{Run: run}}},
		"a command that does nothing": {Commands: []Command{{Name: "x"}}},
		"an action twice":             {Actions: []Action{{Name: "a", Run: actNothing}, {Name: "a", Run: actNothing}}},
		"an action that does nothing": {Actions: []Action{{Name: "a"}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// broken is a connection that cannot work, such as one with a wrong token.
type broken struct{ *line }

func (broken) Run(context.Context, chat.Deliver) error { return errNet }

func TestAConnectionThatCannotWorkEndsTheProgramWithItsName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t)
		w.stop()
		db, err := storage.Open(context.Background(), w.path, storage.Options{Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		o := w.options
		o.DB, o.Clock, o.Platforms = db, w.clock, []chat.Platform{broken{newLine("bad")}}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background()); !errors.Is(err, errNet) || !strings.Contains(err.Error(), "bad") {
			t.Errorf("Run = %v", err)
		}
	})
}
