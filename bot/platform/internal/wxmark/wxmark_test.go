package wxmark

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/bot/chat"
)

const maxText = 4096

func TestSpansBecomeMarkdown(t *testing.T) {
	t.Parallel()
	var rows []struct{ Markup, Want string }
	data, err := os.ReadFile("testdata/render.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if got := Render(chat.Parse(row.Markup), nil); got != row.Want {
			t.Errorf("%s\n got %q\nwant %q", row.Markup, got, row.Want)
		}
	}
}

func TestLongTextsAreSplitOnRunesWithinTheByteLimit(t *testing.T) {
	t.Parallel()
	const han = "\u7b7e"
	var links strings.Builder
	for i := range 300 {
		links.WriteString(`<a href="https://example.com/` + strings.Repeat("p", 400+i) + `">x</a> `)
	}
	for name, markup := range map[string]string{
		"fits":             strings.Repeat("a", maxText),
		"one too many":     strings.Repeat("a", maxText+1),
		"three bytes each": strings.Repeat(han, maxText),
		"lines":            strings.Repeat(strings.Repeat(han, 30)+"<br>", 700),
		"escaped":          strings.Repeat("*", 3*maxText),
		"styled":           strings.Repeat("<b>x</b>y", maxText),
		"links":            links.String(),
	} {
		parts := Parts(chat.Parse(markup), maxText, nil)
		plain := strings.Join(parts, "")
		for i, p := range parts {
			if len(p) > maxText || !utf8.ValidString(p) || strings.TrimSpace(p) == "" {
				t.Errorf("%s: part %d has %d bytes", name, i, len(p))
			}
		}
		if want := strings.Count(chat.Plain(markup), han); strings.Count(plain, han) != want {
			t.Errorf("%s: letters were lost: %d of %d", name, strings.Count(plain, han), want)
		}
		if (name == "fits") != (len(parts) == 1) {
			t.Errorf("%s: %d parts", name, len(parts))
		}
	}
	if parts := Parts(chat.Parse(" <br> "), maxText, nil); len(parts) != 0 {
		t.Errorf("blanks: %q", parts)
	}
}

// narrow undoes the wide forms.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\uFF01' && r <= '\uFF5E' {
			return r - '\uFF01' + '!'
		}
		return r
	}, s)
}

// FuzzEscape: whatever a name is, nothing in it is markup, and it is still
// that name.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{
		"\u674e\u96f7", "<@all>", "[x](https://evil.example)", "**b**", "`c`", "# h", "> q", "- l", "1. o", "&lt;@all&gt;", "a_b _c_",
		"https://example.com/<@all>", "http://[::1]/*", "\\", "|a|\x00", "---", "===", "\u2005#", "~~s~~", "https://a_b_",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.Contains(s, "\n") {
			return // chat.Parse gives neither
		}
		got := escapeText(s, true)
		kept := strings.Map(func(r rune) rune {
			if (r < 0x20 && r != '\t') || r == 0x7F {
				return -1
			}
			return r
		}, s)
		if strings.ContainsAny(got, "<`*[]|\\~") {
			t.Errorf("%q became %q", s, got)
		}
		if entity.MatchString(got[max(0, strings.IndexByte(got, '&')):]) && strings.Contains(got, "&") && !strings.Contains(kept, "http") {
			t.Errorf("an entity in %q", got)
		}
		first := strings.TrimSpace(got)
		for _, block := range []string{">", "# ", "##", "- ", "--", "+ ", "++", "==", "= "} {
			if strings.HasPrefix(first, block) {
				t.Errorf("%q begins a block: %q", s, got)
			}
		}
		if len(got) > widest(s) {
			t.Errorf("%q takes %d bytes, more than %d", got, len(got), widest(s))
		}
		if strings.Contains(kept, "http") {
			return // addresses are percent-encoded
		}
		if narrow(got) != narrow(kept) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestPeopleAreMentionedWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	mention := func(s chat.Span) string {
		if id, ok := strings.CutPrefix(s.At, "wecom:"); ok {
			return "<@" + id + ">"
		}
		return ""
	}
	spans := chat.Parse(`hi <at id="wecom:lilei">Li</at> and <at id="telegram:1">&lt;@all&gt;</at>`)
	if got, want := Render(spans, mention), "hi <@lilei> and \uff1c@all>"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
