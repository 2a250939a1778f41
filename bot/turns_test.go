package bot

import (
	"context"
	"fmt"
	"testing"
	"time"

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
