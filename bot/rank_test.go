package bot

import (
	"context"
	"slices"
	"testing"
	"time"

	"qunmate/bot/chat"
)

// both delivers one message by two connections, as two bots of one network in
// one group get it: under ids of their own, to be answered at the same place.
func (w *world) both(c chat.Chat, who, text string, order ...*line) {
	w.t.Helper()
	first := w.message(c, who, text)
	for _, l := range order {
		ev := first
		w.events++
		ev.ID.ID = w.message(c, who, text).ID.ID
		if err := l.Deliver(context.Background(), ev); err != nil {
			w.t.Errorf("deliver: %v", err)
		}
		w.pass(100 * time.Millisecond)
	}
	w.pass(2 * yieldFor)
}

// Of two bots in a group the first of the configuration answers, whichever
// hears first, and what was said is done once.
func TestOfTwoConnectionsInAGroupTheFirstAnswersOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		main, second := newLine("main"), newLine("second")
		w := begin(t, with(main, second), commands(echo))
		w.both(club, "阿宁", "/echo 1", second, main)
		w.both(club, "阿宁", "/echo 2", second, main)
		equal(t, "by the first", main.texts(club), []string{"zh-CN: 1", "zh-CN: 2"})
		equal(t, "by the second", len(second.texts(club)), 0)
		equal(t, "effects", w.counted("echo"), 2)
	})
}

// Where the second is alone it answers, a moment later the first time only. When
// the first is heard there it takes over, without saying again what is said.
func TestAConnectionThatIsAloneAnswersAndHandsOverSilently(t *testing.T) {
	bubble(t, func(t *testing.T) {
		main, second := newLine("main"), newLine("second")
		w := begin(t, with(main, second), commands(echo))
		w.both(club, "阿宁", "/echo 1", second)
		if err := second.Deliver(context.Background(), w.message(club, "阿宁", "/echo 2")); err != nil {
			t.Fatal(err)
		}
		w.pass(100 * time.Millisecond)
		equal(t, "alone", second.texts(club), []string{"zh-CN: 1", "zh-CN: 2"})
		w.both(club, "阿宁", "/echo 3", second, main)
		w.both(club, "阿宁", "/echo 4", second, main)
		said := append(second.texts(club), main.texts(club)...)
		slices.Sort(said)
		equal(t, "said", said, []string{"zh-CN: 1", "zh-CN: 2", "zh-CN: 3", "zh-CN: 4"})
		equal(t, "by the first", main.texts(club), []string{"zh-CN: 4"})
		equal(t, "effects", w.counted("echo"), 4)
	})
}

// A button under what an anonymous administrator began comes back in the name of
// whoever pressed it.
func TestWhatAnAnonymousAdministratorBeganAnyAdministratorMayDecide(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := planner(t)
		for i, c := range []struct {
			who, say, want string
			done           int
		}{{"阿宁", "/confirm", "只有发起的人", 0}, {"副手", "/confirm", "did x", 1}, {"阿宁", "/cancel", "只有发起的人", 1}, {"副手", "/cancel", "已取消", 1}} {
			ev := w.message(club, "", "/plan x 1")
			ev.Sender = chat.User{Ref: club.Ref, Name: club.Title, Anonymous: true}
			w.deliver(ev)
			w.heard("preview x 1")
			w.press(club, c.who, c.say+" "+string(rune('1'+i)))
			w.heard(c.want)
			equal(t, c.who+c.say, w.counted("plan"), c.done)
		}
	})
}
