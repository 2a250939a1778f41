package chat_test

import (
	"html/template"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"qunmate/bot/chat"
)

func TestParseReadsTheSmallMarkup(t *testing.T) {
	t.Parallel()
	type s = chat.Span
	for _, tt := range []struct {
		name, in string
		want     []s
	}{
		{"nothing", "", nil},
		{"blanks alone", " \t\n ", nil},
		{"plain text", "签到成功", []s{{Text: "签到成功"}}},
		{"one style", "<b>签到</b>", []s{{Text: "签到", Bold: true}}},
		{"styles in each other", "<b>a<i>b</i></b>c", []s{{Text: "a", Bold: true}, {Text: "b", Bold: true, Italic: true}, {Text: "c"}}},
		{"long names of elements", "<strong>a</strong><em>b</em>", []s{{Text: "a", Bold: true}, {Text: "b", Italic: true}}},
		{"upper case", "<B>a</B>", []s{{Text: "a", Bold: true}}},
		{"code", "发 <code>/why #12</code>", []s{{Text: "发 "}, {Text: "/why #12", Code: true}}},
		{"a blank inside a style", "<b>a b</b>", []s{{Text: "a b", Bold: true}}},
		{"a blank between two styles", "<b>a</b> <code>b </code>c", []s{{Text: "a", Bold: true}, {Text: " "}, {Text: "b", Code: true}, {Text: " c"}}},
		{"a blank before a style that ends at once", "a <b></b><br>b", []s{{Text: "a\nb"}}},
		{"line break", "a<br>b", []s{{Text: "a\nb"}}},
		{"line breaks in every spelling", "a<br/>b<br />c<BR>d", []s{{Text: "a\nb\nc\nd"}}},
		{"an empty line", "a<br><br>b", []s{{Text: "a\n\nb"}}},
		{"blanks around a break vanish", "a <br>\n  b", []s{{Text: "a\nb"}}},
		{"source lines are blanks", "a\n\t b", []s{{Text: "a b"}}},
		{"blanks at the ends vanish", "  a  ", []s{{Text: "a"}}},
		{"a blank between styles stays one", "<b>a</b>  b", []s{{Text: "a", Bold: true}, {Text: " b"}}},
		{"escapes", "&lt;b&gt; &amp; &#43;10 &quot;x&quot; &#39;y&#39;", []s{{Text: `<b> & +10 "x" 'y'`}}},
		{"escaped twice is unescaped once", "&amp;lt;", []s{{Text: "&lt;"}}},
		{"a written blank stays", "a&nbsp;&nbsp;b", []s{{Text: "a\u00a0\u00a0b"}}},
		{"a link", `<a href="https://example.com/?a=1&amp;b=2">看</a>`, []s{{Text: "看", Link: "https://example.com/?a=1&b=2"}}},
		{"a plain http link", `<a href="http://example.com">x</a>`, []s{{Text: "x", Link: "http://example.com"}}},
		{"a dangerous link is text", `<a href="javascript:alert(1)">x</a>`, []s{{Text: "x"}}},
		{"a link without address is text", `<a>x</a>`, []s{{Text: "x"}}},
		{"a mention", `<at id="telegram:5">阿宁</at> 好`, []s{{Text: "阿宁", At: "telegram:5"}, {Text: " 好"}}},
		{"an unknown element leaves its text", "<u>a</u><script>b</script>", []s{{Text: "ab"}}},
		{"an element that never ends", "<b>a", []s{{Text: "a", Bold: true}}},
		{"an end without a beginning", "a</b>b", []s{{Text: "ab"}}},
		{"a lone less-than sign", "1 < 2", []s{{Text: "1 < 2"}}},
		{"a half element at the end", "a<b", []s{{Text: "a<b"}}},
		{"invalid bytes", "a\xffb", []s{{Text: "a\ufffdb"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := chat.Parse(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Parse(%q)\n got %+v\nwant %+v", tt.in, got, tt.want)
			}
		})
	}
}

func TestPlainKeepsTheWordsOnly(t *testing.T) {
	t.Parallel()
	const in = `<b>✅ 签到成功</b> &#43;10<br><a href="https://e.org">规则</a> <at id="t:1">小&amp;满</at>`
	if got, want := chat.Plain(in), "✅ 签到成功 +10\n规则 小&满"; got != want {
		t.Errorf("Plain = %q, want %q", got, want)
	}
}

// What a person calls himself must come out as that, whatever it looks like.
func TestEscapedTextComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, name := range hostileNames {
		if got := chat.Plain(chat.Escape(name)); got != name {
			t.Errorf("Plain(Escape(%q)) = %q", name, got)
		}
		var b strings.Builder
		if err := template.Must(template.New("").Parse("{{.}}")).Execute(&b, name); err != nil {
			t.Fatal(err)
		}
		if got := chat.Plain(b.String()); got != name {
			t.Errorf("through html/template: Plain(%q) = %q, want %q", b.String(), got, name)
		}
		for _, s := range chat.Parse(chat.Escape(name)) {
			if s.Bold || s.Code || s.Link != "" || s.At != "" {
				t.Errorf("the name %q became markup: %+v", name, s)
			}
		}
	}
	if got := chat.Plain(chat.Escape("一\n二")); got != "一\n二" {
		t.Errorf("line ends: %q", got)
	}
}

