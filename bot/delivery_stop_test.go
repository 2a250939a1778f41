package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// crash copies the database as it is now, as a power cut would leave it, lets
// the old engine end quietly, and starts a new one on the copy.
func (w *world) crash(release func()) {
	w.t.Helper()
	copied := filepath.Join(w.t.TempDir(), "copy.db")
	if err := w.db.Backup(context.Background(), copied); err != nil {
		w.t.Fatal(err)
	}
	release()
	w.stop()
	w.path = copied
	for i, l := range w.lines {
		w.lines[i] = newLine(l.Name())
	}
	w.net = w.lines[0]
	w.start()
}

// Killed while the platform has letters in its hands: nobody knows whether they
// arrived. An answer is said again, what must not come twice is not.
func TestACrashWhileSendingRepeatsAnswersAndNothingElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		for _, c := range []chat.Chat{club, group("一"), group("二")} {
			w.say(c, "阿宁", "hello")
		}
		hold := make(chan struct{})
		w.net.onSend(func(context.Context, chat.Letter) error { <-hold; return nil })
		w.say(club, "阿宁", "/echo answer")
		once := w.post(group("一"), "once", func(l *storage.Letter) { l.Once, l.Lane = true, storage.LaneBroadcast })
		again := w.post(group("二"), "again")
		waits := w.post(group("一"), "waits behind it", func(l *storage.Letter) { l.Once, l.Lane = true, storage.LaneBroadcast })
		equal(t, "state before", w.letter(once).State, storage.LetterSending)
		w.crash(func() { close(hold) })
		w.pass(time.Hour)
		got := w.news()
		slices.Sort(got)
		equal(t, "said after the crash", got, []string{"again", "waits behind it", "zh-CN: answer"})
		equal(t, "states", []string{w.letter(once).State, w.letter(again).State, w.letter(waits).State}, []string{storage.LetterUncertain, storage.LetterSent, storage.LetterSent})
		if !strings.Contains(w.log.String(), "may or may not have gone out") {
			t.Error("the log does not name it")
		}
	})
}

// Killed between the commit and the sending, and on a platform that is down.
func TestAnAnswerThatWasNotSentComesAfterTheRestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.net.SetDown(true)
		w.say(club, "阿宁", "/echo a")
		w.say(club, "阿宁", "/echo b")
		w.crash(func() {})
		w.pass(time.Minute)
		w.heard("a", "b")
		w.restart()
		w.heard()
	})
}

func TestABlockedPlatformNeverBlocksWhatComesIn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stuck, fine := newLine("stuck"), newLine("fine")
		w := begin(t, with(stuck, fine), commands(echo))
		stuck.onSend(func(ctx context.Context, _ chat.Letter) error { <-ctx.Done(); return fault(chat.Retry) })
		for i := range 100 { // more than may be under way at one time
			w.say(group(strconv.Itoa(i)), "阿宁", "/echo x")
		}
		equal(t, "effects", w.counted("echo"), 100)
		w.deliverBy(fine, w.message(private("小满"), "小满", "/echo y"))
		equal(t, "said by the other connection", fine.texts(private("小满")), []string{"zh-CN: y"})
		stuck.onSend(nil)
		w.pass(10 * time.Minute)
		equal(t, "answers in the end", len(stuck.All()), 100)
	})
}

func TestAStopWaitsForWhatIsBeingSentAndLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.net.onSend(func(context.Context, chat.Letter) error { time.Sleep(3 * time.Second); return nil })
		for i := range 3 {
			w.say(club, "阿宁", fmt.Sprintf("/echo %d", i))
		}
		start := time.Now()
		w.stop()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the stop took %s, the send under way three seconds", took)
		}
		w.heard("0")
		w.net.onSend(nil)
		w.start()
		w.heard("1", "2")
		equal(t, "state of the first", w.letter(1).State, storage.LetterSent)
	})
}

// Ten seconds after SIGTERM the program has ended, whatever the network does.
func TestAStopDoesNotWaitForAPlatformThatHangs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo))
		w.net.onSend(func(ctx context.Context, _ chat.Letter) error { <-ctx.Done(); return fault(chat.Unknown) })
		w.say(club, "阿宁", "/echo a")
		start := time.Now()
		w.stop()
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("the stop took %s", took)
		}
		w.net.onSend(nil)
		w.start()
		equal(t, "state", w.letter(1).State, storage.LetterUncertain)
	})
}

func TestALimitHoldsOverARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", limited(20))))
		w.say(club, "阿宁", "hello")
		for i := range 60 {
			w.post(club, strconv.Itoa(i))
		}
		for range 8 {
			w.pass(20 * time.Second)
			w.restart()
		}
		w.pass(5 * time.Minute)
		var at []time.Time
		for _, a := range w.net.tried() {
			at = append(at, a.at)
		}
		if when, over := overspent(at, time.Minute, 20); over || len(at) != 60 {
			t.Errorf("%d sends; more than 20 in the minute before %s", len(at), when)
		}
	})
}

// Sends that the clock, set back since, places in the future must not silence
// the chat until then.
func TestAClockThatIsSetBackSilencesNoChat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", limited(20))), commands(echo))
		for i := range 6 {
			w.say(club, "阿宁", fmt.Sprintf("/echo %d", i))
			w.pass(2 * time.Second)
		}
		w.stop()
		w.clock = NewClock(w.clock.offset - 5*time.Hour)
		w.news()
		w.start()
		w.say(club, "阿宁", "/echo still here")
		w.pass(time.Minute)
		w.heard("still here")
	})
}
