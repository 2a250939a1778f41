package match_test

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"

	"qunmate/commands/faq/match"
)

// labelled is a message of a group and the rule that should answer it, "-" for
// none.
type labelled struct{ want, text string }

// languages are the samples, by what their files are called.
var languages = map[string]string{"Chinese": "", "English": ".en"}

func readLabelled(tb testing.TB, language string) []labelled {
	tb.Helper()
	var out []labelled
	for _, line := range lines(tb, "testdata/messages"+languages[language]+".txt") {
		want, text, ok := strings.Cut(line, "\t")
		if !ok {
			tb.Fatalf("no label: %q", line)
		}
		out = append(out, labelled{want, text})
	}
	return out
}

func lines(tb testing.TB, file string) []string {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if s.Text() != "" {
			out = append(out, s.Text())
		}
	}
	return out
}

func readRules(tb testing.TB, language string) ([]match.Rule, map[int64]string) {
	tb.Helper()
	var rules []match.Rule
	names := map[int64]string{}
	for i, line := range lines(tb, "testdata/rules"+languages[language]+".txt") {
		name, rest, _ := strings.Cut(line, " = ")
		words, answer, _ := strings.Cut(rest, " | ")
		id := int64(i + 1)
		names[id] = name
		rules = append(rules, match.Rule{ID: id, Mode: match.Fuzzy, Words: strings.Split(words, ", "), Answer: answer})
	}
	return rules, names
}

// quality answers every message and counts.
func quality(tb testing.TB, language string, wrong func(l labelled, got string, h []match.Hit)) (precision, recall float64) {
	tb.Helper()
	rules, names := readRules(tb, language)
	set := match.NewSet(rules)
	var right, given, wanted float64
	for _, l := range readLabelled(tb, language) {
		got := "-"
		hits := set.Find(l.text, false)
		if len(hits) > 0 && hits[0].Score >= match.Sure {
			got = names[hits[0].Rule]
			given++
		}
		if l.want != "-" {
			wanted++
		}
		if got == l.want && got != "-" {
			right++
		}
		if got != l.want {
			wrong(l, got, hits)
		}
	}
	return right / given, right / wanted
}

// TestGroupMessagesAreAnsweredAsAPersonWould holds the matcher to what members
// forgive: one wrong answer in twenty, and a question in five left to people.
func TestGroupMessagesAreAnsweredAsAPersonWould(t *testing.T) {
	t.Parallel()
	for language, least := range map[string]int{"Chinese": 300, "English": 150} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			n := len(readLabelled(t, language))
			if n < least {
				t.Errorf("%d labelled messages, want %d at least", n, least)
			}
			precision, recall := quality(t, language, func(l labelled, got string, h []match.Hit) {
				t.Logf("%s: answered %s, want %s %v", l.text, got, l.want, h)
			})
			t.Logf("%d messages: precision %.3f, recall %.3f", n, precision, recall)
			if precision < 0.95 || recall < 0.8 {
				t.Errorf("precision %.3f (want 0.95), recall %.3f (want 0.8)", precision, recall)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	rules, _ := readRules(b, "Chinese")
	set, all := match.NewSet(rules), readLabelled(b, "Chinese")
	i := 0
	for b.Loop() {
		set.Find(all[i%len(all)].text, false)
		i++
	}
	precision, recall := quality(b, "Chinese", func(labelled, string, []match.Hit) {})
	b.ReportMetric(precision, "precision")
	b.ReportMetric(recall, "recall")
}

func TestModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		mode      match.Mode
		word      string
		message   string
		addressed bool
		sure      bool
	}{
		{"contains needs no question", match.Contains, "发票", "发票收到了", false, true},
		{"contains forgives nothing", match.Contains, "开发票", "发票怎么开", false, false},
		{"contains knows whole Latin words", match.Contains, "bot", "the bottle", false, false},
		{"exact is the whole message", match.Exact, "发票", "发票！", false, true},
		{"exact is nothing more", match.Exact, "发票", "发票怎么开", false, false},
		{"exact takes traditional letters and full width", match.Exact, "wifi 密碼", "ＷＩＦＩ密码？", false, true},
		{"a regular expression reads what was written", match.Regex, `^提货点.*(几点|开门)`, "提货点周末几点", false, true},
		{"a regular expression knows no upper case", match.Regex, `^wifi`, "WiFi 密码", false, true},
		{"a regular expression that does not fit", match.Regex, `^提货点.*(几点|开门)`, "去提货点", false, false},
		{"talk is left alone", match.Fuzzy, "发票", "财务又催我交发票了，烦死", false, false},
		{"what is said to the bot is a question", match.Fuzzy, "发票", "我想知道发票的事情", true, true},
		{"a slip in a long word", match.Fuzzy, "会员优惠价", "会员优会价是多少？", false, true},
		{"a slip in a short word makes another one", match.Fuzzy, "提货", "提示怎么看", false, false},
		{"a slip in a Latin word", match.Fuzzy, "invoice", "where do I get an invioce?", false, false},
		{"one wrong letter in a Latin word", match.Fuzzy, "invoice", "where do I get an invoise?", false, true},
		{"a slip in a short Latin word", match.Fuzzy, "bill", "where is the bell?", false, false},
		{"an answer without a price for a question about one", match.Fuzzy, "工作日发货", "工作日发货多少钱？", false, false},
		{"blanks ask for every part", match.Fuzzy, "提货点 几点", "提货点怎么走", false, false},
		{"one person is asked", match.Fuzzy, "发票", "你的发票开了吗", false, false},
		{"one person is asked in English", match.Fuzzy, "invoice", "did you get your invoice?", false, false},
		{"one person is asked and named", match.Fuzzy, "invoice", "Tom, have you got the invoice yet?", false, false},
		{"one person is asked about his", match.Fuzzy, "invoice", "is your invoice right?", false, false},
		{"one person is asked for his", match.Fuzzy, "invoice", "could you send me your invoice?", false, false},
		{"English you is the shop", match.Fuzzy, "invoice", "do you send an invoice?", false, true},
		{"English you is whoever", match.Fuzzy, "invoice", "how do you get an invoice?", false, true},
		{"everybody is asked", match.Fuzzy, "invoice", "did anybody of you all get an invoice, how?", false, true},
	} {
		hits := match.NewSet([]match.Rule{{ID: 1, Mode: tt.mode, Words: []string{tt.word}, Answer: "今天"}}).Find(tt.message, tt.addressed)
		if sure := len(hits) > 0 && hits[0].Score >= match.Sure; sure != tt.sure {
			t.Errorf("%s: %q on %q: %v", tt.name, tt.word, tt.message, hits)
		}
	}
}

