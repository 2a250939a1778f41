package input

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"qunmate/templates"
)

// The rules about names in section 4 of the contract.
func TestParseKnowsACommandFromTalk(t *testing.T) {
	t.Parallel()
	texts, err := templates.Load("../testdata/texts")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, in string
		direct   bool
		command  string
		args     string
		unknown  string
	}{
		{"English with a slash", "/echo", false, "echo", "", ""},
		{"Chinese with a slash", "/回声", false, "echo", "", ""},
		{"Chinese without", "回声", false, "echo", "", ""},
		{"English without is talk", "echo", false, "", "", ""},
		{"… but not to the bot alone", "echo", true, "echo", "", ""},
		{"arguments after a slash", "/echo a b", false, "echo", "a b", ""},
		{"arguments after a Chinese name with a slash", "/回声 你好 世界", false, "echo", "你好 世界", ""},
		{"a bare name in a sentence is talk", "回声 你好", false, "", "", ""},
		{"… but not to the bot", "回声 你好", true, "echo", "你好", ""},
		{"an English sentence to the bot is no command", "echo me too", true, "", "", "echo"},
		{"a name inside a sentence is talk", "我要回声", false, "", "", ""},
		{"a name before a mark is talk", "回声！", false, "", "", ""},
		{"upper case", "/ECHO a", false, "echo", "a", ""},
		{"mixed case alone", "EcHo", true, "echo", "", ""},
		{"full-width slash", "／回声 a", false, "echo", "a", ""},
		{"full-width letters", "／ＥＣＨＯ　ａ", false, "echo", "ａ", ""},
		{"full-width letters alone", "／ＥＣＨＯ", false, "echo", "", ""},
		{"a blank after the slash", "/ 回声 a", false, "echo", "a", ""},
		{"a full-width blank after the slash", "/　回声", false, "echo", "", ""},
		{"blanks around", " \n\t 回声 \u3000", false, "echo", "", ""},
		{"a line end between name and text", "/echo\na\nb", false, "echo", "a\nb", ""},
		{"a sub-command", "/echo set x", false, "echo set", "x", ""},
		{"a Chinese sub-command", "/回声 设置 x", false, "echo set", "x", ""},
		{"a sub-command in capitals", "/echo SET x", false, "echo set", "x", ""},
		{"no sub-command", "/echo sets", false, "echo", "sets", ""},
		{"an unknown command in a group", "/nothing a", false, "", "", "nothing"},
		{"an unknown word in a group is talk", "什么", false, "", "", ""},
		{"an unknown word to the bot", "什么", true, "", "", "什么"},
		{"an unknown sentence to the bot", "今天 天气", true, "", "", "今天"},
		{"nothing", "", false, "", "", ""},
		{"nothing to the bot", "", true, "", "", ""},
		{"blanks", " \u3000\n", true, "", "", ""},
		{"a slash alone", "/", false, "", "", ""},
		{"two slashes", "//echo", false, "", "", "/echo"},
		{"an address", "/usr/bin/echo", false, "", "", "usr/bin/echo"},
		{"invalid bytes as a name", "/\xff\xfe", false, "", "", "\ufffd\ufffd"},
		{"invalid bytes after a name", "/echo \xff", false, "echo", "\xff", ""},
		{"a name with a blank that does not break", "/echo\u00a0a", false, "echo", "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Parse(tt.in, texts.Names(), tt.direct)
			if got.Command != tt.command || got.Args.String() != tt.args || (got.Unknown != tt.unknown && !strings.HasPrefix(tt.name, "invalid")) {
				t.Errorf("Parse(%q, direct %v) = %q %q unknown %q\nwant %q %q unknown %q",
					tt.in, tt.direct, got.Command, got.Args.String(), got.Unknown, tt.command, tt.args, tt.unknown)
			}
		})
	}
}

// An announcement of 4096 Chinese characters has 12 kB.
func TestParseKeepsALongTextWhole(t *testing.T) {
	t.Parallel()
	texts, err := templates.Load("../testdata/texts")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("公", 4080)
	got := Parse("/回声 "+long, texts.Names(), false)
	if got.Command != "echo" || got.Args.String() != long {
		t.Errorf("got %q with %d characters, want echo with 4080", got.Command, utf8.RuneCountInString(got.Args.String()))
	}
	// Beyond any message nothing is looked at, and no rune is cut.
	for extra := range 4 {
		got = Parse("/echo "+strings.Repeat("x", extra)+strings.Repeat("公", maxCommand), texts.Names(), false)
		if got.Command != "echo" || len(got.Args.String()) < maxCommand-16 || !utf8.ValidString(got.Args.String()) {
			t.Errorf("got %q with %d bytes, valid %v", got.Command, len(got.Args.String()), utf8.ValidString(got.Args.String()))
		}
	}
}

