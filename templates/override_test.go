package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunmate/templates"
)

// folder makes an operator's folder of texts.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func render(t *testing.T, s *templates.Set, lang, name string, data any) string {
	t.Helper()
	text, err := s.Render(lang, name, data)
	if err != nil {
		t.Fatalf("%s/%s: %v", lang, name, err)
	}
	return text
}

func TestAnOperatorsTextStandsInFrontOfTheBuiltInOne(t *testing.T) {
	t.Parallel()
	s, err := templates.Load(folder(t, map[string]string{
		"zh-CN/checkin.html":  `{{define "label_open"}}还没打卡{{end}}{{define "is_off"}}今天休息。{{template "cancelled"}}{{end}}`,
		"zh-CN/common.html":   `{{define "cancelled"}}好的，算了。{{end}}`,
		"zh-CN/.DS_Store":     "\x00",
		"zh-CN/checkin.html~": "{{ broken, but only an editor's copy",
		"notes.txt":           "for ourselves",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"checkin.label_open": "还没打卡",
		"checkin.is_off":     "今天休息。好的，算了。",
		"common.cancelled":   "好的，算了。",
		"checkin.label_done": "已签", // what the file does not have stays
		"common.confirm":     "确认",
	} {
		if got := render(t, s, "zh-CN", name, nil); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := render(t, s, "en", "checkin.label_open", nil); got != "not yet" {
		t.Errorf("the other language changed too: %q", got)
	}
	if missing := len(load(t).Blocks("zh-CN")) - len(s.Blocks("zh-CN")); missing != 0 {
		t.Errorf("%d texts are lost", missing)
	}
}

func TestAnOperatorsNamesAreAddedToTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	s, err := templates.Load(folder(t, map[string]string{"zh-CN/names.txt": "# 我们群的说法\ncheckin = 冒泡, 签到 | 每天冒个泡\n"}))
	if err != nil {
		t.Fatal(err)
	}
	n := s.Names()
	for _, name := range []string{"冒泡", "签到", "打卡", "checkin"} {
		if n.Command(name) != "checkin" {
			t.Errorf("%q leads to %q", name, n.Command(name))
		}
	}
	if n.Command("排行") != "rank" {
		t.Error("the other names are lost")
	}
	if got := n.Local("zh-CN", "checkin"); got != "冒泡" {
		t.Errorf("people are shown %q", got)
	}
	if got := n.About("zh-CN", "checkin"); got != "每天冒个泡" {
		t.Errorf("the menu says %q", got)
	}
	if got := n.About("zh-CN", "rank"); got == "" {
		t.Error("the other menu lines are lost")
	}
}

func TestWhatCannotBeReadIsRefusedWithItsFileAndLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, file, text string
		want             []string
	}{
		{"a tag that is not closed", "zh-CN/checkin.html", "{{define \"label_open\"}}\n{{if .X}}{{end}}", []string{"zh-CN/checkin.html:2"}},
		{"an unknown function", "en/points.html", "\n\n{{define \"button_why\"}}{{shout .X}}{{end}}", []string{"en/points.html:3", "shout"}},
		{"an unknown text", "en/points.html", "\n{{define \"button_why\"}}{{template \"nowhere\"}}{{end}}", []string{"en/points.html:2", "nowhere"}},
		{"half a tag", "en/points.html", "\n{{define \"button_why\"}}<a href=\"{{end}}", []string{"en/points.html"}},
		{"a broken shared text", "en/common.html", "{{define \"confirm\"}}{{", []string{"en/common.html:1"}},
		{"a name without a key", "zh-CN/names.txt", "# ok\ncheckin 签到\n", []string{"zh-CN/names.txt:2", "key = name"}},
		{"a line without a name", "zh-CN/names.txt", "newcommand = | 说明", []string{"zh-CN/names.txt:1"}},
		{"a name that means something else", "zh-CN/names.txt", "\nrank = 签到", []string{"zh-CN/names.txt:2", "签到", "checkin"}},
		{"a word that means something else", "en/names.txt", "word.today = yesterday", []string{"en/names.txt:1", "yesterday"}},
		{"a file nobody reads", "zh-CN/chekin.html", "{{define \"x\"}}{{end}}", []string{"chekin.html", "checkin.html"}},
		{"a file in the wrong place", "checkin.html", "x", []string{"checkin.html", "zh-CN or en"}},
	} {
		s, err := templates.Load(folder(t, map[string]string{c.file: c.text}))
		if err == nil || s != nil {
			t.Errorf("%s is taken", c.what)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.what, err, w)
			}
		}
	}
	if _, err := templates.Load(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
