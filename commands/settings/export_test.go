package settings

import (
	"fmt"
	"strings"
	"time"
)

// The pure rules, for the tests.
var (
	NewCode    = newCode
	ClaimHash  = claimHash
	Streaks    = streaks
	CarriedDay = carriedDay
)

// Tries is the counter of wrong codes.
type Tries struct{ t tries }

// Next counts one more and says whether it is made.
func (t *Tries) Next(now time.Time) bool {
	var ok bool
	t.t, ok, _ = t.t.next(now)
	return ok
}

// ParseZone reads the words after /timezone and writes what came of them.
func ParseZone(words []string, now string) string {
	zone, at, _ := strings.Cut(now, " ")
	t, err := time.Parse("15:04", at)
	if err != nil {
		return err.Error()
	}
	c, wrong := loadZones().parse(words, dayClock{zone, t.Hour()*60 + t.Minute()})
	if wrong != nil {
		return wrong.text + " " + wrong.example
	}
	return fmt.Sprintf("%s %02d:%02d", c.Zone, c.Start/60, c.Start%60)
}

// Zones gives the table of names and that of abbreviations.
func Zones() (named, short map[string]string) {
	z := loadZones()
	return z.named, z.short
}

// ZoneLines lists every name of the file as often as it stands there.
func ZoneLines() []string {
	var out []string
	for line := range strings.Lines(zonesFile) {
		if _, rest, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			out = append(out, split(strings.ReplaceAll(rest, "|", ","))...)
		}
	}
	return out
}
