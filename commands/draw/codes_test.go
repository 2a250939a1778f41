package draw_test

import (
	"strings"
	"testing"

	"qunmate/commands/draw"
)

func TestCodesAreReadFromAnyList(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 201)
	for text, want := range map[string]string{
		"A\nB\nC":                           "A B C 0 0",
		"\uFEFFcode,note\r\nA,1\r\nB,2\r\n": "A B 0 0",
		"A\nB\n\n  \nA\nB":                  "A B 2 0",
		"\"A\",x\n\"B \"\"q\"\"\"\n'007\n":  "A B \"q\" 007 0 0",
		long + "\nA":                        "A 0 1",
		"code\nA\ncode":                     "A code 0 0", // only a first line names its column
		"A\tB":                              "A 0 0",
		"":                                  " 0 0",
		"A\x00B":                            "unreadable",
		"\xff\xfeA\x00":                     "unreadable",
	} {
		if got := draw.ReadCodes(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func FuzzReadCodes(f *testing.F) {
	for _, seed := range []string{"A\nB", "\uFEFFcode\nA", `"a""b",c`, "'1", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range draw.Codes(text) {
			if c == "" || len([]rune(c)) > 200 || strings.TrimSpace(c) != c {
				t.Errorf("%q holds the code %q", text, c)
			}
		}
	})
}
