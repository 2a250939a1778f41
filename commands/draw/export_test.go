package draw

import (
	"fmt"
	"strings"
)

// ReadCodes prints what a list of codes is read as.
func ReadCodes(text string) string {
	l, ok := readCodes(text)
	if !ok {
		return "unreadable"
	}
	return fmt.Sprint(strings.Join(l.Codes, " "), " ", l.Twice, " ", l.Long)
}

// Codes are the codes of a list.
func Codes(text string) []string {
	l, _ := readCodes(text)
	return l.Codes
}
