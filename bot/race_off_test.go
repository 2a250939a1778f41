//go:build !race

package bot

// underRace: the race detector makes the largest simulation ten times slower;
// it looks at a smaller one. The full size runs without it.
const underRace = false
