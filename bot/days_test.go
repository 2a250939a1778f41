package bot

import (
	"context"
	"testing"
	"time"

	"qunmate/storage"
)

func TestAnEventIsJudgedByItsOwnTimeUnlessThatCannotBe(t *testing.T) {
	t.Parallel()
	now := morning
	for _, tt := range []struct {
		name string
		at   time.Time
		high time.Time // the latest instant that was committed, zero: none later than now
		want time.Time
	}{
		{"just now", now.Add(-time.Second), time.Time{}, now.Add(-time.Second)},
		{"sent before the day's border, told after it", now.Add(-20 * time.Minute), time.Time{}, now.Add(-20 * time.Minute)},
		{"48 h late", now.Add(-48 * time.Hour), time.Time{}, now.Add(-48 * time.Hour)},
		{"more than 48 h late: by arrival", now.Add(-48*time.Hour - time.Second), time.Time{}, now},
		{"a platform whose clock is a little ahead", now.Add(3 * time.Second), time.Time{}, now.Add(3 * time.Second)},
		{"a time that cannot be", now.Add(49 * time.Hour), time.Time{}, now},
		{"no time at all", time.Time{}, time.Time{}, now},
		{"the clock jumped back an hour", now.Add(-time.Second), now.Add(time.Hour), now.Add(time.Hour)},
		{"… and the platform's did not", now.Add(time.Hour), now.Add(time.Hour), now.Add(time.Hour)},
		{"… but a late event stays where it was", now.Add(-5 * time.Hour), now.Add(time.Hour), now.Add(-5 * time.Hour)},
		{"a jump of seconds is noise", now.Add(-time.Second), now.Add(30 * time.Second), now.Add(-time.Second)},
		{"a time two days ahead was wrong then, not now", now.Add(-time.Second), now.Add(48 * time.Hour), now.Add(-time.Second)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := &Engine{}
			e.full.highWater(tt.high)
			if got := e.judge(tt.at, now); !got.Equal(tt.want) {
				t.Errorf("judged as %s, want %s", got.Sub(now), tt.want.Sub(now))
			}
		})
	}
}

// day is a command that tells which chat day it counts for.
var day = Command{Name: "count", Run: func(_ context.Context, req *Request) (Reply, error) {
	return Reply{Template: "common.test_echo", Data: req.Day + " " + req.Now.Format("15:04 MST") + " " + req.At.Format("15:04")}, nil
}}

func TestAMessageCountsForTheDayOnWhichItWasSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(day))
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-22 08:00 CST 08:00")
		w.pass(20*time.Hour + 20*time.Minute)
		ev := w.message(club, "阿宁", "/count")
		ev.At = ev.At.Add(-21 * time.Minute) // 03:59, told at 04:20
		w.deliver(ev)
		w.heard("2026-11-22 04:20 CST 03:59")
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-23 04:20 CST 04:20")
	})
}

// The machine's clock is set back while the program is down: a day that has
// begun does not begin again.
func TestADayThatHasBegunDoesNotBeginAgainWhenTheClockIsSetBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(day))
		w.pass(20*time.Hour + 30*time.Minute) // 04:30
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-23")
		w.stop()
		w.clock = NewClock(w.clock.offset - time.Hour)
		w.start()
		w.say(club, "阿宁", "/count") // 03:30 by the clock
		w.heard("2026-11-23 03:30 CST 04:30")
		w.pass(2 * time.Hour)
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-23 05:30 CST 05:30")
	})
}

// Before that the clock was a week ahead: that time was wrong, and is not
// held on to.
func TestATimeThatWasFarAheadIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(day))
		w.stop()
		right := w.clock.offset
		w.clock = NewClock(right + 7*24*time.Hour)
		w.start()
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-29")
		w.stop()
		w.clock = NewClock(right)
		w.start()
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-22")
	})
}

func TestANewZoneHoldsFromTheNextDayOnWithoutARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		zone := Command{Name: "plan", Run: func(ctx context.Context, req *Request) (Reply, error) {
			from, err := req.ChangeClock(ctx, req.Args.Word(0), 0)
			return Reply{Template: "common.test_echo", Data: from.In(req.Now.Location()).Format("01-02 15:04")}, err
		}}
		w := begin(t, commands(day, zone))
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-22 08:00 CST")
		w.say(club, "阿宁", "/plan Asia/Tokyo")
		w.heard("11-23 04:00")
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-22 08:00 CST")
		w.pass(20 * time.Hour)
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-23 05:00 JST")
		w.restart()
		w.say(club, "阿宁", "/count")
		w.heard("2026-11-23 05:00 JST")
	})
}

// What a lost transaction saw of a community may be wrong: it is not kept.
func TestALostTransactionLeavesNoCalendarBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t)
		err := w.engine.do(context.Background(), func(ctx context.Context, tx *storage.Tx) error {
			c, err := tx.AddCommunity(ctx, "never", "Asia/Tokyo", 0)
			if err != nil {
				return err
			}
			if _, err := w.engine.days.of(ctx, &tx.Reader, c.ID, w.engine); err != nil {
				return err
			}
			return storage.ErrTxLost
		})
		if err == nil {
			t.Fatal("the transaction was not lost")
		}
		w.say(club, "阿宁", "hello") // its community gets the id that was free again
		c := w.chat(club)
		w.view(func(ctx context.Context, r *storage.Reader) error {
			cal, err := w.engine.days.of(ctx, r, c.CommunityID, w.engine)
			if zone := cal.Zone(morning); zone.String() != "Asia/Shanghai" {
				t.Errorf("community %d has the zone %s", c.CommunityID, zone)
			}
			return err
		})
	})
}
