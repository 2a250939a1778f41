package qa_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/commands/qa"
)

func TestTheSameQuestionIsRecognised(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"新手怎么选跑鞋?预算 500", "新手怎么选跑鞋", true},
		{"Which Running Shoes?", "which running shoes", true},
		{"在吗", "在吗？？", true},
		{"在吗", "在吗有人知道怎么退款", false},
		{"怎么退款", "怎么退货", false},
		{"???", "???", false},
	} {
		if qa.Same(tt.a, tt.b) != tt.want || qa.Same(tt.b, tt.a) != tt.want {
			t.Errorf("%q, %q: want %v", tt.a, tt.b, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("新手怎么选跑鞋?\n预算 500", "新手怎么选跑鞋")
	f.Add("\xff\x00 a", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		got := qa.Clean(a)
		if !utf8.ValidString(got) || got != qa.Clean(got) {
			t.Errorf("%q gives %q", a, got)
		}
		if e := qa.Excerpt(got); utf8.RuneCountInString(e) > 41 || strings.ContainsRune(e, '\n') {
			t.Errorf("%q is no excerpt of %q", e, got)
		}
		if qa.Same(a, b) != qa.Same(b, a) {
			t.Errorf("%q and %q", a, b)
		}
	})
}
