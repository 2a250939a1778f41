//go:build !race

package main_test

const (
	underRace   = false
	speedGroups = 1000
)
