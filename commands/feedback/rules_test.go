package feedback_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/commands/feedback"
)

func TestATicketHasOneTo500Letters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, want string
		ok         bool
	}{
		{" 好 ", "好", true},
		{"", "", false},
		{"\n\t ", "", false},
		{"a\x00b\nc", "a b\nc", true},
		{strings.Repeat("字", 500), strings.Repeat("字", 500), true},
		{strings.Repeat("字", 501), strings.Repeat("字", 501), false},
	} {
		if got, ok := feedback.Clean(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q %v", tt.text, got, ok)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("周末能不能\n也办读书会？")
	f.Add("\xff\x00 a")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := feedback.Clean(text)
		if !utf8.ValidString(got) || got != strings.TrimSpace(got) || ok && got == "" {
			t.Errorf("%q gives %q", text, got)
		}
		if again, ok2 := feedback.Clean(got); again != got || ok2 != ok {
			t.Errorf("%q gives %q, and that %q", text, got, again)
		}
		if e := feedback.Excerpt(got); utf8.RuneCountInString(e) > 41 || strings.ContainsRune(e, '\n') {
			t.Errorf("%q is no excerpt of %q", e, got)
		}
	})
}