var hostileNames = []string{
	`<b>`, `</b>`, `<at id="all"/>`, `<script>alert(1)</script>`, `&lt;`, `&`, `&amp;amp;`, `"'`, `[x](javascript:1)`, `*_~` + "`", `+1`,
	`<a href="https://evil.example">x</a>`, "阿宁", "🤖👨‍👩‍👧", "\u202e反", `a < b > c`, `{{.}}`,
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func units16(s string) int { return len(utf16.Encode([]rune(s))) }

func bytesOf(s string) int { return len(s) }

func TestSplitCutsWhereAReaderWould(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		limit    int
		units    func(string) int
		want     []string
	}{
		{"nothing to cut", "abc", 3, runes, []string{"abc"}},
		{"no limit", strings.Repeat("x", 99), 0, runes, []string{strings.Repeat("x", 99)}},
		{"at line ends", "一行<br>二行<br>三行", 6, runes, []string{"一行\n二行", "三行"}},
		{"at a blank where there is no line end", "hello world again", 12, runes, []string{"hello world", "again"}},
		{"between runes where there is no blank", "签到签到签到", 4, runes, []string{"签到签到", "签到"}},
		{"an early blank is no place to cut", "📢 " + strings.Repeat("公", 60), 40, runes, []string{"📢 " + strings.Repeat("公", 38), strings.Repeat("公", 22)}},
		{"an early line end is no place to cut", "一<br>" + strings.Repeat("公", 60), 40, runes, []string{"一\n" + strings.Repeat("公", 38), strings.Repeat("公", 22)}},
		{"in bytes a rune stays whole", "签到签到", 7, bytesOf, []string{"签到", "签到"}},
		{"in UTF-16 a pair stays whole", "😀😀😀", 3, units16, []string{"😀", "😀", "😀"}},
		{"blank lines at the cut are dropped", "一二三<br><br><br>四五六", 5, runes, []string{"一二三", "四五六"}},
		{"no part is blank", strings.Repeat("<br>", 9) + "x", 4, runes, []string{"x"}},
		{"no part is left blank at the end", "xxxx<br>", 4, runes, []string{"xxxx"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range chat.Split(chat.Parse(tt.in), tt.limit, tt.units) {
				got = append(got, text(p))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Split(%q, %d)\n got %q\nwant %q", tt.in, tt.limit, got, tt.want)
			}
		})
	}
}

