package ballot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/commands/poll/ballot"
)

// words are the names of flags, as templates/*/names.txt have them.
func words(w string) string {
	return map[string]string{
		"end": "end", "until": "end", "截止": "end", "multi": "multi", "多选": "multi", "anon": "anon", "匿名": "anon",
		"hide": "hide", "隐藏": "hide", "all": "all", "joined": "joined", "入群": "joined", "streak": "streak",
	}[w]
}

// isTime holds "8" for a time, and what has a colon or a o'clock.
func isTime(text string) bool { return strings.ContainsAny(text, "8:\u70b9") }

func problem(err error) string {
	var p *ballot.ProblemError
	if !errors.As(err, &p) {
		return fmt.Sprint(err)
	}
	return strings.TrimSpace(p.Code + " " + p.Word)
}

func TestParse(t *testing.T) {
	t.Parallel()
	many := "问 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13"
	for _, c := range []struct{ text, want string }{
		{"周六聚会几点? | 14:00 | 16:00 | 都不行 --end 20:00 --hide", "周六聚会几点?|14:00|16:00|都不行 end=20:00 hide"},
		{"周六聚会几点？｜14:00｜16:00", "周六聚会几点？|14:00|16:00"},
		{"周六聚会几点？\n14:00\n16:00\n——截止 今晚8点", "周六聚会几点？|14:00|16:00 end=今晚8点"},
		{"题 | a | b 截止 今晚8点", "题|a|b end=今晚8点"},
		{"题 | a | b 截止今晚8点 --多选", "题|a|b end=今晚8点 multi"},
		{"题\na\nb\n截止：今晚8点", "题|a|b end=今晚8点"},
		{"题 | a | b | until 20:00", "题|a|b end=20:00"},
		{"题 | a | open until 20:00", "题|a|open until 20:00"},
		{"题 | a | b 截止 报名", "题|a|b 截止 报名"},
		{"题 | a | b 截止", "题|a|b 截止"},
		{"题 | a 截止 20:00 | b", "题|a 截止 20:00|b"},
		{"题 | a | b 截止 20:00 --end 21:00", "题|a|b 截止 20:00 end=21:00"},
		{"题 | a | 截止 20:00", "few"},
		{"题 | 截止 20:00", "few"},
		{"题\r\na\r\n\r\nb", "题|a|b"},
		{"题 | a | b ——截止今晚8点 ——多选", "题|a|b end=今晚8点 multi"},
		{"题 | a | b －－end 20:00", "题|a|b end=20:00"},
		{"题 | a | b —end 20:00 —anon", "题|a|b end=20:00 anon"},
		{"题 | a | b --end=20:00", "题|a|b end=20:00"},
		{"题 | a | b --截止：周五 10:00", "题|a|b end=周五 10:00"},
		{"--anon 题 | a", "flag_value anon"},
		{"题 --multi | a | b", "题|a|b multi"},
		{"题 | a | b --joined 3d --all", "题|a|b joined=3 all"},
		{"题 | a | b --入群 3天", "题|a|b joined=3"},
		{"题 | a | b --joined", "bad_days"},
		{"题 | a | b --joined 0", "bad_days 0"},
		{"题 | a | b --joined 366", "bad_days 366"},
		{"题 | a-b | c--d | - | -- e", "题|a-b|c--d|-|-- e"},
		{"题 | ——都可以 | 不", "题|——都可以|不"},
		{"题 | 去 | 不去——截止今晚8点", "题|去|不去 end=今晚8点"},
		{"题 | 去 | 不去－－end　２０：００", "题|去|不去 end=２０：００"},
		{"题 | 去 | 不去--foo", "题|去|不去--foo"},
		{"题 | a | b --edn 20:00", "unknown_flag edn"},
		{"题 | a | b --streak", "unknown_flag streak"},
		{"题 | a | b --end", "no_end"},
		{"题 | a | b --multi 三", "flag_value multi"},
		{"", "empty"},
		{" | | ", "empty"},
		{"聚会吗", "few"},
		{"聚会吗 | 去", "few"},
		{"聚会吗 | 去 | ", "few"},
		{"聚会吗 | 去 | 去", "twice 去"},
		{"聚会吗 | Ａ | a", "twice a"},
		{many, "many"},
		{strings.Repeat("长", 201) + "|a|b", "long_question"},
		{"题|a|" + strings.Repeat("长", 101), "long_option 长长长长长长长长长长"},
	} {
		d, err := ballot.Parse(c.text, words, isTime)
		got := d.Question + "|" + strings.Join(d.Options, "|")
		var flags []string
		if err != nil {
			got = problem(err)
		} else {
			for _, f := range []struct {
				on   bool
				text string
			}{{d.End != "", "end=" + d.End}, {d.Multi, "multi"}, {d.Anon, "anon"}, {d.Hide, "hide"}, {d.Days > 0, fmt.Sprint("joined=", d.Days)}, {d.All, "all"}} {
				if f.on {
					flags = append(flags, f.text)
				}
			}
		}
		if got = strings.Join(append([]string{got}, flags...), " "); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	times := []string{"14:00", "16:00", "都不行"}
	odd := []string{"B", "A", "C D", "10", "＋1"}
	for _, c := range []struct {
		options    []string
		text, want string
	}{
		{times, "A", "[1] 0"},
		{times, "b", "[2] 0"},
		{times, "Ｃ", "[3] 0"},
		{times, "2", "[2] 0"},
		{times, "16:00", "[2] 0"},
		{times, "１６：００", "[2] 0"},
		{times, "都不行", "[3] 0"},
		{times, "A,B", "[1 2] 0"},
		{times, "b，a", "[1 2] 0"},
		{times, "A、C", "[1 3] 0"},
		{times, "A C", "[1 3] 0"},
		{times, "AC", "[1 3] 0"},
		{times, "A,A", "[1] 0"},
		{times, "14:00，都不行", "[1 3] 0"},
		{times, "+A", "[1] 1"},
		{times, "＋ b", "[2] 1"},
		{times, "-A,B", "[1 2] 2"},
		{times, "E", "no_option E"},
		{times, "A,E", "no_option E"},
		{times, "4", "no_option 4"},
		{times, "0", "no_option 0"},
		{times, "99999999999999999999", "no_option 99999999999999999999"},
		{times, "AD", "no_option AD"},
		{times, "", "no_choice"},
		{times, "+", "no_choice"},
		{times, ",", "no_choice"},
		{odd, "A", "[1] 0"}, // the letter, as on the buttons
		{odd, "C D", "[3] 0"},
		{odd, "10", "[4] 0"},
		{odd, "D", "[4] 0"},
	} {
		places, how, err := ballot.Choose(c.text, c.options)
		got := fmt.Sprint(places, how)
		got = strings.Replace(got, "]", "] ", 1)
		if err != nil {
			got = problem(err)
		}
		got = strings.Join(strings.Fields(got), " ")
		if got != c.want {
			t.Errorf("%q of %q: %s, want %s", c.text, c.options, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"周六聚会几点? | 14:00 | 16:00 | 都不行 --end 20:00 --hide", "题｜甲｜乙\n——截止 今晚8点 ——多选", "a|b|c --joined 3d", "--", "——", "|", "--end", "题|--multi|b|c --end=",
		"q|a|b --\u622a\u6b62\u4eca\u665a8\u70b9", "q|a|b --multi--anon", "\xff|\xfe|a", "—end|a|b", "q|a|b –hide", "题|甲|乙 截止 今晚8点", "q|a|b|until 20:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ballot.Parse(text, words, isTime)
		if err != nil {
			if p := problem(err); p == "" || strings.HasPrefix(p, "<") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if len(d.Options) < ballot.MinOptions || len(d.Options) > ballot.MaxOptions || d.Question == "" {
			t.Errorf("%q: %+v", text, d)
		}
		again := d.Question + " | " + strings.Join(d.Options, " | ")
		for _, o := range d.Options {
			if o == "" || !utf8.ValidString(o) || strings.ContainsAny(o, "|\n\r") {
				t.Errorf("%q: option %q", text, o)
			}
		}
		// A button carries a draft as a text: what is read from it must be the same.
		back, err := ballot.Parse(again, words, nil)
		if err != nil || back.Question != d.Question || !slices.Equal(back.Options, d.Options) || back.Multi || back.Anon || back.Hide {
			t.Errorf("%q is read back as %+v, %v; it was %+v", again, back, err, d)
		}
	})
}

func FuzzChoose(f *testing.F) {
	for _, s := range []string{"A", "a,b", "AC", "+A", "-b", "16:00", "都不行", "10", "，", "\xff", "９"} {
		f.Add(s, "14:00|16:00|都不行")
	}
	f.Fuzz(func(t *testing.T, text, all string) {
		options := strings.Split(all, "|")
		if len(options) > ballot.MaxOptions {
			options = options[:ballot.MaxOptions]
		}
		places, _, err := ballot.Choose(text, options)
		if err != nil {
			return
		}
		if len(places) == 0 || !slices.IsSorted(places) || places[0] < 1 || places[len(places)-1] > len(options) {
			t.Errorf("%q of %q: %v", text, options, places)
		}
		for i := range options {
			if got, _, err := ballot.Choose(ballot.Letter(i+1), options); err != nil || !slices.Equal(got, []int{i + 1}) {
				t.Errorf("the letter of option %d is %v, %v", i+1, got, err)
			}
		}
	})
}
