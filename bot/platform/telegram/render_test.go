package telegram

import (
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestMarkupBecomesTelegramsHTML(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]string{
		"plain":                                      "plain",
		"a &lt;b&gt; &amp; c":                        "a &lt;b&gt; &amp; c",
		"<b>x</b><br><i>y</i>":                       "<b>x</b>\n<i>y</i>",
		"<b><i>x</i></b>":                            "<i><b>x</b></i>",
		"<code>/checkin &lt;x&gt;</code>":            "<code>/checkin &lt;x&gt;</code>",
		"<b><code>x</code></b>":                      "<code>x</code>",
		`<a href="https://a.b/?c=1&amp;d=%22">x</a>`: `<a href="https://a.b/?c=1&amp;d=%22">x</a>`,
		`<a href="javascript:alert(1)">x</a>`:        "x",
		`<at id="telegram:5">A &lt;i&gt;</at>`:       `<a href="tg://user?id=5">A &lt;i&gt;</a>`,
		`<at id="telegram:-1001">The group</at>`:     "The group",
		`<at id="telegram:5&#34;x">A</at>`:           "A",
		`<at id="wecom:lisi">Li</at>`:                "Li",
		`<at id="nonsense">N</at>`:                   "N",
		`<b><at id="telegram:5">A</at></b>`:          `<a href="tg://user?id=5"><b>A</b></a>`,
		"<script>x</script>":                         "x",
		"+10 &#43;1":                                 "+10 +1",
		"   ":                                        "",
	} {
		var all []string
		for _, p := range renderParts(markup) {
			all = append(all, p.html)
		}
		if got := strings.Join(all, "|"); got != want {
			t.Errorf("%s\n became %s\n   want %s", markup, got, want)
		}
	}
}

// A name can be anything a person can type; nothing of it may be read as
// markup by Telegram. The server is as strict as Telegram.
func TestNoNameBreaksAMessage(t *testing.T) {
	t.Parallel()
	s := tgtest.New(t, tgtest.Options{})
	s.AddChat(group)
	r := connect(t, s, nil)
	for _, name := range []string{
		"<", "<b", "</b>", "a<b>c", "&lt;", "&", "\"'", "<a href=\"x\">", "\u202ename", "\x00\xff", "]](tg://user?id=1)", "```", "<<>>", "&#60;b&#62;",
	} {
		text := `<at id="telegram:5">` + chat.Escape(name) + `</at> <b>` + chat.Escape(name) + `</b>`
		if _, err := r.Send(t.Context(), chat.Letter{Chat: chatOfTest(group), Content: chat.Content{Text: text}}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLongTextsAreCutAtLineEnds(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("\U0001f44d", 100) // 200 UTF-16 units
	parts := renderParts(strings.TrimSuffix(strings.Repeat("<b>"+line+"</b><br>", 45), "<br>"))
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	for i, p := range parts {
		if p.units > maxText {
			t.Errorf("part %d has %d units", i, p.units)
		}
		if !strings.HasPrefix(p.html, "<b>") || !strings.HasSuffix(p.html, "</b>") || strings.Count(p.html, "\U0001f44d")%100 != 0 {
			t.Errorf("part %d is cut inside a line", i)
		}
	}
	if one := renderParts(strings.Repeat("x", maxText)); len(one) != 1 || one[0].units != maxText {
		t.Errorf("%d parts of a text that just fits", len(one))
	}
	if two := renderParts(strings.Repeat("x", maxText+1)); len(two) != 2 {
		t.Errorf("%d parts of a text one too long", len(two))
	}
}

func TestTagsCountToo(t *testing.T) {
	t.Parallel()
	parts := renderParts(strings.Repeat(`<at id="telegram:5123456789">A</at><br>`, 2000))
	if len(parts) < 2 {
		t.Fatalf("%d parts", len(parts))
	}
	n := 0
	for _, p := range parts {
		if len(p.html) > maxRaw {
			t.Errorf("a part of %d bytes", len(p.html))
		}
		n += strings.Count(p.html, "tg://user")
	}
	if n != 2000 {
		t.Errorf("%d of 2000 mentions left", n)
	}
}

func TestButtonsAreLaidOutByTheirWidth(t *testing.T) {
	t.Parallel()
	row := func(labels ...string) []chat.Choice {
		var out []chat.Choice
		for _, l := range labels {
			out = append(out, chat.Choice{Label: l, Command: "/x"})
		}
		return out
	}
	wide := strings.Repeat("\u7b7e", 6) // a wide script: 12 columns
	for _, c := range []struct {
		choices []chat.Choice
		want    []int
	}{
		{row("Yes", "No"), []int{2}},
		{row("A", "B", "C", "D"), []int{3, 1}},
		{row("A", "B", "C", "D", "E", "F", "G"), []int{3, 3, 1}},
		{row(wide, wide, wide), []int{2, 1}},
		{row("Yes", strings.Repeat("long ", 6)), []int{1, 1}},
		{row(strings.Repeat("long ", 6), "Yes", "No"), []int{1, 2}},
		{nil, nil},
	} {
		kb, err := keyboard(c.choices)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		if kb != nil {
			for _, r := range kb.InlineKeyboard {
				got = append(got, len(r))
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%v: rows %v, want %v", c.choices, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v: rows %v, want %v", c.choices, got, c.want)
				break
			}
		}
	}
}

func TestButtonsThatCannotBeAreRejected(t *testing.T) {
	t.Parallel()
	for _, c := range []chat.Choice{
		{Label: "x", Command: strings.Repeat("y", 65)},
		{Label: "x", Command: strings.Repeat("\u7b7e", 22)}, // 66 bytes
		{Label: "x"},
		{Label: " ", Command: "/x"},
	} {
		if _, err := keyboard([]chat.Choice{c}); err == nil || err.Fault != chat.Rejected {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := keyboard([]chat.Choice{{Label: "x", Command: strings.Repeat("y", 64)}, {Label: "u", URL: "https://example.org"}}); err != nil {
		t.Error(err)
	}
}

func TestTokensAreReadBack(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"m:5", "e:31:5123456789", "d:5123456789:7", "m:1,m:2,m:3", "e:1:5,m:9"} {
		list, err := parsePosted(id)
		if err != nil || formatPosted(list) != id {
			t.Errorf("%s: %v %v", id, list, err)
		}
	}
	for _, id := range []string{"", "5", "m:", "m:x", "m:0", "m:-1", "e:1", "e:1:-2", "d:0:1", "d:1:2:3", "m:1,,m:2", "x:1"} {
		if _, err := parsePosted(id); err == nil || err.Fault != chat.Rejected {
			t.Errorf("%q was taken: %v", id, err)
		}
	}
	for _, s := range []string{"", "m:12", "e:31", "q:22004212345678901:151:1764001800000"} {
		if got := parseReply(s).String(); got != s {
			t.Errorf("%q is read as %q", s, got)
		}
	}
	for _, s := range []string{"m", "m:x", "q:::", "q:1:2", "q:1:2:x", "stream-7", "m:-4", "e:"} {
		if got := parseReply(s); got != (replyToken{}) {
			t.Errorf("%q is read as %+v", s, got)
		}
	}
}
