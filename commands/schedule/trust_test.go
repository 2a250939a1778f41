package schedule_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// life is some months of a few schedules in one zone, with everything going
// wrong that can.
type life struct {
	t     *testing.T
	rand  *rand.Rand
	stage *commandtest.Stage

	mu    sync.Mutex
	dice  *rand.Rand // the platform's
	posts []accepted // what the platform has, in order
	fault error      // for the next letter
}

type accepted struct {
	name string
	at   time.Time // by the program's clock
}

// onSend is the platform: it notes every post that it accepts, or fails as the
// dice say. An uncertain failure may have delivered the post.
func (l *life) onSend(letter chat.Letter) error {
	text := chat.Plain(letter.Content.Text)
	name, ok := strings.CutPrefix(text, "定时 ")
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fault := l.fault
	l.fault = nil
	var send *chat.SendError
	if fault == nil || errors.As(fault, &send) && send.Fault == chat.Unknown && l.dice.IntN(2) == 0 {
		l.posts = append(l.posts, accepted{name, l.stage.Now()})
	}
	return fault
}

// step lets something happen.
func (l *life) step() {
	s, r := l.stage, l.rand
	pass := func(most time.Duration) { time.Sleep(time.Duration(r.Int64N(int64(most)))); synctest.Wait() }
	pass(9 * time.Hour)
	switch r.IntN(12) {
	case 0:
		s.Crash(0)
	case 1: // between the platform's acceptance and our commit
		s.Arm()
		pass(7 * time.Hour)
		s.Crash(0)
	case 2:
		s.Trouble("restart")
	case 3: // not running
		s.Trouble("stop")
		pass(20 * time.Hour)
		s.Trouble("start")
	case 4: // asleep for a day
		s.MoveTo(s.Now().Add(24 * time.Hour))
	case 5: // the clock is put back
		s.Crash(-time.Duration(r.Int64N(int64(5 * time.Hour))))
	case 6: // the clock ran ahead, and is put right
		s.Crash(40 * time.Hour)
		pass(20 * time.Minute)
		s.Crash(-40 * time.Hour)
	case 7:
		s.Trouble("down")
		pass(30 * time.Minute)
		s.Trouble("up")
	case 8, 9:
		l.mu.Lock()
		fault := []chat.Fault{chat.Unknown, chat.Retry, chat.Throttled, chat.Rejected}[r.IntN(4)]
		l.fault = &chat.SendError{Fault: fault, Err: errors.New("as the dice say")}
		l.mu.Unlock()
	}
	if s.Died() {
		s.Crash(0)
	}
}

// TestPostsAreSentOnceAndNeverMissedInSilence lives through about a thousand
// instants in three zones, over the nights when clocks change.
func TestPostsAreSentOnceAndNeverMissedInSilence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, start string
		seed        uint64
	}{
		{"Asia/Shanghai", "2026-09-15 12:00", 1},
		{"America/New_York", "2026-02-20 12:00", 2},
		{"Australia/Lord_Howe", "2026-09-15 12:00", 3},
	} {
		t.Run(c.zone, func(t *testing.T) {
			t.Parallel()
			if underRace && c.seed != 2 {
				t.Skip("runs without the race detector")
			}
			synctest.Test(t, func(t *testing.T) {
				l := &life{t: t, rand: rand.New(rand.NewPCG(c.seed, 42)), dice: rand.New(rand.NewPCG(c.seed, 43))}
				l.stage = commandtest.Open(t, family(), commandtest.Scene{Zone: c.zone, Start: c.start})
				defer l.stage.Close()
				l.live(c.zone)
			})
		})
	}
}

// turnsWanted is how many instants each zone goes through.
const turnsWanted = 340

