package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunmate/templates"
)

// Every text of every set can be said when nothing is known and when all is.
func TestEveryPostCanBeSaid(t *testing.T) {
	t.Parallel()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	full := templates.Post{
		Date: "11 月 23 日", Weekday: "周一", Lunar: "十月十五", Term: "小雪", NextTerm: "大雪", Festival: "中秋节", Holiday: "国庆节", Off: true,
		CheckedIn: 38, Week: 210, Longest: 46, Streaker: "小满 <b>", Top: "老周", TopPoints: 90, Inviter: "阿宁", Invited: 3, Members: 128, Group: "产品群",
		Countdown: "年会", Days: 12,
	}
	plain := templates.Post{Date: "11 月 23 日", Weekday: "周一", Group: "产品群"}
	for _, lang := range templates.Languages() {
		sets := set.Posts().Sets(lang)
		files, err := filepath.Glob(filepath.Join(lang, "posts", "*.html"))
		if err != nil || len(sets) < 3 || len(sets) != len(files) {
			t.Errorf("%s has the sets %v", lang, sets)
		}
		for _, s := range sets {
			if s.Count < 14 || s.Title == "" {
				t.Errorf("%s/%s has %d texts and the title %q", lang, s.Name, s.Count, s.Title)
			}
			seen := map[templates.Post]map[string]bool{full: {}, plain: {}}
			for n := range s.Count {
				for _, data := range []templates.Post{full, plain} {
					name := "post/" + s.Name + "." + itoa(n)
					text, err := set.Render(lang, name, data)
					if err != nil || text == "" || strings.Contains(text, "<no value>") || strings.Contains(text, "<b>") || len([]rune(text)) > 400 {
						t.Errorf("%s %s: %q %v", lang, name, text, err)
					}
					for _, bad := range []string{"，。", "，，", "：。", "  ", " .", "，<br>", " ,", "（）"} {
						if strings.Contains(text, bad) {
							t.Errorf("%s %s: %q in %q", lang, name, bad, text)
						}
					}
					if seen[data][text] {
						t.Errorf("%s %s says the same as another", lang, name)
					}
					seen[data][text] = true
				}
			}
		}
	}
}

func itoa(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func TestOperatorsReplaceAndAddPosts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "zh-CN", "posts")
	put := func(name, text string, age time.Duration) {
		t.Helper()
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Unix(1_790_000_000, 0).Add(age)
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	put("morning.html", "{{/* 早 */}}\n早 {{.Group}}\n---\n\n---\n早上好", 0)
	put("tips.html", "小知识", 0)
	set, err := templates.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	posts := set.Posts()
	if n := posts.Count("zh-CN", "morning"); n != 2 {
		t.Errorf("the operator's morning has %d texts", n)
	}
	if n := posts.Count("zh-CN", "tips"); n != 1 {
		t.Errorf("the operator's tips have %d texts", n)
	}
	if n := posts.Count("en", "morning"); n < 14 {
		t.Errorf("the English morning has %d texts", n)
	}
	say := func() string {
		t.Helper()
		text, err := set.Render("zh-CN", "post/morning.0", templates.Post{Group: "<群>"})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := say(); got != "早 &lt;群&gt;" {
		t.Errorf("said %q", got)
	}
	for text, cause := range map[string]string{
		"早\n---\n{{.Group":     "morning.html:3",
		"早\n\n{{.Grupp}}":      "morning.html:3",
		"{{if .Group}}早":       "morning.html:1",
		"":                     "no text",
		"早 <a href=\"{{.Group": "morning.html",
	} {
		put("morning.html", text, time.Duration(len(text))*time.Hour)
		faults := posts.Refresh()
		if len(faults) != 1 || !strings.HasSuffix(faults[0].File, "morning.html") || !strings.Contains(faults[0].Cause, cause) {
			t.Errorf("%q: %v, want %q", text, faults, cause)
		}
		if got := say(); got != "早 &lt;群&gt;" {
			t.Errorf("%q: the last good one does not stay, but %q", text, got)
		}
	}
	put("morning.html", "早早", 99*time.Hour)
	if faults := posts.Refresh(); len(faults) != 0 || say() != "早早" {
		t.Errorf("mended: %v, %q", faults, say())
	}
	if err := os.RemoveAll(filepath.Join(folder, "morning.html")); err != nil {
		t.Fatal(err)
	}
	if faults := posts.Refresh(); len(faults) != 0 || posts.Count("zh-CN", "morning") < 14 {
		t.Errorf("taken away: %v, %d texts", faults, posts.Count("zh-CN", "morning"))
	}
}
