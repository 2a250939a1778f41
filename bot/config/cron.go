package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronProblem checks a five-field cron expression and returns a code and its
// arguments, or "" if it is right. The library's own errors are not shown: they
// count fields from nowhere, and its parser panics on a zone prefix without an
// expression behind it.
func cronProblem(spec string) (string, map[string]string) {
	if strings.Contains(spec, "=") { // TZ=… and CRON_TZ=…
		return codeCronZone, nil
	}
	if strings.Contains(spec, "@") { // @every 1h, @daily
		return codeCronAt, nil
	}
	fields := strings.Fields(spec)
	if len(fields) != 5 {
		return codeCronFields, args("count", strconv.Itoa(len(fields)))
	}
	for i, f := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = f
		if s, ok := parseCron(strings.Join(alone, " ")); !ok || s.Minute == 0 || s.Hour == 0 || s.Dom == 0 || s.Month == 0 || s.Dow == 0 {
			return codeCronField, args("field", strconv.Itoa(i+1), "value", shown(f))
		}
	}
	s, ok := parseCron(strings.Join(fields, " "))
	// Next looks five years ahead; from here that includes a 29 February.
	if !ok || s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return codeCronNever, nil
	}
	return "", nil
}

func parseCron(spec string) (*cron.SpecSchedule, bool) {
	s, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(spec)
	if err != nil {
		return nil, false
	}
	spread, ok := s.(*cron.SpecSchedule)
	return spread, ok
}