func (l *life) live(zone string) {
	l.t.Helper()
	for _, add := range []string{
		"a 每天 2:30 定时 a", "b 每6小时 定时 b 错过 跳过", "c 每天 9:10、21:10 定时 c 跳过 休息日", "d 每天 15:00 定时 d 错过 补发",
	} {
		l.stage.Say("管理员", "/schedule add "+add)
		if _, ok := l.stage.Press("管理员", "启用"); !ok {
			l.t.Fatalf("%s: no button", add)
		}
	}
	l.stage.OnSend(l.onSend)
	end := l.stage.Now().AddDate(0, 0, turnsWanted/8)
	for l.stage.Now().Before(end) {
		l.step()
	}
	l.mu.Lock()
	l.fault = nil
	l.mu.Unlock()
	time.Sleep(2 * time.Hour) // the last look at the clock, and the last outcome
	synctest.Wait()
	l.stage.Settle()
	l.compare(zone)
}

// compare holds the rows against the rule and against the platform's record.
func (l *life) compare(name string) {
	l.t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		l.t.Fatal(err)
	}
	total, states := 0, map[string]int{}
	l.stage.View(func(ctx context.Context, r *storage.Reader) error {
		all, err := r.SchedulesOf(ctx, 1)
		if err != nil || len(all) != 4 {
			return fmt.Errorf("%d schedules: %w", len(all), err)
		}
		for _, s := range all {
			var rule when.Rule
			if err := json.Unmarshal([]byte(s.Rule), &rule); err != nil {
				return err
			}
			rows, err := r.Occurrences(ctx, s.Job())
			if err != nil {
				return err
			}
			byDue := map[int64]storage.Occurrence{}
			for _, o := range rows {
				byDue[o.DueAt.UnixMilli()] = o
				if o.DueAt.Before(l.stage.Now()) {
					states[o.State]++
				}
			}
			for at := s.CreatedAt; ; {
				turn, ok := rule.Next(at, zone)
				if !ok || turn.At.After(l.stage.Now().Add(-time.Hour)) {
					break
				}
				at = turn.At
				total++
				o, ok := byDue[at.UnixMilli()]
				switch {
				case !ok:
					l.t.Errorf("%s at %s has no row", s.Name, at)
				case o.State == storage.Planned || o.State == storage.Sending:
					l.t.Errorf("%s at %s is still %s", s.Name, at, o.State)
				case (o.State == storage.Missed || o.State == storage.Skipped) && o.Reason == "":
					l.t.Errorf("%s at %s was %s, nobody knows why", s.Name, at, o.State)
				}
			}
			l.record(s, rows)
		}
		return nil
	})
	l.t.Logf("%s: %d instants, %d posts on the platform, rows %v", name, total, len(l.posts), states)
	if total < turnsWanted*9/10 || states[storage.Sent] < total/3 || states[storage.Missed] == 0 || states[storage.Uncertain] == 0 || states[storage.Skipped] == 0 {
		l.t.Errorf("%s: too little happened: %d instants, %v", name, total, states)
	}
}

// record finds for every post on the platform the one instant it belongs to:
// the latest that was due by then and may have gone out.
func (l *life) record(s storage.Schedule, rows []storage.Occurrence) {
	l.t.Helper()
	most := 11 * time.Minute // how late a post may arrive
	if s.Missed == storage.MissedOnce {
		most = 72 * time.Hour
	}
	got := map[int64]int{}
	for _, p := range l.posts {
		if p.name != s.Name {
			continue
		}
		found := false
		for i := len(rows) - 1; i >= 0 && !found; i-- {
			o := rows[i]
			late := p.at.Sub(o.DueAt)
			if late < 0 || late > most || (o.State != storage.Sent && o.State != storage.Uncertain) || (s.Missed == storage.MissedOnce && got[o.ID] > 0) {
				continue
			}
			got[o.ID]++
			found = true
		}
		if !found {
			l.t.Errorf("%s: the platform has a post of %s that no row knows", s.Name, p.at)
		}
	}
	for _, o := range rows {
		switch n := got[o.ID]; {
		case n > 1:
			l.t.Errorf("%s of %s went out %d times", s.Name, o.DueAt, n)
		case o.State == storage.Sent && n != 1:
			l.t.Errorf("%s of %s is sent, the platform has it %d times", s.Name, o.DueAt, n)
		}
	}
}
