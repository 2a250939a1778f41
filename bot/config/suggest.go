package config

import (
	"strings"
)

// nearest returns the one of names that was probably meant by word: the same
// but for case and dashes, a few letters off, or contained in it.
func nearest(word string, names []string) (string, bool) {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	word = plain(word)
	best, bestDistance := "", 3 // three letters off is another word
	for _, name := range names {
		n := plain(name)
		if d := distance(word, n); d < bestDistance && 2*d < max(len(word), len(n)) {
			best, bestDistance = name, d
		}
	}
	if best != "" {
		return best, true
	}
	for _, name := range names { // bot_token, tokens
		n := plain(name)
		if len(n) >= 4 && strings.Contains(word, n) || len(word) >= 4 && strings.Contains(n, word) {
			return name, true
		}
	}
	return "", false
}

// distance counts the letters to insert, delete, replace or swap with the next
// to make b of a (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	// Three rows: swapping looks two back.
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}

// placeOf returns where key belongs, if there is exactly one such place.
func (s schema) placeOf(key string) (string, bool) {
	place := ""
	for _, e := range s {
		if e.key != key {
			continue
		}
		if place != "" {
			return "", false
		}
		place = e.path
	}
	return place, place != ""
}
