package bot

import (
	"testing"
	"time"

	"qunmate/storage"
)

// What goes wrong within seconds is told together; what goes on going wrong
// does not keep what was first from being told.
func TestANoticeWaitsForWhatGoesWrongRightAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ages  []time.Duration
		waits bool
	}{
		"nothing":                    {nil, false},
		"its own time":               {[]time.Duration{NoticeAfter}, false},
		"another came after it":      {[]time.Duration{NoticeAfter, time.Second}, true},
		"just now":                   {[]time.Duration{0}, true},
		"all are old enough":         {[]time.Duration{20 * time.Second, 4 * time.Second}, false},
		"one has waited long enough": {[]time.Duration{gatherMost + time.Second, time.Second}, false},
		"a clock that was put back":  {[]time.Duration{-time.Hour}, false},
	} {
		var rows []storage.Occurrence
		for _, age := range c.ages {
			rows = append(rows, storage.Occurrence{SettledAt: now.Add(-age)})
		}
		if got := gathers(rows, now); got != c.waits {
			t.Errorf("%s: waits %v", name, got)
		}
	}
}