func TestSplitKeepsStylesOnBothSidesOfACut(t *testing.T) {
	t.Parallel()
	parts := chat.Split(chat.Parse(`a<b>bbbb</b><a href="https://e.org">cccc</a>`), 3, runes)
	var got []chat.Span
	for _, p := range parts {
		got = append(got, p...)
	}
	want := []chat.Span{
		{Text: "a"},
		{Text: "bb", Bold: true},
		{Text: "bb", Bold: true},
		{Text: "c", Link: "https://e.org"},
		{Text: "ccc", Link: "https://e.org"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSplitLivesWithInvalidBytes(t *testing.T) {
	t.Parallel()
	for _, p := range chat.Split([]chat.Span{{Text: "ab\xff\xfecd\xe7"}}, 2, runes) {
		if runes(text(p)) > 2 {
			t.Errorf("part %q is too long", text(p))
		}
	}
}

func text(spans []chat.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// checkSplit holds what every split must keep.
func checkSplit(t *testing.T, spans []chat.Span, limit int, units func(string) int) {
	t.Helper()
	whole := text(spans)
	parts := chat.Split(spans, limit, units)
	var joined strings.Builder
	for _, p := range parts {
		s := text(p)
		joined.WriteString(s)
		if len(parts) == 1 {
			break
		}
		if n := units(s); n > limit && runes(s) > 1 {
			t.Errorf("a part of %d units, the limit is %d: %q", n, limit, s)
		}
		if strings.TrimSpace(s) == "" {
			t.Errorf("a blank part %q among %d", s, len(parts))
		}
		if utf8.ValidString(whole) && !utf8.ValidString(s) {
			t.Errorf("a rune was cut: %q", s)
		}
	}
	// Blanks and line ends at a cut may go; everything else stays in order.
	if got, want := squeeze(joined.String()), squeeze(whole); got != want {
		t.Errorf("text was lost or moved:\n got %q\nwant %q", got, want)
	}
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func FuzzParseMarkup(f *testing.F) {
	for _, s := range []string{
		"", "签到成功 <b>+10</b>", "a<br>b", `<a href="https://e.org">x</a>`, `<at id="t:1">阿宁</at>`, "&lt;b&gt;", "<", "<<>>", "< b >", "a\xff",
		`<a href="`, "&#0;", "&#x110000;", "<br><br/>", " \n<b> \n</b>\n ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, s := range chat.Parse(in) {
			if !utf8.ValidString(s.Text) {
				t.Errorf("invalid text %q", s.Text)
			}
			if s.Text == "" {
				t.Error("an empty span")
			}
			if s.Link != "" && !strings.HasPrefix(s.Link, "http://") && !strings.HasPrefix(s.Link, "https://") {
				t.Errorf("a link to %q", s.Link)
			}
		}
		plain := chat.Plain(in)
		if again := chat.Plain(chat.Escape(plain)); squeeze(again) != squeeze(plain) {
			t.Errorf("escaped and read again: %q, was %q", again, plain)
		}
		for _, s := range chat.Parse(chat.Escape(in)) {
			if s != (chat.Span{Text: s.Text}) {
				t.Errorf("escaped text became markup: %+v", s)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("签到成功 +10<br>连签 7 天", 5, byte(0))
	f.Add("hello world, a long line without an end", 8, byte(1))
	f.Add("😀😀😀", 3, byte(1))
	f.Add("<b>a</b> <i>b</i><br><br>c", 2, byte(2))
	f.Add("\n\n\n", 1, byte(0))
	f.Fuzz(func(t *testing.T, in string, limit int, unit byte) {
		units := []func(string) int{runes, units16, bytesOf}[unit%3]
		checkSplit(t, chat.Parse(in), limit, units)
		if utf8.ValidString(in) { // Parse makes no other spans
			checkSplit(t, []chat.Span{{Text: in}, {Text: in, Bold: true}}, limit, units)
		}
		chat.Split([]chat.Span{{Text: in}}, limit, units)
	})
}
