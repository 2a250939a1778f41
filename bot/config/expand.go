package config

import (
	"regexp"
	"strings"
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// A name that nobody would take for a secret that was put between the
	// braces by mistake.
	plainName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,63}$`)
)

// expand replaces every ${NAME} in text by the variable's value; what a value
// holds is not expanded again. A $ without { stays. It runs on a value that
// YAML has already read, so a variable may hold any character.
func expand(text string, lookup func(string) (string, bool)) (string, []Problem) {
	var b strings.Builder
	var problems []Problem
	malformed := false // said once per value
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), problems
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !variableName.MatchString(name) {
			if !malformed {
				problems = append(problems, Problem{Code: codeVariableSyntax})
			}
			malformed, text = true, rest
			continue
		}
		value, set := lookup(name)
		switch {
		case set:
			b.WriteString(value)
		case plainName.MatchString(name):
			problems = append(problems, Problem{Code: codeVariableUnset, Args: args("name", name)})
		default:
			problems = append(problems, Problem{Code: codeVariableUnsetHidden})
		}
		text = after
	}
}