// No expression can stall the bot: RE2 takes time in proportion to expression
// and message, and both are bounded.
func TestAnExpressionReadsNoEndlessMessage(t *testing.T) {
	t.Parallel()
	set := match.NewSet([]match.Rule{{ID: 1, Mode: match.Regex, Words: []string{`^(a+)+b$`}, Answer: "1"}})
	if hits := set.Find(strings.Repeat("a", 4*match.MaxText-1)+"b", true); len(hits) != 1 {
		t.Errorf("%v", hits)
	}
	if hits := set.Find(strings.Repeat("a", 100*match.MaxText)+"b", true); len(hits) != 0 {
		t.Errorf("the whole of a long message was read: %v", hits)
	}
	for word, want := range map[string]error{
		strings.Repeat("a", match.MaxPattern): nil, strings.Repeat("a", match.MaxPattern+1): match.ErrLong, `(((a{100}){100}){100})`: match.ErrPattern,
	} {
		if err := match.Check(match.Regex, word); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", len(word), err, want)
		}
	}
}

func TestBetterRulesStandFirst(t *testing.T) {
	t.Parallel()
	set := match.NewSet([]match.Rule{
		{ID: 1, Mode: match.Fuzzy, Words: []string{"发票"}, Answer: "1"},
		{ID: 2, Mode: match.Fuzzy, Words: []string{"专用发票"}, Answer: "1"},
		{ID: 3, Mode: match.Exact, Words: []string{"专用发票怎么开"}, Answer: "1"},
	})
	hits := set.Find("专用发票怎么开？", false)
	if len(hits) != 3 || hits[0].Rule != 3 || hits[1].Rule != 2 {
		t.Errorf("%v", hits)
	}
}

func TestSimilarQuestionsAreFoundToBeOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"提货点几点关门", "请问提货点几点关门啊？", true},
		{"提货点几点关门", "提貨點關門時間是幾點", true},
		{"能开专票吗", "可以开专票么", true},
		{"提货点几点关门", "能开专票吗", false},
		{"", "", false},
		{"？？？", "。。。", false},
	} {
		if got := match.Similar(match.NewText(tt.a), match.NewText(tt.b)); (got >= match.Same) != tt.same {
			t.Errorf("%q and %q: %.2f", tt.a, tt.b, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, l := range readLabelled(f, "Chinese")[:20] {
		f.Add(l.text, "发票, a b", "(a+)+$")
	}
	f.Add(strings.Repeat("a", 5000), "不不", `(((a*)*)*)*$`)
	f.Add("包不包邮不邮不", "不", `[`)
	f.Fuzz(func(t *testing.T, message, word, pattern string) {
		rules := []match.Rule{{ID: 1, Mode: match.Fuzzy, Words: strings.Split(word, ",")}, {ID: 2, Mode: match.Regex, Words: []string{pattern}}, {ID: 3, Mode: match.Exact, Words: []string{word}}}
		for _, addressed := range []bool{true, false} {
			for _, h := range match.NewSet(rules).Find(message, addressed) {
				if h.Score < match.Likely || h.Score > 1 {
					t.Errorf("score %v", h)
				}
			}
		}
		a := match.NewText(message)
		if s := match.Similar(a, match.NewText(word)); s < 0 || s > 1 {
			t.Errorf("similarity %f", s)
		}
		if len(a.Letters) > match.MaxText {
			t.Errorf("%d letters", len(a.Letters))
		}
	})
}
