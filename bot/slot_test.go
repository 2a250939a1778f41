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

var digest = Command{Name: "say", Run: func(_ context.Context, req *Request) (Reply, error) {
	return Reply{Template: "common.test_echo", Data: req.Args.String(), Public: true, Slot: "digest", Lane: storage.LaneActivity}, nil
}}

// standing is what a person sees in a chat, with * before edited ones.
func (l *line) standing(c chat.Chat) []string {
	out := []string{}
	for _, s := range l.All() {
		if s.Chat != c.Ref || s.Deleted {
			continue
		}
		mark := ""
		if s.Edited {
			mark = "*"
		}
		out = append(out, mark+chat.Plain(s.Content.Text))
	}
	return out
}

func TestALetterInASlotEditsTheEarlierOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(digest))
		w.say(club, "阿宁", "/say 1")
		w.say(club, "阿宁", "/say 2")
		w.say(group("羽毛球"), "阿宁", "/say elsewhere")
		w.restart()
		w.say(club, "阿宁", "/say 3")
		equal(t, "club", w.net.standing(club), []string{"*zh-CN: 3"})
		equal(t, "other", w.net.standing(group("羽毛球")), []string{"zh-CN: elsewhere"})
	})
}

func TestALetterInASlotThatHasNotLeftIsOvertaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(digest))
		w.net.SetDown(true)
		for i := range 5 {
			w.say(club, "阿宁", fmt.Sprintf("/say %d", i))
		}
		w.restart()
		w.net.SetDown(false)
		w.pass(time.Minute)
		equal(t, "club", w.net.standing(club), []string{"zh-CN: 4"})
		w.say(club, "阿宁", "/say 5")
		equal(t, "club", w.net.standing(club), []string{"*zh-CN: 5"})
	})
}

// The older one was under way when the newer came, and failed: it must not
// come back and take its place.
func TestAnOvertakenLetterDoesNotComeBack(t *testing.T) {
	for name, err := range map[string]error{
		"a troubled server": fault(chat.Retry),
		"too many messages": &chat.SendError{Fault: chat.Throttled, After: 3 * time.Second, Err: errNet},
		"refused":           fault(chat.Rejected),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(digest))
				w.say(club, "阿宁", "/say 0")
				hold := make(chan struct{})
				w.net.onSend(func(_ context.Context, l chat.Letter) error {
					if strings.Contains(l.Content.Text, "old") {
						<-hold
						return err
					}
					return nil
				})
				w.say(club, "阿宁", "/say old")
				w.say(club, "阿宁", "/say new")
				close(hold)
				synctest.Wait()
				w.pass(time.Minute)
				w.restart()
				w.pass(time.Hour)
				equal(t, "club", w.net.standing(club), []string{"*zh-CN: new"})
			})
		})
	}
}

func TestALetterInASlotIsSaidAnewWhenTheEarlierOneIsGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(digest, echo))
		w.say(club, "阿宁", "/say 1")
		if err := w.net.Delete(context.Background(), club, "1"); err != nil {
			t.Fatal(err)
		}
		w.say(club, "阿宁", "/say 2")
		equal(t, "club", w.net.standing(club), []string{"zh-CN: 2"})
		w.say(club, "阿宁", "/say 3")
		equal(t, "club", w.net.standing(club), []string{"*zh-CN: 3"})
		// What the platform does not take even as a new message is given up.
		w.net.onSend(func(context.Context, chat.Letter) error { return fault(chat.Rejected) })
		w.say(club, "阿宁", "/say 4")
		w.pass(time.Hour)
		all := w.letters()
		equal(t, "state", all[len(all)-1].State, storage.LetterDead)
	})
}

// private answers on a surface that cannot keep them private

func shown() *line { return newLine("main", func(c *chat.Caps) { c.Whispers = false }) }

func TestAPrivateAnswerThatEverybodySeesIsTakenBackAfterTwentySeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo, say), with(shown()))
		w.say(club, "阿宁", "/echo secret")
		w.say(club, "阿宁", "/say open")
		w.say(private("阿宁"), "阿宁", "/echo between us")
		w.pass(20*time.Second - time.Millisecond)
		equal(t, "club", w.net.texts(club), []string{"zh-CN: secret", "zh-CN: open"})
		w.pass(time.Millisecond)
		equal(t, "club", w.net.texts(club), []string{"zh-CN: open"})
		equal(t, "private", w.net.texts(private("阿宁")), []string{"zh-CN: between us"})
	})
}

func TestItIsTakenBackOverARestartAndAfterTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), with(shown()))
		w.say(club, "阿宁", "/echo secret")
		w.pass(5 * time.Second)
		w.stop()
		time.Sleep(time.Minute)
		w.start()
		equal(t, "club", w.net.texts(club), []string{})
		w.say(club, "阿宁", "/echo second")
		if err := w.net.Delete(context.Background(), club, "2"); err != nil { // a moderator was faster
			t.Fatal(err)
		}
		w.pass(time.Hour)
		for _, l := range w.letters() {
			if l.State == storage.LetterQueued {
				t.Errorf("still waits: %+v", l)
			}
		}
	})
}

// removal is a connection whose removals fail as they are told.
type removal struct {
	*line
	fail chan error
}

func (r removal) Delete(ctx context.Context, c chat.Chat, id string) error {
	select {
	case err := <-r.fail:
		return err
	default:
	}
	return r.line.Delete(ctx, c, id)
}

func TestARemovalIsTriedAgainBecauseTwiceDoesNoHarm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t)
		w.stop()
		r := removal{shown(), make(chan error, 3)}
		r.fail <- fault(chat.Unknown)
		r.fail <- fault(chat.Retry)
		r.fail <- &chat.SendError{Fault: chat.Throttled, After: 30 * time.Second, Err: errNet}
		db, err := storage.Open(context.Background(), w.path, storage.Options{Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		o := w.options
		o.DB, o.Clock, o.Platforms, o.Commands = db, w.clock, []chat.Platform{r}, []Command{echo}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		if err := r.Deliver(ctx, w.message(club, "阿宁", "/echo secret")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(shownLife + time.Minute)
		synctest.Wait()
		equal(t, "club", r.texts(club), []string{})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

var _ chat.Deleter = removal{}

func TestTheBudgetOfAChatIsNotSpentOnRemovals(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), with(newLine("main", limited(20), func(c *chat.Caps) { c.Whispers = false })))
		for i := range 8 {
			w.say(club, "阿宁", fmt.Sprintf("/echo %d", i))
			w.pass(time.Second)
		}
		w.pass(shownLife + time.Second)
		equal(t, "left in the club", w.net.texts(club), []string{})
		if n := len(slices.DeleteFunc(w.net.All(), func(s chattest.Shown) bool { return !s.Deleted })); n != 8 {
			t.Errorf("%d of 8 were taken back", n)
		}
	})
}
