package schedule

import (
	"time"

	"qunmate/scheduler/when"
	"qunmate/storage"
)

// skipQuiet is why a post was left out: it fell into quiet hours.
const skipQuiet = "quiet"

// hush is what quiet hours mean for a schedule. The zero value is none.
type hush struct {
	From, Until int // minutes after midnight; equal = never
	Rule        string
}

// hushOf puts what a schedule wants before what its chat says.
func hushOf(s storage.Schedule, own storage.QuietHours) hush {
	h := hush{own.From, own.Until, own.Rule}
	switch s.Quiet {
	case storage.QuietSend:
		return hush{}
	case storage.QuietMove, storage.QuietSkip:
		h.Rule = s.Quiet
	}
	return h
}

func (h hush) set() bool   { return h.From != h.Until }
func (h hush) skips() bool { return h.Rule == storage.QuietSkip }

// end reports whether an instant lies inside the hours, and when they end. The
// clock is that of the instant's zone.
func (h hush) end(at time.Time) (time.Time, bool) {
	minute := at.Hour()*60 + at.Minute()
	in := h.From <= minute && minute < h.Until
	if h.From > h.Until {
		in = minute >= h.From || minute < h.Until
	}
	if !h.set() || !in {
		return time.Time{}, false
	}
	y, m, d := at.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if minute >= h.Until {
		day = day.AddDate(0, 0, 1)
	}
	end := when.Instant(day.Add(time.Duration(h.Until)*time.Minute), at.Location())
	if !end.After(at) { // the clock is put back just then
		return time.Time{}, false
	}
	return end, true
}