func TestArgsGiveWordsFoldedAndTheRestAsItWasTyped(t *testing.T) {
	t.Parallel()
	a := NewArgs("  ＠阿宁　+20  分享会  讲师！\n第二行 ")
	if got, want := []string{a.Word(0), a.Word(1), a.Word(2), a.Word(3), a.Word(4), a.Word(5), a.Word(-1)}, []string{"@阿宁", "+20", "分享会", "讲师!", "第二行", "", ""}; !slices.Equal(got, want) {
		t.Errorf("words: got %q, want %q", got, want)
	}
	for i, want := range map[int]string{
		0: "＠阿宁　+20  分享会  讲师！\n第二行", 1: "+20  分享会  讲师！\n第二行", 2: "分享会  讲师！\n第二行", 4: "第二行", 5: "", -1: "",
	} {
		if got := a.Rest(i); got != want {
			t.Errorf("Rest(%d) = %q, want %q", i, got, want)
		}
	}
	if got := a.From(1).From(1).String(); got != "分享会  讲师！\n第二行" {
		t.Errorf("From twice = %q", got)
	}
	if a.Len() != 5 || NewArgs("").Len() != 0 || NewArgs("").Word(0) != "" || NewArgs("ÄB").Lower(0) != "äb" {
		t.Error("Len, Word or Lower")
	}
}

func TestNearestForgivesASlipOfTheFingerAndNoMore(t *testing.T) {
	t.Parallel()
	texts, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"chekin": "checkin", "checkim": "checkin", "签道": "签到", "rnak": "rank", "ruels": "rules", "invtie": "invite", "到签": "签到", "nark": "", "rank": "rank", "hlep": "help", "halp": "help", "weather": "", "今天天气": "", "2": "", "好": "", "１": "",
	} {
		if got := Nearest(word, texts.Names()); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	texts, err := templates.Load("")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"/checkin", "签到", "／签到", "/ 签到", "/checkin set base 5 streak 1 cap 5", "签到 设置 基础 5", "/points @阿宁 +20 分享会讲师",
		"/draw 保温杯×2、咖啡券×5@店 截止 明天 20:00 满 100 人", "/poll 题目 | 甲 | 乙 --end 2h", "/announce 全部 正文\n第二行", "/转人工", "/why #12", "/rank week",
		"／ＣＨＥＣＫＩＮ", "", "/", "//", " \u3000 ", "\xff\xfe", "/\u202e签到", "签到\x00", "/İ", strings.Repeat("签", 9000), "/why 抽奖 3",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, in string, direct bool) {
		got := Parse(in, texts.Names(), direct)
		if got.Command != "" && got.Unknown != "" {
			t.Errorf("known as %q and unknown as %q", got.Command, got.Unknown)
		}
		slash := strings.HasPrefix(NewArgs(in).Word(0), "/")
		if !direct && !slash && got.Unknown != "" {
			t.Errorf("talk became the unknown command %q", got.Unknown)
		}
		if !direct && !slash && got.Command != "" && NewArgs(in).Len() != 1 {
			t.Errorf("a sentence became the command %q", got.Command)
		}
		rest := got.Args.String()
		if !strings.Contains(in, rest) {
			t.Errorf("the arguments %q are not what was typed", rest)
		}
		if rest != strings.TrimFunc(rest, unicode.IsSpace) {
			t.Errorf("blanks around the arguments %q", rest)
		}
		for i := range got.Args.Len() {
			if !strings.HasSuffix(rest, got.Args.Rest(i)) || got.Args.Word(i) == "" {
				t.Errorf("word %d is %q, the rest %q", i, got.Args.Word(i), got.Args.Rest(i))
			}
		}
		Nearest(got.Unknown, texts.Names())
	})
}

// A swap is one slip, and the distance is what a plain table of all prefixes
// says.
func TestSlipsAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"rules", "rules", 0},
		{"ruels", "rules", 1},
		{"rule", "rules", 1},
		{"ruless", "rules", 1},
		{"rolls", "rules", 2},
		{"签道", "签到", 1},
		{"到签", "签到", 1},
		{"ca", "abc", 3},
		{"kitten", "sitting", 3},
		{"hlep", "help", 1},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q and %q are %d apart, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("%q and %q are %d apart, want %d", c.b, c.a, got, c.want)
		}
	}
}
