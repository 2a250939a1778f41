//go:build race

package schedule_test

// underRace: the race detector makes a simulated year ten times slower; it
// looks at one zone and one year. All of them run without it.
const underRace = true
