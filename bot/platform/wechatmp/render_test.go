package wechatmp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/bot/chat"
)

func TestTextsAreWrittenAsThePlatformReadsThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"hello":                               "hello",
		"a<br>b":                              "a\nb",
		"<b>a</b> <i>b</i> <code>c</code>":    "a b c",
		`<at id="wechat:wx1:o1">Bob</at>, hi`: "Bob, hi",
		`<a href="https://x.example/?a=1&amp;b=2">here</a>`:  `<a href="https://x.example/?a=1&b=2">here</a>`,
		`<a href="https://x.example/&#34;&gt;&lt;">here</a>`: `<a href="https://x.example/%22%3E%3C">here</a>`,
		chat.Escape(`<a href="https://evil.example">x</a>`):  "\uff1ca href=\"https://evil.example\">x\uff1c/a>",
		chat.Escape(`1 < 2 <3 <- <`):                         "1 < 2 <3 <- <",
		chat.Escape("<A HREF=x>"):                            "\uff1cA HREF=x>",
		chat.Escape("a\x00b\x1bc\u0085d\ufffee\ufffdf\x7fg"): "abcdefg",
		"\U0001f389 \u7b7e\u5230":                            "\U0001f389 \u7b7e\u5230",
	} {
		p, err := render(chat.Content{Text: in})
		if err != nil || len(p.parts) != 1 || p.parts[0] != want {
			t.Errorf("%s\nbecame %q, want %q (%v)", in, p.parts, want, err)
		}
	}
	// Choices may be all there is.
	p, err := render(chat.Content{Choices: []chat.Choice{{Label: "Yes", Command: "/yes"}, {Command: "/no"}}})
	if err != nil || p.parts[0] != "1. Yes /yes\n2. /no" {
		t.Errorf("%q %v", p.parts, err)
	}
}

func TestLongTextsAreCutBetweenLetters(t *testing.T) {
	t.Parallel()
	link := `<a href="https://x.example/` + strings.Repeat("p", 300) + `">here</a>`
	for name, c := range map[string]struct {
		in    string
		parts int
	}{
		"fits":                 {strings.Repeat("a", 2048), 1},
		"one too many":         {strings.Repeat("a", 2049), 2},
		"three bytes a letter": {strings.Repeat("\u7b7e", 2048), 4},
		"lines":                {strings.Repeat("\u7b7e\u5230\u6210\u529f<br>", 400), 3},
		"links":                {strings.Repeat(link+"<br>", 12), 2},
		"a link too long":      {`<a href="https://x.example/` + strings.Repeat("p", 3000) + `">here</a>`, 1},
		"replaced signs":       {strings.Repeat("&lt;a", 1024), 2},
	} {
		p, err := render(chat.Content{Text: c.in})
		if err != nil || len(p.parts) < c.parts || len(p.parts) > c.parts+1 {
			t.Errorf("%s: %d parts, %v", name, len(p.parts), err)
		}
		for _, part := range p.parts {
			if len(part) > maxText || !utf8.ValidString(part) || strings.Count(part, "<a ") != strings.Count(part, "</a>") {
				t.Errorf("%s: a part of %d bytes: %.80q", name, len(part), part)
			}
		}
	}
}
