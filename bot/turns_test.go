package bot

import (
	"context"
	"fmt"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// In a group where everybody talks to the bot, cards and pushes are late, but
// they come.
func TestAnswersDoNotKeepTheRestFromBeingShown(t *testing.T) {
	for name, post := range map[string]struct {
		lane   storage.Lane
		slot   string
		within time.Duration
	}{
		"a result":              {storage.LaneActivity, "", 15 * time.Second},
		"a card that changes":   {storage.LaneActivity, "card", 15 * time.Second},
		"an announcement":       {storage.LaneBroadcast, "", 45 * time.Second},
		"a card of a broadcast": {storage.LaneBroadcast, "card", 45 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, with(newLine("main", limited(20))), commands(echo))
				chatty := func(seconds int) {
					for i := range seconds {
						w.say(club, fmt.Sprint("member", i%7), "/echo x")
						w.pass(time.Second)
					}
				}
				chatty(60)
				start, to := time.Now(), w.chat(club)
				enqueue := func() {
					w.write(func(ctx context.Context, tx *storage.Tx) error {
						_, err := tx.Enqueue(ctx, storage.Letter{ChatID: to.ID, Connection: "main", Lane: post.lane, Slot: post.slot, Content: `{"text":"posted"}`})
						return err
					})
				}
				for range int(post.within / time.Second) {
					if post.slot != "" || time.Now().Equal(start) {
						enqueue()
					}
					chatty(1)
				}
				for _, a := range w.net.tried() {
					if a.letter.Content.Text == "posted" {
						if waited := a.at.Sub(start); waited < 4*time.Second {
							t.Errorf("it went before the answers, after %s", waited)
						}
						return
					}
				}
				t.Errorf("not shown within %s", post.within)
			})
		})
	}
}

// The platform counts what arrives, and on a bad line that is not when it left.
func TestLimitsHoldWhereMessagesArriveLate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo), with(newLine("main", limited(20))))
		var arrived []time.Time
		w.net.onSend(func(context.Context, chat.Letter) error {
			if len(arrived)%2 == 0 { // one at a time: there is one chat
				time.Sleep(600 * time.Millisecond)
			}
			arrived = append(arrived, time.Now())
			return nil
		})
		for i := range 60 {
			w.say(club, "阿宁", fmt.Sprintf("/echo %d", i))
		}
		w.pass(5 * time.Minute)
		if len(arrived) != 60 {
			t.Errorf("%d arrived", len(arrived))
		}
		if at, over := overspent(arrived, time.Second, 1); over {
			t.Errorf("two within the second before %s", at)
		}
		if at, over := overspent(arrived, time.Minute, 20); over {
			t.Errorf("more than 20 within the minute before %s", at)
		}
	})
}
