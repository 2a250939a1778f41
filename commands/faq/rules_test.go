package faq_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"qunmate/commands/faq"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

func TestARuleIsReadAsItIsTyped(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode   match.Mode
		text   string
		words  []string
		answer string
		links  []storage.FAQLink
		wrong  string
	}{
		{mode: match.Fuzzy, text: "发票,开票 = 我的", words: []string{"发票", "开票"}, answer: "我的"},
		{mode: match.Fuzzy, text: "发票，开票、發票＝我的=好", words: []string{"发票", "开票"}, answer: "我的=好"},
		{mode: match.Fuzzy, text: "提货点  几点 = 9:00\n[地图](https://example.org/a?b=c)\n[店](http://example.org)", words: []string{"提货点 几点"}, answer: "9:00", links: []storage.FAQLink{{Label: "地图", URL: "https://example.org/a?b=c"}, {Label: "店", URL: "http://example.org"}}},
		{mode: match.Fuzzy, text: "a = see [this](https://example.org) first", words: []string{"a"}, answer: "see [this](https://example.org) first"},
		{mode: match.Regex, text: "a{1,2}=b = c = d", words: []string{"a{1,2}=b"}, answer: "c = d"},
		{mode: match.Fuzzy, text: "  ", wrong: "empty"},
		{mode: match.Fuzzy, text: "发票", wrong: "no_answer"},
		{mode: match.Fuzzy, text: "发票 =  ", wrong: "no_answer"},
		{mode: match.Fuzzy, text: "= 好", wrong: "no_words"},
		{mode: match.Fuzzy, text: "！！ = 好", wrong: "long_word"},
		{mode: match.Fuzzy, text: strings.Repeat("长", 41) + " = 好", wrong: "long_word"},
		{mode: match.Fuzzy, text: "a = " + strings.Repeat("长", 601), wrong: "long_answer"},
		{mode: match.Fuzzy, text: "a = b\n[x](ftp://example.org)", wrong: "link"},
		{mode: match.Fuzzy, text: "a = b\n[](https://example.org)", wrong: "link"},
		{mode: match.Regex, text: "[ = x", wrong: "pattern"},
	} {
		d, err := faq.ParseDraft(tt.mode, tt.text)
		if m := (*faq.MistakeError)(nil); tt.wrong != "" {
			if !errors.As(err, &m) || m.What != tt.wrong {
				t.Errorf("%q: %v, want %s", tt.text, err, tt.wrong)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(d.Words, tt.words) || d.Answer != tt.answer || !reflect.DeepEqual(d.Links, tt.links) {
			t.Errorf("%q: %+v %v", tt.text, d, err)
		}
	}
}

func TestATableComesBackAsItWent(t *testing.T) {
	t.Parallel()
	rules := []storage.FAQ{
		{Mode: "fuzzy", Words: []string{"发票", "开票"}, Answer: "我的 → 订单\n\"引号\", 逗号", Links: []storage.FAQLink{{Label: "官网", URL: "https://example.org"}}, Cooldown: time.Hour, Hits: 3},
		{Mode: "regex", Words: []string{"a{1,2},b"}, Answer: "=1+1"},
		{Mode: "exact", Words: []string{"=x", "-y"}, Answer: "@z"},
	}
	data, err := faq.Table(rules)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), ",=1") || strings.Contains(string(data), "\n=x") {
		t.Errorf("a spreadsheet would run it: %s", data)
	}
	got, line, err := faq.ParseTable(string(data))
	if err != nil || len(got) != len(rules) {
		t.Fatalf("line %d: %v %+v", line, err, got)
	}
	for i, d := range got {
		if string(d.Mode) != rules[i].Mode || !reflect.DeepEqual(d.Words, rules[i].Words) || d.Answer != rules[i].Answer || len(d.Links) != len(rules[i].Links) {
			t.Errorf("%d: %+v, want %+v", i, d, rules[i])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("发票,开票 = 我的\n[x](https://example.org)")
	f.Add("words,mode,answer\n\"a,b\",regex,\"c\"\n")
	f.Add("a{1,2}=b = c")
	f.Add("\uFEFFwords,mode\n'=x,exact,'@y")
	f.Fuzz(func(t *testing.T, text string) {
		for _, mode := range []match.Mode{match.Fuzzy, match.Regex} {
			if d, err := faq.ParseDraft(mode, text); err == nil && (len(d.Words) == 0 || d.Answer == "") {
				t.Errorf("%q gives %+v", text, d)
			}
		}
		drafts, _, err := faq.ParseTable(text)
		if err != nil {
			return
		}
		var rules []storage.FAQ
		for _, d := range drafts {
			rules = append(rules, storage.FAQ{Mode: string(d.Mode), Words: d.Words, Answer: d.Answer, Links: d.Links})
		}
		data, err := faq.Table(rules)
		if err != nil {
			t.Fatal(err)
		}
		again, line, err := faq.ParseTable(string(data))
		if err != nil || len(again) != len(drafts) {
			t.Fatalf("%q: line %d: %v: %q", text, line, err, data)
		}
	})
}
