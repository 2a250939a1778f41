package bot

import (
	"context"
	"errors"
	"testing"
	"time"

	"qunmate/bot/chat"
)

// slow makes the network take its time to say who administers a chat.
func slow(w *world, d time.Duration) {
	w.net.onFacts(func(ctx context.Context, c chat.Chat) (chat.Facts, error) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return w.net.Network.Facts(ctx, c)
	})
}

func TestWhatOnePersonSaysIsHandledInItsOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, byRole)
		w.net.SetAdmins(club.Ref, person("管理"))
		slow(w, 3*time.Second)
		w.say(club, "管理", "/boss")
		w.say(club, "管理", "/echo second")
		w.press(club, "管理", "/echo third")
		w.heard()
		// Nobody else waits for them, and they do not wait elsewhere.
		w.say(club, "成员", "/echo other")
		w.heard("other")
		w.say(private("管理"), "管理", "/echo private")
		w.heard("private")
		equal(t, "waiting", len(w.waiting()), 3)
		w.restart()
		slow(w, 3*time.Second)
		w.pass(20 * time.Second)
		w.heard("boss as admin", "second", "third")
		equal(t, "waiting", len(w.waiting()), 0)
	})
}

func TestAnEventThatBreaksDoesNotHoldItsSenderUpForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		broken := Command{Name: "count", Run: func(context.Context, *Request) (Reply, error) { return Reply{}, errors.New("broken") }}
		w := begin(t, commands(echo, broken))
		w.say(club, "甲", "/count")
		w.say(club, "甲", "/echo later")
		w.say(club, "乙", "/echo other")
		w.heard("other")
		w.pass(faultPauses[0] + time.Second) // what fails once may be mended
		w.heard("later")
		w.say(club, "甲", "/echo now")
		w.heard("now")
		w.pass(time.Minute)
		w.heard("出错了")
	})
}
