package config

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the one of names that was probably meant by word: the same
// but for case and dashes, a few letters off, or contained in it.
func nearest(word string, names []string) (string, bool) {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	word = plain(word)
	best, bestDistance := "", 3 // three letters off is another word
	for _, name := range names {
		n := plain(name)
		if d := levenshtein.ComputeDistance(word, n); d < bestDistance && 2*d < max(len(word), len(n)) {
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
