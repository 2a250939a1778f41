package wecombot

import (
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestARushIsThrottledBeforeThePlatformMinds(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{Limits: wecomtest.Documented()}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/poll")
		sent := 0
		begin := time.Now()
		for sent < 600 { // text and card: 1200 messages
			_, err := r.Send(r.t.Context(), letter(ev, "Party?", votes(9)...))
			if err == nil {
				sent++
				continue
			}
			se := fault(r.t, err)
			if se.Fault != chat.Throttled || se.After <= 0 {
				r.t.Fatal(se)
			}
			waitFor(r.t, se.After)
		}
		if d := time.Since(begin); d < time.Hour || d > 90*time.Minute {
			r.t.Errorf("1200 messages took %s", d)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
