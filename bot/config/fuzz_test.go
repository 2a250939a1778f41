package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever the file says, Parse returns, gives either a Config that
// works or problems that can be shown, and never repeats what a variable holds.
func FuzzParse(f *testing.F) {
	for _, test := range mistakes {
		f.Add(test.src)
	}
	for _, name := range []string{"../../config.example.yaml", filepath.Join("testdata", "mistakes.yaml")} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
		f.Add(commentedOut.ReplaceAllString(string(src), "$1"))
	}
	for _, src := range []string{
		whole, "? a\n: b\n", "a: &a [*a]\n", "- - - -\n", "0: \r0", "{{}}: {}\n", "<<: *x\n", "telegram: [,]\n", "\r\r\n\u0085\u2028language: en\n",
		"a: |\n  b\n c", "%YAML 1.2\n---\n", strings.Repeat("[", 200), strings.Repeat("a: {", 200), "a: !!binary x", "backups: {cron: \"CRON_TZ=\"}",
		"timezone: \"${A}\"\nlanguage: \"${A}${B\"\nbackups: {cron: \"${A} * * * *\"}\nadmins: [\"${A}\"]\n",
	} {
		f.Add(src)
	}
	const secret = "Zq7-hunter2-9"
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Parse([]byte(src), func(string) (string, bool) { return secret, true })
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
		if err == nil {
			c.Location()
			if d := c.DayStart(); d < 0 || d.Hours() >= 24 {
				t.Errorf("day start %v", d)
			}
			for _, s := range c.Secrets() {
				if len(s) >= 8 && strings.Contains(fmt.Sprintf("%+v", c.Telegram), s) && !strings.Contains(fmt.Sprint(c.Connections()), s) {
					t.Errorf("%q is printed", s)
				}
			}
			return
		}
		var ps Problems
		if !errors.As(err, &ps) || len(ps) == 0 {
			t.Fatalf("%T", err)
		}
		lines := len(splitLines(src))
		for _, p := range ps {
			if p.Line < 1 || p.Line > lines || p.Column < 1 {
				t.Errorf("no such place: %v", p)
			}
			if text := p.Error(); strings.Contains(text, "{{.Args") || strings.ContainsAny(text, "\n\r") {
				t.Errorf("not a clean line: %q", text)
			}
		}
		if !strings.Contains(src, secret) && strings.Contains(fmt.Sprintf("%v %+v", ps, ps), secret) {
			t.Errorf("a variable's value is repeated: %v", ps)
		}
	})
}
