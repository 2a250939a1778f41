package bot

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunmate/bot/chat"
)

// hush is a command whose words may not be kept, unless they say so.
func hush(fails *atomic.Bool) Command {
	return Command{
		Name: "count", Place: Anywhere,
		Run: func(ctx context.Context, req *Request) (Reply, error) {
			if err := count(ctx, req.Tx, "hush"); err != nil {
				return Reply{}, err
			}
			if fails.Load() {
				return Reply{}, errors.New("broken on purpose")
			}
			return Reply{Template: "common.test_echo", Data: "done"}, nil
		},
		Secret: func(_ context.Context, req *Request) (bool, error) { return req.Args.Word(0) != "open", nil },
	}
}

// A secret waits behind nothing its sender said before, and is not kept after a
// fault; what is no secret is, as ever.
func TestASecretIsNeverPutAside(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var fails atomic.Bool
		w := begin(t, commands(hush(&fails)), byRole)
		w.net.SetAdmins(club.Ref, person("管理"))
		slow(w, 3*time.Second)
		w.say(club, "管理", "/boss")
		w.say(club, "管理", "/count mine")
		w.press(club, "管理", "/count mine")
		w.heard("done", "done")
		w.say(club, "管理", "/count open")
		equal(t, "waiting", len(w.waiting()), 2)
		w.pass(20 * time.Second)
		w.heard("boss as admin", "done")
		equal(t, "took effect", w.counted("hush"), 3)

		fails.Store(true)
		w.say(club, "成员", "/count mine")
		w.heard("请再发一次")
		w.say(club, "成员", "/count open")
		fails.Store(false)
		w.pass(time.Minute)
		w.heard("done")
		equal(t, "took effect", w.counted("hush"), 4)
		kept := w.waiting()
		equal(t, "kept", len(kept), 1) // that it failed, and nothing else
		if strings.Contains(kept[0].Event, "mine") || strings.Contains(kept[0].Event, "成员") || kept[0].Queue != "" {
			t.Errorf("kept: %+v", kept[0])
		}
	})
}

// A question with a clock goes before the answers that wait, and an answer that
// nobody needs any more is not sent.
func TestWhatHasAClockGoesFirstAndWhatIsTooLateNotAtAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		urgent := Command{Name: "say", Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "the question", Public: true, Urgent: true, Lane: 1}, nil
		}}
		late := Command{Name: "count", Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "too late " + req.Account.Name, Until: req.Tx.Now.Add(10 * time.Second)}, nil
		}}
		w := begin(t, commands(urgent, late, echo), with(newLine("main", limited(20))))
		var evs []chat.Event
		for range 30 {
			evs = append(evs, w.message(club, "阿宁", "/echo x"), w.message(club, "小满", "/count"))
		}
		w.deliver(evs...)
		w.say(club, "老周", "/say")
		w.pass(10 * time.Minute)
		place, answers, expired := -1, 0, 0
		for i, a := range w.net.tried() {
			text := chat.Plain(a.letter.Content.Text)
			switch {
			case strings.Contains(text, "the question"):
				place = i
			case strings.Contains(text, "too late"):
				expired++
			default:
				answers++
			}
		}
		if place < 0 || place > 2 {
			t.Errorf("the question was message %d", place)
		}
		if answers != 30 || expired > 10 {
			t.Errorf("%d answers, %d that were too late", answers, expired)
		}
	})
}
