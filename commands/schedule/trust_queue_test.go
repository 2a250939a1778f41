package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// TestAQueueIsGoneThroughOnceWhateverIsKilled lives through some weeks of a
// queue beside quiet hours: every post has its own text, the one that was
// decided for it, each comes once a round and none in the hours of quiet.
func TestAQueueIsGoneThroughOnceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	if underRace {
		t.Skip("runs without the race detector")
	}
	synctest.Test(t, func(t *testing.T) {
		l := &life{t: t, rand: rand.New(rand.NewPCG(7, 42)), dice: rand.New(rand.NewPCG(7, 43))}
		l.stage = commandtest.Open(t, family(), commandtest.Scene{Zone: "Asia/Shanghai", Start: "2026-09-15 12:00"})
		defer l.stage.Close()
		for _, c := range [][2]string{
			{"/schedule quiet 22:00-08:00", "确认"},
			{"/schedule queue add q\n定时 q1\n定时 q2\n定时 q3\n定时 q4\n定时 q5", "确认"},
			{"/schedule add a 每天 9:00、12:00、15:00、23:00 队列 q quiet move", "启用"},
			{"/schedule add b 每天 18:00 队列 q", "启用"},
		} {
			l.stage.Say("管理员", c[0])
			if _, ok := l.stage.Press("管理员", c[1]); !ok {
				t.Fatalf("%s: no button", c[0])
			}
		}
		l.stage.OnSend(l.onSend)
		for end := l.stage.Now().AddDate(0, 0, 40); l.stage.Now().Before(end); {
			l.step()
		}
		l.mu.Lock()
		l.fault = nil
		l.mu.Unlock()
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		l.stage.Settle()
		l.stage.Verify()
		l.compareQueue()
	})
}

// compareQueue holds what the platform has against what was decided.
func (l *life) compareQueue() {
	l.t.Helper()
	sent, moved := map[string]int{}, 0
	l.stage.View(func(ctx context.Context, r *storage.Reader) error {
		all, err := r.SchedulesOf(ctx, 1)
		if err != nil || len(all) != 2 {
			return fmt.Errorf("%d schedules: %w", len(all), err)
		}
		for _, s := range all {
			rows, err := r.Occurrences(ctx, s.Job())
			if err != nil {
				return err
			}
			for _, o := range rows {
				item, err := r.PickOf(ctx, o.ID)
				if o.State != storage.Sent && o.State != storage.Uncertain {
					continue
				}
				if errors.Is(err, storage.ErrNotFound) {
					l.t.Errorf("%s of %s has no text", s.Name, o.DueAt)
					continue
				}
				if err != nil {
					return err
				}
				if o.State == storage.Sent {
					sent[strings.TrimPrefix(item.Body, "定时 ")]++
				}
				if !o.MovedTo.IsZero() {
					moved++
				}
				if h := o.StartedAt.In(l.stage.Now().Location()).Hour(); h >= 22 || h < 8 {
					l.t.Errorf("%s of %s was posted at %d o'clock", s.Name, o.DueAt, h)
				}
			}
		}
		return nil
	})
	got := map[string]int{}
	for _, p := range l.posts {
		got[p.name]++
	}
	least, most := 1<<30, 0
	for i := range 5 {
		name := fmt.Sprint("q", i+1)
		if sent[name] > got[name] {
			l.t.Errorf("%s is sent %d times, the platform has it %d times", name, sent[name], got[name])
		}
		least, most = min(least, sent[name]), max(most, sent[name])
	}
	l.t.Logf("sent %v, on the platform %v, %d moved", sent, got, moved)
	if least < 5 || moved == 0 {
		l.t.Errorf("too little happened: %v, %d moved", sent, moved)
	}
}
