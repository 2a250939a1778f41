package wecombot

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestAnotherProcessIsNotFought(t *testing.T) {
	t.Parallel()
	var alarms []chat.Finding
	note := func(o *Options) { o.Alarm = func(f chat.Finding) { alarms = append(alarms, f) } }
	bubble(t, wecomtest.Options{KickClose: 313 * time.Second}, note, func(r *rig) {
		const said = "another process has connected with the same bot_id"
		k := newSink()
		stop := r.up(k.deliver)
		pauses := []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute}
		for n, pause := range pauses {
			r.s.Displace()
			synctest.Wait()
			if r.wire.open.Load() != 0 {
				r.t.Fatal("the old connection was kept open")
			}
			if f := r.Check(r.t.Context(), nil)[0]; f.OK || f.Code != checkDisplaced || f.Args["next"] == "" {
				r.t.Errorf("Check: %+v", f)
			}
			_, err := r.Send(r.t.Context(), chat.Letter{Chat: chatOfTest(group), Content: chat.Content{Text: "x"}})
			wantFault(r.t, err, chat.Retry)
			begin := time.Now()
			if err := r.s.WaitSubscribed(r.t.Context(), n+2); err != nil {
				r.t.Fatal(err)
			}
			if d := time.Since(begin); d != pause {
				r.t.Errorf("tried again after %s, want %s", d, pause)
			}
			waitFor(r.t, time.Minute) // it holds for a while, but not for good
		}
		r.s.Displace()
		waitFor(r.t, 24*time.Hour)
		if n := r.s.Subscriptions(); n != 5 {
			r.t.Errorf("%d subscriptions", n)
		}
		if f := r.Check(r.t.Context(), nil)[0]; f.OK || f.Code != checkDisplaced || f.Args["next"] != "" || f.Args["tries"] != "4" {
			r.t.Errorf("Check: %+v", f)
		}
		// Told once that it happened, and once that it is over with us.
		if len(alarms) != 2 || codes(alarms) != "!wecombot.displaced !wecombot.displaced" || alarms[0].Args["next"] == "" || alarms[1].Args["next"] != "" {
			r.t.Errorf("alarms: %+v", alarms)
		}
		if r.logs.Count("level=ERROR") != 1 || r.logs.Count(said) != 1 || r.logs.Count("gives up") != 1 {
			r.t.Errorf("not said once:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAfterALongTimeAloneTheOtherProcessIsForgotten(t *testing.T) {
	t.Parallel()
	var alarms []chat.Finding
	note := func(o *Options) { o.Alarm = func(f chat.Finding) { alarms = append(alarms, f) } }
	bubble(t, wecomtest.Options{}, note, func(r *rig) {
		stop := r.up(newSink().deliver)
		for n := range 6 { // more often than it would be fought
			r.s.Displace()
			begin := time.Now()
			if err := r.s.WaitSubscribed(r.t.Context(), n+2); err != nil {
				r.t.Fatal(err)
			}
			if d := time.Since(begin); d != 2*time.Minute {
				r.t.Errorf("tried again after %s", d)
			}
			waitFor(r.t, 31*time.Minute)
		}
		if got := codes(alarms); got != strings.TrimSpace(strings.Repeat("!wecombot.displaced wecombot.connected ", 6)) {
			r.t.Errorf("alarms: %s", got)
		}
		if r.logs.Count("no other process") != 6 || r.logs.Count("level=ERROR") != 6 {
			r.t.Errorf("%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTwoOfUsDoNotKickEachOtherForEver(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		other := connect(r.t, r.s, nil)
		defer other.wire.close()
		stopOther := other.start(newSink().deliver)
		waitFor(r.t, 12*time.Hour)
		if n := r.s.Subscriptions(); n > 12 {
			r.t.Errorf("%d subscriptions in half a day", n)
		}
		if err := errors.Join(stopOther(), stop()); err != nil {
			r.t.Error(err)
		}
	})
}
