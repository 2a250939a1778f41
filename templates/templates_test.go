package templates_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"qunmate/templates"
)

func load(t *testing.T) *templates.Set {
	t.Helper()
	s, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBothLanguagesDefineTheSameTexts(t *testing.T) {
	t.Parallel()
	s := load(t)
	zh, en := s.Blocks("zh-CN"), s.Blocks("en")
	slices.Sort(zh)
	slices.Sort(en)
	for _, b := range zh {
		if !slices.Contains(en, b) {
			t.Errorf("en lacks %s", b)
		}
	}
	for _, b := range en {
		if !slices.Contains(zh, b) {
			t.Errorf("zh-CN lacks %s", b)
		}
	}
	if len(zh) < 80 {
		t.Errorf("only %d texts were found", len(zh))
	}
	for _, b := range zh {
		if !s.Has("zh-CN", b) || !s.Has("en", b) {
			t.Errorf("%s is listed and not there", b)
		}
	}
	if s.Has("en", "checkin.no_such_text") || s.Has("fr", "checkin.done") || s.Has("en", "nofamily.done") || s.Has("en", "done") {
		t.Error("texts are there that are not")
	}
}

func TestTheBuiltInTextsAreSound(t *testing.T) {
	t.Parallel()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Sound(); err != nil {
		t.Error(err)
	}
}

func TestAMissingTextOrValueIsAnErrorNotAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, name := range []string{"checkin.no_such_text", "nofamily.done", "done", "", "."} {
		if text, err := s.Render("en", name, nil); !errors.Is(err, templates.ErrNoText) || text != "" {
			t.Errorf("%q: %q %v", name, text, err)
		}
	}
	if _, err := s.Render("fr", "checkin.label_open", nil); !errors.Is(err, templates.ErrNoText) {
		t.Errorf("a language that is not there: %v", err)
	}
	for what, data := range map[string]any{"a map without the key": map[string]any{}, "a struct without the field": struct{}{}} {
		if text, err := s.Render("en", "common.using", data); err == nil {
			t.Errorf("%s renders %q", what, text)
		}
	}
}

func TestWhatPeopleWriteNeverBecomesMarkup(t *testing.T) {
	t.Parallel()
	s := load(t)
	name := `<b>x</b> & "y" 'z' </a><at id="sandbox:1">`
	for _, lang := range templates.Languages() {
		text, err := s.Render(lang, "common.using", struct{ Name string }{name})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "<") || !strings.Contains(text, "&lt;b&gt;x&lt;/b&gt; &amp;") {
			t.Errorf("%s: %s", lang, text)
		}
	}
}

func TestTextsHoldNoBlanksAroundThem(t *testing.T) {
	t.Parallel()
	s := load(t)
	text, err := s.Render("en", "common.hello", struct{ Missing []string }{})
	if err != nil || text != strings.TrimSpace(text) || text == "" {
		t.Errorf("%q %v", text, err)
	}
}

func TestEveryNameLeadsToItsCommand(t *testing.T) {
	t.Parallel()
	names := load(t).Names()
	all := names.All()
	if len(all) < 80 {
		t.Errorf("only %d names", len(all))
	}
	for _, n := range all {
		first, word, sub := strings.Cut(n, " ")
		key := names.Command(n)
		if key == "" {
			t.Errorf("%q leads nowhere", n)
		}
		if sub {
			// A sub-command's name stands after the command's key.
			if got := names.Sub(first, word); got != key {
				t.Errorf("%q: %q after %q gives %q", n, word, first, got)
			}
			if names.Command(first) != first {
				t.Errorf("%q: there is no command %q", n, first)
			}
		}
		if n != strings.ToLower(n) || strings.ContainsFunc(strings.ReplaceAll(n, " ", ""), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
			t.Errorf("%q could not be typed as a command", n)
		}
	}
	// Every command's own key is a name of it, in the menus of both languages.
	for _, n := range all {
		key := names.Command(n)
		if names.Command(key) != key {
			t.Errorf("%q is no name of the command %q itself", key, key)
		}
	}
}

func TestNamesPeopleTry(t *testing.T) {
	t.Parallel()
	names := load(t).Names()
	for name, key := range map[string]string{
		"签到": "checkin", "打卡": "checkin", "checkin": "checkin", "check-in": "checkin", "补签": "makeup", "我的": "me", "为什么": "why",
		"排行": "rank", "积分": "points", "确认": "confirm", "取消": "cancel", "撤回": "undo", "帮助": "help", "规则": "rules", "能力": "capabilities",
		"": "", "签": "", "天气": "",
	} {
		if got := names.Command(name); got != key {
			t.Errorf("%q leads to %q, want %q", name, got, key)
		}
	}
	for _, c := range []struct{ command, word, key string }{
		{"checkin", "set", "checkin set"},
		{"checkin", "设置", "checkin set"},
		{"checkin", "关闭", "checkin off"},
		{"rank", "hide", "rank hide"},
		{"points", "发言", "points talk"},
		{"checkin", "yesterday", ""},
		{"me", "set", ""},
	} {
		if got := names.Sub(c.command, c.word); got != c.key {
			t.Errorf("%s %s leads to %q, want %q", c.command, c.word, got, c.key)
		}
	}
	for word, key := range map[string]string{"昨天": "yesterday", "yesterday": "yesterday", "本周": "week", "连签": "streak", "on": "on", "开": "on", "bonus": ""} {
		if got := names.Word(word); got != key {
			t.Errorf("the word %q means %q, want %q", word, got, key)
		}
	}
}
