package help

import (
	"strings"

	"qunmate/bot"
)

// Fixes gives the pure rule to the tests: one line per fix, "how: rights".
func Fixes(missing []string) []string {
	var out []string
	for _, f := range fixes(missing) {
		out = append(out, f.How+": "+strings.Join(f.Rights, " "))
	}
	return out
}

// Arrange gives the order of commands to the tests.
func Arrange(commands []bot.Command, admin bool) (lines, more, admins []string) {
	p := arrange(commands, admin)
	return p.lines, p.more, p.admin
}
