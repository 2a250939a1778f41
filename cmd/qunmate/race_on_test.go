//go:build race

package main_test

// underRace: the race detector makes the simulations of a whole rush ten times
// slower; it looks at a smaller one. The full size runs without it.
const (
	underRace   = true
	speedGroups = 400
)
