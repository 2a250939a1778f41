package config

import (
	"errors"
	"flag"
	"html"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func texts(t *testing.T, language string) *template.Template {
	t.Helper()
	return template.Must(template.New("").Option("missingkey=error").
		ParseFiles(filepath.Join("..", "..", "templates", language, "config.html")))
}

// render returns the problem in a language as a terminal shows it.
func render(t *testing.T, all *template.Template, p Problem) string {
	t.Helper()
	var b strings.Builder
	if err := all.ExecuteTemplate(&b, p.Code, p); err != nil {
		t.Fatalf("%s: %v", p.Code, err)
	}
	return html.UnescapeString(b.String())
}

var placeholder = regexp.MustCompile(`\{\{\.Args\.(\w+)\}\}`)

// sample returns a problem of code with every argument its English text shows.
func sample(code string) Problem {
	p := Problem{Line: 12, Column: 9, Path: "telegram[0].mode", Code: code, Args: map[string]string{}}
	for _, m := range placeholder.FindAllStringSubmatch(englishText(code), -1) {
		p.Args[m[1]] = "<" + m[1] + ` & "+>`
	}
	return p
}

func TestEveryCodeHasItsTextInBothLanguages(t *testing.T) {
	t.Parallel()
	codes := Codes()
	if sorted := slices.Compact(slices.Sorted(slices.Values(codes))); len(sorted) != len(codes) {
		t.Error("a code is listed twice")
	}
	english, chinese := texts(t, "en"), texts(t, "zh-CN")
	for _, code := range codes {
		p := sample(code)
		en, zh := render(t, english, p), render(t, chinese, p)
		if en != p.Error() {
			t.Errorf("the English template and Error differ:\n%s\n%s", en, p.Error())
		}
		if !strings.HasPrefix(zh, "第 12 行第 9 列,telegram[0].mode:") || !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: %s", code, zh)
		}
		for name, value := range p.Args {
			if !strings.Contains(zh, value) {
				t.Errorf("%s says nothing about %s in Chinese: %s", code, name, zh)
			}
		}
		for _, text := range []string{en, zh} {
			if strings.Contains(text, "\n") || strings.Contains(text, "{{") {
				t.Errorf("%s is not one clean line: %q", code, text)
			}
		}
		// What a reader is to copy must not differ between the languages; names
		// of bots and folders may.
		for _, example := range []string{"cron:", "-config", "${TELEGRAM_BOT_TOKEN}", "admins: [", "public_url:", "urls: ["} {
			if strings.Contains(en, example) != strings.Contains(zh, example) {
				t.Errorf("%s: %s stands in one language only", code, example)
			}
		}
	}
	for language, all := range map[string]*template.Template{"en": english, "zh-CN": chinese} {
		for _, tmpl := range all.Templates() {
			if name := tmpl.Name(); name != "" && name != "config.html" && name != "where" && !slices.Contains(codes, name) {
				t.Errorf("%s has a text for %s, which does not exist", language, name)
			}
		}
	}
}

func TestWhereIsLeftOutForTheFileAsAWhole(t *testing.T) {
	t.Parallel()
	p := Problem{Code: codeFileDirectory, Args: args("file", "a")}
	for language, want := range map[string]string{"en": "a is a folder", "zh-CN": "a 是文件夹"} {
		if got := render(t, texts(t, language), p); !strings.HasPrefix(got, want) {
			t.Errorf("%q", got)
		}
	}
	p = Problem{Line: 3, Column: 1, Code: codeTabIndent}
	if got := render(t, texts(t, "zh-CN"), p); !strings.HasPrefix(got, "第 3 行第 1 列:这一行") {
		t.Errorf("%q", got)
	}
}

// TestAllMistakesAtOnce reads a file that is wrong all over and compares what is
// said about it, in both languages, with testdata/mistakes.golden.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join("testdata", "mistakes.yaml"), env(map[string]string{"TELEGRAM_BOT_TOKEN": "no-token"}))
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(ps, func(a, b Problem) int { return a.Line - b.Line }) {
		t.Error("not in the order of the file")
	}
	english, chinese := texts(t, "en"), texts(t, "zh-CN")
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(render(t, english, p) + "\n" + render(t, chinese, p) + "\n\n")
	}
	golden := filepath.Join("testdata", "mistakes.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("not as in %s (-update rewrites it):\n%s", golden, b.String())
	}
}
