package chatday_test

import (
	"testing"
	"time"

	"qunmate/bot/chatday"
)

// FuzzCalendar tries any zones, starts and instants: nothing may panic, and
// every instant has its day.
func FuzzCalendar(f *testing.F) {
	f.Add(uint8(0), uint16(240), int64(1795550400), uint8(1), uint16(150), uint32(86_400), uint32(3_600))
	f.Add(uint8(2), uint16(0), int64(1325239200), uint8(4), uint16(1439), uint32(0), uint32(1))             // Samoa skips a date
	f.Add(uint8(6), uint16(0), int64(1289097000), uint8(6), uint16(1), uint32(100_000), uint32(10))         // St John's, 00:01
	f.Add(uint8(3), uint16(240), int64(1772942400), uint8(2), uint16(240), uint32(1), uint32(2_000_000))    // across the date line
	f.Add(uint8(2), uint16(240), int64(1772942400), uint8(3), uint16(240), uint32(1), uint32(2_000_000))    // and back
	f.Add(uint8(9), uint16(119), int64(1775314800), uint8(9), uint16(120), uint32(500_000), uint32(50_000)) // half an hour of summer time
	f.Fuzz(func(t *testing.T, zoneA uint8, startA uint16, unix int64, zoneB uint8, startB uint16, wait, probe uint32) {
		zones := worldwide(t)
		// From 1970 to 2100: what a chat can live to see.
		base := time.Unix((unix%4_102_444_800+4_102_444_800)%4_102_444_800, 0)
		a := chatday.Version{Zone: zones[int(zoneA)%len(zones)], Start: int(startA) % 1440}
		first := chatday.New(a)
		b := chatday.Version{From: first.Next(base.Add(time.Duration(wait) * time.Second)), Zone: zones[int(zoneB)%len(zones)], Start: int(startB) % 1440}
		cal := chatday.New(b, a)
		last := ""
		for _, at := range []time.Time{base, b.From.Add(-1), b.From, b.From.Add(time.Duration(probe) * time.Second), b.From.Add(time.Duration(probe)*time.Second + 24*time.Hour)} {
			if err := holds(cal, at, longMove); err != nil {
				t.Fatal(err)
			}
			day := cal.Day(at)
			if day < last {
				t.Fatalf("%s belongs to %s, after %s", at, day, last)
			}
			last = day
		}
	})
}
